"""Receipts with anchors of all three kinds, and what a verifier must trust for each of them.

Nothing here asks anybody: the authority's token is written by tests/support/tsa.py, the Bitcoin block is one of a chain
whose blocks anybody makes (regtest), the EVM block one of tests/support/sealed.py.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from support import tsa
from support.sealed import (
    BLOCK_TIME,
    Sealed,
    anchored_block,
    later,
    make_anchor,
    seal,
    trust_in,
)

from notary.log.checkpoint import SignedCheckpoint
from notary.proofs.receipt import OtsAnchor, Receipt, TimestampAnchor
from notary.timestamps import ots
from notary.timestamps.bitcoin import REGTEST, block_hash, target_of
from notary.timestamps.ots_tree import BITCOIN_TAG, PENDING_TAG
from notary.verdicts.trust import Trust, TrustedHeader

HEIGHT = 812_345
CALENDAR = "https://calendar.example"


def data_of(note: SignedCheckpoint) -> bytes:
    """What is time-stamped."""
    return note.to_text().encode()


def varbytes(data: bytes) -> bytes:
    return _varuint(len(data)) + data


def _varuint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def mined(root: bytes, time: int = BLOCK_TIME, bits: int = REGTEST.limit_bits) -> bytes:
    """A header of 80 bytes with this Merkle root, of the easiest work."""
    for nonce in range(1 << 20):
        raw = struct.pack("<I32s32sIII", 4, b"\x21" * 32, root, time, bits, nonce)
        if int.from_bytes(block_hash(raw), "little") <= target_of(bits):
            return raw
    raise AssertionError("no nonce was found")


def pending_anchor(note: SignedCheckpoint, uri: str = CALENDAR) -> OtsAnchor:
    """A proof that a calendar promises, and no more."""
    proof, commitment = ots.stamp(hashlib.sha256(data_of(note)).digest(), b"\x0e" * 16)
    answer = b"\x00" + PENDING_TAG + varbytes(varbytes(uri.encode()))
    return OtsAnchor(ots.graft(proof, commitment, answer).to_bytes())


def ots_anchor(
    note: SignedCheckpoint, *, height: int = HEIGHT, time: int = BLOCK_TIME, uri: str = CALENDAR
) -> tuple[OtsAnchor, TrustedHeader]:
    """A proof that leads to a Bitcoin block, with the calendar's promise still in it, and that block's header."""
    pending = ots.OtsProof.from_bytes(pending_anchor(note, uri).proof)
    _, commitment = ots.stamp(hashlib.sha256(data_of(note)).digest(), b"\x0e" * 16)
    sibling = hashlib.sha256(b"a sibling").digest()
    root = hashlib.sha256(commitment + sibling).digest()
    answer = b"\xf0" + varbytes(sibling) + b"\x08\x00" + BITCOIN_TAG + varbytes(_varuint(height))
    header = TrustedHeader(height, mined(root, time), regtest=True)
    return OtsAnchor(ots.graft(pending, commitment, answer).to_bytes()), header


@cache
def authority(title: str = "Test TSA") -> tsa.Chain:
    shape = replace(tsa.LEAF, ends=BLOCK_TIME + 20 * tsa.YEAR)
    upper = replace(tsa.ISSUER, ends=BLOCK_TIME + 20 * tsa.YEAR)
    return tsa.chain(title=title, leaf=shape, root=upper, between=(upper,))


def token_anchor(
    note: SignedCheckpoint, *, at: int = BLOCK_TIME, chain: tsa.Chain | None = None, **changes: Any
) -> TimestampAnchor:
    """A token of the authority's over the note."""
    return TimestampAnchor(tsa.token(chain or authority(), data_of(note), at=at, **changes))


def trusting(*authorities: Any, headers: tuple[TrustedHeader, ...] = (), more: Trust | None = None) -> Trust:
    """Trust in these authorities and Bitcoin headers, and in what `more` trusts."""
    return replace(more or Trust(), authorities=authorities, bitcoin=headers)


@dataclass(frozen=True)
class Full:
    """A receipt that carries every part there is, and a trust that confirms every anchor of it."""

    document: bytes
    receipt: Receipt
    trust: Trust
    sealed: Sealed


@cache
def full() -> Full:
    """EVM, RFC 3161 and .ots anchors, custody, standing, and a newer head with an EVM anchor of its own."""
    sealed = seal()
    note = sealed.note
    block = anchored_block(sealed)
    proof, header = ots_anchor(note)
    anchors = (make_anchor(block, 7, 1), token_anchor(note, at=BLOCK_TIME + 5), proof)
    base = replace(sealed.receipts[1], anchors=anchors)
    newer = later(sealed, base).later
    assert newer is not None
    stamp, second = ots_anchor(newer.note, height=HEIGHT + 1, time=BLOCK_TIME + 900)
    receipt = later(sealed, base, anchors=(token_anchor(newer.note, at=BLOCK_TIME + 600), stamp))
    trusted = authority().trusted(certificates=authority().certificates)
    trust = trusting(trusted, headers=(header, second), more=trust_in(block))
    return Full(sealed.documents[1], receipt, trust, sealed)
