"""Salted commitments: the bytes, written out, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from settlement.commitments import MAX_JURISDICTION_BYTES, agreement_commitment, jurisdiction_commitment
from settlement.errors import FieldOutOfRange

SALT, DIGEST = bytes(range(32)), hashlib.sha256(b"agreement").digest()


def test_agreement_commitment_is_sha256_over_tag_salt_and_digest() -> None:
    expected = hashlib.sha256(b"tallystick/agreement/v1\x00" + SALT + DIGEST).digest()
    assert agreement_commitment(SALT, DIGEST) == expected
    assert len(expected) == 32


def test_jurisdiction_commitment_is_sha256_over_tag_salt_and_name() -> None:
    expected = hashlib.sha256(b"tallystick/jurisdiction/v1\x00" + SALT + "中国-消费者".encode()).digest()
    assert jurisdiction_commitment(SALT, "中国-消费者") == expected


def test_equal_things_under_other_salts_look_unrelated() -> None:
    assert agreement_commitment(SALT, DIGEST) != agreement_commitment(SALT[::-1], DIGEST)
    assert jurisdiction_commitment(SALT, "BR-consumer") != jurisdiction_commitment(SALT[::-1], "BR-consumer")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_salt_and_digest_have_exactly_32_bytes(length: int) -> None:
    with pytest.raises(FieldOutOfRange):
        agreement_commitment(bytes(length), DIGEST)
    with pytest.raises(FieldOutOfRange):
        agreement_commitment(SALT, bytes(length))
    with pytest.raises(FieldOutOfRange):
        jurisdiction_commitment(bytes(length), "DE")


def test_jurisdiction_tag_has_a_length_between_1_and_the_maximum_in_bytes() -> None:
    jurisdiction_commitment(SALT, "x" * MAX_JURISDICTION_BYTES)
    for tag in ("", "x" * (MAX_JURISDICTION_BYTES + 1), "é" * (MAX_JURISDICTION_BYTES // 2 + 1), "\ud800"):
        with pytest.raises(FieldOutOfRange):
            jurisdiction_commitment(SALT, tag)
