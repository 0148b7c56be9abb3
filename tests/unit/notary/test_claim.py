from __future__ import annotations

import hashlib

import pytest

from notary.errors import ClaimInvalid
from notary.sealing.claim import FIELDS, Claim, Value, check_order, name_fields

LEAST: dict[str, Value | None] = {
    "case": "A",
    "case_blinded": "ab" * 32,
    "name": "a.pdf",
    "size": 0,
    "sha256": hashlib.sha256(b"").hexdigest(),
}


class TestClaim:
    def test_of_puts_fields_in_their_fixed_order_and_leaves_absent_ones_out(self) -> None:
        claim = Claim.of({"size": 0, "tool": None, **LEAST, "kind": "invoice"})
        assert [name for name, _ in claim.fields] == ["case", "case_blinded", "kind", "name", "size", "sha256"]
        assert (claim.get("kind"), claim.get("tool")) == ("invoice", None)

    @pytest.mark.parametrize("name", sorted(LEAST))
    def test_each_required_field_is_missed(self, name: str) -> None:
        with pytest.raises(ClaimInvalid, match=f"{name} is missing"):
            Claim.of(LEAST | {name: None})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("size", -1),
            ("size", 2**53),
            ("size", True),
            ("size", "3"),
            ("case", ""),
            ("case", 5),
            ("case", "a\0b"),
            ("case", "\ud800"),
            ("name", "x" * 4097),
            ("name", "é" * 2049),
            ("sha256", "AB" * 32),
            ("sha256", "ab" * 31),
            ("sha256", "ab" * 32 + "\n"),
            ("sm3", "ab" * 64),
            ("sha3_512", "ab" * 32),
            ("continues", "0x" + "ab" * 32),
            ("not_before_block", "1:2:" + "ab" * 32),
            ("not_before_block", "01:2:0x" + "ab" * 32),
            ("not_before_block", "1:02:0x" + "ab" * 32),
            ("name_bytes", ""),
            ("captured_at", -1),
            ("unheard", "x"),
        ],
    )
    def test_a_value_that_lacks_its_form_is_refused(self, name: str, value: Value) -> None:
        with pytest.raises(ClaimInvalid):
            Claim.of(LEAST | {name: value})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("size", 2**53 - 1),
            ("name", "x" * 4096),
            ("name", "é" * 2048),
            ("not_before_block", "1:0:0x" + "ab" * 32),
            ("sm3", "ab" * 32),
            ("sha3_512", "ab" * 64),
            ("case", "案件 2026/17\nzweite Zeile"),
        ],
    )
    def test_a_value_at_its_bound_passes(self, name: str, value: Value) -> None:
        assert Claim.of(LEAST | {name: value}).get(name) == value

    def test_fields_built_by_hand_must_be_in_order_and_once(self) -> None:
        fields = Claim.of(LEAST).fields
        with pytest.raises(ClaimInvalid, match="order"):
            Claim(fields[::-1])
        with pytest.raises(ClaimInvalid, match="order"):
            Claim((*fields[:1], *fields))

    def test_a_name_that_is_not_what_its_bytes_show_is_refused(self) -> None:
        assert Claim.of(LEAST | {"name": "x%FF", "name_bytes": "78ff"}).get("name_bytes") == "78ff"
        for name, raw in (("x%FE", "78ff"), ("x", "78")):
            with pytest.raises(ClaimInvalid, match="same name"):
                Claim.of(LEAST | {"name": name, "name_bytes": raw})


class TestCheckOrder:
    def test_hidden_fields_must_fit_between_shown_ones(self) -> None:
        check_order(["case", None, "exhibit"])
        with pytest.raises(ClaimInvalid):
            check_order(["case", None, None, "exhibit"])

    def test_as_many_hidden_fields_as_there_are_fields_fit_and_one_more_does_not(self) -> None:
        check_order([None] * len(FIELDS))
        with pytest.raises(ClaimInvalid):
            check_order([None] * (len(FIELDS) + 1))


class TestNameFields:
    @pytest.mark.parametrize(
        ("on_disk", "expected"),
        [
            (b"a.pdf", ("a.pdf", None)),
            ("ü.pdf".encode(), ("ü.pdf", None)),
            (b"\xfc.pdf", ("%FC.pdf", "fc2e706466")),
            (b"%FC.pdf", ("%FC.pdf", None)),
            (b"\xed\xa0\x80", ("%ED%A0%80", "eda080")),
        ],
    )
    def test_a_name_is_kept_exactly(self, on_disk: bytes, expected: tuple[str, str | None]) -> None:
        assert name_fields(on_disk) == expected
        claim = Claim.of(LEAST | dict(zip(("name", "name_bytes"), expected, strict=True)))
        raw = claim.get("name_bytes")
        assert (bytes.fromhex(raw) if isinstance(raw, str) else str(claim.get("name")).encode()) == on_disk

    def test_4096_bytes_pass_and_4097_or_none_are_refused(self) -> None:
        assert name_fields(b"x" * 4096) == ("x" * 4096, None)
        for on_disk in (b"x" * 4097, b"", b"a\0b"):
            with pytest.raises(ClaimInvalid):
                name_fields(on_disk)
