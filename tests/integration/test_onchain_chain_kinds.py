"""Proofs of heads on every kind of chain: made blocks served by a loopback node, and real blocks by their own hash."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import rlp
from support.evmblocks import CONTRACT, FORKS, LOG_ID, ROOT, SIZE, MadeBlock, Tx, fork, make_block, served

from notary.errors import EvmProofInvalid
from notary.evm.evm_proof import EvmAnchor, parse_header, parse_receipt, verify_anchor
from notary.evm.trie_proof import prove_value
from onchain.connect import Chain
from onchain.errors import ProofUnavailable
from onchain.profiles import profile
from onchain.proof import build_anchor_proof, header_rlp, receipt_envelope, trie_path

VECTORS = Path(__file__).parents[1] / "vectors"
HEAD_LOG = 1  # position of the event in each made receipt that has it


def load(name: str) -> MadeBlock:
    return MadeBlock.from_json(json.loads((VECTORS / "evm" / f"{name}.json").read_text(encoding="utf-8")))


def genesis_of(chain_id: int) -> bytes:
    return profile(chain_id).genesis or b"\x77" * 32


def proven(made: MadeBlock, place: int, raw: bytes | None = None) -> EvmAnchor:
    """The anchor in receipt `place`, built from what the node says in JSON."""
    genesis = genesis_of(made.chain_id)
    tx = bytes.fromhex(made.receipts[place]["transactionHash"][2:])
    with served(made, genesis, raw) as url:
        proof = build_anchor_proof(Chain.connect(url, profile=profile(made.chain_id)), tx, HEAD_LOG)
    return EvmAnchor(
        chain_id=proof.chain_id,
        genesis=proof.genesis,
        contract=CONTRACT,
        block_number=proof.block_number,
        block_hash=proof.block_hash,
        header=proof.header_rlp,
        receipt=proof.receipt,
        receipt_index=proof.receipt_index,
        path=proof.path,
        log_index=proof.log_index_in_receipt,
        tx=tx,
    )


def with_heads(made: MadeBlock) -> list[int]:
    return [place for place, receipt in enumerate(made.receipts) if receipt["logs"]]


def test_the_vectors_are_what_the_script_makes() -> None:
    script = VECTORS / "make_evm_blocks.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True, timeout=60)


class TestMadeBlocks:
    @pytest.mark.parametrize("name", ["ethereum", "op_canyon", "op_regolith", "arbitrum"])
    def test_each_receipt_of_each_type_is_proven_and_verifies(self, name: str) -> None:
        made = load(name)
        places = with_heads(made)
        assert len(places) >= 2
        for place in places:
            anchor = proven(made, place)
            assert (anchor.header, anchor.receipt) == (made.header, made.envelopes[place])
            assert verify_anchor(anchor, LOG_ID, SIZE, ROOT).number == 21_000_000
            assert hex(parse_receipt(anchor.receipt).tx_type) == made.receipts[place]["type"]

    @pytest.mark.parametrize("name", ["ethereum", "op_canyon", "arbitrum"])
    def test_another_receipt_of_the_block_or_another_head_is_refused(self, name: str) -> None:
        made = load(name)
        first, last = with_heads(made)[0], with_heads(made)[-1]
        anchor = proven(made, first)
        for wrong in (
            dataclasses.replace(anchor, receipt=made.envelopes[last]),
            dataclasses.replace(anchor, receipt_index=last),
            dataclasses.replace(anchor, log_index=0),
            dataclasses.replace(anchor, path=anchor.path[:-1]),
        ):
            with pytest.raises(EvmProofInvalid):
                verify_anchor(wrong, LOG_ID, SIZE, ROOT)
        with pytest.raises(EvmProofInvalid):
            verify_anchor(anchor, LOG_ID, SIZE + 1, ROOT)

    @pytest.mark.parametrize("name", FORKS)
    def test_the_header_of_every_fork_is_encoded_and_read(self, name: str) -> None:
        made = load(f"fork_{name}")
        assert header_rlp(made.block, made.hash) == made.header
        verify_anchor(proven(made, 1), LOG_ID, SIZE, ROOT)

    def test_a_header_with_items_of_a_later_fork_is_read_and_never_guessed(self) -> None:
        later = {**fork("amsterdam"), "laterHash": b"\x21" * 32, "laterNumber": 9}
        made = make_block("a fork that nobody knows yet", 1, [Tx(2), Tx(2)], later)
        header = parse_header(made.header)
        assert (header.hash, header.number) == (made.hash, 21_000_000)
        with pytest.raises(ProofUnavailable, match="unknown fork, or a lie"):
            proven(made, 0)

    def test_the_raw_header_of_a_later_fork_is_taken_where_it_hashes_right(self) -> None:
        later = {**fork("amsterdam"), "laterHash": b"\x21" * 32, "laterNumber": 9}
        made = make_block("a fork that nobody knows yet", 1, [Tx(2), Tx(2)], later)
        anchor = proven(made, 1, made.header)
        assert anchor.header == made.header
        verify_anchor(anchor, LOG_ID, SIZE, ROOT)
        for wrong in (made.header[:-1], load("fork_amsterdam").header, b""):
            with pytest.raises(ProofUnavailable, match="unknown fork, or a lie"):
                proven(made, 1, wrong)

    def test_a_deposit_without_its_version_is_noticed(self) -> None:
        made = load("op_canyon")
        for receipt in made.receipts:
            receipt.pop("depositReceiptVersion", None)
        with pytest.raises(ProofUnavailable, match="the header has"):
            proven(made, 2)

    def test_a_chain_without_receipts_in_a_trie_has_no_offline_proof(self) -> None:
        made = load("zksync")
        assert parse_header(made.header).receipts_root == bytes(32)
        with pytest.raises(ProofUnavailable, match="no offline proof"):
            proven(made, 0)
        called_mpt = dataclasses.replace(made, chain_id=1)  # a profile that is wrong about it
        with pytest.raises(ProofUnavailable, match="the header has"):
            proven(called_mpt, 0)


class TestRecordedBlocks:
    def test_a_deposit_of_a_real_op_stack_block_leads_to_its_receipts_root(self) -> None:
        made = load("recorded_op")
        block_hash = bytes.fromhex(made.block["hash"][2:])
        assert header_rlp(made.block, block_hash) == made.header
        (envelope,) = [receipt_envelope(receipt) for receipt in made.receipts]
        assert envelope == made.envelopes[0]
        header = parse_header(made.header)
        assert (header.hash, header.number) == (block_hash, 0x112)
        path = trie_path([envelope], 0, header.receipts_root)
        assert prove_value(header.receipts_root, b"\x80", path) == envelope
        receipt = parse_receipt(envelope)
        assert (receipt.tx_type, receipt.succeeded, receipt.logs) == (0x7E, True, ())

    def test_a_real_header_of_arbitrum_hashes_to_its_known_hash(self) -> None:
        made = load("recorded_arbitrum")
        block_hash = bytes.fromhex("63dea9d1cb52bf934361a70f3abb6cdc29a069c029ee1e85b9b4675eb031beb1")
        assert header_rlp(made.block, block_hash) == made.header
        header = parse_header(made.header)
        assert (header.hash, header.number, header.timestamp) == (block_hash, 0x38419C8, 0x63E3208D)


class TestManyReceipts:
    @pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 300, 1000])
    def test_the_boundaries_of_the_keys_are_proven(self, count: int) -> None:
        made = make_block(f"{count} receipts", 1, [Tx(place % 5) for place in range(count)], fork("prague"))
        header = parse_header(made.header)
        places = sorted({0, 1, 126, 127, 128, 129, 255, 256, 299, 999, count - 1} & set(range(count)))
        for place in places:
            path = trie_path(made.envelopes, place, header.receipts_root)
            assert prove_value(header.receipts_root, rlp.encode(place), path) == made.envelopes[place]
        anchor = proven(made, count - 1)
        assert anchor.receipt_index == count - 1
        verify_anchor(anchor, LOG_ID, SIZE, ROOT)

    def test_values_shorter_than_a_node_stand_inside_their_parents(self) -> None:
        values = [b"%d" % place for place in range(20)]
        made = trie_root(values)
        for place, value in enumerate(values):
            assert prove_value(made, rlp.encode(place), trie_path(values, place, made)) == value


def trie_root(values: list[bytes]) -> bytes:
    from trie import HexaryTrie

    trie = HexaryTrie({})
    for place, value in enumerate(values):
        trie[rlp.encode(place)] = value
    return bytes(trie.root_hash)
