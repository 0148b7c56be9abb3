"""Following a token's transfers on a real chain: two views, reorganisations, readers that die or are doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from support.chain_engine import chain_engine
from support.devchain import dev_chain
from support.hostile_node import hostile_node, reply
from support.postgres import postgres, postgres_bin

from onchain.abi import checksum_address
from onchain.artifacts import load
from onchain.connect import Chain
from onchain.contract import Contract
from onchain.deploy import creation_code
from onchain.devchain import DevChain
from onchain.errors import ChainError, NodeMisbehaved, NodeRefused, ReorgDetected
from onchain.follow import Follower
from onchain.profiles import profile
from onchain.rpc import Rpc
from onchain.send import Sender
from onchain.store import chain_cursors, chain_events, metadata

TO = checksum_address("0x" + "51" * 20)
ABI = load("DemoToken").abi


class Token:
    """A demo token on a chain of its own, minted by account 0."""

    def __init__(self, engine: Engine, chain: DevChain) -> None:
        self.sender = Sender(engine, chain.chain(ipc=True), chain.signer(0), lambda: 1_800_000_000)
        self.sender.submit("token", None, creation_code(load("DemoToken"), ("Demo", "DMO", 6)))
        record = self.sender.wait("token", 5)
        assert record.contract is not None
        self.contract = Contract("DemoToken", record.contract)
        self.count = 0

    def mint(self, amount: int) -> None:
        """One event: Transfer(0, TO, amount)."""
        self.count += 1
        key = f"mint{self.count}"
        self.sender.call_contract(key, self.contract, "mint", TO, amount)
        self.sender.wait(key, 5)


@pytest.fixture
def chain() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    if postgres_bin() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    where: str | Path = tmp_path / "f.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("postgres_url")
    with chain_engine(where) as made:
        with made.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(sa.delete(table))
        yield made


@pytest.fixture
def token(engine: Engine, chain: DevChain) -> Token:
    return Token(engine, chain)


def follower(engine: Engine, chain: DevChain, token: Token, name: str = "f", **options: Any) -> Follower:
    return Follower(engine, chain.chain(ipc=True), name, [token.contract.address], [ABI], 1, **options)


def amounts(events: Any) -> list[int]:
    return [event.args["value"] for event in events if event.name == "Transfer"]


class TestTwoViews:
    def test_an_event_is_seen_at_once_and_final_later(self, engine: Engine, chain: DevChain, token: Token) -> None:
        reader = follower(engine, chain, token)
        token.mint(5)
        first = reader.sync()
        assert amounts(first.new_events) == [5]
        assert (first.new_final, first.reorg_depth, first.seen_up_to) == ((), 0, chain.head().number)
        assert amounts(reader.events(final=False)) == [5]
        assert reader.events(final=True) == []
        chain.finalise()
        second = reader.sync()
        assert second.new_events == ()
        assert amounts(second.new_final) == [5]
        assert reader.events(final=True) == reader.events(final=False) == list(second.new_final)

    def test_events_carry_the_time_and_place_of_their_block(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        reader = follower(engine, chain, token)
        token.mint(5)
        block = chain.head()
        (event,) = reader.sync().new_events
        assert (event.block_number, event.block_hash, event.timestamp) == (block.number, block.hash, block.timestamp)
        assert event.address == token.contract.address
        assert event.args["to"] == TO

    def test_repeating_brings_nothing(self, engine: Engine, chain: DevChain, token: Token) -> None:
        reader = follower(engine, chain, token)
        token.mint(5)
        chain.finalise()
        reader.sync()
        again = reader.sync()
        assert (again.new_events, again.new_final, again.reorg_depth) == ((), (), 0)
        assert amounts(reader.events(final=True)) == [5]

    def test_events_are_read_in_order_after_a_key_and_up_to_a_limit(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        for amount in range(1, 7):
            token.mint(amount)
        chain.finalise()
        reader = follower(engine, chain, token)
        reader.sync()
        everything = reader.events(final=True)
        assert amounts(everything) == [1, 2, 3, 4, 5, 6]
        key = (everything[2].block_number, everything[2].log_index)
        assert amounts(reader.events(final=True, after=key)) == [4, 5, 6]
        assert amounts(reader.events(final=True, after=key, limit=2)) == [4, 5]

    def test_small_ranges_give_the_same_as_one_large(self, engine: Engine, chain: DevChain, token: Token) -> None:
        for amount in range(1, 8):
            token.mint(amount)
        whole, pieces = follower(engine, chain, token, "whole"), follower(engine, chain, token, "pieces", chunk=1)
        whole.sync()
        pieces.sync()
        assert whole.events(final=False) == pieces.events(final=False)
        assert amounts(pieces.events(final=False)) == list(range(1, 8))

    def test_other_contracts_and_other_events_are_not_kept(self, engine: Engine, chain: DevChain, token: Token) -> None:
        other = Token.__new__(Token)
        other.sender, other.count = token.sender, 100
        other.sender.submit("token2", None, creation_code(load("DemoToken"), ("Other", "OTH", 6)))
        created = other.sender.wait("token2", 5).contract
        assert created is not None
        other.contract = Contract("DemoToken", created)
        other.mint(9)
        token.sender.call_contract("approve", token.contract, "approve", TO, 3)
        token.sender.wait("approve", 5)
        transfers = [entry for entry in ABI if entry.get("name") == "Transfer"]
        reader = Follower(engine, chain.chain(), "f", [token.contract.address], [transfers], 0)
        assert reader.sync().new_events == ()


class TestReorg:
    def test_events_of_blocks_that_went_are_taken_back(self, engine: Engine, chain: DevChain, token: Token) -> None:
        reader = follower(engine, chain, token)
        token.mint(1)
        chain.finalise()
        token.mint(2)
        reader.sync()
        assert amounts(reader.events(final=False)) == [1, 2]
        chain.reorg(1)
        result = reader.sync()
        assert result.reorg_depth >= 1
        assert amounts(reader.events(final=False)) == [1]
        assert amounts(reader.events(final=True)) == [1]

    def test_an_event_that_comes_again_in_another_block_is_there_once(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        reader = follower(engine, chain, token)
        token.mint(7)
        reader.sync()
        chain.reorg(1)
        reader.sync()
        assert reader.events(final=False) == []
        token.sender.wait("mint1", 5)  # sent again
        reader.sync()
        chain.finalise()
        reader.sync()
        assert amounts(reader.events(final=False)) == amounts(reader.events(final=True)) == [7]

    def test_a_reorganisation_between_two_syncs_without_a_sync_in_between(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        reader = follower(engine, chain, token)
        for amount in (1, 2, 3):
            token.mint(amount)
        reader.sync()
        chain.reorg(2)
        token.sender.wait("mint3", 5)
        token.mint(4)
        result = reader.sync()
        assert result.reorg_depth >= 2
        assert amounts(reader.events(final=False)) == [1, 2, 3, 4]

    def test_a_shorter_chain_takes_the_seen_view_back(self, engine: Engine, chain: DevChain, token: Token) -> None:
        reader = follower(engine, chain, token)
        snapshot = chain.snapshot()
        token.mint(1)
        reader.sync()
        chain.revert(snapshot)
        result = reader.sync()
        assert result.seen_up_to == chain.head().number
        assert reader.events(final=False) == []

    def test_a_final_block_that_changed_is_an_error_and_changes_nothing(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        reader = follower(engine, chain, token)
        token.mint(1)
        chain.finalise()
        chain.mine(1)
        final = reader.sync().final_up_to
        before = reader.events(final=True)
        chain.reorg(chain.head().number - final + 1)
        with pytest.raises(ReorgDetected) as caught:
            reader.sync()
        assert caught.value.number == final
        assert reader.events(final=True) == before

    def test_the_final_view_does_not_rest_on_what_was_seen(self, engine: Engine, chain: DevChain, token: Token) -> None:
        """A row that was seen wrongly, and one that was never seen: the final pass corrects both."""
        reader = follower(engine, chain, token)
        token.mint(1)
        token.mint(2)
        reader.sync()
        with engine.begin() as connection:
            ids = connection.execute(sa.select(chain_events.c.id).order_by(chain_events.c.id)).scalars().all()
            connection.execute(sa.delete(chain_events).where(chain_events.c.id == ids[0]))
            connection.execute(
                sa.update(chain_events).where(chain_events.c.id == ids[1]).values(block_hash=b"\x66" * 32, log_index=9)
            )
        chain.finalise()
        result = reader.sync()
        assert amounts(result.new_final) == [1, 2]
        assert amounts(reader.events(final=False)) == [1, 2]


class TestReaders:
    def test_a_reader_that_died_between_the_passes_goes_on(
        self, engine: Engine, chain: DevChain, token: Token, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token.mint(1)
        chain.finalise()
        token.mint(2)
        dying = follower(engine, chain, token)

        def die(*_args: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(dying, "_walk_and_read", die)
        with pytest.raises(KeyboardInterrupt):
            dying.sync()
        fresh = follower(engine, chain, token)
        assert amounts(fresh.events(final=True)) == [1]
        assert amounts(fresh.sync().new_events) == [2]

    def test_two_readers_of_one_name_at_once_store_each_event_once(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        for amount in range(1, 16):
            token.mint(amount)
        chain.finalise()
        readers = [follower(engine, chain, token, chunk=2) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda reader: reader.sync(), readers))
        assert amounts(readers[0].events(final=True)) == list(range(1, 16))
        assert sorted(amounts(results[0].new_final) + amounts(results[1].new_final)) == list(range(1, 16))

    def test_following_more_addresses_begins_anew_and_keeps_final_events(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        token.mint(1)
        chain.finalise()
        follower(engine, chain, token).sync()
        token.sender.submit("token2", None, creation_code(load("DemoToken"), ("Other", "OTH", 6)))
        second = token.sender.wait("token2", 5).contract
        assert second is not None
        token.sender.call_contract("m", Contract("DemoToken", second), "mint", TO, 8)
        token.sender.wait("m", 5)
        chain.finalise()
        wider = Follower(engine, chain.chain(), "f", [token.contract.address, second], [ABI], 1)
        result = wider.sync()
        assert amounts(result.new_final) == [8]
        assert amounts(wider.events(final=True)) == [1, 8]
        with engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(chain_cursors)).scalar() == 1

    def test_readers_of_other_names_do_not_disturb_each_other(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        token.mint(1)
        a, b = follower(engine, chain, token, "a"), follower(engine, chain, token, "b")
        a.sync()
        assert b.events(final=False) == []
        assert amounts(b.sync().new_events) == [1]

    @pytest.mark.parametrize(
        "wrong", [{"name": ""}, {"name": "x" * 101}, {"addresses": []}, {"from_block": -1}, {"chunk": 0}]
    )
    def test_what_cannot_be_followed_is_refused(self, devchain: DevChain, wrong: dict[str, Any]) -> None:
        arguments: dict[str, Any] = {"name": "f", "addresses": [TO], "abis": [ABI], "from_block": 0, **wrong}
        with pytest.raises(ChainError):
            Follower(sa.create_engine("sqlite://"), devchain.chain(), **arguments)


class Proxy:
    """A node between: passes on what a real one says, except where a test changes it."""

    def __init__(self, upstream: DevChain) -> None:
        self.rpc = Rpc(upstream.url)
        self.asked: list[tuple[int, int]] = []
        self.largest = 10**9  # blocks in one request for logs
        self.hide_logs = False
        self.add_log: dict[str, Any] | None = None

    def __call__(self, request: Any, handler: BaseHTTPRequestHandler) -> None:
        calls = request if isinstance(request, list) else [request]
        answers = [self.answer(call) for call in calls]
        reply(handler, json.dumps(answers if isinstance(request, list) else answers[0]).encode())

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        shell = {"jsonrpc": "2.0", "id": call["id"]}
        if call["method"] == "eth_getLogs":
            first, last = (int(call["params"][0][name], 16) for name in ("fromBlock", "toBlock"))
            self.asked.append((first, last))
            if last - first + 1 > self.largest:
                return {**shell, "error": {"code": -32005, "message": "query returned more than 10000 results"}}
        try:
            result = self.rpc.call(call["method"], call["params"])
        except NodeRefused as exc:
            return {**shell, "error": {"code": exc.rpc_code, "message": exc.message}}
        if call["method"] == "eth_getLogs":
            assert isinstance(result, list)
            result = [] if self.hide_logs else [*result, *([self.add_log] if self.add_log else [])]
        return {**shell, "result": result}


class TestNodeTrouble:
    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[Engine]:
        with chain_engine(tmp_path / "f.db") as made:
            yield made

    def through(self, engine: Engine, url: str, token: Token) -> Follower:
        return Follower(engine, Chain.connect(url, profile=profile(31337)), "f", [token.contract.address], [ABI], 1)

    def test_ranges_that_a_node_refuses_are_halved(self, engine: Engine, chain: DevChain, token: Token) -> None:
        for amount in range(1, 10):
            token.mint(amount)
        proxy = Proxy(chain)
        proxy.largest = 2
        with hostile_node(proxy) as url:
            reader = self.through(engine, url, token)
            reader.sync()
        assert amounts(reader.events(final=False)) == list(range(1, 10))
        assert any(last - first + 1 > 2 for first, last in proxy.asked)

    def test_a_node_that_refuses_even_one_block_is_an_error(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        proxy = Proxy(chain)
        proxy.largest = 0
        token.mint(1)
        with hostile_node(proxy) as url, pytest.raises(NodeRefused, match="more than 10000"):
            self.through(engine, url, token).sync()

    def test_logs_that_a_lagging_node_withheld_reach_the_final_view(
        self, engine: Engine, chain: DevChain, token: Token
    ) -> None:
        token.mint(3)
        proxy = Proxy(chain)
        with hostile_node(proxy) as url:
            reader = self.through(engine, url, token)
            proxy.hide_logs = True
            assert reader.sync().new_events == ()
            proxy.hide_logs = False
            chain.finalise()
            result = reader.sync()
        assert amounts(result.new_final) == amounts(result.new_events) == [3]

    @pytest.mark.parametrize("change", [{"address": "0x" + "99" * 20}, {"blockNumber": "0xffff"}])
    def test_logs_that_nobody_asked_for_are_noticed(
        self, engine: Engine, chain: DevChain, token: Token, change: dict[str, str]
    ) -> None:
        token.mint(1)
        proxy = Proxy(chain)
        (real,) = proxy.rpc.call(  # type: ignore[misc]
            "eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest", "address": token.contract.address}]
        )
        assert isinstance(real, dict)
        proxy.add_log = {**real, **change}
        with hostile_node(proxy) as url, pytest.raises(NodeMisbehaved, match="unasked"):
            self.through(engine, url, token).sync()
