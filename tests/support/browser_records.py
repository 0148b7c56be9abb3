"""Evidence records given to the verifier of portal/verifier and to Python's: samples, and what differs when altered."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from asn1crypto import cms  # type: ignore[import-untyped,unused-ignore]  # it brings no types
from cryptography.x509 import ReasonFlags
from support import record_vectors
from support.browser_verifier import bytes_changed
from support.record_vectors import DOCUMENTS, FIRST, NOW, SECOND, START, THIRD, TRUST
from support.tsa import YEAR, crl, signed_data, tst_info

from notary.errors import EvidenceRecordInvalid
from notary.records.algorithms import default_policy
from notary.records.evidence_check import validate_bytes
from notary.records.evidence_record import EvidenceRecord, der_token, new_record, tree_value
from notary.verdicts.trust import Trust


@dataclass(frozen=True)
class GivenRecord:
    """What both verifiers get: a record file, perhaps its document, perhaps a trust file, and the time."""

    record: bytes
    document: bytes | None
    trust: bytes | None
    at: int

    def line(self) -> str:
        parts = (self.record, self.document, self.trust)
        encoded = [None if part is None else base64.b64encode(part).decode() for part in parts]
        return json.dumps([*encoded, self.at])

    def python(self) -> dict[str, Any]:
        authorities = () if self.trust is None else Trust.from_bytes(self.trust).authorities
        documents = [] if self.document is None else [self._digest]
        return validate_bytes(self.record, documents, authorities, default_policy(), self.at).to_json()

    def _digest(self, name: str) -> bytes:
        return hashlib.new(name, self.document or b"").digest()


def samples() -> list[GivenRecord]:
    """The vectors, and records whose tokens are in BER, renewed as written and as in DER."""
    found = [
        GivenRecord(one.data, one.document, None if one.trust is None else one.trust.to_bytes(), one.at)
        for one in record_vectors.vectors()
    ]
    whole = found[0]
    found += [replace(whole, at=at) for at in (0, START - 1, START + 5 * YEAR, START + 20 * YEAR)]
    found += [replace(whole, document=document) for document in DOCUMENTS]
    trust = TRUST.to_bytes()
    stolen = crl(FIRST.root, [(FIRST.leaf, START + 100, ReasonFlags.key_compromise)])
    revoked = replace(TRUST, authorities=(replace(TRUST.authorities[0], crls=(stolen,)), *TRUST.authorities))
    found.append(replace(whole, trust=revoked.to_bytes()))
    weak = signed_data(FIRST, tst_info(hashlib.sha1(b"alone").digest(), "sha1", START))
    for broken in (weak, b"\x30\x00", der_token(weak)[:-1]):
        found.append(GivenRecord(new_record("sha256", (), broken).to_bytes(), b"alone", trust, NOW))
    unknown = EvidenceRecord.from_bytes(whole.record)
    sha1 = replace(unknown.chains[0][0], algorithm=b"\x06\x05\x2b\x0e\x03\x02\x1a")
    other = replace(unknown, chains=((sha1, *unknown.chains[0][1:]), *unknown.chains[1:]))
    found.append(replace(whole, record=other.to_bytes()))
    for token in (_in_ber(_token(FIRST, b"alone", START)), _token(FIRST, b"alone", START)):
        for before in (token, der_token(token), token[:-1]):
            found.append(GivenRecord(_renewed(token, before).to_bytes(), b"alone", trust, NOW))
            found.append(GivenRecord(_rehashed(token, before).to_bytes(), b"alone", trust, NOW))
    return found


def mutants(count: int, seed: int) -> Iterator[GivenRecord]:
    """Samples with some bytes changed anywhere, or in a token, a value, an algorithm; or with parts in other places."""
    chance = random.Random(seed)
    every = samples()
    good = [one for one in every if one.python()["status"] == "PASSED"]
    for _ in range(count):
        one = chance.choice(every if chance.random() < 0.2 else good)
        yield replace(one, record=_altered(one.record, chance), at=one.at + chance.choice((0, 0, 0, YEAR, -YEAR)))


def with_other_tags() -> Iterator[GivenRecord]:
    """A record of one token, with each bit flipped of each tag in that token, certificate and time stamp included."""
    record = next(one for one in samples() if one.document == b"alone" and one.python()["status"] == "PASSED")
    token = EvidenceRecord.from_bytes(record.record).chains[0][0].token
    begin = record.record.index(token)
    for place in _tags(token):
        for bit in range(8):
            data = bytearray(record.record)
            data[begin + place] ^= 1 << bit
            yield replace(record, record=bytes(data))


def _tags(data: bytes, begin: int = 0, end: int | None = None) -> Iterator[int]:
    """Where the tags stand in DER, those inside of octet strings as well where these hold DER."""
    at, end = begin, len(data) if end is None else end
    while at < end:
        yield at
        first, start = data[at + 1], at + 2
        if first & 0x80:
            start += first & 0x7F
            first = int.from_bytes(data[at + 2 : start], "big")
        if data[at] & 0x20 or (data[at] == 0x04 and data[start : start + 1] == b"\x30" and first > 80):
            yield from _tags(data, start, start + first)
        at = start + first


def token_over(data: bytes) -> bytes:
    """A token of the first authority over `data`, of START."""
    return _token(FIRST, data, START)


def _token(by: Any, data: bytes, at: int, name: str = "sha256") -> bytes:
    return signed_data(by, tst_info(hashlib.new(name, data).digest(), name, at))


def _renewed(token: bytes, before: bytes) -> EvidenceRecord:
    """`token` renewed by one that stamps it as `before` writes it."""
    first = new_record("sha256", (), token)
    second = _token(SECOND, before, START + 2 * YEAR)
    again = first.with_time_stamp("sha256", second)
    return again.with_time_stamp("sha256", _token(THIRD, second, START + 5 * YEAR))


def _rehashed(token: bytes, before: bytes) -> EvidenceRecord:
    first = new_record("sha256", (), token)
    chains = ((replace(first.chains[0][0], token=before),),)
    value = tree_value(chains, hashlib.sha3_512(b"alone").digest(), "sha3_512")
    blind = hashlib.sha3_512(b"blind").digest()
    root = b"".join(sorted((value, blind)))
    return first.with_chain("sha3_512", ((value,), (blind,)), _token(SECOND, root, START + 2 * YEAR, "sha3_512"))


def _in_ber(token: bytes) -> bytes:
    """The same ContentInfo, with marked ends of its three outer elements."""
    info = cms.ContentInfo.load(token)
    inner: bytes = info["content"].contents
    kind: bytes = info["content_type"].dump()
    return b"\x30\x80" + kind + b"\xa0\x80\x30\x80" + inner + b"\0\0" * 3


def _altered(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return bytes_changed(data, chance)
    try:
        record = EvidenceRecord.from_bytes(data)
    except EvidenceRecordInvalid:
        return bytes_changed(data, chance)
    chains = [list(chain) for chain in record.chains]
    number = chance.randrange(len(chains))
    place = chance.randrange(len(chains[number]))
    stamp = chains[number][place]
    kind = chance.randrange(7)
    if kind <= 2:
        stamp = replace(stamp, token=bytes_changed(stamp.token, chance))
    elif kind == 3 and stamp.lists:
        level = chance.randrange(len(stamp.lists))
        values = list(stamp.lists[level])
        chance.shuffle(values)
        at = chance.randrange(len(values))
        values[at : at + 1] = chance.choice(([bytes_changed(values[at], chance)], [values[at]] * 2, []))
        lists = [*stamp.lists[:level], tuple(values), *stamp.lists[level + 1 :]]
        stamp = replace(stamp, lists=tuple(one for one in lists if one))
    elif kind == 4:
        stamp = replace(
            stamp, algorithm=chance.choice((None, bytes_changed(stamp.algorithm or b"\x06\x01\x2a", chance)))
        )
    elif kind == 5:
        stamp = replace(stamp, attributes=chance.choice((b"\x30\x00", b"")))
    else:
        stamp = replace(stamp, token=_in_ber(stamp.token) if stamp.token[1] != 0x80 else stamp.token)
    chains[number][place] = stamp
    if chance.random() < 0.1:
        chance.shuffle(chains)
    if chance.random() < 0.1:
        chains = [[one for chain in chains for one in chain]]
    return replace(record, chains=tuple(map(tuple, chains))).to_bytes()
