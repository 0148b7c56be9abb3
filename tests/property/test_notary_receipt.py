"""Any changed bit of a receipt, and any cut, is refused or claims nothing else; checked against a second verifier."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.receipt_reference import holds
from support.sealed import GENESIS, document_of, sample, trust_in

from notary.errors import ReceiptInvalid, TrustInvalid
from notary.evm.evm_proof import EvmAnchor
from notary.proofs import bundle
from notary.proofs.receipt import Receipt
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import Verifier

DOCUMENT, RECEIPT, BLOCK = sample()
DATA = RECEIPT.to_bytes()
TRUST = trust_in(BLOCK)
BLOCKS = {(1, "0x" + GENESIS.hex(), BLOCK.number): "0x" + BLOCK.hash.hex()}


def without_pointers(receipt: Receipt) -> Receipt:
    """The receipt but for what no proof covers and no verdict repeats: the transaction's hash."""
    anchors = tuple(replace(a, tx=b"") if isinstance(a, EvmAnchor) else a for a in receipt.anchors)
    return replace(receipt, anchors=anchors)


def judge(verifier: Verifier, mutant: bytes) -> str:
    """How a mutant was met; fails the test where it passes and claims something else."""
    verdict = verifier.verify_bytes(mutant, document_of(DOCUMENT))
    if verdict.status is not Status.PASSED:
        return str(verdict.reason)
    found = Receipt.from_bytes(mutant)
    assert without_pointers(found) == without_pointers(RECEIPT), "a changed receipt passed and claims something else"
    return "same claim" if found == RECEIPT else "same claim, other pointer"


@pytest.mark.timeout(120)
def test_any_flipped_bit_is_refused_or_claims_nothing_else() -> None:
    chosen = random.Random(20261123).sample(range(len(DATA) * 8), 3000)
    verifier = Verifier(TRUST)
    outcomes: Counter[str] = Counter()
    for bit in chosen:
        mutant = bytearray(DATA)
        mutant[bit // 8] ^= 1 << bit % 8
        outcome = judge(verifier, bytes(mutant))
        outcomes[outcome] += 1
        if outcome.startswith("same claim"):
            assert holds(bytes(mutant), DOCUMENT, BLOCKS)
        elif outcome != Reason.RECEIPT_INVALID and bit % 10 == 0:  # the second verifier reads more loosely
            assert not holds(bytes(mutant), DOCUMENT, BLOCKS), outcome
    print(f"\n{len(chosen)} of {len(DATA) * 8} single-bit mutants of a receipt of {len(DATA)} bytes: {dict(outcomes)}")
    refused = sum(count for outcome, count in outcomes.items() if not outcome.startswith("same claim"))
    assert refused > 2900


@pytest.mark.deep
def test_every_flipped_bit_is_refused_or_claims_nothing_else() -> None:
    verifier = Verifier(TRUST)
    outcomes: Counter[str] = Counter()
    for bit in range(len(DATA) * 8):
        mutant = bytearray(DATA)
        mutant[bit // 8] ^= 1 << bit % 8
        outcomes[judge(verifier, bytes(mutant))] += 1
    print(f"\nall {len(DATA) * 8} single-bit mutants: {dict(outcomes)}")


def test_every_truncation_is_refused() -> None:
    for length in range(len(DATA) - 1):  # without its last newline it is whole
        with pytest.raises(ReceiptInvalid):
            Receipt.from_bytes(DATA[:length])
    assert Receipt.from_bytes(DATA[:-1]) == RECEIPT


def test_bytes_after_the_receipt_are_refused_unless_white_space() -> None:
    assert Receipt.from_bytes(DATA + b" \r\n") == RECEIPT
    for extra in (b"{}", b"x", b"\0", DATA):
        with pytest.raises(ReceiptInvalid):
            Receipt.from_bytes(DATA + extra)


def test_removed_repeated_and_swapped_pieces_are_refused_or_claim_nothing_else() -> None:
    source = random.Random(7)
    verifier = Verifier(TRUST)
    outcomes: Counter[str] = Counter()
    for _ in range(1000):
        start, length = source.randrange(len(DATA)), source.randrange(1, 80)
        piece = DATA[start : start + length]
        kind = source.randrange(3)
        if kind == 0:
            mutant = DATA[:start] + DATA[start + length :]
        elif kind == 1:
            mutant = DATA[:start] + piece + DATA[start:]
        else:
            other = source.randrange(len(DATA))
            mutant = DATA[:other] + piece + DATA[other + length :]
        outcomes[judge(verifier, mutant)] += 1
    assert sum(outcomes.values()) == 1000
    assert outcomes["same claim"] < 50  # a swap with itself


def test_both_verifiers_accept_the_sample_and_refuse_it_for_another_document() -> None:
    assert Verifier(TRUST).verify_bytes(DATA, document_of(DOCUMENT)).status is Status.PASSED
    assert holds(DATA, DOCUMENT, BLOCKS)
    assert Verifier(TRUST).verify_bytes(DATA, document_of(b"other")).status is Status.FAILED
    assert not holds(DATA, b"other", BLOCKS)


HEX = ["", "0x", "ab" * 32, "0x" + "ab" * 32]
nodes = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5) | st.sampled_from(HEX),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_json_in_any_place_of_a_receipt_is_refused_or_claims_nothing_else(data: st.DataObject) -> None:
    value = json.loads(DATA)
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(nodes)
    judge(Verifier(TRUST), json.dumps(value).encode())


@given(nodes)
@settings(max_examples=200, deadline=None)
def test_any_other_json_is_refused_with_our_error_only(value: object) -> None:
    for wrapped in (value, {"format": "tallystick/receipt", "version": 1, "claim": value}):
        with pytest.raises(ReceiptInvalid):
            Receipt.from_bytes(json.dumps(wrapped).encode())
    with pytest.raises(ReceiptInvalid):
        bundle.read_any(json.dumps({"format": "tallystick/receipts", "version": 1, "logs": value}).encode())
    with pytest.raises(TrustInvalid):
        Trust.from_bytes(json.dumps(value).encode())
