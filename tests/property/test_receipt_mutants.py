"""Every changed bit and every cut of a receipt with all its parts is refused, or changes nothing that is claimed.

The receipt has anchors of an EVM chain, of a time-stamp authority and of Bitcoin, a standing, a signed custody entry,
and a newer head with anchors of its own; the verifier trusts the source of each. A mutant may end in three ways:

    refused   not PASSED, whatever the reason
    same      PASSED, with the same fields, interval, anchors, standing, signers and reasons
    silent    PASSED, with the same fields and standing, but an anchor, or the newer head's, is confirmed no more: a
              proof that names another block or authority than the ones known proves nothing, and spoils nothing. What
              is still claimed was claimed before, and the time is bounded no better than before
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from support.sealed import document_of
from support.stamped import full

from notary.proofs.receipt import Receipt
from notary.verdicts.verdict import AnchorResult, Status, Verdict
from notary.verdicts.verify import Verifier

FULL = full()
DATA = FULL.receipt.to_bytes()
DOCUMENT = document_of(FULL.document)
SAMPLED = 3000


def flipped(bits: Iterable[int]) -> Iterator[bytes]:
    for bit in bits:
        mutant = bytearray(DATA)
        mutant[bit // 8] ^= 1 << bit % 8
        yield bytes(mutant)


def confirmed(anchors: Iterable[AnchorResult]) -> list[str]:
    return [str(anchor.to_json()) for anchor in anchors if anchor.trust.status is Status.PASSED]


def claims(verdict: Verdict) -> dict[str, object]:
    """All that a verdict says, but for sentences."""
    return {
        "status": verdict.status,
        "fields": dict(verdict.fields),
        "interval": verdict.interval.to_json(),
        "anchors": [anchor.to_json() for anchor in verdict.anchors],
        "later": [anchor.to_json() for anchor in verdict.later_anchors],
        "standing": verdict.standing,
        "signers": verdict.signers,
        "reasons": [(check.status, check.reason) for check in verdict.checks],
    }


def judge(verifier: Verifier, mutant: bytes) -> str:
    """How a mutant was met; fails the test where it passes and claims something else."""
    verdict = verifier.verify_bytes(mutant, DOCUMENT)
    if verdict.status is not Status.PASSED:
        return "refused"
    if claims(verdict) == CLAIMS:
        return "same"
    assert dict(verdict.fields) == CLAIMS["fields"] and verdict.signers == CLAIMS["signers"]
    assert set(confirmed(verdict.anchors)) <= set(confirmed(GOOD.anchors))
    assert set(confirmed(verdict.later_anchors)) <= set(confirmed(GOOD.later_anchors))
    assert {str(source) for source in verdict.interval.sources} <= {str(source) for source in GOOD.interval.sources}
    assert verdict.interval.not_before == GOOD.interval.not_before
    assert [check.status for check in verdict.checks] == [check.status for check in GOOD.checks]
    assert verdict.standing is not None and GOOD.standing is not None
    assert verdict.standing.state == GOOD.standing.state and verdict.standing.log_size == GOOD.standing.log_size
    assert verdict.standing.head_not_after in (GOOD.standing.head_not_after, None)
    fell = len(confirmed(verdict.anchors)) < len(confirmed(GOOD.anchors))
    fell_later = len(confirmed(verdict.later_anchors)) < len(confirmed(GOOD.later_anchors))
    assert fell or fell_later, "a changed receipt claims something else"
    return "silent"


GOOD = Verifier(FULL.trust).verify_bytes(DATA, DOCUMENT)
CLAIMS = claims(GOOD)


def tell(kind: str, outcomes: Counter[str]) -> None:
    print(f"\n{outcomes.total()} {kind} of a receipt of {len(DATA)} bytes: {dict(outcomes)}")


def test_the_receipt_itself_passes_with_every_part() -> None:
    assert GOOD.status is Status.PASSED
    assert [check.status for check in GOOD.checks] == [Status.PASSED] * 12
    assert [anchor.kind for anchor in GOOD.anchors] == ["evm", "rfc3161", "ots"]
    assert len(confirmed(GOOD.anchors)) == 3 and len(confirmed(GOOD.later_anchors)) == 2
    assert judge(Verifier(FULL.trust), DATA) == "same"


@pytest.mark.timeout(240)
def test_sampled_bits_are_refused_or_claim_nothing_else_when_flipped() -> None:
    verifier, source = Verifier(FULL.trust), random.Random(20261123)
    chosen = source.sample(range(len(DATA) * 8), SAMPLED)
    outcomes = Counter(judge(verifier, mutant) for mutant in flipped(chosen))
    tell("single-bit mutants", outcomes)
    assert outcomes["refused"] > 0.85 * SAMPLED


@pytest.mark.deep
def test_every_bit_is_refused_or_claims_nothing_else_when_flipped() -> None:
    verifier = Verifier(FULL.trust)
    outcomes = Counter(judge(verifier, mutant) for mutant in flipped(range(len(DATA) * 8)))
    tell("single-bit mutants, every bit of every byte,", outcomes)
    assert outcomes.total() == len(DATA) * 8 >= 100_000
    assert outcomes["refused"] > 0.85 * outcomes.total()


def test_every_truncation_is_refused() -> None:
    verifier = Verifier(FULL.trust)
    outcomes = Counter(judge(verifier, DATA[:length]) for length in range(len(DATA) - 1))  # but for the last newline
    tell("truncations", outcomes)
    assert outcomes == {"refused": len(DATA) - 1}
    assert Receipt.from_bytes(DATA[:-1]) == FULL.receipt
