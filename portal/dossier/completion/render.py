"""A completion paper as a PDF. The same dossier, languages, fonts and version of Typst give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from notary.report.fonts import Fonts
from notary.report.render import compile_pdf, edition, page_of
from portal.dossier.completion.facts import build
from portal.dossier.completion.values import Completion

_SOURCES: Final = ("portal.dossier", "settlement", "notary.report", "notary.verdicts")
"""What words, figures and layout come from."""


def completion_pdf(given: Completion, fonts: Fonts) -> bytes:
    """The paper as a PDF/A-3a that carries its dossier.

    fonts  for its languages; portal.fonts.report_fonts finds them

    Raises ReportUnmade.
    """
    report = build(given)
    page, unshown = page_of(report, fonts, given.unshown)
    stated = replace(given, unshown=unshown, edition=paper_edition())
    return compile_pdf(page, stated.files(), fonts, report.made_at)


def paper_edition() -> str:
    """SHA-256, hex, over the sources that make a paper."""
    return edition(*_SOURCES)
