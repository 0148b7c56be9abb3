"""Check a report against what it carries: make it again from its own receipts, and compare page by page.

A report whose pages say something else than its receipts is FAILED. What is compared is the text of each page, what
draws it (operations, fonts, pictures), what lies on it (links), and the rest of the document: titles, structure for
readers who listen, no script, no form. An invisible signature that was added changes none of that. Where the reader's
fonts, Typst or program are other ones than the issuer's, pages may look or break otherwise; then the comparison is
INDETERMINATE, never PASSED. Whether the receipts hold is another question (verdicts/verify.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from notary.errors import NotaryError, ReportInvalid
from notary.report import embedded
from notary.report.fonts import Fonts
from notary.report.inputs import ReportInput
from notary.report.pdf_parts import MAX_DEPTH, Parts
from notary.report.render import edition, render
from notary.report.text import BREAK
from notary.service_errors import ReportUnmade
from notary.verdicts.verdict import Status

MAX_LISTED: Final = 20  # differences that are told
_SHOWN: Final = 80  # characters of a text that differs
_CERTAIN: Final = frozenset({"report-covered", "report-added"})  # wrong, whoever rendered it


class ReportReason(StrEnum):
    """Why a report did not pass. Stable."""

    TEXT_DIFFERS = "report-text-differs"
    PAGES_DIFFER = "report-pages-differ"
    COVERED = "report-covered"
    ADDED = "report-added"
    DRAWN_DIFFERENTLY = "report-drawn-differently"
    RECEIPTS_INVALID = "report-receipts-invalid"
    RENDERER_DIFFERS = "report-renderer-differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """page  from 1; 0: of the whole"""

    page: int
    reason: ReportReason
    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came out.

    status       PASSED: the report says what its receipts say
    given        what the report was made of, as it carries it; not verified itself
    exact        the very bytes that were made again, with nothing but what was added behind them
    differences  at most MAX_LISTED
    """

    status: Status
    reason: ReportReason | None
    given: ReportInput
    exact: bool
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out of a comparison alone; members as those of Checked."""

    status: Status
    reason: ReportReason | None
    exact: bool
    differences: tuple[Difference, ...] = ()


def check_report(pdf: bytes, fonts_of: Callable[[tuple[str, ...]], Fonts]) -> Checked:
    """Make the report again from what it carries, and compare.

    fonts_of  gives the fonts for languages; may raise FontsMissing

    Raises ReportInvalid for what is no report, FontsMissing, ReportUnmade.
    """
    given = ReportInput.from_files(embedded.files(pdf))
    fonts = fonts_of(given.languages)
    try:
        again = render(given, fonts)
    except (ReportInvalid, ReportUnmade):
        raise
    except NotaryError as exc:
        found = Difference(0, ReportReason.RECEIPTS_INVALID, str(exc))
        return Checked(Status.FAILED, ReportReason.RECEIPTS_INVALID, given, False, (found,))
    compared = compare(pdf, again, given.edition == edition())
    return Checked(compared.status, compared.reason, given, compared.exact, compared.differences)


def compare(pdf: bytes, again: bytes, same_edition: bool) -> Compared:
    """Hold a PDF against the one that was made again from what it carries; reports and other papers alike.

    same_edition  the PDF says that it is of the sources that made it again

    Raises ReportInvalid.
    """
    if pdf == again:
        return Compared(Status.PASSED, None, True)
    mine, theirs = embedded.open_pdf(again), embedded.open_pdf(pdf)
    differences = _compare(mine, theirs)
    if not differences:
        return Compared(Status.PASSED, None, pdf.startswith(again))
    other = not same_edition or _renderer(mine) != _renderer(theirs)
    if other and not _CERTAIN.intersection(one.reason for one in differences):
        return Compared(Status.INDETERMINATE, ReportReason.RENDERER_DIFFERS, False, differences)
    return Compared(Status.FAILED, differences[0].reason, False, differences)


def _renderer(reader: Any) -> tuple[str, frozenset[str]]:
    """The program that wrote the PDF, and the fonts in it, as the PDF says."""
    try:
        names = {
            str(font.get_object().get("/BaseFont", "")).partition("+")[2]
            for page in reader.pages
            for font in (page.get("/Resources", {}).get_object().get("/Font") or {}).values()
        }
        return str((reader.metadata or {}).get("/Creator", "")), frozenset(names)
    except embedded.BROKEN as exc:
        raise ReportInvalid(f"the PDF cannot be read: {type(exc).__name__}") from exc


def _compare(mine: Any, theirs: Any) -> tuple[Difference, ...]:
    found: list[Difference] = []
    if len(mine.pages) != len(theirs.pages):
        detail = f"{len(theirs.pages)} pages, {len(mine.pages)} when made again"
        found.append(Difference(0, ReportReason.PAGES_DIFFER, detail))
    try:
        parts = Parts(mine), Parts(theirs)
        whole = _compare_document(*parts)
    except embedded.BROKEN as exc:
        raise ReportInvalid(f"the PDF cannot be read: {type(exc).__name__}") from exc
    digests = _Digests(), _Digests()
    for number, (expected, page) in enumerate(zip(mine.pages, theirs.pages, strict=False), 1):
        if len(found) >= MAX_LISTED:
            break
        try:
            difference = _compare_page(number, (expected, page), digests, parts)
        except embedded.BROKEN as exc:
            raise ReportInvalid(f"page {number} of the PDF cannot be read: {type(exc).__name__}") from exc
        if difference is not None:
            found.append(difference)
    return (*found, *whole)


def _compare_document(mine: Parts, theirs: Parts) -> list[Difference]:
    active = theirs.active()
    if active:
        return [Difference(0, ReportReason.ADDED, f"the PDF has {', '.join(active[:MAX_LISTED])}, which no report has")]
    names = _differing(mine.of_document(), theirs.of_document())
    if names:
        detail = f"the same pages, but another title, structure or settings: {', '.join(names[:MAX_LISTED])}"
        return [Difference(0, ReportReason.DRAWN_DIFFERENTLY, detail)]
    return []


def _differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def _compare_page(
    number: int, pages: tuple[Any, Any], digests: tuple[_Digests, _Digests], parts: tuple[Parts, Parts]
) -> Difference | None:
    """pages, digests, parts  of the report that was made again, and of the one that is checked"""
    expected, page = pages
    drawn_alike = digests[0].of_page(expected) == digests[1].of_page(page)
    own, other = ("", "") if drawn_alike else (_text(expected), _text(page))  # the same drawings say the same
    if own != other:
        pairs = enumerate(zip(own, other, strict=False))
        place = next((at for at, (a, b) in pairs if a != b), min(len(own), len(other)))
        said = f"it says {other[place : place + _SHOWN]!r}, made again {own[place : place + _SHOWN]!r}"
        return Difference(number, ReportReason.TEXT_DIFFERS, said)
    covering = parts[1].covering(page)
    if covering or _frame(page) != _frame(expected):
        detail = f"something lies over the page, or its frame was moved: {', '.join(covering) or _frame(page)}"
        return Difference(number, ReportReason.COVERED, detail)
    names = _differing(parts[0].of_page(expected), parts[1].of_page(page))
    if parts[0].annotations(expected) != parts[1].annotations(page):
        names.append("/Annots")
    if names:
        detail = f"its text is the same, but not where its links lead, or its settings: {', '.join(names)}"
        return Difference(number, ReportReason.DRAWN_DIFFERENTLY, detail)
    if not drawn_alike:
        detail = "its text is the same, but it is drawn by other operations, fonts or pictures"
        return Difference(number, ReportReason.DRAWN_DIFFERENTLY, detail)
    return None


def _text(page: Any) -> str:
    return " ".join(str(page.extract_text()).replace(BREAK, "").split())


def _frame(page: Any) -> str:
    return " ".join(str(page.get(name)) for name in ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit"))


class _Digests:
    """SHA-256 of what draws a page, with everything that it refers to; objects that pages share are read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bytes] = {}

    def of_page(self, page: Any) -> bytes:
        contents = page.get_contents()
        drawn = b"" if contents is None else contents.get_data()
        return hashlib.sha256(drawn + self._of(page.get("/Resources"), MAX_DEPTH)).digest()

    def _of(self, thing: Any, depth: int) -> bytes:
        from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

        if depth == 0:
            raise ReportInvalid("the PDF nests its objects too deeply")
        if isinstance(thing, IndirectObject):
            key = thing.idnum, thing.generation
            if key not in self._known:
                self._known[key] = b""  # of one that refers to itself
                self._known[key] = self._of(thing.get_object(), depth - 1)
            return self._known[key]
        if isinstance(thing, DictionaryObject):
            parts = [str(name).encode() + self._of(thing.raw_get(name), depth - 1) for name in sorted(thing)]
            if isinstance(thing, StreamObject):
                parts.append(bytes(thing._data))  # packed or not, as it stands in the file
        elif isinstance(thing, list):
            parts = [self._of(one, depth - 1) for one in list.__iter__(thing)]
        else:
            parts = [repr(thing).encode()]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
