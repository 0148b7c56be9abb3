"""Reading a node's values: each is what it must be, or the node misbehaved."""

from __future__ import annotations

import pytest

from onchain import wire
from onchain.errors import NodeMisbehaved


class TestQuantity:
    @pytest.mark.parametrize(
        ("text", "number"), [("0x0", 0), ("0x10", 16), ("0xFf", 255), ("0x" + "f" * 64, 2**256 - 1)]
    )
    def test_quantity_reads_hex(self, text: str, number: int) -> None:
        assert wire.quantity(text, "value") == number

    @pytest.mark.parametrize(
        "wrong", [None, 5, True, "5", "", "0x", "0xg", "-0x1", "0x" + "f" * 65, " 0x1", "0x1\n", []]
    )
    def test_quantity_refuses_the_rest(self, wrong: object) -> None:
        with pytest.raises(NodeMisbehaved):
            wire.quantity(wrong, "value")

    def test_quantity_is_bounded(self) -> None:
        assert wire.quantity("0x7", "value", 7) == 7
        with pytest.raises(NodeMisbehaved, match="up to 7"):
            wire.quantity("0x8", "value", 7)


class TestData:
    def test_data_reads_pairs_of_digits(self) -> None:
        assert wire.data("0x", "data") == b""
        assert wire.data("0x00fF", "data", 2) == b"\x00\xff"

    @pytest.mark.parametrize("wrong", [None, 1, "", "00", "0x0", "0x0g", "0x00\n", b"\0"])
    def test_data_refuses_the_rest(self, wrong: object) -> None:
        with pytest.raises(NodeMisbehaved):
            wire.data(wrong, "data")

    def test_data_has_the_length_that_is_asked_for(self) -> None:
        with pytest.raises(NodeMisbehaved):
            wire.data("0x" + "00" * 31, "hash", 32)


class TestContainers:
    def test_members_and_items_check_their_kind_and_size(self) -> None:
        assert wire.members({"a": 1}, "object") == {"a": 1}
        assert wire.items([1, 2], "list", 2) == [1, 2]
        for wrong in ([], None, "x"):
            with pytest.raises(NodeMisbehaved):
                wire.members(wrong, "object")
        for too_many in ([1, 2, 3], {}, None):
            with pytest.raises(NodeMisbehaved):
                wire.items(too_many, "list", 2)
