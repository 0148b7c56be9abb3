"""`tallystick case custody|record|revoke|erase`: what happens to sealed evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from portal.cli.shell import Shell, command
from portal.cli.words import at, plural

if TYPE_CHECKING:
    from notary.context import NotaryContext

RECORDED = ("collected", "transferred", "accessed", "exported")
_WHAT = click.argument("what", nargs=-1, required=True, metavar="WHAT...")


@command("custody", after="`tallystick anchor --wait` puts the newest head on chain.")
@click.argument("name")
def custody(shell: Shell, name: str) -> None:
    """Show the custody chain of the case NAME, checked: who did what, when, in one unbroken chain.

    \b
    Example:
      tallystick case custody smith-2026
    """
    from notary.custody.acts import history
    from notary.verdicts.verdict import printable

    with shell.world("case custody") as world:
        lines = history(world.notary, name)
    lost = lines[0].seq if lines else 0
    rows = [(f"0-{lost - 1}", "(lost with a database)", "", "", "")] if lost else []
    for line in lines:
        entry = line.entry
        if entry is None:
            rows.append((str(line.seq), "(erased)", "", "", ""))
        else:
            about = printable(entry.about)
            rows.append((str(line.seq), entry.action.value, at(entry.at), printable(entry.by), about))
    if rows:
        shell.table(("entry>", "action", "at", "by", "about"), rows)
    else:
        shell.say("No custody entry of this case is here.")
    shell.result(
        {
            "case": name,
            "lost": lost,
            "entries": [
                {"seq": line.seq, "hash": line.hash.hex(), "entry": line.entry.to_json() if line.entry else None}
                for line in lines
            ],
        }
    )


@command("record", after="`tallystick case custody NAME` shows the chain.", opens_key=True)
@click.argument("name")
@click.argument("action", type=click.Choice(RECORDED))
@_WHAT
@click.option("--about", default="", metavar="TEXT", help="To whom, how, why. Kept under the case's key.")
def record(shell: Shell, name: str, action: str, what: tuple[str, ...], about: str) -> None:
    """Write down that exhibits of the case NAME were collected, transferred, accessed or exported.

    WHAT is a file's name as sealed, or #N for entry N of the log, as `case show NAME --all` tells it.

    \b
    Example:
      tallystick case record smith-2026 transferred invoice-17.pdf --about "to counsel, by courier"
    """
    from notary.custody import acts
    from notary.custody.chain import Action

    with shell.world("case record") as world:
        log_id, places = _places(world.notary, name, what)
        head, done = acts.record(world.notary, name, places, Action(action), about, log_id=log_id)
    shell.result(
        {"case": name, "action": action, "entries": [one.leaf_index for one in done], "log_size": head.size},
        f"{plural(len(done), 'exhibit')} {action}. The log has {plural(head.size, 'entry', 'entries')}.",
    )


@command(
    "revoke",
    after="`tallystick anchor --wait`; then `tallystick log prove RECEIPT` shows it in older receipts.",
    opens_key=True,
)
@click.argument("name")
@_WHAT
@click.option("--why", required=True, metavar="TEXT", help="The reason. Kept under the case's key.")
def revoke(shell: Shell, name: str, what: tuple[str, ...], why: str) -> None:
    """Revoke exhibits of the case NAME: you no longer stand by them. Their entries stay and say so.

    Receipts given out before still prove what was sealed and when; with a newer head they show the revocation.

    \b
    Example:
      tallystick case revoke smith-2026 draft.pdf --why "sealed by mistake"
    """
    from notary.custody import acts

    with shell.world("case revoke") as world:
        log_id, places = _places(world.notary, name, what)
        head, done = acts.revoke(world.notary, name, places, why, log_id=log_id)
    shell.result(
        {"case": name, "revoked": [one.leaf_index for one in done], "log_size": head.size},
        f"{plural(len(done), 'exhibit')} revoked. The log has {plural(head.size, 'entry', 'entries')}.",
    )


@command(
    "erase",
    after="Delete the original files and what you gave away yourself: this command cannot reach them.",
    opens_key=True,
)
@click.argument("name")
@click.argument("what", nargs=-1, metavar="[WHAT...]")
@click.option("--whole-case", is_flag=True, help="All exhibits, and the case's key, title and parties.")
@click.option("--finish", is_flag=True, help="Only what an earlier erasure that was cut off left undone.")
@click.option("--why", default="", metavar="TEXT", help="The ground, such as a law. Do not say what is erased.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(shell: Shell, name: str, what: tuple[str, ...], whole_case: bool, finish: bool, why: str, yes: bool) -> None:
    """Erase exhibits of the case NAME for good: nobody who holds only our data can tell what their log entries were.

    The log's entries stay, so every other receipt still verifies. Secrets, fields, stored ciphertext and what was
    written about them are removed, and the case gets a new key, so that older copies of the database open nothing.
    It first finishes an erasure that was cut off; the same command may be made again.

    \b
    Examples:
      tallystick case erase smith-2026 passport.jpg --why "GDPR art. 17"
      tallystick case erase smith-2026 --whole-case
      tallystick case erase smith-2026 --finish
    """
    from notary.custody import erasure
    from notary.service_errors import ClaimNotInCase, ExhibitUnknown

    if bool(what) + whole_case + finish != 1:
        raise click.UsageError("name what to erase, or give --whole-case or --finish")
    done = None
    with shell.world("case erase") as world:
        before = erasure.finish(world.notary, name)
        if before.some:
            shell.note("an erasure of this case had been cut off: what it left undone was done first")
        try:
            if whole_case:
                _confirm(yes, f"the whole case {name}")
                done = erasure.erase_case(world.notary, name, why)
            elif what:
                log_id, places = _places(world.notary, name, what)
                _confirm(yes, f"{plural(len(places), 'exhibit')} of {name}")
                done = erasure.erase(world.notary, name, places, why, log_id=log_id)
        except (ExhibitUnknown, ClaimNotInCase):
            cut_off = before.some or before.left.cids  # then this may be what that erasure was about
            if not cut_off or any(_is_there(world.notary, name, word) for word in what):
                raise
    left = before.left if done is None else done.left
    again = f"run `tallystick case erase {name} --finish`"
    if left.database:
        shell.note(f"another process still reads older pages of the database: {again} when it has ended")
    for cid in left.cids:
        shell.note(f"the IPFS node did not answer and may still hold {cid}: {again}")
    count = 0 if done is None else done.claims
    shell.result(
        {
            "case": name,
            "erased": count,
            "finished": before.some,
            "whole_case": whole_case,
            "log_size": done.head.size if done and done.head else None,
            "left_on_ipfs": list(left.cids),
            "left_in_database": left.database,
        },
        f"{plural(count, 'exhibit')} erased." if count else "Nothing was left to erase.",
    )


def _confirm(yes: bool, what: str) -> None:
    if not yes:
        click.confirm(f"Erase {what}? This cannot be undone", abort=True, err=True)


def _is_there(ctx: NotaryContext, case_id: str, word: str) -> bool:
    """Whether the word of a WHAT names anything that is not erased."""
    from notary.sealing.cases import claims_of
    from notary.service_errors import ActRefused, ExhibitUnknown

    try:
        log_id, (place,) = _places(ctx, case_id, [word])
    except ExhibitUnknown:
        return False
    except ActRefused:
        return True
    return any((claim.log_id, claim.leaf_index) == (log_id, place) for claim in claims_of(ctx, case_id))


def _places(ctx: NotaryContext, case_id: str, what: Sequence[str]) -> tuple[int, list[int]]:
    """(row id of a log, entries of it) that the words name: #N of the present log, ORIGIN#N of one before it, or the
    name of a current file.

    Raises ExhibitUnknown, ActRefused.
    """
    from notary.log import ledger
    from notary.sealing.cases import claims_of
    from notary.service_errors import ActRefused, ExhibitUnknown

    with ctx.engine.connect() as connection:
        log_ids = {log.origin: log.id for log in ledger.all_logs(connection)}
    log_ids[""] = log_ids[ctx.note_key.origin]
    words = {log_id: f"{origin}#" for origin, log_id in log_ids.items()}  # the present log's is "#"
    places: list[tuple[int, int]] = []
    found: dict[str, list[tuple[int, int]]] = {}
    for claim in claims_of(ctx, case_id):
        if claim.superseded_by is None:
            found.setdefault(str(claim.claim.get("name")), []).append((claim.log_id, claim.leaf_index))
    for word in what:
        origin, mark, number = word.rpartition("#")
        if mark and origin in log_ids and number.isdecimal() and len(number) < 17:
            places.append((log_ids[origin], int(number)))
            continue
        named = found.get(word, [])
        if not named:
            raise ExhibitUnknown(case_id, word)
        if len(named) > 1:
            several = ", ".join(f"{words[log_id]}{place}" for log_id, place in named)
            raise ActRefused(f"several exhibits are called {word!r}: name one of {several}")
        places += named
    named_logs = {log_id for log_id, _ in places}
    if len(named_logs) > 1:
        raise ActRefused("these exhibits are in different logs, one of which follows the other: name those of one log")
    (log_id,) = named_logs
    return log_id, [place for _, place in places]
