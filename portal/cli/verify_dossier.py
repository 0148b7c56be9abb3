"""`tallystick verify` of a plan's dossier."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.words import at
from portal.exit_codes import Exit

if TYPE_CHECKING:
    from notary.verdicts.trust import Trust
    from portal.cli.shell import Shell
    from portal.dossier.verdict import PlanVerdict

BEGINNING = b'{"blocks":[{"header":"'  # JCS sorts the members; no receipt begins so
EXITS = {"PASSED": Exit.OK, "FAILED": Exit.FAILED, "INDETERMINATE": Exit.INDETERMINATE}
NOT_PROVEN = (
    "It does not show that nothing happened after the last event in it (--rpc asks the book), what the parties agreed "
    "beside these terms, or who they are. Symbol and decimals are the file's own words until a node is asked."
)
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}


def is_dossier(path: str) -> bool:
    """Whether a file begins as a dossier does."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING
    except OSError:
        return False


def verify_dossier(shell: Shell, path: str, trust: Trust, nodes: Sequence[str]) -> Exit:
    """Check one dossier and say what came out.  Raises FileMissing, FileTooLarge, DossierInvalid, NodeError."""
    from portal.dossier.ask import today, trust_of_nodes
    from portal.dossier.check import check_dossier
    from portal.dossier.file import MAX_BYTES, Dossier
    from portal.reading import read_bounded

    file = Path(path)
    dossier = Dossier.from_bytes(read_bounded(file, MAX_BYTES), file.name)
    notes: tuple[str, ...] = ()
    if nodes:
        trust, notes = trust_of_nodes(trust, nodes, dossier)
    verdict = check_dossier(dossier, trust, partial(today, nodes) if nodes else None)
    if shell.as_json:
        shell.result({**verdict.to_json(), "file": path, "notes": list(notes)})
    else:
        _show(shell, path, verdict)
        for note in notes:
            shell.say(f"Note: {note}")
    return EXITS[verdict.status.value]


def _show(shell: Shell, path: str, verdict: PlanVerdict) -> None:
    from notary.verdicts.verdict import printable
    from portal.dossier.verdict import MEANINGS
    from settlement.money import format_amount

    status = verdict.status.value
    click.secho(f"{status:<13} ", fg=COLOURS[status], bold=True, nl=False)
    click.echo(f"{printable(path)}{f'  ({verdict.reason})' if verdict.reason else ''}")
    for check in verdict.checks:
        shell.say(f"  {check.number}  {check.status.value:<13} {check.title}: {printable(check.detail)}")
    view = verdict.view
    if view is not None and verdict.as_of is not None:

        def money(units: int) -> str:
            return f"{format_amount(units, verdict.decimals)} {printable(verdict.symbol)}"

        shell.say(
            f"Plan {printable(verdict.name)} on {at(verdict.as_of[1])}: {view.state.name.lower()}, as its events say."
        )
        shell.say(f"  paid      {money(view.principal_paid)}, and {money(view.charges_paid)} of late charges")
        shell.say(f"  owed now  {money(view.owed_now)}; in all {money(view.owed_total)}")
    if verdict.reason is not None:
        shell.say(MEANINGS[verdict.reason])
    shell.say(NOT_PROVEN)
