"""Write evidence records out, and check the workspace's own.

    FOLDER/record-N/CASE.receipts.json       the receipts as they were stamped
                    CASE.receipts.json.er    their evidence record
                    NAME.er                  each document's own record, with per_document
                    token-K.tst              the K-th token as it is in all of these; `openssl ts` reads it

An evidence record (.er) is DER of RFC 4998's EvidenceRecord and proves its object without any other file.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from notary.context import Progress, silent
from notary.files import stays_below, write_whole
from notary.records.algorithms import Policy
from notary.records.evidence_check import Document, Validator
from notary.records.evidence_set import Leaf
from notary.records.evidence_verdict import RecordVerdict
from notary.records.hash_tree import digest_of
from notary.records.record_rows import Record, bundle_of, records_of
from notary.service_errors import RecordUnknown

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.verdicts.trust import TrustedAuthority

RECORD_SUFFIX = ".er"
TOKEN_SUFFIX = ".tst"  # noqa: S105 (a file name)


@dataclass(frozen=True, slots=True)
class Validated:
    """What came out for one object of one record."""

    number: int
    name: str
    verdict: RecordVerdict


def export(
    ctx: NotaryContext,
    case_id: str,
    folder: str | os.PathLike[str],
    *,
    per_document: bool = False,
    progress: Progress = silent,
) -> list[Path]:
    """Write a case's evidence records below `folder`; returns the files written. Files are replaced whole.

    per_document  a record for each document, too; else for the bundle of receipts alone

    Raises RecordUnknown, RecordBusy, CaseUnknown, CaseErased, VaultLocked, VaultDamaged, OSError.
    """
    records = records_of(ctx, case_id)
    if not records:
        raise RecordUnknown(case_id)
    written: list[Path] = []

    def write(path: Path, data: bytes) -> None:
        write_whole(path, data)
        written.append(path)
        progress("export", len(written), 0, "files")

    for record in records:
        root = Path(folder) / f"record-{record.number}"
        tokens = [token for chain in record.chains.chains for token in chain.tokens]
        stamped = {f"token-{number}{TOKEN_SUFFIX}": token for number, token in enumerate(tokens, 1)}
        names = _Names(stamped)
        for place, one in enumerate(record.objects):
            if one is None or not (one.bundle or per_document):
                continue
            name = names.take(one.name, place)
            if one.bundle:
                write(root / name, bundle_of(ctx, record, place))
            write(root / f"{name}{RECORD_SUFFIX}", record.chains.record(place).to_bytes())
        for name, token in stamped.items():
            write(root / name, token)
    return written


def validate_case(
    ctx: NotaryContext, case_id: str, authorities: Sequence[TrustedAuthority], policy: Policy
) -> list[Validated]:
    """Check each record of a case: bundles by their bytes, documents by the digests that were taken of them.

    Raises RecordUnknown, RecordBusy, CaseUnknown, CaseErased, VaultLocked, VaultDamaged.
    """
    records = records_of(ctx, case_id)
    if not records:
        raise RecordUnknown(case_id)
    found: list[Validated] = []
    validator = Validator(authorities, policy, ctx.clock())
    for record in records:
        for place, one in enumerate(record.objects):
            if one is None:
                continue
            document = _document(ctx, record, place)
            verdict = validator.validate(record.chains.record(place), [document])
            found.append(Validated(record.number, one.name, verdict))
    return found


def _document(ctx: NotaryContext, record: Record, place: int) -> Document:
    one = record.objects[place]
    if one is not None and one.bundle:
        data = bundle_of(ctx, record, place)
        return lambda hash_name: digest_of(hash_name, data)
    taken = {
        chain.hash_name: leaf.digest for chain in record.chains.chains if isinstance(leaf := chain.leaves[place], Leaf)
    }
    return taken.get


class _Names:
    """Names of files in a record's folder. No two objects share one, and none lies where another's folder is.

    taken  names that are given away from the beginning
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._files, self._folders = set(taken), set[str]()

    def take(self, name: str, place: int) -> str:
        """The object's own name where it is one and free, or the first free one made of its place."""
        own = (name,) if stays_below(name, RECORD_SUFFIX) else ()
        others = (f"object-{place}{more}" for more in itertools.chain(("",), (f"-{n}" for n in itertools.count(2))))
        found = next(one for one in itertools.chain(own, others) if self._free(one))
        self._files |= {found, found + RECORD_SUFFIX}
        self._folders |= _folders(found)
        return found

    def _free(self, name: str) -> bool:
        files = {name, name + RECORD_SUFFIX}
        return files.isdisjoint(self._files | self._folders) and _folders(name).isdisjoint(self._files)


def _folders(name: str) -> set[str]:
    parts = name.split("/")
    return {"/".join(parts[:count]) for count in range(1, len(parts))}
