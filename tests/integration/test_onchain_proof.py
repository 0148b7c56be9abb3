"""Proofs of logs in real blocks with receipts of every kind, checked with the trie library as the judge."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account
from sqlalchemy.engine import Engine
from support.chain_engine import chain_engine
from support.devchain import dev_chain
from support.hostile_node import hostile_node, reply
from trie import HexaryTrie

from onchain.abi import keccak
from onchain.artifacts import load
from onchain.connect import Chain
from onchain.contract import Contract
from onchain.deploy import creation_code
from onchain.devchain import DevChain
from onchain.errors import NodeRefused, ProofUnavailable
from onchain.profiles import profile
from onchain.proof import EvmProof, build_anchor_proof
from onchain.rpc import Rpc
from onchain.send import Sender
from onchain.signer import TEST_MNEMONIC

TO = "0x" + "51" * 20
RECEIPTS_ROOT = 5  # position in a header


def check(proof: EvmProof, chain: DevChain) -> list[Any]:
    """The independent judge: header, trie and receipt agree with what the node says of the block; gives the log."""
    block = chain.chain().header(proof.block_number)
    assert block is not None
    assert keccak(proof.header_rlp) == proof.block_hash == bytes.fromhex(str(block["hash"])[2:])
    header = rlp.decode(proof.header_rlp)
    assert int.from_bytes(header[8], "big") == proof.block_number
    nodes = [rlp.decode(node) for node in proof.path]
    value = HexaryTrie.get_from_proof(header[RECEIPTS_ROOT], rlp.encode(proof.receipt_index), nodes)
    assert value == proof.receipt
    body = proof.receipt if proof.receipt[0] >= 0xC0 else proof.receipt[1:]
    status, _gas, _bloom, logs = rlp.decode(body)
    assert status == b"\x01"
    found: list[Any] = logs[proof.log_index_in_receipt]
    return found


@pytest.fixture
def chain() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with chain_engine(tmp_path / "p.db") as made:
        yield made


@pytest.fixture
def token(engine: Engine, chain: DevChain) -> Contract:
    sender = Sender(engine, chain.chain(), chain.signer(0), lambda: 1_800_000_000)
    sender.submit("token", None, creation_code(load("DemoToken"), ("Demo", "DMO", 6)))
    created = sender.wait("token", 5).contract
    assert created is not None
    return Contract("DemoToken", created)


def mint_transaction(chain: DevChain, token: Contract, index: int, kind: int, nonce: int, amount: int) -> bytes:
    """A signed mint from test account `index` as a transaction of type 0, 1, 2, 3 or 4."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(TEST_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    tx: dict[str, Any] = {
        "chainId": 31337,
        "nonce": nonce,
        "gas": 400_000,
        "to": token.address,
        "value": 0,
        "data": "0x" + token.encode("mint", TO, amount).hex(),
    }
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    blobs = None
    if kind == 0:
        tx["gasPrice"] = 10**11
    elif kind == 1:
        tx |= {
            "type": 1,
            "gasPrice": 10**11,
            "accessList": [{"address": token.address, "storageKeys": ["0x" + "00" * 32]}],
        }
    elif kind == 2:
        tx |= {"type": 2, **fees}
    elif kind == 3:
        tx |= {"type": 3, **fees, "maxFeePerBlobGas": 10**11}
        blobs = [bytes(131_072)]
    else:
        authority = Account.from_key("0x" + "5e" * 32)
        authorization = {"chainId": 31337, "address": token.address, "nonce": 0}
        tx |= {"type": 4, **fees, "authorizationList": [authority.sign_authorization(authorization)]}
    signed = account.sign_transaction(tx, blobs=blobs) if blobs else account.sign_transaction(tx)
    return bytes(signed.raw_transaction)


def send(chain: DevChain, raw: bytes) -> bytes:
    answer = chain._rpc.call("eth_sendRawTransaction", ["0x" + raw.hex()])
    return bytes.fromhex(str(answer)[2:])


class TestKinds:
    @pytest.mark.parametrize(
        "kinds",
        [[0, 1, 2, 4], pytest.param([0, 1, 2, 3, 4], marks=pytest.mark.deep)],  # proofs of blobs take seconds to make
    )
    def test_one_block_with_transactions_of_every_type(
        self, chain: DevChain, token: Contract, kinds: list[int]
    ) -> None:
        chain.set_automine(False)
        hashes = {}
        for kind in kinds:
            hashes[kind] = send(chain, mint_transaction(chain, token, kind + 1, kind, 0, 1000 + kind))
        head = chain.mine(1)
        indices = set()
        for kind, tx_hash in hashes.items():
            proof = build_anchor_proof(chain.chain(), tx_hash, 0)
            address, topics, data = check(proof, chain)
            assert (proof.block_number, proof.block_hash, proof.tx_hash) == (head.number, head.hash, tx_hash)
            assert proof.receipt[0] == (kind or proof.receipt[0])
            assert (proof.receipt[0] >= 0xC0) == (kind == 0)
            assert "0x" + address.hex() == token.address.lower()
            assert topics[0] == token.topic("Transfer")
            assert int.from_bytes(data, "big") == 1000 + kind
            indices.add(proof.receipt_index)
        assert indices == set(range(len(kinds)))

    def test_a_block_with_many_receipts(self, chain: DevChain, token: Contract) -> None:
        """More than 128: keys of two bytes, and branches below branches."""
        chain.set_automine(False)
        hashes = [send(chain, mint_transaction(chain, token, 1 + n % 2, n % 3, n // 2, n + 1)) for n in range(140)]
        chain.mine(1)
        for position in (0, 1, 15, 16, 127, 128, 139):
            proof = build_anchor_proof(chain.chain(), hashes[position], 0)
            _address, _topics, data = check(proof, chain)
            assert int.from_bytes(data, "big") == position + 1
        assert len(proof.path) >= 3

    def test_a_block_with_a_failed_transaction_beside(self, chain: DevChain, token: Contract) -> None:
        chain.set_automine(False)
        good = send(chain, mint_transaction(chain, token, 1, 2, 0, 7))
        Account.enable_unaudited_hdwallet_features()
        account = Account.from_mnemonic(TEST_MNEMONIC, account_path="m/44'/60'/0'/0/2")
        reverting = {
            "chainId": 31337,
            "nonce": 0,
            "gas": 100_000,
            "to": token.address,
            "value": 0,
            "data": "0x" + token.encode("transfer", TO, 10**30).hex(),
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
        }
        failed = send(chain, bytes(account.sign_transaction(reverting).raw_transaction))
        chain.mine(1)
        check(build_anchor_proof(chain.chain(), good, 0), chain)
        with pytest.raises(ProofUnavailable, match="failed"):
            build_anchor_proof(chain.chain(), failed, 0)


class TestChoice:
    def test_a_log_is_chosen_by_position_or_by_a_test(self, chain: DevChain, token: Contract) -> None:
        tx = send(chain, mint_transaction(chain, token, 1, 2, 0, 7))
        chain.mine(1)
        by_position = build_anchor_proof(chain.chain(), tx, 0)
        by_test = build_anchor_proof(chain.chain(), tx, lambda log: log.topics[0] == token.topic("Transfer"))
        assert by_position == by_test

    def test_no_such_log(self, chain: DevChain, token: Contract) -> None:
        tx = send(chain, mint_transaction(chain, token, 1, 2, 0, 7))
        chain.mine(1)
        for choice in (1, -1, lambda log: False):
            with pytest.raises(ProofUnavailable, match="0 of 1 logs"):
                build_anchor_proof(chain.chain(), tx, choice)

    def test_a_transaction_that_is_in_no_block(self, chain: DevChain, token: Contract) -> None:
        chain.set_automine(False)
        waiting = send(chain, mint_transaction(chain, token, 1, 2, 0, 7))
        for tx in (waiting, b"\x01" * 32):
            with pytest.raises(ProofUnavailable, match="not in a block"):
                build_anchor_proof(chain.chain(), tx, 0)

    def test_a_chain_without_provable_receipts(self, chain: DevChain) -> None:
        none = dataclasses.replace(profile(31337), receipts="none", name="rollup")
        with pytest.raises(ProofUnavailable, match="rollup has no"):
            build_anchor_proof(Chain.connect(chain.url, profile=none), b"\x01" * 32, 0)


class Liar:
    """A node that changes one member of one answer."""

    def __init__(self, upstream: DevChain, method: str, change: Any) -> None:
        self.rpc, self.method, self.change = Rpc(upstream.url), method, change

    def __call__(self, request: Any, handler: BaseHTTPRequestHandler) -> None:
        calls = request if isinstance(request, list) else [request]
        answers = []
        for call in calls:
            shell = {"jsonrpc": "2.0", "id": call["id"]}
            if call["method"] == self.method and self.change is None:
                answers.append({**shell, "error": {"code": -32601, "message": "no such method"}})
                continue
            try:
                result = self.rpc.call(call["method"], call["params"])
            except NodeRefused as exc:
                answers.append({**shell, "error": {"code": exc.rpc_code, "message": exc.message}})
                continue
            if call["method"] == self.method:
                result = self.change(result)
            answers.append({**shell, "result": result})
        reply(handler, json.dumps(answers if isinstance(request, list) else answers[0]).encode())


def raise_gas(receipt: dict[str, Any]) -> dict[str, Any]:
    return {**receipt, "cumulativeGasUsed": hex(int(receipt["cumulativeGasUsed"], 16) + 1)}


class TestNodeTrouble:
    @pytest.fixture
    def mined(self, chain: DevChain, token: Contract) -> bytes:
        chain.set_automine(False)
        send(chain, mint_transaction(chain, token, 1, 0, 0, 1))
        tx = send(chain, mint_transaction(chain, token, 2, 2, 0, 2))
        chain.mine(1)
        return tx

    def proof(self, chain: DevChain, tx: bytes, method: str, change: Any) -> EvmProof:
        with hostile_node(Liar(chain, method, change)) as url:
            return build_anchor_proof(Chain.connect(url, profile=profile(31337)), tx, 0)

    def test_a_node_without_block_receipts_is_asked_one_by_one(self, chain: DevChain, mined: bytes) -> None:
        assert self.proof(chain, mined, "eth_getBlockReceipts", None) == build_anchor_proof(chain.chain(), mined, 0)

    @pytest.mark.parametrize("member", ["stateRoot", "receiptsRoot", "timestamp", "number", "extraData"])
    def test_a_changed_header_is_noticed(self, chain: DevChain, mined: bytes, member: str) -> None:
        other = {"extraData": "0xff", "timestamp": "0x1", "number": "0x1"}.get(member, "0x" + "11" * 32)
        with pytest.raises(ProofUnavailable, match="unknown fork, or a lie"):
            self.proof(chain, mined, "eth_getBlockByHash", lambda block: {**block, member: other})

    def test_changed_receipts_are_noticed(self, chain: DevChain, mined: bytes) -> None:
        with pytest.raises(ProofUnavailable, match="the header has"):
            self.proof(chain, mined, "eth_getBlockReceipts", lambda found: [raise_gas(found[0]), *found[1:]])
        with pytest.raises(ProofUnavailable, match="two different receipts"):
            self.proof(chain, mined, "eth_getTransactionReceipt", raise_gas)

    @pytest.mark.parametrize(
        "change", [lambda found: found[1:], lambda found: found[::-1], lambda found: [*found, found[0]]]
    )
    def test_missing_swapped_or_invented_receipts_are_noticed(self, chain: DevChain, mined: bytes, change: Any) -> None:
        with pytest.raises(ProofUnavailable):
            self.proof(chain, mined, "eth_getBlockReceipts", change)
