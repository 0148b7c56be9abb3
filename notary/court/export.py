"""A case's bundle: choose exhibits, collect what proves them, and write the zip.

Everything in it is of one state of the log. A document goes in only if it still is what was sealed: all of them are
hashed before anything is written, and again while they are copied.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from notary.context import Progress, silent
from notary.court import bundle_zip, layout
from notary.court.reverify import bundled_text
from notary.errors import ReceiptTooLarge
from notary.proofs import bundle, disclosure
from notary.proofs.receipt import Receipt
from notary.proofs.receipts import Assembler
from notary.records.evidence_set import Leaf
from notary.records.record_rows import records_of
from notary.report.inputs import ChainFacts, Party, RecordFile, ReportInput, Side
from notary.sealing import cases
from notary.sealing.cases import Case, SealedClaim
from notary.sealing.claim import DIGEST_SIZES, FIELDS
from notary.sealing.hashing import FileDigests, Outcome, Unhashable, hash_files
from notary.service_errors import ActRefused, DocumentsChanged, ExhibitUnknown, SourceChanged
from notary.verdicts.trust import Trust
from notary.verdicts.verify import DocumentDigests

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.report.fonts import Fonts


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into a bundle.

    exhibits   their numbers; empty: all current ones
    documents  exhibits whose document goes in; None: of all that are chosen
    withheld   fields of the claims that are hidden; the custody entries, which say who acted, are left out then
    """

    exhibits: tuple[str, ...] = ()
    documents: tuple[str, ...] | None = None
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is what was sealed.

    exhibit  its number
    source   where it is now
    read     its size and digests
    """

    exhibit: str
    source: str
    read: FileDigests


@dataclass(frozen=True, slots=True)
class Collected:
    """What a bundle is made of.

    documents  in the order of `receipts`; None: not included
    """

    case: Case
    receipts: tuple[Receipt, ...]
    documents: tuple[Document | None, ...]
    records: tuple[RecordFile, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the issuer states.

    at       Unix seconds; of the report and of every entry of the zip
    page     verify.html; None: it is not included
    fonts    for the report; None: no report
    program  name and version
    """

    at: int
    trust: Trust
    languages: tuple[str, ...] = ("en",)
    forums: tuple[str, ...] = ()
    page: bytes | None = None
    fonts: Fonts | None = None
    program: str = ""
    chains: tuple[ChainFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: names with digests, and the digest that the report prints."""

    files: Mapping[str, bytes]
    contents: bytes


def collect(ctx: NotaryContext, case_id: str, choice: Choice, progress: Progress = silent) -> Collected:
    """Receipts, documents and records of the current exhibits that were chosen.

    Raises CaseUnknown, CaseErased, ExhibitUnknown, ActRefused (nothing is there), ClaimInvalid (a field that is none),
    DocumentsChanged, VaultLocked, VaultDamaged, LogUnknown, LogDamaged.
    """
    case = cases.show_case(ctx, case_id)
    chosen = _receipts(ctx, case_id, choice)
    documents = _documents([sealed for sealed, _ in chosen], choice, case_id, progress)
    receipts = tuple(_withhold(receipt, choice.withheld) for _, receipt in chosen)
    commitments = {sealed.commitment: receipt for (sealed, _), receipt in zip(chosen, receipts, strict=True)}
    records = tuple(_records(ctx, case_id, commitments))
    return Collected(case, receipts, documents, records, choice.withheld)


def write(file: IO[bytes], collected: Collected, stated: Statement, progress: Progress = silent) -> Written:
    """Write the zip; the same input gives the same bytes.

    Raises BundleInvalid (a time that no zip states), SourceChanged, ReceiptTooLarge, ReportInvalid, ReportUnmade.
    """
    small = {layout.RECEIPTS: bundle.dumps(collected.receipts), layout.TRUST: stated.trust.to_bytes()}
    for number, record in enumerate(collected.records, 1):
        small[f"{layout.RECORDS}{number}.er"] = record.data
    if stated.page is not None:
        small[layout.PAGE] = stated.page
    paths = layout.document_paths(collected.receipts)
    large = {path: one for path, one in zip(paths, collected.documents, strict=True) if one is not None}
    small[layout.MANUAL] = bundled_text(collected.receipts, large, stated.trust).encode()
    digests = {name: hashlib.sha256(data).digest() for name, data in small.items()}
    digests |= {path: one.read.sha256 for path, one in large.items()}
    contents = layout.contents_digest(digests)
    if stated.fonts is not None:
        from notary.report.render import render

        small[layout.REPORT] = render(_report(collected, stated, small, contents), stated.fonts)
        digests[layout.REPORT] = hashlib.sha256(small[layout.REPORT]).digest()
    small[layout.MANIFEST] = layout.manifest(digests)
    if len(small[layout.MANIFEST]) > layout.MAX_MANIFEST:
        raise ReceiptTooLarge(len(small[layout.MANIFEST]), layout.MAX_MANIFEST, "manifest")
    total = sum(map(len, small.values())) + sum(one.read.size for one in large.values())
    bundle_zip.write(file, _entries(small, large, progress, total), stated.at)
    return Written(digests, contents)


def _receipts(ctx: NotaryContext, case_id: str, choice: Choice) -> list[tuple[SealedClaim, Receipt]]:
    """Each with the newest head, so that it says how its claim stands now."""
    wanted = set(choice.exhibits)
    found: list[tuple[SealedClaim, Receipt]] = []
    with ctx.engine.connect() as connection:
        assembler = Assembler(ctx, connection)
        below = (assembler.log.id, assembler.size or 0)
        for sealed in cases.claims_of(ctx, case_id, current_only=True, connection=connection, below=below):
            if wanted and str(sealed.claim.get("exhibit")) not in wanted:
                continue
            receipt = assembler.receipt(sealed)
            if sealed.log_id == assembler.log.id:
                later = assembler.later(receipt.case_head.head.case, sealed.commitment, receipt.note.checkpoint.size)
                receipt = replace(receipt, later=later)
            found.append((sealed, receipt))
    _all_there(case_id, choice.exhibits, [sealed for sealed, _ in found])
    if not found:
        raise ActRefused(f"case {case_id!r} has no current exhibit, so there is nothing to export")
    return found


def _all_there(case_id: str, wanted: Iterable[str], there: Sequence[SealedClaim]) -> None:
    known = {str(sealed.claim.get("exhibit")) for sealed in there}
    for one in wanted:
        if one not in known:
            raise ExhibitUnknown(case_id, one)


def _documents(
    chosen: Sequence[SealedClaim], choice: Choice, case_id: str, progress: Progress
) -> tuple[Document | None, ...]:
    if choice.documents is not None:
        _all_there(case_id, choice.documents, chosen)
    wanted = [choice.documents is None or str(sealed.claim.get("exhibit")) in choice.documents for sealed in chosen]
    files = [
        (os.fsdecode(sealed.path), int(str(sealed.claim.get("size") or 0)))
        for sealed, wants in zip(chosen, wanted, strict=True)
        if wants
    ]
    names = {name for sealed in chosen for name in DIGEST_SIZES if sealed.claim.get(name) is not None}
    total, done = sum(size for _, size in files), 0

    def advance(_files: int, size: int) -> None:
        nonlocal done
        done += size
        progress("hash", done, total, "bytes")

    outcomes = iter(hash_files(files, sorted(names - {"sha256"}), advance=advance))
    changed: list[tuple[str, str, str]] = []
    found: list[Document | None] = []
    for sealed, wants in zip(chosen, wanted, strict=True):
        if not wants:
            found.append(None)
            continue
        exhibit, path, outcome = str(sealed.claim.get("exhibit")), os.fsdecode(sealed.path), next(outcomes)
        why = _difference(sealed, outcome)
        if why or not isinstance(outcome, FileDigests):
            changed.append((exhibit, path, why))
        else:
            found.append(Document(exhibit, path, outcome))
    if changed:
        raise DocumentsChanged(changed)
    return tuple(found)


def _difference(sealed: SealedClaim, outcome: Outcome) -> str:
    """Why a file is not the sealed document; "" if it is."""
    if isinstance(outcome, Unhashable):
        return outcome.reason
    for name, digest in (("sha256", outcome.sha256), *outcome.extra):
        was = sealed.claim.get(name)
        if was is not None and str(was) != digest.hex():
            return f"its {name} was {str(was)[:16]}..., now it is {digest.hex()[:16]}..."
    return ""


def _withhold(receipt: Receipt, names: Sequence[str]) -> Receipt:
    here = [name for name in names if name in receipt.shown()]
    unknown = [name for name in names if name not in FIELDS]
    return disclosure.hide(receipt, here or unknown) if names else receipt


def _records(ctx: NotaryContext, case_id: str, chosen: Mapping[bytes, Receipt]) -> Iterator[RecordFile]:
    """Records of single documents. Those of whole receipts files are left out: they are of all exhibits, unwithheld."""
    for record in records_of(ctx, case_id):
        for place, one in enumerate(record.objects):
            if one is None or one.bundle or one.claims[0] not in chosen:
                continue
            shown = chosen[one.claims[0]].shown()
            digests = {
                chain.hash_name: leaf.digest
                for chain in record.chains.chains
                if isinstance(leaf := chain.leaves[place], Leaf)
            }
            of = str(shown.get("name", shown.get("exhibit", f"record {record.number}, {place + 1}")))
            yield RecordFile(of, record.chains.record(place).to_bytes(), digests)


def _report(collected: Collected, stated: Statement, small: Mapping[str, bytes], contents: bytes) -> ReportInput:
    hidden = "case" in collected.withheld
    documents = tuple(
        None if one is None else DocumentDigests(one.read.size, {"sha256": one.read.sha256, **dict(one.read.extra)})
        for one in collected.documents
    )
    side = Side(
        receipts=small[layout.RECEIPTS],
        trust=small[layout.TRUST],
        bundle_digest=contents,
        documents=documents,
        records=collected.records,
    )
    return ReportInput(
        sides=(side,),
        made_at=stated.at,
        languages=stated.languages,
        forums=stated.forums,
        case="" if hidden else (collected.case.title or collected.case.id),
        parties=() if hidden else tuple(Party(name, "") for name in collected.case.parties),
        program=stated.program,
        page_digest=None if stated.page is None else hashlib.sha256(stated.page).digest(),
        chains=stated.chains,
    )


def _entries(
    small: Mapping[str, bytes], large: Mapping[str, Document], progress: Progress, total: int
) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    done = 0
    for name in sorted((*small, *large)):
        if name in small:
            size, pieces = len(small[name]), iter((small[name],))
        else:
            size, pieces = large[name].read.size, _copied(large[name])
        yield name, size, pieces
        done += size
        progress("export", done, total, "bytes")


def _copied(document: Document) -> Iterator[bytes]:
    """A document's bytes.  Raises SourceChanged where it is another one by now."""
    digest, left = hashlib.sha256(), document.read.size
    try:
        with Path(document.source).open("rb", buffering=0) as file:
            while left > 0 and (piece := file.read(min(left, bundle_zip.PIECE))):
                digest.update(piece)
                left -= len(piece)
                yield piece
            more = file.read(1)
    except OSError as exc:
        raise DocumentsChanged([(document.exhibit, document.source, os.strerror(exc.errno or 0))]) from exc
    if digest.digest() != document.read.sha256 or more:
        raise SourceChanged(document.source, document.read.sha256, digest.digest())
