"""Headers, receipts and trie paths, without a node: against published blocks and against the trie library."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from onchain.abi import keccak
from onchain.errors import NodeMisbehaved, ProofUnavailable
from onchain.proof import header_rlp, receipt_envelope, trie_path

MAINNET_GENESIS: dict[str, Any] = {  # block 0 of Ethereum, as every node gives it
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
}
MAINNET_HASH = bytes.fromhex("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3")

RECEIPT: dict[str, Any] = {
    "type": "0x2",
    "status": "0x1",
    "cumulativeGasUsed": "0x5208",
    "logsBloom": "0x" + "00" * 256,
    "logs": [
        {
            "address": "0x" + "11" * 20,
            "topics": ["0x" + "22" * 32],
            "data": "0x1234",
            "blockNumber": "0x1",
            "blockHash": "0x" + "33" * 32,
            "transactionHash": "0x" + "44" * 32,
            "logIndex": "0x0",
        }
    ],
}
PLAIN = [b"\x01", b"\x52\x08", bytes(256), [[b"\x11" * 20, [b"\x22" * 32], b"\x12\x34"]]]


class TestHeader:
    def test_ethereums_first_block_hashes_to_its_known_hash(self) -> None:
        assert keccak(header_rlp(MAINNET_GENESIS, MAINNET_HASH)) == MAINNET_HASH

    @pytest.mark.parametrize("member", sorted(MAINNET_GENESIS))
    def test_any_changed_field_is_noticed(self, member: str) -> None:
        value = MAINNET_GENESIS[member]
        changed = value[:-1] + ("1" if value[-1] != "1" else "2")
        with pytest.raises(ProofUnavailable, match="unknown fork, or a lie"):
            header_rlp({**MAINNET_GENESIS, member: changed}, MAINNET_HASH)

    def test_a_fork_field_changes_the_hash(self) -> None:
        with pytest.raises(ProofUnavailable):
            header_rlp({**MAINNET_GENESIS, "baseFeePerGas": "0x7"}, MAINNET_HASH)

    def test_a_missing_field_is_the_nodes_fault(self) -> None:
        with pytest.raises(NodeMisbehaved, match="stateRoot"):
            header_rlp({k: v for k, v in MAINNET_GENESIS.items() if k != "stateRoot"}, MAINNET_HASH)


class TestReceipt:
    def test_a_typed_receipt_is_its_type_byte_and_rlp(self) -> None:
        assert receipt_envelope(RECEIPT) == b"\x02" + rlp.encode(PLAIN)

    def test_a_legacy_receipt_has_no_type_byte(self) -> None:
        assert receipt_envelope({**RECEIPT, "type": "0x0"}) == rlp.encode(PLAIN)
        assert receipt_envelope({k: v for k, v in RECEIPT.items() if k != "type"}) == rlp.encode(PLAIN)

    def test_a_failed_receipt_has_an_empty_status(self) -> None:
        assert receipt_envelope({**RECEIPT, "status": "0x0"}) == b"\x02" + rlp.encode([b"", *PLAIN[1:]])

    def test_a_deposit_of_the_op_stack_has_two_fields_more(self) -> None:
        deposit = {**RECEIPT, "type": "0x7e", "depositNonce": "0x5", "depositReceiptVersion": "0x1"}
        assert receipt_envelope(deposit) == b"\x7e" + rlp.encode([*PLAIN, b"\x05", b"\x01"])
        before_canyon = {**RECEIPT, "type": "0x7e", "depositNonce": "0x5"}
        assert receipt_envelope(before_canyon) == b"\x7e" + rlp.encode([*PLAIN, b"\x05"])


class TestTriePath:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(1, 200), st.data())
    def test_every_path_leads_to_its_receipt(self, count: int, data: st.DataObject) -> None:
        envelopes = [b"\x02" + bytes([i % 251]) * 300 for i in range(count)]
        trie = HexaryTrie({})
        for i, envelope in enumerate(envelopes):
            trie[rlp.encode(i)] = envelope
        index = data.draw(st.integers(0, count - 1))
        path = trie_path(envelopes, index, trie.root_hash)
        assert keccak(path[0]) == trie.root_hash
        proof = [rlp.decode(node) for node in path]
        assert HexaryTrie.get_from_proof(trie.root_hash, rlp.encode(index), proof) == envelopes[index]

    def test_receipts_that_do_not_give_the_root_are_refused(self) -> None:
        with pytest.raises(ProofUnavailable, match="the header has"):
            trie_path([b"a" * 100, b"b" * 100], 0, bytes(32))
