"""What a bundle says of itself, held against its own list of files and its report. Receipts are judged elsewhere.

Whoever forges a bundle writes a list that fits it. So the list finds what was damaged or added on the way, and the
report, which is made again from what it carries, is compared with the rest; who stands for either is another question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notary.court import layout
from notary.court.bundle_zip import BundleZip
from notary.court.reverify import bundled_text
from notary.errors import BundleInvalid, ReportInvalid, TrustInvalid
from notary.proofs.receipt import Receipt
from notary.report import embedded
from notary.report.checking import check_report
from notary.report.embedded import MAX_PDF_BYTES
from notary.report.fonts import Fonts
from notary.report.inputs import ReportInput
from notary.service_errors import ReportUnmade
from notary.verdicts.trust import MAX_BYTES as MAX_TRUST
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Status

_TOP: Final = frozenset((layout.RECEIPTS, layout.TRUST, layout.REPORT, layout.PAGE, layout.MANUAL, layout.MANIFEST))


class BundleReason(StrEnum):
    """What is wrong with a bundle. Stable; those of a report are in notary/report/checking.py besides."""

    MANIFEST_MISSING = "manifest-missing"
    MANIFEST_INVALID = "manifest-invalid"
    FILE_DIFFERS = "manifest-file-differs"
    FILE_UNLISTED = "manifest-file-unlisted"
    FILE_MISSING = "manifest-file-missing"
    FILE_UNKNOWN = "file-unknown"
    RECEIPTS_MISSING = "receipts-missing"
    TRUST_INVALID = "trust-invalid"
    MANUAL_DIFFERS = "manual-differs"
    PAGE_UNKNOWN = "page-unknown"
    NO_RECEIPT = "document-without-receipt"
    REPORT_INVALID = "report-invalid"
    REPORT_UNCHECKED = "report-unchecked"
    REPORT_OF_OTHERS = "report-of-other-receipts"
    REPORT_DIGEST = "report-contents-differ"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out for one file.

    reason  a BundleReason or a ReportReason; None: all is well
    detail  a sentence with the numbers, in English, or ""
    """

    name: str
    status: Status
    reason: str | None = None
    detail: str = ""


def examine(zipped: BundleZip, digests: Mapping[str, bytes]) -> list[Finding]:
    """Hold every file against MANIFEST.sha256, and name what no bundle has.

    digests  SHA-256 of each file of the zip, as it was read

    Raises BundleInvalid (the manifest is damaged or longer than any).
    """
    found = [
        Finding(name, Status.INDETERMINATE, BundleReason.FILE_UNKNOWN)
        for name in zipped.names
        if name not in _TOP and not name.startswith(layout.DOCUMENTS) and not layout.is_record(name)
    ]
    if layout.RECEIPTS not in digests:
        found.append(Finding(layout.RECEIPTS, Status.FAILED, BundleReason.RECEIPTS_MISSING))
    return _listed(zipped, digests) + found


def examine_companions(
    zipped: BundleZip, digests: Mapping[str, bytes], receipts: Sequence[Receipt], page: bytes | None
) -> list[Finding]:
    """What comes along and is not proven by receipts, but is read, opened or run by whoever trusts the bundle.

    receipts  those of receipts.json, in its order; none where they cannot be read
    page      SHA-256 of this installation's verify.html; None: it has none

    Raises BundleInvalid.
    """
    found, trust = [], Trust()
    if layout.TRUST in digests:
        try:
            trust = Trust.from_bytes(zipped.read(layout.TRUST, MAX_TRUST))
        except (TrustInvalid, BundleInvalid) as exc:
            found.append(Finding(layout.TRUST, Status.FAILED, BundleReason.TRUST_INVALID, str(exc)))
    if layout.MANUAL in digests:
        own = hashlib.sha256(bundled_text(receipts, digests, trust).encode()).digest() if receipts else None
        if own != digests[layout.MANUAL]:
            found.append(Finding(layout.MANUAL, Status.INDETERMINATE, BundleReason.MANUAL_DIFFERS))
    if layout.PAGE in digests and digests[layout.PAGE] != page:
        detail = f"its SHA-256 is {digests[layout.PAGE].hex()}, that of this program's {page.hex() if page else 'none'}"
        found.append(Finding(layout.PAGE, Status.INDETERMINATE, BundleReason.PAGE_UNKNOWN, detail))
    return found


def contents_of(digests: Mapping[str, bytes]) -> bytes:
    """The contents digest of the files as they were read, whatever their list says."""
    return layout.contents_digest({name: one for name, one in digests.items() if name != layout.MANIFEST})


def examine_report(pdf: bytes, name: str, fonts_of: Callable[[tuple[str, ...]], Fonts]) -> Finding:
    """Make a report again from what it carries.  Raises nothing: what is wrong is in the finding."""
    try:
        checked = check_report(pdf, fonts_of)
    except ReportInvalid as exc:
        return Finding(name, Status.FAILED, BundleReason.REPORT_INVALID, str(exc))
    except ReportUnmade as exc:
        return Finding(name, Status.INDETERMINATE, BundleReason.REPORT_UNCHECKED, f"{exc} {exc.hint}")
    first = checked.differences[0] if checked.differences else None
    detail = "" if first is None else f"page {first.page}: {first.detail}"
    return Finding(name, checked.status, checked.reason, detail)


def examine_bundled_report(
    zipped: BundleZip, digests: Mapping[str, bytes], fonts_of: Callable[[tuple[str, ...]], Fonts]
) -> list[Finding]:
    """Whether it is a report of this bundle, and then as `examine_report`; nothing where there is none.

    Raises BundleInvalid.
    """
    if layout.REPORT not in digests:
        return []
    pdf = zipped.read(layout.REPORT, MAX_PDF_BYTES)
    try:
        given = ReportInput.from_files(embedded.files(pdf))
    except ReportInvalid as exc:
        return [Finding(layout.REPORT, Status.FAILED, BundleReason.REPORT_INVALID, str(exc))]
    of_these = [side for side in given.sides if hashlib.sha256(side.receipts).digest() == digests.get(layout.RECEIPTS)]
    if not of_these:
        return [Finding(layout.REPORT, Status.FAILED, BundleReason.REPORT_OF_OTHERS)]
    contents = contents_of(digests)
    if all(side.bundle_digest != contents for side in of_these):
        printed = of_these[0].bundle_digest
        detail = f"it prints {'none' if printed is None else printed.hex()}, the files give {contents.hex()}"
        return [Finding(layout.REPORT, Status.FAILED, BundleReason.REPORT_DIGEST, detail)]
    return [examine_report(pdf, layout.REPORT, fonts_of)]


def _listed(zipped: BundleZip, digests: Mapping[str, bytes]) -> list[Finding]:
    """Findings of the list; one that passes, where all files are as it says."""
    if layout.MANIFEST not in digests:
        return [Finding(layout.MANIFEST, Status.FAILED, BundleReason.MANIFEST_MISSING)]
    try:
        listed = layout.read_manifest(zipped.read(layout.MANIFEST, layout.MAX_MANIFEST))
    except BundleInvalid as exc:
        return [Finding(layout.MANIFEST, Status.FAILED, BundleReason.MANIFEST_INVALID, str(exc))]
    there = {name: digest for name, digest in digests.items() if name != layout.MANIFEST}
    found = [
        *_all(BundleReason.FILE_DIFFERS, [n for n, one in listed.items() if n in there and there[n] != one]),
        *_all(BundleReason.FILE_MISSING, [name for name in listed if name not in there]),
        *_all(BundleReason.FILE_UNLISTED, [name for name in there if name not in listed]),
    ]
    return found or [Finding(layout.MANIFEST, Status.PASSED)]


def _all(reason: BundleReason, names: Sequence[str]) -> list[Finding]:
    return [Finding(name, Status.FAILED, reason) for name in sorted(names)]
