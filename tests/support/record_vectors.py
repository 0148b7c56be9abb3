"""The evidence records (RFC 4998) among the vectors of tests/vectors/receipts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from support import fixed
from support.tsa import YEAR, Chain, signed_data, tst_info

from notary.records.evidence_record import EvidenceRecord, new_record
from notary.records.evidence_set import EvidenceSet, Leaf
from notary.verdicts.trust import Trust, TrustedAuthority

START = 1_600_000_000
FIRST = fixed.alone("First", START - YEAR, START + 3 * YEAR)  # ends long before the last validation
SECOND = fixed.alone("Second", START + YEAR, START + 8 * YEAR)
THIRD = fixed.alone("Third", START + 4 * YEAR, START + 12 * YEAR)
TRUST = Trust(authorities=tuple(TrustedAuthority(name, one.root.der) for name, one in zip(
    ("First", "Second", "Third"), (FIRST, SECOND, THIRD), strict=True)))  # fmt: skip
DOCUMENTS = (b"contract", b"invoice", b"chat")
NOW = START + 6 * YEAR


@dataclass(frozen=True)
class RecordVector:
    """A record, and with what it is to be judged.  at: Unix seconds, the verifier's now."""

    name: str
    about: str
    data: bytes
    document: bytes | None
    trust: Trust | None
    at: int


def _leaves(name: str) -> list[Leaf]:
    return [
        Leaf(hashlib.new(name, document).digest(), hashlib.new(name, b"%d" % place).digest())
        for place, document in enumerate(DOCUMENTS)
    ]


def _stamp(by: Chain, what: tuple[bytes, str], at: int) -> bytes:
    data, name = what
    return signed_data(by, tst_info(hashlib.new(name, data).digest(), name, at))


def _begun(at: int = START) -> EvidenceSet:
    leaves = _leaves("sha256")
    return EvidenceSet().with_chain("sha256", leaves, _stamp(FIRST, EvidenceSet().begins("sha256", leaves), at))


def _renewed(before: EvidenceSet, at: int = START + 2 * YEAR) -> EvidenceSet:
    return before.with_token(_stamp(SECOND, before.renewal(), at))


def _rehashed(before: EvidenceSet) -> EvidenceSet:
    leaves = _leaves("sha3_512")
    return before.with_chain("sha3_512", leaves, _stamp(THIRD, before.begins("sha3_512", leaves), START + 5 * YEAR))


def vectors() -> Iterator[RecordVector]:
    """All of them; names are unique."""

    def one(
        name: str,
        about: str,
        record: EvidenceRecord,
        document: bytes | None = b"invoice",
        trust: Trust | None = TRUST,
        at: int = NOW,
    ) -> RecordVector:
        return RecordVector(name, about, record.to_bytes(), document, trust, at)

    first, whole = _begun(), _rehashed(_renewed(_begun()))
    record = whole.record(1)
    yield one("record", "renewed by a token, then by another hash", record)
    yield one("record-young", "one token, not renewed yet", first.record(1), at=START + YEAR)
    yield one("record-renewed", "renewed once by a token", _renewed(first).record(1))
    yield one("record-expired", "not renewed before its authority ended", first.record(1))
    yield one("record-renewed-late", "renewed too late", _renewed(first, START + 4 * YEAR).record(1))
    yield one("record-untrusted", "authorities that the verifier does not know", record, trust=None)
    yield one("record-other-document", "another document", record, b"invoice!")
    yield one("record-no-document", "judged without the document", record, None)
    alone = new_record("sha256", (), _stamp(FIRST, (b"alone", "sha256"), START))
    yield one("record-alone", "a single object without a tree", alone, b"alone", at=START + YEAR)
    other = _renewed(_begun(START + 1)).record(1)
    broken = replace(record, chains=((record.chains[0][0], other.chains[0][1]), record.chains[1]))
    yield one("record-chain-broken", "a renewal of another token", broken)
    stamp = first.record(1).chains[0][0]
    tree = replace(first.record(1), chains=((replace(stamp, lists=(stamp.lists[0], (bytes(32),))),),))
    yield one("record-root-differs", "a tree that leads elsewhere", tree, at=START + YEAR)
    flipped = stamp.token[:-1] + bytes([stamp.token[-1] ^ 1])
    wrong = replace(first.record(1), chains=((replace(stamp, token=flipped),),))
    yield one("record-token-invalid", "a bit of a token's signature", wrong, at=START + YEAR)
    encrypted = replace(record, encryption_info=b"\x06\x01\x2a\x05\x00")
    yield one("record-encrypted", "a record of encrypted objects", encrypted)
    cut = record.to_bytes()[:-1]
    yield RecordVector("record-truncated", "cut off", cut, b"invoice", TRUST, NOW)
