"""`tallystick escrow`: one sum against one performance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.shell import Shell, command
from portal.cli.showing import money, paper_json, paper_lines, sent_json, sent_lines
from portal.cli.words import moment

if TYPE_CHECKING:
    from settlement.book import Sent
    from settlement.escrow_book import EscrowBook
    from settlement.terms import EscrowTerms


@click.group()
def escrow() -> None:
    """One settlement sum against one performance.

    The payer's money waits in the contract: released to the payee by the payer, refunded by the payee, or reclaimed
    for the payer after it expires. Nobody else decides anything.

    \b
    The usual order:
      escrow draft NAME ...              one party writes the terms and a file
      escrow sign FILE --key payer       each party signs
      escrow open FILE                   anybody puts it on chain
      escrow fund NAME --key payer       the money goes in
      escrow release NAME --key payer    it is the payee's, who may `escrow withdraw` it
    """


@command("draft", after="`tallystick escrow sign FILE --key NAME`, for each party.")
@click.argument("name")
@click.option("--payer", required=True, metavar="KEY|0x", help="Who pays.")
@click.option("--payee", required=True, metavar="KEY|0x", help="Who is paid.")
@click.option("--token", required=True, metavar="0x|test", help='ERC-20; "test" is the one of `deploy --test-token`.')
@click.option("--amount", required=True, metavar="AMOUNT", help="In whole tokens, as 1500.00.")
@click.option("--fund-by", required=True, metavar="TIME", help="Last moment to open and fund: 2027-01-31T00:00:00Z.")
@click.option("--expires", required=True, metavar="TIME", help="From then on it can be reclaimed, and not released.")
@click.option("--agreement", metavar="FILE", help="The agreement: a salted commitment to its digest is signed.")
def draft(
    shell: Shell,
    name: str,
    payer: str,
    payee: str,
    token: str,
    amount: str,
    fund_by: str,
    expires: str,
    agreement: str | None,
) -> None:
    """Write the terms of an escrow called NAME, keep them here, and write them as a file.

    \b
    Example:
      tallystick escrow draft smith-escrow --payer debtor --payee creditor --token test --amount 1500 \\
        --fund-by 2027-01-31T00:00:00Z --expires 2027-03-31T00:00:00Z
    """
    from portal.settling import check_paper, draft_an_escrow

    with shell.world("escrow draft") as world:
        paper = draft_an_escrow(
            world,
            name,
            payer=payer,
            payee=payee,
            token=token,
            amount=amount,
            fund_by=moment("--fund-by", fund_by) or 0,
            expires_at=moment("--expires", expires) or 0,
            agreement=Path(agreement) if agreement else None,
        )
        file, seen = world.workspace.plans / f"{paper.id}.json", check_paper(world, paper)
    for line in paper_lines(seen):
        shell.say(line)
    shell.result({**paper_json(seen), "file": str(file)}, f"file: {file}")


@command("sign", after="`tallystick escrow open FILE` when both have signed.", opens_key=True)
@click.argument("file", metavar="FILE|NAME")
@click.option("--key", metavar="NAME", help="The key of a party.")
@click.option("--role", type=click.Choice(["payer", "payee"]), help="With --signature: whose it is.")
@click.option(
    "--signature", metavar="0x...", help="A signature made elsewhere: a wallet's, or a contract's (ERC-1271)."
)
def sign(shell: Shell, file: str, key: str | None, role: str | None, signature: str | None) -> None:
    """Sign an escrow with one of the parties' keys; the file is written anew with the signature.

    \b
    Example:
      tallystick escrow sign smith-escrow --key payer
    """
    from portal.cli.signing import sign_file

    signed, target = sign_file(shell, "escrow sign", file, key, role, signature)
    for line in paper_lines(signed):
        shell.say(line)
    shell.result({**paper_json(signed), "file": str(target)}, f"file: {target}")


@command("open", after="`tallystick escrow fund NAME --key payer`.", opens_key=True)
@click.argument("name", metavar="FILE|NAME")
@click.option("--key", default="operator", show_default=True, metavar="NAME", help="Who sends it, and pays the gas.")
def open_(shell: Shell, name: str, key: str) -> None:
    """Open an escrow on chain that both parties signed; anybody may send it.

    \b
    Example:
      tallystick escrow open smith-escrow
    """
    from portal import settling
    from settlement.service_errors import NotSigned
    from settlement.terms import EscrowTerms

    with shell.world("escrow open") as world:
        paper = settling.take_in(world, settling.trusted_paper(world, name).paper)
        terms = _terms(name, paper.terms)
        assert isinstance(terms, EscrowTerms)
        payer, payee = paper.signatures
        if payer is None or payee is None:
            absent = paper.signatures.index(None)
            raise NotSigned(role=paper.roles[absent], address=paper.parties[absent])
        sent = settling.escrow_book(world, paper, key).open(terms, payer, payee)
    for line in sent_lines(sent):
        shell.say(line)
    shell.result({"escrow_id": paper.id, **sent_json(sent)}, f"open: {paper.name}  {paper.id}")


@command("show", after="`tallystick escrow fund|release|refund|reclaim|withdraw NAME`, as its state allows.")
@click.argument("name", required=False, metavar="[NAME|FILE]")
def show(shell: Shell, name: str | None) -> None:
    """Show an escrow with its state on chain, or, without a name, list all.

    \b
    Example:
      tallystick escrow show smith-escrow
    """
    from portal import settling
    from portal.plan_views import escrow_summary
    from settlement.records import list_escrows

    with shell.world("escrow show") as world:
        if name is None:
            with world.engine.connect() as connection:
                found = list_escrows(connection)
            rows = [(e.name, e.escrow_id, e.status) for e in found]
            shell.table(("escrow", "id", "state (final)"), rows)
            shell.result({"escrows": [escrow_summary(e) for e in found]})
            return
        seen = settling.trusted_paper(world, name)
        paper = seen.paper
        _terms(name, paper.terms)
        stored = settling.escrow_book(world, paper).escrow(paper.id)
    for line in paper_lines(seen):
        shell.say(line)
    shell.say(f"  state     {stored.state.name.lower()}{', withdrawn' if stored.withdrawn else ''}")
    shell.result({**paper_json(seen), "state": stored.state.name.lower(), "withdrawn": stored.withdrawn})


def _step(
    name: str, line: str, after: str, act: Callable[[EscrowBook, EscrowTerms], Sent], *, key: str | None = None
) -> click.Command:
    """A command that takes one step of an escrow with somebody's key."""

    @command(name, after=after, opens_key=True)
    @click.argument("escrow_name", metavar="NAME")
    @click.option("--key", required=key is None, default=key, show_default=key is not None, help="Whose key signs.")
    def run(shell: Shell, escrow_name: str, key: str) -> None:
        from portal import settling

        with shell.world(f"escrow {name}") as world:
            paper = settling.trusted_paper(world, escrow_name).paper
            sent = act(settling.escrow_book(world, paper, key), _terms(escrow_name, paper.terms))
        for text in sent_lines(sent):
            shell.say(text)
        amount = money(_terms(escrow_name, paper.terms).amount, paper)
        shell.result({"escrow_id": paper.id, **sent_json(sent)}, f"{name}: {paper.name}, {amount}")

    run.help = f"{line}\n\n\b\nExample:\n  tallystick escrow {name} smith-escrow --key {key or 'NAME'}"
    return run


def _terms(name: str, terms: object) -> EscrowTerms:
    from portal.errors import PaperInvalid
    from settlement.terms import EscrowTerms

    if not isinstance(terms, EscrowTerms):
        raise PaperInvalid(name, "is a plan; use `tallystick plan`")
    return terms


_STEPS = (
    _step(
        "fund",
        "Put the money into escrow NAME; anybody may, until its fund-by time.",
        "`tallystick escrow release NAME` by the payer.",
        lambda book, terms: book.fund(terms),
    ),
    _step(
        "release",
        "Give the money of escrow NAME to the payee; only the payer's key can, until it expires.",
        "the payee takes it out: `tallystick escrow withdraw NAME`.",
        lambda book, terms: book.release(terms),
    ),
    _step(
        "refund",
        "Give the money of escrow NAME back to the payer; only the payee's key can, at any time.",
        "the payer takes it out: `tallystick escrow withdraw NAME`.",
        lambda book, terms: book.refund(terms),
    ),
    _step(
        "reclaim",
        "Give the money of escrow NAME back to the payer after it has expired; anybody may send it.",
        "the payer takes it out: `tallystick escrow withdraw NAME`.",
        lambda book, terms: book.reclaim(terms),
        key="operator",
    ),
    _step(
        "withdraw",
        "Take the money of escrow NAME out, as the one whose it is at the end.",
        "`tallystick escrow show NAME`.",
        lambda book, terms: book.withdraw(terms),
    ),
)

for _each in (draft, sign, open_, show, *_STEPS):
    escrow.add_command(_each)
