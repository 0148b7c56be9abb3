"""Find which document belongs to which receipt, for `tallystick verify`.

    sidecar   NAME and NAME.receipt.json in one folder
    content   the document's SHA-256 is the one that the receipt shows
    name      the document's path ends in the name that the receipt shows: so an altered file meets its receipt
    alone     one document and one receipt were named, nothing else: they are compared whatever they are

Where receipts are named (--receipt), only those count: whoever delivers a file can put a receipt of their own beside
it.

What is left over is reported: documents without a receipt, receipts without a document.  Receipts of older versions of
a document are left out, but only once the receipt that continues them is verified (`superseded`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from notary.errors import ReceiptInvalid
from portal.errors import FileMissing

if TYPE_CHECKING:
    from notary.proofs.receipt import Receipt
    from notary.sealing.hashing import Outcome
    from notary.verdicts.verdict import Verdict

SUFFIX: Final = ".receipt.json"
BUNDLE_SUFFIX: Final = ".receipts.json"
PEEK_BYTES: Final = 2 * 1024 * 1024  # a file of another name is parsed as a receipt only if it says so within this
_MARK: Final = b"tallystick/receipt"


@dataclass(frozen=True)
class Document:
    """A file to verify: its path, how it is shown and named, its size when it was found."""

    path: str
    name: str
    size: int


@dataclass(frozen=True)
class Found:
    """One receipt of a file; `error` where the file did not parse (then `receipt` is None).

    asked   this one receipt was named by itself, so it is reported even where it stays without a document
    """

    source: str
    receipt: Receipt | None
    error: ReceiptInvalid | None = None
    asked: bool = False


@dataclass(frozen=True)
class Pair:
    """A document with its receipt; either may be missing, not both."""

    document: Document | None
    found: Found | None


@dataclass(frozen=True)
class Collected:
    """What the named paths hold.

    refused  paths that cannot be read, with the reason
    whole    whether a receipt without its document means that the document is missing: not so where single files were
             named beside a folder of receipts of many
    unused   receipts in or beside the named paths that do not count, because others were named
    """

    documents: tuple[Document, ...]
    receipts: tuple[Found, ...]
    refused: tuple[tuple[str, str], ...]
    whole: bool = True
    unused: int = 0


def is_receipt_name(name: str) -> bool:
    """Whether a file of this name is a receipt or a bundle of receipts."""
    return name.endswith((SUFFIX, BUNDLE_SUFFIX))


def bare_pdf_size(path: str) -> int | None:
    """Bytes of a PDF that has no receipt of its own beside it; None for anything else, and for what cannot be read."""
    if Path(f"{path}{SUFFIX}").exists():
        return None
    try:
        with Path(path).open("rb") as file:
            return file.seek(0, os.SEEK_END) if b"%PDF-" in file.read(1024) else None
    except OSError:  # said of the file as of any other
        return None


def collect(paths: Sequence[str], receipts: Sequence[str]) -> Collected:
    """Walk what was named.

    paths      documents, receipts, folders of either
    receipts   receipts, bundles, folders of them: every .json file counts

    Raises FileMissing, also when there is neither a file nor a receipt.
    """
    from notary.sealing.intake import find_files

    documents: list[Document] = []
    sources: list[str] = []
    beside: list[str] = []  # receipts in or beside the paths
    asked: set[str] = set()
    refused: list[tuple[str, str]] = []
    for path in paths:
        if not os.path.lexists(path):
            raise FileMissing(path, "does not exist")
        intake = find_files([path])
        refused += [(item.path, item.reason) for item in intake.refused if item.code != "empty-folder"]
        for file in intake.files:
            if Path(path).is_dir():
                is_receipt, sidecar = is_receipt_name(file.name), None
            else:
                sidecar = next((s for s in (f"{path}{SUFFIX}", f"{file.path}{SUFFIX}") if Path(s).is_file()), None)
                is_receipt = sidecar is None and (
                    is_receipt_name(file.name) or (not receipts and _is_receipt(file.path))
                )
            if is_receipt:
                beside.append(file.path)
            else:
                documents.append(Document(file.path, file.name, file.size))
            if sidecar is not None:
                beside.append(str(Path(sidecar).resolve()))
    sources += beside if not receipts else []
    for path in receipts:
        if not os.path.lexists(path):
            raise FileMissing(path, "does not exist")
        intake = find_files([path])
        refused += [(item.path, item.reason) for item in intake.refused]
        folder = Path(path).is_dir()
        sources += [file.path for file in intake.files if not folder or file.name.endswith(".json")]
        asked.update(file.path for file in intake.files if not folder)
    if not documents and not sources and not refused:
        raise FileMissing(", ".join(paths)[:200], "no file and no receipt was found there")
    found: list[Found] = []
    for source in dict.fromkeys(sources):
        items = read_receipts(source)
        found += [replace(item, asked=source in asked and len(items) == 1) for item in items]
    whole = not receipts or not documents or any(Path(path).is_dir() for path in paths)
    return Collected(tuple(documents), tuple(found), tuple(refused), whole, len(set(beside) - set(sources)))


def read_receipts(source: str) -> list[Found]:
    """The receipts of one file, or one `Found` that says why there are none.  Raises FileMissing."""
    from notary.proofs.bundle import MAX_BYTES, read_any

    try:
        with Path(source).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise FileMissing(source, exc.strerror or str(exc)) from exc
    try:
        return [Found(source, receipt) for receipt in read_any(data)]
    except ReceiptInvalid as exc:
        return [Found(source, None, exc)]


def pair(collected: Collected, digests: dict[str, Outcome]) -> list[Pair]:
    """Documents in their order, each with its receipt or none; then receipts whose document is missing: all if whole,
    else those that were asked for.

    digests   of each document, by path
    """
    documents, receipts = list(collected.documents), list(collected.receipts)
    if len(documents) == 1 and len(receipts) == 1:
        return [Pair(documents[0], receipts[0])]
    chosen: dict[str, Found] = {}
    used: set[int] = set()
    rank = {i: place for place, i in enumerate(sorted(range(len(receipts)), key=lambda i: (_newest(receipts[i]), -i)))}
    by_digest: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    by_both: dict[tuple[str, str], list[int]] = {}
    for i in rank:  # so that the newest of each list stands last
        found = receipts[i]
        shown = found.receipt.shown() if found.receipt is not None else {}
        digest = str(shown.get("sha256", ""))
        by_digest.setdefault(digest, []).append(i)
        by_name.setdefault(str(shown.get("name", "")), []).append(i)
        by_both.setdefault((digest, sealed_name(found) or ""), []).append(i)

    def choose(document: Document, *candidates: list[int]) -> None:
        """Take the newest that is free. What is taken leaves each list once, so no list is gone through again."""
        for one in candidates:
            while one and one[-1] in used:
                one.pop()
        free = [one[-1] for one in candidates if one]
        if free and document.path not in chosen:
            best = max(free, key=rank.__getitem__)
            chosen[document.path] = receipts[best]
            used.add(best)

    at = {found.source: i for i, found in enumerate(receipts)}
    for document in documents:
        choose(document, [at[f"{document.path}{SUFFIX}"]] if f"{document.path}{SUFFIX}" in at else [])
    for document in documents:
        outcome = digests.get(document.path)
        digest = getattr(outcome, "sha256", b"").hex()
        if digest:
            choose(document, *(by_both.get((digest, name), []) for name in _names(document)))
            choose(document, by_digest.get(digest, []))
    for document in documents:
        parts = PurePosixPath(document.path).parts
        for length in range(len(parts), 0, -1):
            choose(document, by_name.get("/".join(parts[-length:]), []))
    left = [found for i, found in enumerate(receipts) if i not in used and (collected.whole or found.asked)]
    return [Pair(document, chosen.get(document.path)) for document in documents] + [Pair(None, found) for found in left]


def has_sealed_name(document: Document, found: Found) -> bool:
    """Whether the document's path ends in the name that the receipt shows."""
    return sealed_name(found) in _names(document)


def _names(document: Document) -> set[str]:
    """The names that a receipt may show for the document: its own, and every end of its path."""
    parts = document.path.split("/")
    return {document.name, *("/".join(parts[place:]) for place in range(1, len(parts)))} - {""}


def sealed_name(found: Found) -> str | None:
    """The name that the receipt shows, as it is on disk; None where it is withheld."""
    shown = found.receipt.shown() if found.receipt is not None else {}
    name, raw = shown.get("name"), shown.get("name_bytes")
    if not isinstance(name, str):
        return None
    try:
        return os.fsdecode(bytes.fromhex(raw)) if isinstance(raw, str) else name
    except ValueError:  # check 3 says so
        return None


def _newest(found: Found) -> tuple[int, int]:
    """Order of receipts: the later entry, then the later checkpoint."""
    return (found.receipt.entry.index, found.receipt.note.checkpoint.size) if found.receipt is not None else (-1, -1)


def superseded(pairs: Sequence[Pair], verdicts: Mapping[int, Verdict]) -> set[int]:
    """Which of `pairs` are receipts of older versions, so that nothing is missing where their document is.

    verdicts   by place in `pairs`

    Anyone can write a receipt that says "continues". So it counts only where the continuing receipt stands in the same
    log and case, and is verified with its document (checks 1 to 6), or is itself such an older version.
    """
    from notary.log.merkle import leaf_hash
    from notary.sealing.commitment import claim_entry

    left = {
        leaf_hash(claim_entry(one.found.receipt.opening.commitment())).hex(): place
        for place, one in enumerate(pairs)
        if one.document is None
        and one.found is not None
        and one.found.receipt is not None
        and not one.found.asked
        and place in verdicts
        and verdicts[place].proves(1, 3, 4, 5, 6)
        and verdicts[place].status != "FAILED"
    }
    older: set[int] = set()
    newer = [place for place, one in enumerate(pairs) if place in verdicts and verdicts[place].proves(1, 2, 3, 4, 5, 6)]
    while newer:
        later = pairs[newer.pop()].found
        place = left.get(str(later.receipt.shown().get("continues", ""))) if later and later.receipt else None
        earlier = pairs[place].found if place is not None else None
        if place is None or place in older or not _same_case(earlier, later):
            continue
        older.add(place)
        newer.append(place)
    return older


def _same_case(one: Found | None, other: Found | None) -> bool:
    if one is None or other is None or one.receipt is None or other.receipt is None:
        return False
    cases = [found.shown().get("case_blinded") for found in (one.receipt, other.receipt)]
    return one.receipt.log == other.receipt.log and cases[0] is not None and cases[0] == cases[1]


def _is_receipt(path: str) -> bool:
    """Whether a file of any name is a JSON object that says it is a receipt or a bundle."""
    from notary import jcs
    from notary.errors import JsonInvalid
    from notary.proofs import bundle, receipt

    try:
        with Path(path).open("rb") as file:
            data = file.read(PEEK_BYTES)
            if not data.lstrip().startswith(b"{") or _MARK not in data:
                return False
            data += file.read(bundle.MAX_BYTES + 1 - len(data))
        value = jcs.loads(data, max_bytes=bundle.MAX_BYTES, what="receipt file")
    except (OSError, JsonInvalid):
        return False
    return isinstance(value, dict) and value.get("format") in (receipt.FORMAT, bundle.FORMAT)
