"""Find which document belongs to which receipt, for `tallystick verify`.

    sidecar   NAME and NAME.receipt.json in one folder
    content   the document's SHA-256 is the one that the receipt shows
    name      the document's path ends in the name that the receipt shows: so an altered file meets its receipt
    alone     one document and one receipt were named, nothing else: they are compared whatever they are

Receipts whose claim a later receipt at hand continues are older versions of a document; they are left out when no
document of theirs is there.  What is left over is reported: documents without a receipt, receipts without a document.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from notary.errors import ReceiptInvalid
from portal.errors import FileMissing

if TYPE_CHECKING:
    from notary.hashing import Outcome
    from notary.receipt import Receipt

SUFFIX: Final = ".receipt.json"
BUNDLE_SUFFIX: Final = ".receipts.json"
PEEK_BYTES: Final = 2 * 1024 * 1024  # a file named alone is taken for a receipt if it says so within this
_MARK: Final = b'"format":"tallystick/receipt'


@dataclass(frozen=True)
class Document:
    """A file to verify: its path, how it is shown and named, its size when it was found."""

    path: str
    name: str
    size: int


@dataclass(frozen=True)
class Found:
    """One receipt of a file; `error` where the file did not parse (then `receipt` is None)."""

    source: str
    receipt: Receipt | None
    error: ReceiptInvalid | None = None


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
    """

    documents: tuple[Document, ...]
    receipts: tuple[Found, ...]
    refused: tuple[tuple[str, str], ...]
    whole: bool = True


def is_receipt_name(name: str) -> bool:
    """Whether a file of this name is a receipt or a bundle of receipts."""
    return name.endswith((SUFFIX, BUNDLE_SUFFIX))


def collect(paths: Sequence[str], receipts: Sequence[str]) -> Collected:
    """Walk what was named.

    paths      documents, receipts, folders of either
    receipts   receipts, bundles, folders of them: every .json file counts

    Raises FileMissing.
    """
    from notary.intake import find_files

    documents: list[Document] = []
    sources: list[str] = []
    refused: list[tuple[str, str]] = []
    for path in paths:
        if not os.path.lexists(path):
            raise FileMissing(path, "does not exist")
        intake = find_files([path])
        refused += [(item.path, item.reason) for item in intake.refused if item.code != "empty-folder"]
        for file in intake.files:
            if is_receipt_name(file.name) or (not Path(path).is_dir() and not receipts and _says_receipt(file.path)):
                sources.append(file.path)
            else:
                documents.append(Document(file.path, file.name, file.size))
        if not Path(path).is_dir():
            sidecar = f"{path}{SUFFIX}"
            if Path(sidecar).is_file():
                sources.append(str(Path(sidecar).resolve()))
    for path in receipts:
        if not os.path.lexists(path):
            raise FileMissing(path, "does not exist")
        intake = find_files([path])
        refused += [(item.path, item.reason) for item in intake.refused]
        folder = Path(path).is_dir()
        sources += [file.path for file in intake.files if not folder or file.name.endswith(".json")]
    found = [item for source in dict.fromkeys(sources) for item in read_receipts(source)]
    whole = not receipts or not documents or any(Path(path).is_dir() for path in paths)
    return Collected(tuple(documents), tuple(found), tuple(refused), whole)


def read_receipts(source: str) -> list[Found]:
    """The receipts of one file, or one `Found` that says why there are none.  Raises FileMissing."""
    from notary.bundle import MAX_BYTES, read_any

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
    """Documents in their order, each with its receipt or none; then, if whole, receipts whose document is missing.

    digests   of each document, by path
    """
    documents, receipts = list(collected.documents), list(collected.receipts)
    if len(documents) == 1 and len(receipts) == 1:
        return [Pair(documents[0], receipts[0])]
    chosen: dict[str, Found] = {}
    used: set[int] = set()

    def choose(document: Document, candidates: Iterable[int]) -> None:
        free = [i for i in candidates if i not in used]
        if free and document.path not in chosen:
            best = max(free, key=lambda i: _newest(receipts[i]))
            chosen[document.path] = receipts[best]
            used.add(best)

    at = {found.source: i for i, found in enumerate(receipts)}
    for document in documents:
        choose(document, [at[f"{document.path}{SUFFIX}"]] if f"{document.path}{SUFFIX}" in at else [])
    by_digest: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for i, found in enumerate(receipts):
        shown = found.receipt.shown() if found.receipt is not None else {}
        by_digest.setdefault(str(shown.get("sha256", "")), []).append(i)
        by_name.setdefault(str(shown.get("name", "")), []).append(i)
    for document in documents:
        outcome = digests.get(document.path)
        digest = getattr(outcome, "sha256", b"").hex()
        same = by_digest.get(digest, []) if digest else []
        named = [i for i in same if _ends_in(document, receipts[i])]
        choose(document, named)
        choose(document, same)
    for document in documents:
        parts = PurePosixPath(document.path).parts
        for length in range(len(parts), 0, -1):
            choose(document, by_name.get("/".join(parts[-length:]), []))
    older = _older(receipts)
    left = [found for i, found in enumerate(receipts) if i not in used and i not in older]
    pairs = [Pair(document, chosen.get(document.path)) for document in documents]
    return pairs + [Pair(None, found) for found in left] if collected.whole else pairs


def _ends_in(document: Document, found: Found) -> bool:
    name = found.receipt.shown().get("name") if found.receipt is not None else None
    return isinstance(name, str) and (document.name == name or document.path.endswith(f"/{name}"))


def _newest(found: Found) -> tuple[int, int]:
    """Order of receipts: the later entry, then the later checkpoint."""
    return (found.receipt.entry.index, found.receipt.note.checkpoint.size) if found.receipt is not None else (-1, -1)


def _older(receipts: Sequence[Found]) -> set[int]:
    """Receipts whose claim another one at hand continues."""
    from notary.commitment import claim_entry
    from notary.merkle import leaf_hash

    continued = {str(f.receipt.shown().get("continues", "")) for f in receipts if f.receipt is not None} - {""}
    if not continued:
        return set()
    return {
        i
        for i, f in enumerate(receipts)
        if f.receipt is not None and leaf_hash(claim_entry(f.receipt.opening.commitment())).hex() in continued
    }


def _says_receipt(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return _MARK in file.read(PEEK_BYTES).replace(b" ", b"")
    except OSError:
        return False
