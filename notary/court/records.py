"""The evidence records of a bundle: read once, each judged with the document of the bundle that it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notary.court import layout
from notary.court.bundle_zip import BundleZip
from notary.court.zip_entries import ZipFault
from notary.errors import BundleInvalid, EvidenceRecordInvalid
from notary.records.evidence_check import Validator
from notary.records.evidence_record import MAX_BYTES, EvidenceRecord
from notary.records.evidence_verdict import RecordVerdict

MAX_TOTAL: Final = 1 << 28  # bytes of all evidence records of a bundle; 10,000 of ours have a fifth of it


@dataclass(frozen=True, slots=True)
class BundledRecord:
    """name  its path; record  None where it cannot be read: the verdict on `data` says why"""

    name: str
    data: bytes
    record: EvidenceRecord | None

    def hash_names(self) -> set[str]:
        """The hashes by which its document is asked for."""
        return set() if self.record is None else {name for name in self.record.hash_names() if name is not None}


def read_records(zipped: BundleZip) -> tuple[BundledRecord, ...]:
    """The records of a bundle, by number.  Raises BundleInvalid: also where they have more than MAX_TOTAL bytes."""
    names = sorted(filter(layout.is_record, zipped.names), key=lambda name: (len(name), name))
    total = sum(map(zipped.size, names))
    if total > MAX_TOTAL:
        detail = f"the evidence records have {total} bytes, at most {MAX_TOTAL} are allowed"
        raise BundleInvalid(ZipFault.TOO_LARGE, detail)
    return tuple(_read(name, zipped.read(name, MAX_BYTES)) for name in names)


def judge_records(
    records: Sequence[BundledRecord], documents: Sequence[Mapping[str, bytes]], validator: Validator
) -> list[RecordVerdict]:
    """A verdict on each record; on one whose document is not among `documents`, what can be said without.

    documents  digests of each by name of the hash, under every hash that a record asks for
    """
    known: dict[bytes, Mapping[str, bytes]] = {digest: one for one in documents for digest in one.values()}
    return [validator.validate_bytes(one.data, [own.get for own in _about(one.record, known)]) for one in records]


def _read(name: str, data: bytes) -> BundledRecord:
    try:
        return BundledRecord(name, data, EvidenceRecord.from_bytes(data))
    except EvidenceRecordInvalid:
        return BundledRecord(name, data, None)


def _about(record: EvidenceRecord | None, known: Mapping[bytes, Mapping[str, bytes]]) -> list[Mapping[str, bytes]]:
    """The documents whose digest stands in the first list; where there is no list, in what the token stamps."""
    if record is None:
        return []
    first = record.chains[0][0]
    if first.lists:
        return [known[value] for value in first.lists[0] if value in known]
    return [own for digest, own in known.items() if digest in first.token]
