"""Check a completion paper against the dossier that it carries, by making it again. No network, no clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notary.errors import FormatInvalid, ReportInvalid
from notary.report import embedded
from notary.report.checking import compare
from notary.report.fonts import Fonts
from notary.service_errors import ReportUnmade
from notary.verdicts.reasons import Said, Text, said
from notary.verdicts.verdict import Status
from portal.dossier.completion.render import completion_pdf, paper_edition
from portal.dossier.completion.values import DOSSIER, MAX_BYTES, STATED, Completion
from portal.dossier.file import Dossier
from portal.dossier.verdict import PlanCheck
from portal.dossier.words import PlanReason, PlanText
from portal.errors import DossierInvalid, PortalError
from settlement.errors import SettlementError

MAX_PDF_BYTES: Final = 128 * 1024 * 1024  # the dossier packed, and pages for 20,000 events
NUMBER: Final = 8


def carried(pdf: bytes) -> dict[str, bytes] | None:
    """The files in a PDF that says of itself that it is a completion paper; None of any other."""
    try:
        found = embedded.files(pdf, MAX_BYTES) if len(pdf) <= MAX_PDF_BYTES else {}
    except ReportInvalid:
        return None
    return found if STATED in found else None


def dossier_of(files: dict[str, bytes], where: str) -> Dossier:
    """The dossier in a paper.  Raises DossierInvalid, SettlementError, PaperInvalid."""
    if DOSSIER not in files:
        raise DossierInvalid(where, "the completion paper carries no dossier")
    return Dossier.from_bytes(files[DOSSIER], where)


def check_paper(pdf: bytes, files: dict[str, bytes], fonts_of: Callable[[tuple[str, ...]], Fonts]) -> PlanCheck:
    """Check 8: whether the paper says what its dossier says; of whether that holds, the other checks tell.

    files     what the PDF carries
    fonts_of  gives the fonts for languages; may raise FontsMissing

    Raises nothing that a file could cause.
    """
    try:
        given = Completion.from_files(files)
    except (FormatInvalid, PortalError, SettlementError) as exc:
        return PlanCheck(NUMBER, Status.FAILED, _error(exc, PlanReason.PAPER_UNFOUNDED), PlanReason.PAPER_UNFOUNDED)
    try:
        found = compare(pdf, completion_pdf(given, fonts_of(given.languages)), given.edition == paper_edition())
    except ReportUnmade as exc:  # or the fonts for it are not here
        what = Said(Text.REFUSED, {"text": f"{exc} {exc.hint}", "reason": PlanReason.PAPER_UNCHECKED})
        return PlanCheck(NUMBER, Status.INDETERMINATE, what, PlanReason.PAPER_UNCHECKED)
    except ReportInvalid as exc:
        return PlanCheck(NUMBER, Status.FAILED, _error(exc, PlanReason.PAPER_DIFFERS), PlanReason.PAPER_DIFFERS)
    if found.status is Status.PASSED:
        return PlanCheck(NUMBER, Status.PASSED, said(PlanText.PAPER_SAME, pages=len(embedded.open_pdf(pdf).pages)))
    first = found.differences[0]
    reason = PlanReason.PAPER_DIFFERS if found.status is Status.FAILED else PlanReason.PAPER_UNCHECKED
    what = said(PlanText.PAPER_PAGE, page=first.page, text=first.detail, reason=reason)
    return PlanCheck(NUMBER, found.status, what, reason)


def _error(exc: Exception, reason: PlanReason) -> Said:
    return Said(Text.REFUSED, {"text": str(exc), "reason": reason})
