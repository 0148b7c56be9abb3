"""Sending on a real chain with a real database, on SQLite and on PostgreSQL: one key, one effect, whatever happens."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
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

from onchain.artifacts import load
from onchain.connect import Chain
from onchain.contract import Contract
from onchain.devchain import DevChain
from onchain.errors import (
    ChainError,
    InsufficientFunds,
    KeyConflict,
    NodeUnreachable,
    NonceTaken,
    NotFinal,
    TransactionReverted,
    TransactionStuck,
    TransactionUnknown,
)
from onchain.profiles import profile
from onchain.rpc import Rpc
from onchain.send import MAX_DATA, Sender
from onchain.signer import EnvironmentSigner
from onchain.store import MAX_KEY, chain_attempts, chain_transactions

SINK = "0x" + "51" * 20
DEAD = "http://127.0.0.1:9"


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    if postgres_bin() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    if request.param == "sqlite":
        return tmp_path / "chain.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(database: str | Path) -> Iterator[Engine]:
    with chain_engine(database) as made:
        with made.begin() as connection:
            connection.execute(sa.delete(chain_attempts))
            connection.execute(sa.delete(chain_transactions))
        yield made


@pytest.fixture
def chain() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(engine: Engine, chain: DevChain, clock: Clock) -> Sender:
    return Sender(engine, chain.chain(), chain.signer(0), clock)


def start_worker(database: str, node: str, prefix: str, count: int) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    paths = os.pathsep.join(map(str, (root, root / "contracts", root / "tests")))
    command = [sys.executable, "-m", "support.send_worker", database, node, prefix, str(count)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.DEVNULL)


def balance(chain: DevChain, address: str = SINK) -> int:
    return chain.chain().balance(address)


def unreachable(sender: Sender) -> Chain:
    """The same chain through a node that is down."""
    return Chain(Rpc(DEAD, timeout=0.5), sender.chain.profile, sender.chain.genesis)


class TestSubmit:
    def test_a_transaction_is_mined_and_then_final(self, sender: Sender, chain: DevChain) -> None:
        submitted = sender.submit("pay", SINK, b"", 5)
        assert (submitted.status, submitted.nonce, submitted.settled) == ("pending", 0, False)
        included = sender.wait("pay", 5)
        assert (included.status, included.block_number, included.gas_used) == ("included", 1, 21_000)
        assert included.tx_hash == submitted.tx_hash
        final = sender.wait("pay", 5, final=True, between=chain.mine)
        assert (final.status, final.settled, final.block_hash) == ("final", True, included.block_hash)
        assert balance(chain) == 5

    def test_the_same_key_again_is_the_same_transaction_in_every_state(self, sender: Sender, chain: DevChain) -> None:
        hashes = {sender.submit("k", SINK, b"", 5).tx_hash for _ in range(3)}
        sender.wait("k", 5)
        hashes.add(sender.submit("k", SINK, b"", 5).tx_hash)
        sender.wait("k", 5, final=True, between=chain.mine)
        hashes.add(sender.submit("k", SINK, b"", 5).tx_hash)
        assert len(hashes) == 1
        assert balance(chain) == 5

    @pytest.mark.parametrize(
        ("to", "data", "value"), [(SINK, b"", 6), (SINK, b"\x01", 5), ("0x" + "52" * 20, b"", 5), (None, b"\x00", 5)]
    )
    def test_one_key_for_two_calls_is_a_mistake(self, sender: Sender, to: str | None, data: bytes, value: int) -> None:
        sender.submit("k", SINK, b"", 5)
        with pytest.raises(KeyConflict, match="'k'"):
            sender.submit("k", to, data, value)

    def test_one_key_for_two_senders_is_a_mistake(self, sender: Sender, engine: Engine, chain: DevChain) -> None:
        sender.submit("k", SINK, b"", 5)
        with pytest.raises(KeyConflict):
            Sender(engine, chain.chain(), chain.signer(1), Clock()).submit("k", SINK, b"", 5)

    def test_anothers_stuck_transaction_is_not_signed_again_with_this_key(
        self, sender: Sender, engine: Engine, chain: DevChain, clock: Clock
    ) -> None:
        """Both would be mined: paid twice."""
        chain.set_automine(False)
        sender.submit("k", SINK, b"", 5)
        clock.now += 100
        other = Sender(engine, chain.chain(), chain.signer(1), clock)
        for use in (other.advance, other.own, lambda key: other.wait(key, 1)):
            with pytest.raises(KeyConflict, match="'k'"):
                use("k")
        assert other.advance_all() == []
        chain.mine(1)
        assert balance(chain) == 5
        assert len(sender.advance("k").attempts) == 1

    def test_anothers_live_transaction_is_not_declared_failed_by_this_keys_nonce(
        self, sender: Sender, engine: Engine, chain: DevChain
    ) -> None:
        other = Sender(engine, chain.chain(), chain.signer(1), Clock())
        for number in range(2):
            other.submit(f"theirs {number}", SINK, b"", 1)
            other.wait(f"theirs {number}", 5)
        chain.finalise()
        chain.set_automine(False)
        sender.submit("k", SINK, b"", 5)
        with pytest.raises(KeyConflict):
            other.advance("k")
        chain.mine(1)
        assert sender.advance("k").status == "included"

    def test_what_is_stored_for_another_chain_is_not_touched(
        self, sender: Sender, engine: Engine, chain: DevChain, clock: Clock
    ) -> None:
        sender.submit("k", SINK, b"", 5)
        with engine.begin() as connection:
            connection.execute(sa.update(chain_transactions).values(chain_id=1))
        with pytest.raises(KeyConflict):
            sender.advance("k")

    def test_what_would_revert_is_not_stored_and_uses_no_nonce(self, sender: Sender, chain: DevChain) -> None:
        sender.submit("log", None, load("EvidenceLog").bytecode)
        created = sender.wait("log", 5).contract
        assert created is not None
        contract = Contract("EvidenceLog", created)
        with pytest.raises(TransactionReverted) as caught:
            sender.call_contract("bad", contract, "append", b"\x01" * 32, 0, 1, b"\x02" * 32, [])
        assert caught.value.name == "EvidenceLog_OnlyAppender"
        assert caught.value.arguments[1] == sender.address
        assert sender.get("bad") is None
        assert sender.submit("next", SINK, b"", 1).nonce == 1

    def test_without_funds_nothing_is_stored(self, engine: Engine, chain: DevChain) -> None:
        poor = EnvironmentSigner.open("K", {"K": "ab" * 32})
        sender = Sender(engine, chain.chain(), poor, Clock())
        for value in (0, 10**18):
            with pytest.raises(InsufficientFunds) as caught:
                sender.submit("k", SINK, b"", value)
            assert (caught.value.address, caught.value.has) == (poor.address, 0)
            assert caught.value.needed >= value
        assert sender.get("k") is None
        chain.fund(poor.address, 10**18)
        assert sender.submit("k", SINK, b"", 1).nonce == 0

    def test_funds_promised_to_waiting_transactions_are_not_promised_again(
        self, engine: Engine, chain: DevChain
    ) -> None:
        poor = EnvironmentSigner.open("K", {"K": "cd" * 32})
        chain.fund(poor.address, 10**18)
        chain.set_automine(False)
        sender = Sender(engine, chain.chain(), poor, Clock())
        sender.submit("first", SINK, b"", 6 * 10**17)
        with pytest.raises(InsufficientFunds) as caught:
            sender.submit("second", SINK, b"", 6 * 10**17)
        assert caught.value.has < 4 * 10**17
        assert sender.get("second") is None

    def test_keys_and_data_are_bounded(self, sender: Sender) -> None:
        assert sender.submit("k" * MAX_KEY, SINK, b"", 1).status == "pending"
        for key in ("", "k" * (MAX_KEY + 1)):
            with pytest.raises(ChainError, match="1 to 200 characters"):
                sender.submit(key, SINK, b"", 1)
        with pytest.raises(ChainError, match="call data"):
            sender.submit("big", SINK, bytes(MAX_DATA + 1))

    def test_unknown_keys_are_errors(self, sender: Sender) -> None:
        assert sender.get("nothing") is None
        for use in (sender.advance, lambda key: sender.wait(key, 1)):
            with pytest.raises(TransactionUnknown, match="'nothing'"):
                use("nothing")

    def test_the_creation_of_a_contract_gives_its_address(self, sender: Sender, chain: DevChain) -> None:
        sender.submit("deploy", None, load("EvidenceLog").bytecode)
        record = sender.wait("deploy", 5)
        assert record.contract is not None
        assert chain.chain().code(record.contract) == load("EvidenceLog").deployed_bytecode

    def test_legacy_fees_where_the_profile_says_so(self, engine: Engine, chain: DevChain, clock: Clock) -> None:
        legacy = Chain.connect(chain.url, profile=dataclasses.replace(profile(31337), fees="legacy"))
        sender = Sender(engine, legacy, chain.signer(0), clock)
        sender.submit("old", SINK, b"", 5)
        record = sender.wait("old", 5)
        sent = legacy.rpc("eth_getTransactionByHash", ["0x" + record.tx_hash.hex()])
        assert isinstance(sent, dict)
        assert sent["type"] == "0x0"


class TestMinedAndFailed:
    def test_a_transaction_that_fails_when_mined_says_why(self, sender: Sender, chain: DevChain) -> None:
        """Two appends pass simulation; mined in one block, the second finds the first's state."""
        sender.submit("deploy", None, load("EvidenceLog").bytecode)
        address = sender.wait("deploy", 5).contract
        assert address is not None
        contract = Contract("EvidenceLog", address)
        chain.set_automine(False)
        arguments = (b"\x01" * 32, sender.address, sender.address, "example.org/log", b"k" * 32)
        sender.call_contract("first", contract, "create", *arguments)
        sender.call_contract("second", contract, "create", *arguments)
        chain.mine(1)
        assert sender.advance("first").status == "included"
        failed = sender.advance("second")
        assert (failed.status, failed.settled) == ("failed", False)
        assert failed.block_number == chain.head().number
        with pytest.raises(TransactionReverted, match="in transaction 0x"):
            sender.wait("second", 5)
        chain.finalise()
        assert sender.advance("second").settled

    def test_running_out_of_gas_is_said(self, sender: Sender, chain: DevChain, engine: Engine) -> None:
        chain.set_automine(False)
        sender.submit("deploy", None, load("EvidenceLog").bytecode)
        record = sender.get("deploy")
        assert record is not None
        # As if the state had changed meanwhile, so that the estimate is too little: the same transaction with less gas.
        chain.drop(record.tx_hash)
        fees = record.attempts[-1].fees
        signed = chain.signer(0).sign_transaction(
            {
                "chainId": 31337,
                "nonce": record.nonce,
                "gas": 700_000,
                "maxFeePerGas": fees.max_fee,
                "maxPriorityFeePerGas": fees.max_priority_fee,
                "value": 0,
                "data": "0x" + record.data.hex(),
                "type": 2,
            }
        )
        with engine.begin() as connection:
            connection.execute(sa.update(chain_transactions).values(gas=700_000))
            connection.execute(sa.update(chain_attempts).values(hash=signed.hash, raw=signed.raw))
        sender.advance("deploy")
        chain.mine(1)
        assert sender.advance("deploy").error == "out of gas (700000)"


class TestStuck:
    def test_a_stuck_transaction_is_replaced_at_the_same_nonce_with_a_higher_fee(
        self, sender: Sender, chain: DevChain, clock: Clock
    ) -> None:
        chain.set_automine(False)
        first = sender.submit("k", SINK, b"", 5)
        assert len(sender.advance("k").attempts) == 1
        clock.now += 29
        assert len(sender.advance("k").attempts) == 1
        clock.now += 1
        replaced = sender.advance("k")
        old, new = (attempt.fees for attempt in replaced.attempts)
        assert replaced.nonce == first.nonce
        assert 8 * new.max_fee >= 9 * old.max_fee
        assert 8 * new.max_priority_fee >= 9 * old.max_priority_fee
        chain.mine(1)
        mined = sender.advance("k")
        assert mined.status == "included"
        assert mined.tx_hash == replaced.attempts[1].hash != first.tx_hash
        assert balance(chain) == 5

    def test_an_earlier_attempt_that_was_mined_after_all_counts(
        self, sender: Sender, chain: DevChain, clock: Clock
    ) -> None:
        chain.set_automine(False)
        first = sender.submit("k", SINK, b"", 5)
        clock.now += 30
        second = sender.advance("k")
        chain.drop(second.attempts[1].hash)
        chain._rpc.call("eth_sendRawTransaction", ["0x" + second.attempts[0].raw.hex()])
        chain.mine(1)
        mined = sender.advance("k")
        assert (mined.status, mined.tx_hash) == ("included", first.tx_hash)
        assert balance(chain) == 5

    def test_the_fee_limit_stops_replacement_and_wait_says_stuck(
        self, engine: Engine, chain: DevChain, clock: Clock
    ) -> None:
        chain.set_automine(False)
        sender = Sender(engine, chain.chain(), chain.signer(0), clock, stuck_seconds=1, max_fee=3 * 10**9)
        sender.submit("k", SINK, b"", 5)
        for _ in range(5):
            clock.now += 1
            record = sender.advance("k")
        assert all(attempt.fees.max_fee <= 3 * 10**9 for attempt in record.attempts)
        with pytest.raises(TransactionStuck, match="fee limit") as caught:
            sender.wait("k", 0.05)
        assert (caught.value.key, caught.value.nonce) == ("k", 0)

    def test_only_the_next_in_line_is_replaced(self, sender: Sender, chain: DevChain, clock: Clock) -> None:
        chain.set_automine(False)
        sender.submit("a", SINK, b"", 1)
        sender.submit("b", SINK, b"", 1)
        clock.now += 100
        records = sender.advance_all()
        assert [len(record.attempts) for record in records] == [2, 1]

    def test_a_dropped_transaction_is_sent_again_as_it_was(self, sender: Sender, chain: DevChain) -> None:
        chain.set_automine(False)
        record = sender.submit("k", SINK, b"", 5)
        chain.drop(record.tx_hash)
        assert chain.chain().rpc("eth_getTransactionByHash", ["0x" + record.tx_hash.hex()]) is None
        assert len(sender.advance("k").attempts) == 1
        chain.mine(1)
        assert sender.advance("k").tx_hash == record.tx_hash

    def test_wait_for_final_on_an_idle_chain_says_so(self, sender: Sender) -> None:
        sender.submit("k", SINK, b"", 5)
        with pytest.raises(NotFinal) as caught:
            sender.wait("k", 0.2, final=True)
        assert (caught.value.block_number, caught.value.final_number) == (1, 0)


class TestReorg:
    def test_an_included_transaction_whose_block_goes_is_sent_again(self, sender: Sender, chain: DevChain) -> None:
        sender.submit("k", SINK, b"", 5)
        before = sender.wait("k", 5)
        chain.reorg(1)
        assert balance(chain) == 0
        again = sender.advance("k")
        assert (again.status, again.block_number) == ("pending", None)
        after = sender.wait("k", 5)
        assert after.status == "included"
        assert after.tx_hash == before.tx_hash
        assert after.block_hash != before.block_hash
        assert balance(chain) == 5

    def test_a_failed_one_whose_block_goes_is_pending_again(self, sender: Sender, chain: DevChain) -> None:
        sender.submit("deploy", None, load("EvidenceLog").bytecode)
        address = sender.wait("deploy", 5).contract
        assert address is not None
        contract = Contract("EvidenceLog", address)
        chain.set_automine(False)
        arguments = (b"\x01" * 32, sender.address, sender.address, "example.org/log", b"k" * 32)
        sender.call_contract("first", contract, "create", *arguments)
        sender.call_contract("second", contract, "create", *arguments)
        chain.mine(1)
        assert sender.advance("second").status == "failed"
        chain.reorg(1)
        record = sender.advance("second")
        assert (record.status, record.error, record.block_hash) == ("pending", None, None)

    def test_several_in_order_come_back_after_a_deep_reorganisation(self, sender: Sender, chain: DevChain) -> None:
        for i in range(5):
            sender.submit(f"k{i}", SINK, b"", 1)
            sender.wait(f"k{i}", 5)
        chain.reorg(4)
        assert balance(chain) == 1
        assert sender.wait("k4", 5).status == "included"  # heals the lower nonces first
        assert balance(chain) == 5
        assert {sender.advance(f"k{i}").status for i in range(5)} <= {"included", "final"}


class TestNonces:
    def test_a_gap_left_by_a_vanished_foreign_transaction_is_filled(
        self, sender: Sender, chain: DevChain, engine: Engine
    ) -> None:
        """The chain counted a nonce that we never used; after a reorganisation it is free, and ours waits behind it."""
        snapshot = chain.snapshot()
        with_other = Sender(engine, chain.chain(), chain.signer(0), Clock())
        signed = chain.signer(0).sign_transaction(
            {
                "chainId": 31337,
                "nonce": 0,
                "gas": 21_000,
                "maxFeePerGas": 10**10,
                "maxPriorityFeePerGas": 10**9,
                "to": SINK,
                "value": 100,
                "data": "0x",
                "type": 2,
            }
        )
        chain._rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
        assert with_other.submit("ours", SINK, b"", 5).nonce == 1
        chain.revert(snapshot)
        record = sender.wait("ours", 5)
        assert (record.status, record.nonce) == ("included", 1)
        filler = sender.get(f"gap:31337:{sender.address}:0")
        assert filler is not None
        assert balance(chain) == 5

    def test_a_nonce_finally_spent_by_somebody_else_is_never_signed_again(
        self, sender: Sender, chain: DevChain, tmp_path: Path
    ) -> None:
        """A copied workspace: two databases, one key. One wins, the other is told."""
        chain.set_automine(False)
        ours = sender.submit("ours", SINK, b"", 5)
        chain.drop(ours.tx_hash)
        with chain_engine(tmp_path / "copy.db") as copy:
            other = Sender(copy, chain.chain(), chain.signer(0), Clock())
            assert other.submit("theirs", SINK, b"", 7).nonce == ours.nonce
            chain.mine(1)
            assert other.advance("theirs").status == "included"
        assert sender.advance("ours").status == "pending"  # not final yet: it may still turn
        chain.finalise()
        record = sender.advance("ours")
        assert (record.status, record.settled) == ("failed", True)
        with pytest.raises(NonceTaken) as caught:
            sender.wait("ours", 1)
        assert (caught.value.nonce, caught.value.address) == (0, sender.address)
        assert balance(chain) == 7
        chain.set_automine(True)
        sender.submit("ours, again", SINK, b"", 5)
        assert sender.wait("ours, again", 5).nonce == 1

    def test_threads_share_the_nonces_without_a_gap(self, engine: Engine, chain: DevChain) -> None:
        senders = [Sender(engine, chain.chain(), chain.signer(0), Clock()) for _ in range(4)]

        def work(index: int) -> None:
            senders[index % 4].submit(f"t{index}", SINK, b"", 1)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(40)))
        records = [senders[0].wait(f"t{i}", 10) for i in range(40)]
        assert sorted(r.nonce for r in records) == list(range(40))
        assert balance(chain) == 40

    def test_two_processes_with_the_same_keys_make_each_effect_once(
        self, database: str | Path, engine: Engine, chain: DevChain
    ) -> None:
        workers = [start_worker(str(database), chain.url, "p", 10) for _ in range(2)]
        assert [worker.wait(60) for worker in workers] == [0, 0]
        sender = Sender(engine, chain.chain(), chain.signer(0), Clock())
        for i in range(10):
            sender.wait(f"p{i}", 10)
        with engine.connect() as connection:
            nonces = connection.execute(sa.select(chain_transactions.c.nonce)).scalars().all()
        assert sorted(nonces) == list(range(10))
        assert balance(chain) == 10

    def test_a_dev_chain_that_lost_its_last_blocks_gets_them_again(self, sender: Sender, chain: DevChain) -> None:
        snapshot = chain.snapshot()
        sender.submit("lost", SINK, b"", 5)
        assert sender.wait("lost", 5, final=True, between=chain.mine).settled
        chain.revert(snapshot)
        assert balance(chain) == 0
        sender.submit("next", SINK, b"", 1)
        assert sender.wait("next", 5).nonce == 1
        assert balance(chain) == 6


class TestNodeTrouble:
    def test_a_node_that_dies_before_sending_loses_nothing(self, sender: Sender, chain: DevChain) -> None:
        """Stored, then the node is down: pending, with the reason; the next step sends it."""
        live = sender.chain
        original: Callable[..., Any] = live.rpc

        def refuse_sending(method: str, params: Any = ()) -> Any:
            if method == "eth_sendRawTransaction":
                raise NodeUnreachable(DEAD, "connection refused")
            return original(method, params)

        live.rpc = refuse_sending  # type: ignore[method-assign]
        record = sender.submit("k", SINK, b"", 5)
        assert record.status == "pending"
        assert record.attempts[0].sent_at is None
        assert record.error is not None
        assert "connection refused" in record.error
        with pytest.raises(TransactionStuck, match="connection refused"):
            sender.wait("k", 0.05)
        live.rpc = original  # type: ignore[method-assign]
        done = sender.wait("k", 5)
        assert (done.status, done.error) == ("included", None)
        assert balance(chain) == 5

    def test_a_node_that_is_down_is_an_error_and_nothing_is_stored(self, sender: Sender) -> None:
        down = Sender(sender._engine, unreachable(sender), sender._signer, Clock())
        with pytest.raises(NodeUnreachable):
            down.submit("k", SINK, b"", 5)
        assert down.get("k") is None

    def test_a_stored_transaction_is_read_while_the_node_is_down(self, sender: Sender) -> None:
        sender.submit("k", SINK, b"", 5)
        down = Sender(sender._engine, unreachable(sender), sender._signer, Clock())
        record = down.get("k")
        assert record is not None
        assert record.status == "pending"
        with pytest.raises(NodeUnreachable):
            down.advance("k")

    def test_a_node_that_confirms_another_hash_is_noticed(self, sender: Sender, chain: DevChain) -> None:
        upstream = Rpc(chain.url)

        def answer(request: Any, handler: BaseHTTPRequestHandler) -> None:
            calls = request if isinstance(request, list) else [request]
            answers = []
            for call in calls:
                lie = call["method"] == "eth_sendRawTransaction"
                value = "0x" + "99" * 32 if lie else upstream.call(call["method"], call["params"])
                answers.append({"jsonrpc": "2.0", "id": call["id"], "result": value})
            reply(handler, json.dumps(answers if isinstance(request, list) else answers[0]).encode())

        with hostile_node(answer) as url:
            lied_to = Sender(sender._engine, Chain.connect(url, profile=profile(31337)), chain.signer(0), Clock())
            record = lied_to.submit("k", SINK, b"", 5)
        assert record.attempts[0].sent_at is None
        assert record.error is not None
        assert "another hash" in record.error
        assert sender.wait("k", 5).status == "included"
