from __future__ import annotations

from dataclasses import replace

import pytest
import rlp
from eth_hash.auto import keccak
from support.sealed import (
    BLOCK_TIME,
    CONTRACT,
    HEAD_EVENT,
    LOG_ID,
    head_event,
    make_anchor,
    make_block,
    make_log,
    make_receipt,
)

from notary.errors import EvmProofInvalid
from notary.evm import evm_proof
from notary.evm.evm_proof import EvmAnchor, head_log, parse_header, parse_receipt, verify_anchor
from notary.verdicts.verdict import Reason

SIZE, ROOT = 9, b"\x42" * 32


def reason_of(anchor: EvmAnchor, log_id: bytes | None = LOG_ID, size: int = SIZE, root: bytes = ROOT) -> str:
    with pytest.raises(EvmProofInvalid) as caught:
        verify_anchor(anchor, log_id, size, root)
    return caught.value.reason


def anchored(logs: list[object] | None = None, **receipt: int) -> EvmAnchor:
    events = [head_event(SIZE, ROOT)] if logs is None else logs
    block = make_block([make_receipt([]), make_receipt(events, **receipt)])
    return make_anchor(block, 1)


class TestParseHeader:
    def test_the_genesis_of_ethereum_has_its_known_hash(self) -> None:
        empty_root = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
        extra = "11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa"
        fields = [
            "00" * 32,
            "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
            "00" * 20,
            "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
            empty_root,
            empty_root,
            "00" * 256,
            "0400000000",
            "",
            "1388",
            "",
            "",
            extra,
            "00" * 32,
            "0000000000000042",
        ]
        header = parse_header(rlp.encode([bytes.fromhex(field) for field in fields]))
        assert header.hash.hex() == "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
        assert (header.number, header.timestamp, header.receipts_root.hex()) == (0, 0, empty_root)

    @pytest.mark.parametrize("fields", [15, 16, 17, 20, 21, 22, 40])
    def test_headers_of_every_fork_and_of_later_ones_are_read(self, fields: int) -> None:
        block = make_block([make_receipt([])], fields=fields)
        header = parse_header(block.header)
        assert (header.hash, header.number, header.timestamp) == (keccak(block.header), 1234, BLOCK_TIME)
        assert (header.parent, header.receipts_root) == (b"\x11" * 32, block.trie.root_hash)

    @pytest.mark.parametrize("fields", [0, 14, 41])
    def test_too_few_or_too_many_fields_are_refused(self, fields: int) -> None:
        with pytest.raises(EvmProofInvalid, match="fields"):
            parse_header(make_block([make_receipt([])], fields=fields).header)

    @pytest.mark.parametrize(
        ("place", "value"), [(0, b"\1" * 31), (5, b"\1" * 33), (8, b"\0\1"), (8, b"\1" * 9), (11, []), (5, [])]
    )
    def test_malformed_members_are_refused(self, place: int, value: object) -> None:
        fields = rlp.decode(make_block([make_receipt([])]).header)
        fields = [value if place == index else field for index, field in enumerate(fields)]
        with pytest.raises(EvmProofInvalid) as caught:
            parse_header(rlp.encode(fields))
        assert caught.value.reason == Reason.HEADER_INVALID

    def test_bytes_that_are_no_rlp_are_refused(self) -> None:
        for raw in (b"", b"\x80", b"\xf8", make_block([make_receipt([])]).header + b"\0"):
            with pytest.raises(EvmProofInvalid):
                parse_header(raw)


class TestParseReceipt:
    @pytest.mark.parametrize("tx_type", [0, 1, 2, 3, 4, 0x64, 0x7E, 0x7F])
    def test_legacy_and_typed_receipts_are_read(self, tx_type: int) -> None:
        receipt = parse_receipt(make_receipt([make_log(CONTRACT, [b"\1" * 32], b"d")], tx_type=tx_type, more=[5, 1]))
        assert (receipt.tx_type, receipt.succeeded) == (tx_type, True)
        assert receipt.logs == (evm_proof.Log(CONTRACT, (b"\1" * 32,), b"d"),)

    def test_a_failed_one_is_read_as_failed(self) -> None:
        assert parse_receipt(make_receipt([], status=0)).succeeded is False

    @pytest.mark.parametrize(
        "envelope",
        [
            b"",
            b"\0" + make_receipt([], tx_type=0),
            b"\x80" + make_receipt([], tx_type=0),
            b"\x02",
            b"\x02\x80",
            make_receipt([])[:-1],
            make_receipt([]) + b"\0",
            rlp.encode([b"\1" * 32, 1, b"", []]),  # before Byzantium: a state root instead of the status
            rlp.encode([2, 1, b"", []]),
            rlp.encode([1, 1, b""]),
            rlp.encode([1, 1, b"", b"logs"]),
            rlp.encode([1, 1, b"", [[CONTRACT, []]]]),
            rlp.encode([1, 1, b"", [[CONTRACT[1:], [], b""]]]),
            rlp.encode([1, 1, b"", [[CONTRACT, [b"\1" * 31], b""]]]),
            rlp.encode([1, 1, b"", [[CONTRACT, b"", b""]]]),
            rlp.encode([1, 1, b"", [[CONTRACT, [], []]]]),
            rlp.encode([1, 1, b"", [b"log"]]),
        ],
    )
    def test_anything_else_is_refused(self, envelope: bytes) -> None:
        with pytest.raises(EvmProofInvalid) as caught:
            parse_receipt(envelope)
        assert caught.value.reason == Reason.EVM_RECEIPT_INVALID


class TestHeadLog:
    def test_its_topic_is_the_hash_of_the_events_signature(self) -> None:
        assert keccak(evm_proof.HEAD_APPENDED.encode()) == evm_proof.HEAD_APPENDED_TOPIC == HEAD_EVENT

    def test_the_event_is_declared_so_in_the_contract(self, pytestconfig: pytest.Config) -> None:
        source = pytestconfig.rootpath / "contracts/src/notary/interfaces/IEvidenceLog.sol"
        declared = "event HeadAppended(bytes32 indexed logId, uint64 indexed size, bytes32 root);"
        assert declared in source.read_text(encoding="utf-8")

    def test_it_is_the_event_that_the_block_has(self) -> None:
        receipt = parse_receipt(make_receipt([head_event(SIZE, ROOT)]))
        assert receipt.logs == (head_log(CONTRACT, LOG_ID, SIZE, ROOT),)


class TestVerifyAnchor:
    @pytest.mark.parametrize("tx_type", [0, 1, 2, 3, 4, 0x7E])
    def test_a_whole_proof_passes_and_gives_the_header(self, tx_type: int) -> None:
        anchor = anchored(tx_type=tx_type)
        assert verify_anchor(anchor, LOG_ID, SIZE, ROOT) == parse_header(anchor.header)

    @pytest.mark.parametrize("count", [1, 2, 16, 17, 127, 128, 129, 300])
    def test_each_size_of_block_gives_proofs(self, count: int) -> None:
        plain = make_receipt([make_log(b"\1" * 20, [], b"x" * 50)])
        for index in {0, count // 2, count - 1}:
            receipts = [plain] * count
            receipts[index] = make_receipt([head_event(SIZE, ROOT)])
            verify_anchor(make_anchor(make_block(receipts), index), LOG_ID, SIZE, ROOT)

    def test_each_step_has_its_own_reason(self) -> None:
        good = anchored()
        other = make_block([make_receipt([]), make_receipt([head_event(SIZE, ROOT)])], number=1235)
        assert reason_of(replace(good, header=b"\xc0")) == Reason.HEADER_INVALID
        assert reason_of(replace(good, header=other.header)) == Reason.HEADER_HASH_DIFFERS
        assert reason_of(replace(good, block_hash=b"\0" * 32)) == Reason.HEADER_HASH_DIFFERS
        assert reason_of(replace(good, block_number=1235)) == Reason.BLOCK_NUMBER_DIFFERS
        assert reason_of(replace(good, receipt_index=0)) == Reason.TRIE_PATH_INVALID
        assert reason_of(replace(good, path=good.path[1:])) == Reason.TRIE_PATH_INVALID
        assert reason_of(replace(good, receipt=make_receipt([]))) == Reason.EVM_RECEIPT_DIFFERS
        assert reason_of(anchored(status=0)) == Reason.TRANSACTION_FAILED
        assert reason_of(replace(good, log_index=1)) == Reason.EVENT_MISSING
        assert reason_of(good, log_id=None) == Reason.EVENT_DIFFERS

    def test_a_receipt_that_is_in_the_block_but_is_none_is_refused(self) -> None:
        block = make_block([rlp.encode([b"\1" * 32, 1, b"", []])])
        assert reason_of(make_anchor(block, 0)) == Reason.EVM_RECEIPT_INVALID

    @pytest.mark.parametrize(
        "event",
        [
            head_event(SIZE + 1, ROOT),
            head_event(SIZE, b"\x43" * 32),
            head_event(SIZE, ROOT, log_id=b"\1" * 32),
            head_event(SIZE, ROOT, contract=b"\1" * 20),
            make_log(CONTRACT, [keccak(b"Other(bytes32,uint64,bytes32)"), LOG_ID, SIZE.to_bytes(32, "big")], ROOT),
            make_log(CONTRACT, [HEAD_EVENT, LOG_ID], SIZE.to_bytes(32, "big") + ROOT),
            make_log(CONTRACT, [HEAD_EVENT, LOG_ID, SIZE.to_bytes(32, "big"), b"\0" * 32], ROOT),
            make_log(CONTRACT, [HEAD_EVENT, LOG_ID, SIZE.to_bytes(32, "big")], ROOT + b"\0"),
            make_log(CONTRACT, [], ROOT),
        ],
    )
    def test_an_event_about_anything_else_is_refused(self, event: list[object]) -> None:
        assert reason_of(anchored([event])) == Reason.EVENT_DIFFERS

    def test_the_event_may_stand_among_others_of_its_transaction(self) -> None:
        events = [make_log(b"\1" * 20, [], b""), head_event(SIZE, ROOT), head_event(SIZE + 1, ROOT)]
        anchor = anchored(events)
        assert reason_of(anchor) == Reason.EVENT_DIFFERS
        verify_anchor(replace(anchor, log_index=1), LOG_ID, SIZE, ROOT)
        assert reason_of(replace(anchor, log_index=2)) == Reason.EVENT_DIFFERS
