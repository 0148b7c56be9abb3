"""A sending process killed at random moments, again and again: every key ends with exactly one effect."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.chain_engine import chain_engine
from support.devchain import dev_chain
from support.send_worker import SINK

from onchain.devchain import DevChain
from onchain.send import Sender
from onchain.store import chain_attempts, chain_transactions

ROOT = Path(__file__).parents[2]
COUNT = 40  # effects that each run of the worker tries to finish


@pytest.fixture
def chain() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


class Worker:
    """A sending process that can be started again and again, and killed."""

    def __init__(self, database: Path, chain: DevChain) -> None:
        paths = os.pathsep.join(map(str, (ROOT, ROOT / "contracts", ROOT / "tests")))
        command = [sys.executable, "-m", "support.send_worker", str(database), chain.url, "k", str(COUNT), "serve"]
        self.process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _line(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def run(self, kill_after: float | None = None) -> int:
        """Exit status of one run; -9 when it was killed."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        pid = self._line()
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(pid, signal.SIGKILL)  # the worker keeps the id taken until the next run
        return self._line()

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture
def worker(chain: DevChain, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path / "k.db", chain)
    yield made
    made.close()


def check_exactly_once(database: Path, chain: DevChain) -> None:
    with chain_engine(database) as engine, engine.connect() as connection:
        rows = connection.execute(sa.select(chain_transactions)).all()
        attempts = connection.execute(sa.select(sa.func.count()).select_from(chain_attempts)).scalar()
    assert sorted(row.key for row in rows) == sorted(f"k{i}" for i in range(COUNT))
    assert sorted(row.nonce for row in rows) == list(range(COUNT))
    assert attempts == COUNT
    assert chain.chain().balance(SINK) == COUNT
    assert chain.chain().nonce(chain.signer(0).address) == COUNT


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.deep), pytest.param(3, marks=pytest.mark.deep)])
def test_kills_at_random_moments_leave_exactly_one_effect_for_each_key(
    worker: Worker, chain: DevChain, tmp_path: Path, seed: int
) -> None:
    moments = random.Random(seed)
    statuses = [worker.run(kill_after=moments.uniform(0.01, 0.3)) for _ in range(30)]
    assert statuses.count(-9) >= 3, "it was done before it could be killed"
    assert worker.run() == 0
    check_exactly_once(tmp_path / "k.db", chain)


def test_kills_while_blocks_come_late_and_transactions_are_dropped(
    worker: Worker, chain: DevChain, tmp_path: Path
) -> None:
    """The pool loses what it had, the process dies in between: all of it is sent again, once."""
    chain.set_automine(False)
    moments = random.Random(4)
    for _ in range(6):
        assert worker.run(kill_after=moments.uniform(0.05, 0.5)) == -9
        chain._rpc.call("anvil_dropAllTransactions", [])
    chain.set_automine(True)
    assert worker.run() == 0
    check_exactly_once(tmp_path / "k.db", chain)


def test_the_chain_killed_and_restarted_under_a_sender_loses_no_effect(tmp_path: Path) -> None:
    """anvil may lose its last second of blocks, final ones included: what was in them is sent again."""
    state = tmp_path / "s.json"
    running = DevChain.start(state, 31337)
    try:
        with chain_engine(tmp_path / "k.db") as engine:
            for round_number in range(3):
                sender = Sender(engine, running.chain(), running.signer(0), lambda: int(time.time()))
                for i in range(5):
                    key = f"{round_number}:{i}"
                    sender.submit(key, SINK, b"", 1)
                    sender.wait(key, 10, final=i % 2 == 0, between=running.mine)
                running.kill()
                running = DevChain.start(state, 31337)
            sender = Sender(engine, running.chain(), running.signer(0), lambda: int(time.time()))
            sender.submit("last", SINK, b"", 1)
            sender.wait("last", 20)
            assert running.chain().balance(SINK) == 16
            with engine.connect() as connection:
                nonces = connection.execute(sa.select(chain_transactions.c.nonce)).scalars().all()
            assert sorted(nonces) == list(range(16))
    finally:
        running.stop()
