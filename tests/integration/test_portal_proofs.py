"""Proofs of files outside of every case, by calendars on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from support.calendar import Calendar, running_calendar

from notary.service_errors import CalendarUnavailable
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
