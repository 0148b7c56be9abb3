"""`tallystick verify agreement.pdf [PLAN]`: an agreement against its terms, and against the plan that was signed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.exit_codes import Exit
from portal.pairing import bare_pdf_size

if TYPE_CHECKING:
    from portal.agreement.verdict import AgreementVerdict
    from portal.cli.shell import Shell

EXITS = {"PASSED": Exit.OK, "FAILED": Exit.FAILED, "INDETERMINATE": Exit.INDETERMINATE}
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}


def is_agreement(path: str) -> bool:
    """Whether a file is an agreement that is to be checked as such: one with a receipt beside it is sealed evidence."""
    size = bare_pdf_size(path)
    if size is None:
        return False
    from portal.agreement.checking import MAX_PDF_BYTES, carries_agreement  # here: slow, and for few files
    from portal.reading import read_bounded

    return size <= MAX_PDF_BYTES and carries_agreement(read_bounded(Path(path), MAX_PDF_BYTES))


def verify_agreement(shell: Shell, path: str, beside: Sequence[str], locale: str) -> Exit:
    """Check one agreement and say what came out.

    beside  the plan's file or its dossier; empty: the agreement is held against its own terms only

    Raises FileMissing, FileTooLarge, ArgumentInvalid, PaperInvalid, FontsMissing, ReportUnmade.
    """
    from portal.agreement.beside import MAX_BYTES, plan_of
    from portal.agreement.checking import MAX_PDF_BYTES, check_agreement
    from portal.errors import ArgumentInvalid
    from portal.fonts import report_fonts
    from portal.reading import read_bounded

    if len(beside) > 1:
        raise ArgumentInvalid("PATH", beside[1], "beside an agreement there is one file: the plan's own or its dossier")
    pdf = read_bounded(Path(path), MAX_PDF_BYTES)
    paper = None
    if beside:
        other = Path(beside[0])
        paper = plan_of(read_bounded(other, MAX_BYTES), other.name)
    verdict = check_agreement(pdf, report_fonts, paper)
    if shell.as_json:
        from portal.agreement.verdict_words import WORDS

        words = WORDS[locale]
        checks = [{**one, "title": words.titles[one["number"] - 1]} for one in verdict.to_json()["checks"]]
        shell.result({**verdict.to_json(), "checks": checks, "file": path})
    else:
        _show(shell, path, verdict, locale)
    return EXITS[verdict.status.value]


def _show(shell: Shell, path: str, verdict: AgreementVerdict, locale: str) -> None:
    from notary.verdicts.reasons import words as verdict_words
    from notary.verdicts.verdict import printable
    from portal.agreement.verdict_words import WORDS

    words, statuses = WORDS[locale], verdict_words(locale).statuses
    click.secho(f"{statuses[verdict.status]:<13} ", fg=COLOURS[verdict.status.value], bold=True, nl=False)
    click.echo(f"{printable(path)}{f'  ({verdict.reason})' if verdict.reason else ''}")
    shell.say(f"  sha256 {verdict.sha256.hex()}")
    for check in verdict.checks:
        title = words.titles[check.number - 1]
        detail = f": {printable(check.detail)}" if check.detail else ""
        shell.say(f"  {check.number}  {statuses[check.status]:<13} {title}{detail}")
    if verdict.reason is not None:
        shell.say(words.meanings[verdict.reason])
    if not verdict.plan_id:
        shell.say(words.alone)
    shell.say(words.not_proven)
