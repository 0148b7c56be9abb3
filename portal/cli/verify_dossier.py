"""`tallystick verify` of a plan's dossier, and of the completion paper that carries one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.words import at
from portal.exit_codes import Exit

if TYPE_CHECKING:
    from notary.verdicts.reasons import Words
    from notary.verdicts.trust import Trust
    from portal.cli.shell import Shell
    from portal.dossier.verdict import PlanVerdict

BEGINNING = b'{"blocks":[{"header":"'  # JCS sorts the members; no receipt begins so
EXITS = {"PASSED": Exit.OK, "FAILED": Exit.FAILED, "INDETERMINATE": Exit.INDETERMINATE}
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}


def is_dossier(path: str) -> bool:
    """Whether a file begins as a dossier does."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING
    except OSError:
        return False


@dataclass(frozen=True)
class CarriedPaper:
    """A completion paper as it was read: the PDF, and the files in it."""

    pdf: bytes
    files: dict[str, bytes]


def completion_paper(path: str) -> CarriedPaper | None:
    """The completion paper at this path; None where it is none, or has a receipt of its own beside it.

    Raises FileMissing, FileTooLarge.
    """
    from portal.pairing import bare_pdf_size

    size = bare_pdf_size(path)
    if size is None:
        return None
    from portal.dossier.completion.checking import MAX_PDF_BYTES, carried  # here: half of the start of `verify FILE`
    from portal.reading import read_bounded

    if size > MAX_PDF_BYTES:
        return None
    pdf = read_bounded(Path(path), MAX_PDF_BYTES)
    found = carried(pdf)
    return None if found is None else CarriedPaper(pdf, found)


def verify_dossier(
    shell: Shell, path: str, trust: Trust, nodes: Sequence[str], locale: str, paper: CarriedPaper | None = None
) -> Exit:
    """Check one dossier, or the one in a paper and the paper against it, and say what came out.

    Raises FileMissing, FileTooLarge, DossierInvalid, SettlementError, PaperInvalid, NodeError.
    """
    from notary.verdicts.reasons import Text
    from portal.dossier.ask import today, trust_of_nodes
    from portal.dossier.check import check_dossier
    from portal.dossier.completion.checking import check_paper, dossier_of
    from portal.dossier.file import MAX_BYTES, Dossier
    from portal.dossier.words import words
    from portal.fonts import report_fonts
    from portal.reading import read_bounded
    from portal.signing.words import listed_lines

    file = Path(path)
    if paper is None:
        dossier = Dossier.from_bytes(read_bounded(file, MAX_BYTES), file.name)
    else:
        dossier = dossier_of(paper.files, file.name)
    notes: tuple[str, ...] = ()
    if nodes:
        trust, notes = trust_of_nodes(trust, nodes, dossier)
    verdict = check_dossier(dossier, trust, partial(today, nodes) if nodes else None)
    if paper is not None:
        checked = check_paper(paper.pdf, paper.files, report_fonts)
        verdict = replace(verdict, checks=(*verdict.checks, checked))
    if shell.as_json:
        records = [
            {"role": one.role.value, "sha256": one.sha256.hex() or None, "reason": one.reason or None}
            for one in dossier.records
        ]
        shell.result({**verdict.to_json(locale), "records": records, "file": path, "notes": list(notes)})
    else:
        language = words(locale)
        show(shell, path, verdict, language)
        for line in listed_lines(dossier.records, locale):
            shell.say(line)
        for note in notes:
            shell.say(language.say(Text.NOTE, {"text": note}))
    return EXITS[verdict.status.value]


def show(shell: Shell, path: str, verdict: PlanVerdict, language: Words) -> None:
    """Say a verdict."""
    from notary.verdicts.reasons import Text, said
    from notary.verdicts.verdict import printable
    from portal.dossier.words import PlanText
    from settlement.money import format_amount

    def tell(text: PlanText, **values: object) -> None:
        shell.say(printable(language.tell(said(text, **values))))

    click.secho(f"{language.statuses[verdict.status]:<13} ", fg=COLOURS[verdict.status.value], bold=True, nl=False)
    click.echo(f"{printable(path)}{f'  ({verdict.reason})' if verdict.reason else ''}")
    for check in verdict.checks:
        values = {"number": check.number, "title": language.titles[check.number - 1]}
        values |= {"status": language.statuses[check.status], "detail": printable(language.tell(check.said))}
        shell.say("  " + language.say(Text.CHECK, values))
    view = verdict.view
    if view is not None and verdict.as_of is not None:

        def money(units: int) -> str:
            return f"{format_amount(units, verdict.decimals)} {verdict.symbol}"

        state = said(PlanText(f"plan-state-{view.state.name.lower()}"))
        tell(PlanText.PLAN, name=verdict.name, time=at(verdict.as_of[1]), state=state)
        tell(PlanText.PAID, principal=money(view.principal_paid), charges=money(view.charges_paid))
        tell(PlanText.OWED, now=money(view.owed_now), total=money(view.owed_total))
    if verdict.reason is not None:
        shell.say(language.meanings[verdict.reason])
    shell.say(language.not_proven)
