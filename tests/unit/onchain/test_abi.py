"""Addresses, selectors and ABI bytes against published values."""

from __future__ import annotations

import pytest

from onchain import abi
from onchain.errors import AbiError

TRANSFER = {
    "type": "function",
    "name": "transfer",
    "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
    "outputs": [{"name": "", "type": "bool"}],
}
POINT = {
    "name": "point",
    "type": "tuple",
    "components": [{"name": "x", "type": "uint8"}, {"name": "who", "type": "address"}],
}
EIP_55 = (  # the examples of EIP-55
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


class TestKeccak:
    def test_keccak_is_not_sha3(self) -> None:
        assert abi.keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


class TestChecksumAddress:
    @pytest.mark.parametrize("address", EIP_55)
    def test_every_spelling_gives_the_checksum_form(self, address: str) -> None:
        assert abi.checksum_address(address) == address
        assert abi.checksum_address(address.lower()) == address
        assert abi.checksum_address("0x" + address[2:].upper()) == address
        assert abi.checksum_address(bytes.fromhex(address[2:])) == address
        assert abi.address_bytes(address).hex() == address[2:].lower()

    def test_one_digit_in_the_wrong_case_is_a_typing_error(self) -> None:
        with pytest.raises(AbiError, match="checksum"):
            abi.checksum_address(EIP_55[0][:2] + EIP_55[0][2:].swapcase())

    @pytest.mark.parametrize(
        "wrong", ["", "0x", EIP_55[0][:-1], EIP_55[0] + "0", EIP_55[0][2:], "0x" + "g" * 40, b"\0" * 19]
    )
    def test_what_is_no_address_is_refused(self, wrong: str | bytes) -> None:
        with pytest.raises(AbiError):
            abi.checksum_address(wrong)


class TestSignatures:
    def test_selector_and_topic_of_the_token_standard(self) -> None:
        assert abi.selector(TRANSFER).hex() == "a9059cbb"
        event = {"name": "Transfer", "inputs": [{"type": "address"}, {"type": "address"}, {"type": "uint256"}]}
        assert abi.topic(event).hex() == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"

    def test_structs_are_spelled_as_tuples(self) -> None:
        entry = {"name": "f", "inputs": [POINT, {**POINT, "type": "tuple[2][]"}]}
        assert abi.signature(entry) == "f((uint8,address),(uint8,address)[2][])"


class TestCoding:
    def test_structs_go_in_as_mappings_or_sequences_and_come_out_as_mappings(self) -> None:
        value = {"x": 7, "who": EIP_55[0]}
        data = abi.encode([POINT], [value])
        assert data == abi.encode([POINT], [(7, EIP_55[0].lower())])
        assert abi.decode([POINT], data) == (value,)

    def test_lists_of_structs_round_trip(self) -> None:
        many = {**POINT, "type": "tuple[]"}
        values = ({"x": 1, "who": EIP_55[0]}, {"x": 2, "who": EIP_55[1]})
        assert abi.decode([many], abi.encode([many], [values])) == (values,)

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ({"type": "uint8"}, 256),
            ({"type": "uint8"}, -1),
            ({"type": "uint8"}, "1"),
            ({"type": "bytes32"}, b"\0" * 33),
            ({"type": "address"}, "0x12"),
            ({"type": "uint8[]"}, 5),
            ({"type": "uint8[2]"}, [1]),
            (POINT, {"x": 1}),
            (POINT, {"x": 1, "who": EIP_55[0], "y": 2}),
            (POINT, (1,)),
        ],
    )
    def test_encode_refuses_what_does_not_fit(self, parameter: dict[str, object], value: object) -> None:
        with pytest.raises(AbiError):
            abi.encode([parameter], [value])

    def test_encode_takes_the_largest_value_that_fits(self) -> None:
        assert abi.encode([{"type": "uint8"}], [255])[-1] == 255

    def test_encode_refuses_a_wrong_number_of_values(self) -> None:
        with pytest.raises(AbiError, match="expected 2 values, got 1"):
            abi.encode(TRANSFER["inputs"], [EIP_55[0]])  # type: ignore[arg-type]

    @pytest.mark.parametrize("data", [b"", b"\0" * 31, b"\xff" * 32], ids=["empty", "short", "out of range"])
    def test_decode_refuses_bytes_that_do_not_fit(self, data: bytes) -> None:
        with pytest.raises(AbiError):
            abi.decode([{"type": "uint8"}], data)

    def test_decode_refuses_more_bytes_than_any_answer_has(self) -> None:
        with pytest.raises(AbiError, match="at most"):
            abi.decode([{"type": "uint8"}], bytes(abi.MAX_ABI_BYTES + 1))
