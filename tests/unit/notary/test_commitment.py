from __future__ import annotations

import hashlib

import pytest
from reference import merkle_reference as reference

from notary.errors import ClaimInvalid, FormatInvalid
from notary.sealing.claim import Claim
from notary.sealing.commitment import (
    MAX_FIELDS,
    Hidden,
    Opening,
    Shown,
    claim_entry,
    field_hash,
    open_claim,
    parse_claim_entry,
)

SECRET = b"\x01" * 32
CLAIM = Claim.of(
    {"case": "A", "case_blinded": "ab" * 32, "name": "a", "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
)


class TestOpenClaim:
    def test_the_commitment_is_the_one_that_the_format_describes(self) -> None:
        salts = hashlib.shake_256(b"tallystick/salts/v1\0" + SECRET).digest(6 * 32)
        hashes = []
        for number, (name, value) in enumerate(CLAIM.fields, 1):
            salt = salts[32 * number : 32 * number + 32]
            text = f'{{"name":"{name}","value":{value if isinstance(value, int) else chr(34) + value + chr(34)}}}'
            hashes.append(hashlib.sha256(b"tallystick/field/v1\0" + salt + text.encode()).digest())
        expected = hashlib.sha256(b"tallystick/commitment/v1\0" + salts[:32] + reference.mth(hashes)).digest()
        assert open_claim(CLAIM, SECRET).commitment() == expected

    def test_another_secret_or_value_gives_another_commitment(self) -> None:
        one = open_claim(CLAIM, SECRET).commitment()
        assert open_claim(CLAIM, b"\x02" * 32).commitment() != one
        assert open_claim(Claim.of({**dict(CLAIM.fields), "size": 4}), SECRET).commitment() != one

    def test_a_secret_of_31_bytes_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes, not 31"):
            open_claim(CLAIM, b"\x01" * 31)

    def test_salts_have_no_repr(self) -> None:
        opening = open_claim(CLAIM, SECRET)
        assert repr(opening.salt) not in repr(opening)


class TestOpening:
    def test_any_field_can_be_hidden_without_changing_the_commitment(self) -> None:
        opening = open_claim(CLAIM, SECRET)
        for name, _ in CLAIM.fields:
            hidden = opening.hide([name])
            hidden.check()
            assert hidden.commitment() == opening.commitment()
            assert name not in hidden.shown()
            assert hidden.hidden_count() == 1
            only = opening.show_only([name])
            only.check()
            assert (only.commitment(), list(only.shown())) == (opening.commitment(), [name])

    def test_a_hidden_field_gives_only_its_hash(self) -> None:
        opening = open_claim(CLAIM, SECRET)
        first = opening.entries[0]
        assert isinstance(first, Shown)
        assert opening.hide(["case"]).entries[0] == Hidden(field_hash(first.salt, "case", "A"))

    def test_as_many_hidden_fields_as_a_claim_can_have_pass_and_one_more_is_refused(self) -> None:
        Opening(b"\0" * 32, (Hidden(b"\0" * 32),) * MAX_FIELDS).check()
        with pytest.raises(ClaimInvalid, match=f"1 to {MAX_FIELDS} fields"):
            Opening(b"\0" * 32, (Hidden(b"\0" * 32),) * (MAX_FIELDS + 1)).check()

    def test_check_refuses_swapped_unknown_and_no_fields(self) -> None:
        opening = open_claim(CLAIM, SECRET)
        for entries in (
            opening.entries[::-1],
            (*opening.entries, opening.entries[-1]),
            (Shown("unheard", "x", b"\0" * 32),),
            (),
            (Hidden(b"\0" * 32),) * 99,
        ):
            with pytest.raises(ClaimInvalid):
                Opening(opening.salt, tuple(entries)).check()


class TestClaimEntry:
    def test_an_entry_reads_back(self) -> None:
        commitment = open_claim(CLAIM, SECRET).commitment()
        assert claim_entry(commitment) == b'{"c":"%s","t":"claim"}' % commitment.hex().encode()
        assert parse_claim_entry(claim_entry(commitment)) == commitment

    @pytest.mark.parametrize(
        "entry",
        [
            b"",
            b"{}",
            b'{"c":"00","t":"claim"}',
            b'{"c":"' + b"AB" * 32 + b'","t":"claim"}',
            b'{"c":"' + b"ab" * 32 + b'", "t":"claim"}',
            b'{"c":"' + b"ab" * 32 + b'","t":"heads"}',
            b'{"c":5,"t":"claim"}',
            b'{"c":"' + b"zz" * 32 + b'","t":"claim"}',
        ],
    )
    def test_anything_else_is_refused(self, entry: bytes) -> None:
        with pytest.raises(FormatInvalid):
            parse_claim_entry(entry)
