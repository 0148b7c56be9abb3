"""Proofs of files outside of every case, by calendars on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from support.calendar import Calendar, RegtestChain, running_calendar

from notary.service_errors import CalendarUnavailable
from notary.timestamps.bitcoin import REGTEST, HeaderChain
from notary.timestamps.ots import OtsProof
from portal import proofs

DIGESTS = [hashlib.sha256(b"%d" % number).digest() for number in range(5)]


@pytest.fixture
def good() -> Iterator[Calendar]:
    with running_calendar() as running:
        yield running


@pytest.fixture
def bad() -> Iterator[Calendar]:
    with running_calendar() as running:
        running.mode = "deep"
        yield running


@pytest.mark.parametrize("digests", [DIGESTS[:1], DIGESTS])
def test_stamp_keeps_the_honest_answers_when_another_makes_the_proof_too_deep(
    good: Calendar, bad: Calendar, digests: list[bytes]
) -> None:
    made = proofs.stamp(digests, [bad.url, good.url], 1)
    assert made.promised == (good.url,)
    assert len(made.failed) == 1 and bad.url in made.failed[0] and "more than 256 messages" in made.failed[0]
    for digest, data in zip(digests, made.proofs, strict=True):
        proof = OtsProof.from_bytes(data)
        assert proof.digest == digest
        assert [attestation.uri for attestation in proof.attestations()] == [good.url]


def test_stamp_counts_an_answer_that_does_not_fit_as_none(good: Calendar, bad: Calendar) -> None:
    with pytest.raises(CalendarUnavailable, match=r"2 of 2.*does not fit into the proof"):
        proofs.stamp(DIGESTS, [bad.url, good.url], 2)


def test_judge_tells_of_a_block_that_a_calendar_named_falsely() -> None:
    chain = RegtestChain()
    with running_calendar(chain) as liar, running_calendar(chain) as honest:
        (data,) = proofs.stamp(DIGESTS[:1], [liar.url, honest.url], 2).proofs
        liar.mine()
        honest.mine()
        liar.mode = "wrong-root"
        proof, _ = proofs.upgrade(OtsProof.from_bytes(data), [liar.url, honest.url])
    judged = proofs.judge(proof, DIGESTS[0], HeaderChain(b"".join(chain.headers), 0, REGTEST))
    assert (judged.status, judged.height) == ("PASSED", 2)
    assert judged.says == "Bitcoin block 2 confirms it; it does not lead to block 1, which it names as well"
