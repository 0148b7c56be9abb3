"""`tallystick plan`: repayment plans, from the draft to the last installment.

The group's commands are in three files beside the export's: drafting and signing here, who the parties are in
`plan_record`, money in `plan_money`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from portal.cli import plan_agreement, plan_export, plan_money, plan_record
from portal.cli.shell import Shell, command
from portal.cli.showing import paper_json, paper_lines, plan_lines, record_lines, records_json, sent_json, sent_lines
from portal.cli.words import at, moment, short

if TYPE_CHECKING:
    from settlement.records import PlanRecord

DAY = 86_400


@click.group()
def plan() -> None:
    """Draft, sign, open and pay repayment plans.

    Both parties sign the same terms (EIP-712); whoever opens the plan then only carries them to the contract. From
    there on the contract keeps the account: anybody may pay, the creditor withdraws, collateral is released in
    proportion. Keys are named, addresses are 0x...; amounts are written in whole tokens, as 12.50.

    \b
    The usual order:
      key new debtor; key new creditor                          keys, where the parties have none
      deploy --test-token                                       own chain: coins and test tokens for them
      plan draft NAME --debtor debtor --creditor creditor ...   one party writes the terms and a file
      plan sign FILE --key debtor                               each party signs, the file goes to and fro
      plan record NAME --party debtor ...                       who each party is, sealed into a case
      plan open FILE                                            anybody puts it on chain
      plan pay NAME --key debtor --amount 100                   anybody pays
      plan withdraw NAME --key creditor                         the creditor takes it out
    """


@command("draft", after="`tallystick plan sign FILE --key NAME`, for each party.")
@click.argument("name")
@click.option("--debtor", required=True, metavar="KEY|0x", help="Who owes.")
@click.option("--creditor", required=True, metavar="KEY|0x", help="Who is owed.")
@click.option("--token", required=True, metavar="0x|test", help='ERC-20; "test" is the one of `deploy --test-token`.')
@click.option("--total", required=True, metavar="AMOUNT", help="Owed in all, with interest agreed beforehand.")
@click.option("--installments", required=True, type=int, metavar="N", help="How many, 1 to 600.")
@click.option("--first-due", required=True, metavar="DATE|TIME", help="First due date, 2027-01-31, or an exact time.")
@click.option("--every", default="month", show_default=True, help="month, 3months, 30days, 12hours, 60seconds.")
@click.option("--utc-offset", default="+00:00", show_default=True, help="Where the calendar is read, as +08:00.")
@click.option("--grace-days", type=float, help="Days after a due date before a payment is late [default: 7].")
@click.option("--late-flat", default="0", metavar="AMOUNT", help="Late charge of an installment, once.")
@click.option("--late-daily", default="0", metavar="AMOUNT", help="Late charge of an installment, each day late.")
@click.option("--late-cap", metavar="AMOUNT", help="Most that an installment's late charges come to.")
@click.option("--charges-first", is_flag=True, help="Payments go to late charges first, then to principal.")
@click.option("--default-missed", type=int, metavar="N", help="In default when so many are missed; 0: never by count.")
@click.option(
    "--default-days", type=float, metavar="N", help="In default when one is so long overdue; 0: never by time."
)
@click.option("--collateral", metavar="AMOUNT", help="ERC-20 collateral of the debtor.")
@click.option("--collateral-token", metavar="0x|test", help="Its token [default: the plan's].")
@click.option("--reserve", metavar="AMOUNT", help="Least price for all of it in an auction, in the plan's token.")
@click.option("--start-percent", type=int, default=150, show_default=True, help="Auction's start price, of the debt.")
@click.option("--auction-hours", type=int, default=72, show_default=True, help="How long an auction runs.")
@plan_agreement.agreement_options
@click.option("--jurisdiction", metavar="TAG", default="", help="For example BR-consumer; only committed to.")
@click.option("--sign-by", metavar="TIME", default="", help="Open it by then [default: in 14 days].")
def draft(
    shell: Shell,
    name: str,
    first_due: str,
    grace_days: float | None,
    charges_first: bool,
    default_days: float | None,
    collateral: str | None,
    collateral_token: str | None,
    reserve: str | None,
    start_percent: int,
    auction_hours: int,
    agreement: str | None,
    languages: tuple[str, ...],
    prevails: str | None,
    debtor_name: str,
    creditor_name: str,
    sign_by: str,
    token: str,
    **terms: Any,
) -> None:
    """Write the terms of a plan called NAME: checked by the contract's own rules, kept here, and written as a file.

    Installments are equal to within one smallest unit. By months the day of the first due date is kept, clipped to
    short months. Late charges must reach their cap within twelve periods. With --lang the agreement is made from
    the terms as a PDF, and the terms commit to it: the chain sees neither, only a salted digest.

    \b
    Examples:
      tallystick plan draft smith-plan --debtor debtor --creditor creditor --token test --total 1200 \\
        --installments 12 --first-due 2027-01-31 --late-flat 5 --collateral 500 --reserve 300
      tallystick plan draft smith-plan ... --lang pt-BR --lang zh-Hans --prevails pt-BR --debtor-name "Aurora Ltda."
    """
    from portal.errors import ArgumentInvalid
    from portal.settling import Security, agreement_file, check_paper, draft_plan, paper_file
    from settlement.terms import Allocation

    if collateral and not reserve:
        raise ArgumentInvalid("--collateral", collateral, "needs --reserve, the least price of an auction")
    exact = "T" in first_due or first_due.isdigit()
    security = None
    if collateral and reserve:
        security = Security(collateral_token or token, collateral, reserve, start_percent, auction_hours)
    optional: dict[str, Any] = {
        "grace_seconds": None if grace_days is None else round(grace_days * DAY),
        "default_seconds": None if default_days is None else round(default_days * DAY),
        "sign_by": moment("--sign-by", sign_by),
    }
    with shell.world("plan draft") as world:
        paper = draft_plan(
            world,
            name,
            token=token,
            agreement=plan_agreement.wanted(agreement, languages, prevails, debtor_name, creditor_name),
            security=security,
            first_due=moment("--first-due", first_due) if exact else first_due,
            allocation=Allocation.CHARGES_FIRST if charges_first else Allocation.PRINCIPAL_FIRST,
            **terms,
            **{key: value for key, value in optional.items() if value is not None},
        )
        file, seen, made = paper_file(world, paper), check_paper(world, paper), agreement_file(world, paper)
    for line in paper_lines(seen):
        shell.say(line)
    if languages:
        shell.say(f"agreement: {made}")
    shell.result(
        {**paper_json(seen), "file": str(file), "agreement_file": str(made) if languages else None}, f"file: {file}"
    )


@command(
    "sign",
    after="give the file to the other party; when both have signed, `tallystick plan record NAME` for each.",
    opens_key=True,
)
@click.argument("file", metavar="FILE|NAME")
@click.option("--key", metavar="NAME", help="The key of a party.")
@click.option("--role", type=click.Choice(["debtor", "creditor"]), help="With --signature: whose it is.")
@click.option(
    "--signature", metavar="0x...", help="A signature made elsewhere: a wallet's, or a contract's (ERC-1271)."
)
def sign(shell: Shell, file: str, key: str | None, role: str | None, signature: str | None) -> None:
    """Sign a plan with one of the parties' keys; the file is written anew with the signature.

    Read what you sign: `plan show FILE`. A signature made elsewhere is of the typed data that `plan show FILE
    --typed-data` prints.

    \b
    Examples:
      tallystick plan sign smith-plan --key debtor
      tallystick plan sign 0xab12....json --role creditor --signature 0x4f...1b
    """
    from portal.cli.signing import sign_file

    signed, target = sign_file(shell, "plan sign", file, key, role, signature)
    for line in paper_lines(signed):
        shell.say(line)
    shell.result({**paper_json(signed), "file": str(target)}, f"file: {target}")


@command(
    "open",
    after="`tallystick plan pay NAME --amount ...`; `tallystick keeper run` reminds and follows.",
    opens_key=True,
)
@click.argument("file", metavar="FILE|NAME")
@click.option("--key", default="operator", show_default=True, metavar="NAME", help="Who sends it, and pays the gas.")
@click.option("--pledge-with", metavar="NAME", help="The debtor's key: lets the contract take the collateral first.")
@click.option(
    "--without-record",
    metavar="REASON",
    help="Why parties give no signing record: kept with the plan, and shown by `plan show` and in its dossier.",
)
def open_(shell: Shell, file: str, key: str, pledge_with: str | None, without_record: str | None) -> None:
    """Open a plan on chain that both parties signed, once it is sealed who they are (`plan record`).

    Anybody may send it. Where the plan has collateral the debtor's tokens go to the collateral contract in the same
    transaction; the debtor must have allowed that, which --pledge-with does.

    \b
    Example:
      tallystick plan open smith-plan --pledge-with debtor
    """
    from portal import settling
    from portal.errors import PaperInvalid
    from portal.signing.make import require_records
    from settlement.service_errors import NotSigned
    from settlement.terms import Terms

    with shell.world("plan open") as world:
        paper = settling.take_in(world, settling.trusted_paper(world, file).paper)
        if not isinstance(paper.terms, Terms):
            raise PaperInvalid(file, "is an escrow; use `tallystick escrow open`")
        debtor, creditor = paper.signatures
        if debtor is None or creditor is None:
            absent = paper.signatures.index(None)
            raise NotSigned(role=paper.roles[absent], address=paper.parties[absent])
        require_records(world, paper, without_record)
        pledged = paper.collateral_terms
        if pledged is not None and pledge_with:
            settling.book(world, paper, pledge_with).allow_collateral(paper.terms, pledged)
        sent = settling.book(world, paper, key).open(paper.terms, debtor, creditor, pledged)
    for line in sent_lines(sent):
        shell.say(line)
    shell.result({"plan_id": paper.id, **sent_json(sent)}, f"open: {paper.name}  {paper.id}")


@command("list", after="`tallystick plan show NAME` shows one.")
def list_(shell: Shell) -> None:
    """List the plans of this workspace, as of their last final event.

    \b
    Example:
      tallystick plan list
    """
    from portal.plan_views import plan_summary
    from settlement.money import format_amount
    from settlement.records import list_plans

    with shell.world("plan list") as world, world.engine.connect() as connection:
        found = list_plans(connection)

    def row(one: PlanRecord) -> tuple[str, ...]:
        total = f"{format_amount(one.terms.total, one.decimals)} {one.symbol}"
        paid = "" if one.account is None else format_amount(one.account.principal_paid, one.decimals)
        return one.name, short(one.plan_id), one.status, total, paid, at(one.terms.first_due_at)

    if found:
        shell.table(("plan", "id", "status", "total>", "principal paid>", "first due"), map(row, found))
    else:
        shell.say("No plan yet: `tallystick plan draft --help` shows how to write one.")
    shell.result({"plans": [plan_summary(one) for one in found]})


@command("show", after="`tallystick plan pay NAME --amount ...` pays.")
@click.argument("file", metavar="NAME|FILE")
@click.option("--at", "moment_", metavar="TIME", default="", help="What it is at that time [default: the chain's now].")
@click.option("--typed-data", is_flag=True, help="Print what a wallet signs (EIP-712 JSON), and nothing else.")
def show(shell: Shell, file: str, moment_: str, typed_data: bool) -> None:
    """Show a plan: its terms, who has signed, and, once it is open, what is owed.

    \b
    Examples:
      tallystick plan show smith-plan
      tallystick plan show smith-plan --at 2027-03-01T00:00:00Z
      tallystick plan show 0xab12....json --typed-data
    """
    from portal import settling
    from portal.errors import PaperInvalid
    from portal.plan_views import plan_detail
    from portal.signing.rows import records_of
    from settlement.plan import Status
    from settlement.terms import Terms

    with shell.world("plan show") as world:
        seen = settling.trusted_paper(world, file, foreign_module=not typed_data)  # typed data is there to be signed
        paper = seen.paper
        if typed_data:
            click.echo(json.dumps(paper.typed_data, indent=2))
            return
        if not isinstance(paper.terms, Terms):
            raise PaperInvalid(file, "is an escrow; use `tallystick escrow show`")
        book = settling.book(world, paper)
        account = book.account(paper.id)
        when = moment("--at", moment_) or settling.chain_now(world)
        view = book.view(paper.terms, when) if account.status is not Status.NONE else None
        with world.engine.connect() as connection:
            record, who = settling.maybe_plan(connection, paper.id), records_of(connection, paper.id)
            detail = {} if record is None else plan_detail(connection, record, when)
    for line in (*paper_lines(seen), *record_lines(who), *plan_lines(paper, view, when)):
        shell.say(line)
    live = None if view is None else {k: int(v) if isinstance(v, int) else v for k, v in _members(view).items()}
    shell.result({**paper_json(seen), **detail, "records": records_json(who), "on_chain": live})


@command("contact", after="`tallystick keeper once` sends what is due.")
@click.argument("name")
@click.argument("role", type=click.Choice(["debtor", "creditor"]))
@click.argument("address", metavar="ADDRESS")
@click.option("--channel", default="mail", show_default=True, help="A name for this way of reaching them.")
@click.option("--locale", type=click.Choice(["en", "zh-Hans"]), default="en", show_default=True, help="Language.")
def contact(shell: Shell, name: str, role: str, address: str, channel: str, locale: str) -> None:
    """Say where a party of plan NAME is written to: an Apprise address, or mailto:somebody@example.org.

    Contacts stay in this workspace; nothing of them goes on chain. Secrets are written as ${NAME}.

    \b
    Examples:
      tallystick plan contact smith-plan debtor mailto:li@example.org --locale zh-Hans
      tallystick plan contact smith-plan creditor 'json://127.0.0.1:9000/hook' --channel hook
    """
    from portal import settling
    from settlement.keeper.ladder import Role
    from settlement.records import set_contact

    with shell.world("plan contact") as world:
        plan_id = settling.find_plan_record(world, name).plan_id
        with world.engine.begin() as connection:
            set_contact(connection, plan_id, role=Role(role), channel=channel, locale=locale, address=address)
    shell.result(
        {"plan_id": plan_id, "role": role, "channel": channel, "locale": locale}, f"{role} of {name}: {channel}"
    )


def _members(view: object) -> dict[str, Any]:
    from dataclasses import asdict

    members = asdict(view)  # type: ignore[call-overload]  # a PlanView
    return {**members, "state": members["state"].name.lower()}


for _each in (
    draft,
    sign,
    open_,
    list_,
    show,
    contact,
    plan_agreement.agreement,
    plan_export.export,
    *plan_record.COMMANDS,
    *plan_money.COMMANDS,
):
    plan.add_command(_each)
