"""Anchoring that is killed at random moments: each head is on the chain exactly once, and its receipts pass."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.checker import check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import connect, evidence_address, give_chain, trust_in
from support.killing import KillServer, Moments
from support.notaryworld import World, world

from notary.evm import anchors
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing.seal import seal
from notary.store import ANCHOR_FINAL
from notary.verdicts.verdict import Status
from notary.verdicts.verify import DocumentDigests, verify
from onchain.devchain import DevChain
from onchain.store import chain_transactions

KILLS_OF_A_HEAD = 6


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        yield made


@contextmanager
def blocks_every(dev: DevChain, seconds: float) -> Iterator[None]:
    """Mine while the block runs, so that something becomes final."""
    stop = threading.Event()

    def mine() -> None:
        while not stop.wait(seconds):
            dev.mine()

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        stop.set()
        miner.join()


def heads_on_chain(w: World, dev: DevChain) -> list[int]:
    chain, contract = dev.chain(), connect(w, dev).contract
    found = chain.logs(0, chain.head().number, [contract.address], [contract.topic("HeadAppended")])
    return [int.from_bytes(log.topics[2], "big") for log in found]


def transactions(w: World) -> list[str]:
    """Keys of all transactions that were ever stored but the deployment's."""
    with w.ctx.engine.connect() as connection:
        keys = connection.execute(sa.select(chain_transactions.c.key)).scalars().all()
    return [key for key in keys if not key.startswith("deploy:")]


def assert_all_receipts_pass(w: World, dev: DevChain) -> None:
    trust = trust_in(dev)
    for sealed, receipt in receipts.receipts_of(w.ctx, "acme"):
        data = str(sealed.claim.get("name")).encode()
        document = DocumentDigests(len(data), {"sha256": hashlib.sha256(data).digest()})
        assert verify(Receipt.from_bytes(receipt.to_bytes()), document, trust).status is Status.PASSED


def seal_one(w: World, name: str) -> int:
    w.put(name, name.encode())
    return seal(w.ctx, "acme", [w.files]).head.size


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.deep)])
def test_anchor_killed_at_random_moments_puts_each_head_on_the_chain_exactly_once(
    w: World, dev: DevChain, kills: int
) -> None:
    rng = random.Random()
    killed, sizes = 0, list[int]()
    arguments = (str(w.folder / "workspace"), dev.url, evidence_address(w, dev))
    with KillServer("anchor_child.py") as server, blocks_every(dev, 0.1):
        while killed < kills:
            assert len(sizes) < 2 * kills  # some runs end before they are killed
            sizes.append(seal_one(w, f"f{len(sizes)}.txt"))
            moments = Moments(rng, 0.5)
            for _ in range(min(KILLS_OF_A_HEAD, kills - killed)):
                killed += moments.kill(server, *arguments)
            server.run(*arguments)
    assert heads_on_chain(w, dev) == sizes
    assert len(transactions(w)) == len(sizes) + 1  # one for each head, one for the log: no key twice, none lost
    assert {anchor.status for anchor in anchors.list_anchors(w.ctx)} == {ANCHOR_FINAL}
    assert_all_receipts_pass(w, dev)
    found = check_world(w, dev, documents=files_of(w))
    assert sorted(found.heads) == sizes


def test_anchor_killed_while_blocks_are_reorganised_away_still_ends_final_once(w: World, dev: DevChain) -> None:
    rng = random.Random()
    arguments = (str(w.folder / "workspace"), dev.url, evidence_address(w, dev))
    dev.finalise()
    size = seal_one(w, "a.txt")
    base = dev.head().number
    with KillServer("anchor_child.py") as server:
        for _ in range(8):
            server.run_and_kill(rng.uniform(0.05, 0.5), *arguments)
            depth = dev.head().number - base
            if depth:
                dev.reorg(min(depth, rng.randint(1, 2)))
        with blocks_every(dev, 0.1):
            server.run(*arguments)
    assert heads_on_chain(w, dev) == [size]
    assert_all_receipts_pass(w, dev)


def test_two_processes_anchoring_one_head_at_once_send_one_transaction(w: World, dev: DevChain) -> None:
    size = seal_one(w, "a.txt")
    arguments = (str(w.folder / "workspace"), dev.url, evidence_address(w, dev))
    with KillServer("anchor_child.py") as one, KillServer("anchor_child.py") as two, blocks_every(dev, 0.1):
        for server in (one, two):
            server.begin(*arguments)
        assert [server.end() for server in (one, two)] == [0, 0]
    assert heads_on_chain(w, dev) == [size]
    assert len(transactions(w)) == 2
    assert [anchor.status for anchor in anchors.list_anchors(w.ctx)] == [ANCHOR_FINAL]


def test_anchor_goes_on_after_the_node_was_killed(w: World, tmp_path: Path) -> None:
    folder = tmp_path / "chain"
    with dev_chain(folder=folder, block_time=1) as dev:
        give_chain(w, dev)
        size = seal_one(w, "a.txt")
        address = evidence_address(w, dev)
        with KillServer("anchor_child.py") as server:
            server.run_and_kill(0.3, str(w.folder / "workspace"), dev.url, address)
            dev.kill()  # at most the last second of blocks is lost
            server.begin(str(w.folder / "workspace"), dev.url, address)
            assert server.end() == 1  # NodeUnreachable
    with dev_chain(folder=folder, block_time=1) as again, KillServer("anchor_child.py") as server:
        if not again.chain().code(address):
            give_chain(w, again)
        server.run(str(w.folder / "workspace"), again.url, evidence_address(w, again))
        w.with_context(evidence=lambda: connect(w, again))
        assert heads_on_chain(w, again) == [size]
        assert_all_receipts_pass(w, again)
