from __future__ import annotations

import pytest

from notary.errors import RlpInvalid
from notary.evm import rlp


class TestDecode:
    @pytest.mark.parametrize(
        ("data", "item"),
        [
            ("80", b""),
            ("00", b"\0"),
            ("7f", b"\x7f"),
            ("8180", b"\x80"),
            ("83646f67", b"dog"),
            ("c0", []),
            ("c88363617483646f67", [b"cat", b"dog"]),
            ("c7c0c1c0c3c0c1c0", [[], [[]], [[], [[]]]]),
            ("b838" + "61" * 56, b"a" * 56),
            ("f838" + "61" * 56, [b"a"] * 56),
            ("b90400" + "00" * 1024, b"\0" * 1024),
        ],
    )
    def test_canonical_rlp_is_read(self, data: str, item: rlp.Item) -> None:
        assert rlp.decode(bytes.fromhex(data)) == item
        assert rlp.encode(item).hex() == data

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ("", "cut off"),
            ("83646f", "3 bytes, 2 are there"),
            ("83646f6767", "left over"),
            ("817f", "length before it"),
            ("8100", "length before it"),
            ("b800", "shorter"),
            ("b837" + "61" * 55, "shorter"),
            ("b90038" + "61" * 56, "shorter"),
            ("f837" + "61" * 55, "shorter"),
            ("b8", "cut off"),
            ("bfffffffffffffff", "cut off"),
            ("bfffffffffffffffff", "are there"),
            ("c283", "are there"),
            ("c281", "are there"),
            ("c3836162", "are there"),
            ("ff" * 9, "are there"),
        ],
    )
    def test_any_other_rlp_is_refused(self, data: str, reason: str) -> None:
        with pytest.raises(RlpInvalid, match=reason):
            rlp.decode(bytes.fromhex(data))

    def test_nesting_of_8_passes_and_9_is_refused(self) -> None:
        item: rlp.Item = []
        for _ in range(7):
            item = [item]
        assert rlp.decode(rlp.encode(item)) == item
        with pytest.raises(RlpInvalid, match="deeper"):
            rlp.decode(rlp.encode([item]))

    def test_decode_list_refuses_a_byte_string(self) -> None:
        with pytest.raises(RlpInvalid, match="list"):
            rlp.decode_list(b"\x80")


class TestConversions:
    def test_integers_have_at_most_8_bytes_and_no_leading_zeros(self) -> None:
        assert rlp.to_int(b"", "n") == 0
        assert rlp.to_int(b"\xff" * 8, "n") == 2**64 - 1
        for item in (b"\0", b"\0\1", b"\1" * 9, [b"\1"]):
            with pytest.raises(RlpInvalid):
                rlp.to_int(item, "n")

    def test_bytes_have_their_size_and_lists_are_lists(self) -> None:
        assert rlp.to_bytes(b"ab", 2, "x") == b"ab"
        assert rlp.to_list([b""], "x") == [b""]
        for item in (b"a", b"abc", [b"ab"]):
            with pytest.raises(RlpInvalid):
                rlp.to_bytes(item, 2, "x")
        with pytest.raises(RlpInvalid):
            rlp.to_list(b"", "x")
