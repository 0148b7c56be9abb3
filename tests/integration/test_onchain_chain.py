"""A node is checked before it is believed, and read through typed values."""

from __future__ import annotations

import dataclasses
import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support.hostile_node import hostile_node, reply

from onchain.artifacts import load
from onchain.connect import Chain
from onchain.contract import Contract
from onchain.devchain import DevChain
from onchain.errors import (
    InsufficientFunds,
    NodeMisbehaved,
    NodeRefused,
    NodeUnreachable,
    TransactionReverted,
    WrongChain,
    WrongGenesis,
)
from onchain.profiles import profile

DEV = profile(31337)


class TestConnect:
    def test_the_right_chain(self, devchain: DevChain) -> None:
        chain = Chain.connect(devchain.url, profile=DEV)
        assert chain.chain_id == 31337
        assert Chain.connect(devchain.url, profile=DEV, expected_genesis=chain.genesis).genesis == chain.genesis

    def test_another_chain_id(self, devchain: DevChain) -> None:
        with pytest.raises(WrongChain) as caught:
            Chain.connect(devchain.url, profile=profile(1))
        assert (caught.value.expected, caught.value.got) == (1, 31337)

    def test_the_right_id_with_another_genesis(self, devchain: DevChain) -> None:
        with pytest.raises(WrongGenesis):
            Chain.connect(devchain.url, profile=DEV, expected_genesis=bytes(32))
        pinned = dataclasses.replace(DEV, genesis=bytes(32))
        with pytest.raises(WrongGenesis):
            Chain.connect(devchain.url, profile=pinned)

    def test_nobody_there(self) -> None:
        with pytest.raises(NodeUnreachable):
            Chain.connect("http://127.0.0.1:9", profile=DEV, timeout=0.5)

    @pytest.mark.parametrize("genesis", [None, {}, {"number": "0x0", "hash": "0x12", "timestamp": "0x0"}, "x"])
    def test_a_genesis_block_that_is_none(self, genesis: object) -> None:
        def answer(request: Any, handler: BaseHTTPRequestHandler) -> None:
            results = {"eth_chainId": "0x7a69", "eth_getBlockByNumber": genesis}
            answers = [{"jsonrpc": "2.0", "id": r["id"], "result": results[r["method"]]} for r in request]
            reply(handler, json.dumps(answers).encode())

        with hostile_node(answer) as url, pytest.raises(NodeMisbehaved):
            Chain.connect(url, profile=DEV)

    def test_the_nodes_secret_is_in_no_repr(self, devchain: DevChain) -> None:
        url = devchain.url.replace("http://", "http://user:secretpw@") + "/?key=secretkey"
        chain = Chain.connect(url, profile=DEV)
        assert "secret" not in f"{chain!r} {chain.url} {chain._rpc!r}"


class TestReading:
    def test_blocks_by_number_tag_and_hash_are_one(self, devchain: DevChain) -> None:
        chain = devchain.chain()
        head = devchain.mine(1)
        assert chain.block(head.number) == chain.block(head.hash) == head
        assert chain.block(head.number + 1000) is None
        assert chain.block(b"\x01" * 32) is None
        assert chain.blocks([0, head.number + 1000])[1] is None

    def test_final_follows_the_finalized_tag(self, devchain: DevChain) -> None:
        chain = devchain.chain()
        mined = devchain.mine(1)
        assert chain.final().number < mined.number
        assert devchain.finalise().number >= mined.number
        assert chain.final().number >= mined.number

    def test_final_by_depth(self, devchain: DevChain) -> None:
        deep = dataclasses.replace(DEV, finality="depth:3")
        chain = Chain.connect(devchain.url, profile=deep)
        devchain.mine(5)
        assert chain.final().number == chain.head().number - 3
        very_deep = dataclasses.replace(DEV, finality="depth:100000")
        assert Chain.connect(devchain.url, profile=very_deep).final().number == 0

    def test_accounts(self, devchain: DevChain) -> None:
        chain = devchain.chain()
        address = "0x" + "5a" * 20
        devchain.fund(address, 12345)
        assert chain.balance(address) == 12345
        assert chain.nonce(address) == 0
        assert chain.code(address) == b""

    def test_a_call_that_reverts_says_so_by_name(self, devchain: DevChain) -> None:
        chain = devchain.chain()
        runtime = chain.call(None, load("EvidenceLog").bytecode)
        assert runtime == load("EvidenceLog").deployed_bytecode
        address = "0x" + "e1" * 20
        devchain._rpc.call("anvil_setCode", [address, "0x" + runtime.hex()])
        log = Contract("EvidenceLog", address)
        with pytest.raises(TransactionReverted) as caught:
            chain.call(address, log.encode("append", b"\x01" * 32, 0, 1, b"\x02" * 32, []), sender="0x" + "77" * 20)
        assert caught.value.name == "EvidenceLog_OnlyAppender"

    def test_a_call_with_more_value_than_there_is(self, devchain: DevChain) -> None:
        with pytest.raises(InsufficientFunds):
            devchain.chain().call("0x" + "11" * 20, b"", sender="0x" + "77" * 20, value=10**30)

    def test_an_unknown_method_is_refused_by_name(self, devchain: DevChain) -> None:
        with pytest.raises(NodeRefused, match="eth_nothing"):
            devchain.chain().rpc("eth_nothing")

    def test_web3_talks_through_the_same_connection(self, devchain: DevChain) -> None:
        chain = devchain.chain()
        assert chain.w3.eth.chain_id == 31337
        assert chain.w3.eth.get_block(0)["hash"] == chain.genesis
        assert chain.w3 is chain.w3
