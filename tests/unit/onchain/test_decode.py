"""Custom errors and logs by name; unknown bytes are unknown, never a crash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onchain import abi
from onchain.artifacts import load
from onchain.decode import Log, LogDecoder, decode_error, decode_log, shipped_errors
from onchain.errors import AbiError

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
TRANSFER = {
    "type": "event",
    "name": "Transfer",
    "inputs": [
        {"name": "from", "type": "address", "indexed": True},
        {"name": "to", "type": "address", "indexed": True},
        {"name": "value", "type": "uint256", "indexed": False},
    ],
}
NAMED = {
    "type": "event",
    "name": "Named",
    "inputs": [
        {"name": "label", "type": "string", "indexed": True},
        {"name": "text", "type": "string", "indexed": False},
        {"name": "ids", "type": "uint16[]", "indexed": True},
    ],
}


def log(topics: tuple[bytes, ...], data: bytes) -> Log:
    return Log(ADDRESS, topics, data, 5, b"\x05" * 32, b"\x06" * 32, 3)


def word(address: str) -> bytes:
    return bytes(12) + abi.address_bytes(address)


class TestDecodeError:
    def test_error_with_a_text(self) -> None:
        data = bytes.fromhex("08c379a0") + abi.encode([{"type": "string"}], ["no"])
        assert decode_error(data) == ("Error", ("no",))

    def test_panic_with_its_meaning(self) -> None:
        data = bytes.fromhex("4e487b71") + abi.encode([{"type": "uint256"}], [0x11])
        assert decode_error(data) == ("Panic", (0x11, "arithmetic overflow"))

    def test_a_shipped_custom_error_by_name(self) -> None:
        entry = next(e for e in load("EvidenceLog").abi if e.get("name") == "EvidenceLog_OnlyAppender")
        arguments = (b"\x01" * 32, ADDRESS, OTHER)
        data = abi.selector(entry) + abi.encode(abi.components(entry), arguments)
        assert decode_error(data) == ("EvidenceLog_OnlyAppender", arguments)

    def test_an_error_of_another_abi_by_name(self) -> None:
        entry: dict[str, object] = {"type": "error", "name": "Mine", "inputs": [{"name": "n", "type": "uint8"}]}
        data = abi.selector(entry) + abi.encode(abi.components(entry), [9])
        assert decode_error(data)[0].startswith("unknown error 0x")
        assert decode_error(data, [[entry]]) == ("Mine", (9,))

    def test_nothing_gives_no_reason(self) -> None:
        assert decode_error(b"") == ("no reason given", ())

    @given(st.binary(max_size=200))
    def test_no_bytes_make_it_fail(self, data: bytes) -> None:
        name, _ = decode_error(data)
        assert name

    @given(st.sampled_from(sorted(shipped_errors())), st.binary(max_size=100))
    def test_known_selectors_with_broken_arguments_do_not_make_it_fail(self, selector: bytes, rest: bytes) -> None:
        name, _ = decode_error(selector + rest)
        assert name


class TestDecodeLog:
    def test_indexed_and_plain_arguments_come_by_name_in_the_order_of_the_abi(self) -> None:
        topics = (abi.topic(TRANSFER), word(ADDRESS), word(OTHER))
        event = decode_log(log(topics, (1000).to_bytes(32, "big")), [TRANSFER])
        assert event is not None
        assert list(event.args.items()) == [("from", ADDRESS), ("to", OTHER), ("value", 1000)]
        assert (event.name, event.block_number, event.log_index, event.timestamp) == ("Transfer", 5, 3, None)

    def test_indexed_texts_and_lists_are_their_hashes(self) -> None:
        data = abi.encode([{"type": "string"}], ["hello"])
        event = decode_log(log((abi.topic(NAMED), b"\x07" * 32, b"\x08" * 32), data), [NAMED])
        assert event is not None
        assert event.args == {"label": b"\x07" * 32, "text": "hello", "ids": b"\x08" * 32}

    def test_other_events_are_nothing(self) -> None:
        assert decode_log(log((b"\x09" * 32,), b""), [TRANSFER]) is None
        assert decode_log(log((), b""), [TRANSFER]) is None

    @pytest.mark.parametrize(
        ("topics", "data"),
        [
            ((abi.topic(TRANSFER), word(ADDRESS)), bytes(32)),
            ((abi.topic(TRANSFER), word(ADDRESS), word(OTHER)), bytes(31)),
            ((abi.topic(TRANSFER), word(ADDRESS), b"\xff" * 32), bytes(32)),
        ],
        ids=["topic missing", "data short", "no address"],
    )
    def test_a_log_that_does_not_fit_its_abi_is_refused(self, topics: tuple[bytes, ...], data: bytes) -> None:
        with pytest.raises(AbiError):
            decode_log(log(topics, data), [TRANSFER])

    def test_a_decoder_knows_its_topics(self) -> None:
        decoder = LogDecoder([[TRANSFER], [NAMED, TRANSFER]])
        assert decoder.topics == sorted([abi.topic(TRANSFER), abi.topic(NAMED)])
