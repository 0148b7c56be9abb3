"""`tallystick verify BUNDLE.zip` and `tallystick verify report.pdf`: one file that carries its receipts."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portal.pairing import SUFFIX, Collected, Document, Found, Pair

if TYPE_CHECKING:
    from notary.court.bundle_zip import BundleZip
    from notary.court.examine import Finding
    from notary.court.records import BundledRecord
    from notary.proofs.receipt import Receipt
    from notary.sealing.hashing import FileDigests, Outcome
    from portal.cli.shell import Progress

_TAIL: Final = 4 * 1024 * 1024  # bytes at the end of a zip that hold its list of files, or the end of it
_BUNDLED: Final = (b"MANIFEST.sha256", b"receipts.json")


@dataclass(frozen=True)
class Carried:
    """What one file carries, read and ready to be judged.

    collected  for what nodes are asked
    pairs      each receipt with its document, then documents without one
    outcomes   digests of the documents, by their path in the bundle
    findings   about the file itself
    records    evidence records, to be judged with the documents
    """

    collected: Collected
    pairs: tuple[Pair, ...]
    outcomes: dict[str, Outcome]
    findings: tuple[Finding, ...]
    contents: bytes | None = None
    records: tuple[BundledRecord, ...] = ()


def carried(path: str, progress: Progress) -> Carried | None:
    """What a bundle or a report carries; None where the file is neither, or has a receipt of its own beside it.

    Raises FileMissing, FileTooLarge, BundleInvalid.
    """
    file = Path(path)
    if not file.is_file() or Path(f"{path}{SUFFIX}").exists():
        return None
    try:
        with file.open("rb") as opened:
            beginning = opened.read(1024)
            opened.seek(max(0, opened.seek(0, os.SEEK_END) - _TAIL))
            tail = opened.read(_TAIL) if beginning.startswith(b"PK") else b""
    except OSError:  # said of the file as of any other
        return None
    if any(mark in tail for mark in _BUNDLED):
        return _bundle(file, progress)
    return _report(file) if b"%PDF-" in beginning else None


def _bundle(file: Path, progress: Progress) -> Carried:
    from notary.court.bundle_zip import BundleZip
    from notary.court.examine import contents_of, examine, examine_bundled_report, examine_companions
    from notary.court.layout import DOCUMENTS, RECEIPTS
    from notary.court.records import read_records
    from notary.proofs.bundle import MAX_BYTES
    from portal.fonts import report_fonts
    from portal.reading import installed_page

    with file.open("rb") as raw:
        zipped = BundleZip(raw)
        found: list[Found] = []
        if RECEIPTS in zipped.names:
            found = _receipts(f"{file.name}:{RECEIPTS}", zipped.read(RECEIPTS, MAX_BYTES))
        receipts = [one.receipt for one in found if one.receipt is not None]
        records = read_records(zipped)
        asked = {name for one in records for name in one.hash_names()}
        digests = _hash(zipped, receipts, asked, progress)
        plain = {name: one.sha256 for name, one in digests.items()}
        page = installed_page()
        findings = [
            *examine(zipped, plain),
            *examine_companions(zipped, plain, receipts, None if page is None else hashlib.sha256(page).digest()),
            *examine_bundled_report(zipped, plain, report_fonts),
        ]
    documents = {name: one for name, one in digests.items() if name.startswith(DOCUMENTS)}
    pairs = _pairs(found, receipts, documents)
    listed = tuple(one.document for one in pairs if one.document is not None)
    outcomes: dict[str, Outcome] = dict(documents)
    collected = Collected(listed, tuple(found), ())
    return Carried(collected, pairs, outcomes, tuple(findings), contents_of(plain), records)


def _report(file: Path) -> Carried | None:
    from notary.court.examine import examine_report
    from notary.errors import ReportInvalid
    from notary.report.embedded import MAX_PDF_BYTES, files
    from notary.report.inputs import MAX_SIDES, side_name
    from portal.fonts import report_fonts
    from portal.reading import read_bounded

    if file.stat().st_size > MAX_PDF_BYTES:
        return None  # an ordinary document, whatever it is
    pdf = read_bounded(file, MAX_PDF_BYTES)
    try:
        inside = files(pdf)
    except ReportInvalid:
        return None
    if "report.json" not in inside:
        return None
    names = [name for place in range(MAX_SIDES) if (name := side_name("receipts", place)) in inside]
    found = [one for name in names for one in _receipts(f"{file.name}:{name}", inside[name])]
    finding = examine_report(pdf, str(file), report_fonts)
    pairs = tuple(Pair(None, one) for one in found)
    return Carried(Collected((), tuple(found), ()), pairs, {}, (finding,))


def _receipts(source: str, data: bytes) -> list[Found]:
    from notary.errors import ReceiptInvalid
    from notary.proofs.bundle import read_any

    try:
        return [Found(source, receipt) for receipt in read_any(data)]
    except ReceiptInvalid as exc:
        return [Found(source, None, exc)]


def _hash(zipped: BundleZip, receipts: list[Receipt], also: set[str], progress: Progress) -> dict[str, FileDigests]:
    """Digests of every file of the zip; of documents, all that a receipt asks for, and of `also` what we know."""
    from notary.court.layout import DOCUMENTS
    from notary.sealing.hashing import EXTRA_DIGESTS, FileDigests
    from notary.verdicts.verify import needed_digests

    needed = {name for receipt in receipts for name in needed_digests(receipt)}
    extra = sorted((needed | also.intersection(EXTRA_DIGESTS)) - {"sha256"})
    total, done = sum(map(zipped.size, zipped.names)), 0
    found = {}
    for name in zipped.names:
        asked = ["sha256", *(extra if name.startswith(DOCUMENTS) else ())]
        hashes = [hashlib.new(one) for one in asked]
        for piece in zipped.pieces(name):
            for one in hashes:
                one.update(piece)
            done += len(piece)
            progress("hash", done, total, "bytes")
        sha256, *others = (one.digest() for one in hashes)
        found[name] = FileDigests(zipped.size(name), sha256, tuple(zip(extra, others, strict=False)))
    return found


def _pairs(found: list[Found], receipts: list[Receipt], documents: dict[str, FileDigests]) -> tuple[Pair, ...]:
    """Each receipt with the document that lies where the receipt's document has to, else with one of its digest."""
    from notary.court.layout import document_paths
    from portal.pairing import sealed_name

    if len(receipts) != len(found):
        return (*(Pair(None, one) for one in found), *(Pair(_document(path, documents), None) for path in documents))
    paths: list[str | None] = [path if path in documents else None for path in document_paths(receipts)]
    left = {path for path in documents if path not in paths}
    by_digest = {documents[path].sha256.hex(): path for path in sorted(left)}
    pairs = []
    for one, path in zip(found, paths, strict=True):
        if path is not None:
            pairs.append(Pair(_document(path, documents, sealed_name(one)), one))
            continue
        moved = by_digest.pop(str(one.receipt.shown().get("sha256")) if one.receipt else "", None)
        left.discard(moved or "")
        pairs.append(Pair(None if moved is None else _document(moved, documents), one))
    return (*pairs, *(Pair(_document(path, documents), None) for path in sorted(left)))


def _document(path: str, documents: dict[str, FileDigests], name: str | None = None) -> Document:
    return Document(path, name or path.rpartition("/")[2], documents[path].size)
