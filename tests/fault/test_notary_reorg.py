"""Chains that take blocks back, 1 to 64 of them, before a head is final and after."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.evidencechain import anchor_to_final, connect, give_chain
from support.notaryworld import World, world

from notary.evm import anchors
from notary.proofs import receipts
from notary.proofs.receipt import PendingAnchor, Receipt
from notary.sealing.seal import seal
from notary.store import ANCHOR_FINAL, ANCHOR_INCLUDED, ANCHOR_PENDING, claims
from notary.verdicts.trust import Trust, TrustedChain
from notary.verdicts.verdict import Reason, Status, Verdict
from notary.verdicts.verify import DocumentDigests, Verifier
from onchain.devchain import DevChain
from onchain.errors import ReorgDetected
from portal.trusted import ask_nodes

DEEPEST = 64
SLOTS = 40  # in an epoch: anvil's final block is two of them below its head, so that 64 blocks can be taken back
FAST = (1, 2, 3, 17, 63, DEEPEST)
ALL = [depth if depth in FAST else pytest.param(depth, marks=pytest.mark.deep) for depth in range(1, DEEPEST + 1)]


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[DevChain]:
    """A chain of its own for each test: after a thousand blocks anvil forgets states that a rollback needs."""
    with DevChain.start(tmp_path / "chain.json", 31337, slots_in_an_epoch=SLOTS) as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        anchors.ensure_log(made.ctx, anchors.open_evidence(made.ctx))
        dev.mine(2 * SLOTS)
        yield made


def sealed(w: World, name: str) -> tuple[int, int]:
    """Seal one more file; (the claim's id, entries of the log)."""
    w.put(name, name.encode())
    result = seal(w.ctx, "acme", [w.files / name])
    with w.ctx.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.max(claims.c.id))).scalar_one(), result.head.size


def judged(w: World, dev: DevChain, claim_id: int, name: str) -> tuple[Verdict, Receipt]:
    """The verdict of somebody who asks this node and accepts that it is a development chain."""
    receipt = Receipt.from_bytes(receipts.receipt_for(w.ctx, claim_id).to_bytes())
    own = Trust((TrustedChain(dev.chain_id, dev.chain().genesis, dev=True),))
    known, _ = ask_nodes(own, [dev.url], [receipt])
    data = name.encode()
    return Verifier(known).verify(
        receipt, DocumentDigests(len(data), {"sha256": hashlib.sha256(data).digest()})
    ), receipt


def times_on_chain(w: World, dev: DevChain, size: int) -> int:
    """How often the contract recorded a head of `size` entries, by asking the chain."""
    chain, contract = dev.chain(), connect(w, dev).contract
    found = chain.logs(0, chain.head().number, [contract.address], [contract.topic("HeadAppended")])
    return sum(int.from_bytes(log.topics[2], "big") == size for log in found)


class TestBeforeFinality:
    @pytest.mark.parametrize("depth", ALL)
    def test_an_anchor_is_sent_again_when_just_so_many_blocks_are_taken_back(
        self, w: World, dev: DevChain, depth: int
    ) -> None:
        name = f"{depth}.txt"
        claim, size = sealed(w, name)
        anchor = anchors.request(w.ctx)
        assert anchor is not None
        anchors.advance(w.ctx, anchor.id)
        dev.mine(depth - 1) if depth > 1 else None
        included = anchors.advance(w.ctx, anchor.id)
        assert included.status == ANCHOR_INCLUDED and included.block_number == dev.head().number - depth + 1

        if depth > 1:  # one block less leaves it where it is; the chain is one block longer then
            dev.reorg(depth - 1)
            assert anchors.advance(w.ctx, anchor.id).block_hash == included.block_hash
            depth += 1
        dev.reorg(depth)
        assert times_on_chain(w, dev, size) == 0
        again = anchors.advance(w.ctx, anchor.id)
        assert again.status in (ANCHOR_PENDING, ANCHOR_INCLUDED) and again.block_hash != included.block_hash
        verdict, receipt = judged(w, dev, claim, name)
        assert verdict.status is Status.INDETERMINATE and isinstance(receipt.anchors[0], PendingAnchor)

        anchors.advance(w.ctx, anchor.id)
        dev.mine(2 * SLOTS + 1)
        final = anchors.advance(w.ctx, anchor.id)
        assert final.status == ANCHOR_FINAL and final.block_hash != included.block_hash
        assert times_on_chain(w, dev, size) == 1
        assert judged(w, dev, claim, name)[0].status is Status.PASSED


@pytest.fixture
def restored(tmp_path: Path) -> Iterator[tuple[World, DevChain, int, str]]:
    """A final anchor, and its chain set back to before it: (world, chain, claim, snapshot is reverted)."""
    with DevChain.start(tmp_path / "chain.json", 31337) as dev, world(tmp_path) as w:
        give_chain(w, dev)
        anchors.ensure_log(w.ctx, anchors.open_evidence(w.ctx))
        dev.finalise()
        claim, _ = sealed(w, "a.txt")
        before = dev.snapshot()
        anchor_to_final(w.ctx, dev)
        verdict, _ = judged(w, dev, claim, "a.txt")
        assert verdict.status is Status.PASSED
        dev.revert(before)
        yield w, dev, claim, "a.txt"


class TestAfterFinality:
    def test_a_final_block_that_is_gone_is_an_error_and_the_receipt_is_not_confirmed(
        self, restored: tuple[World, DevChain, int, str]
    ) -> None:
        w, dev, claim, name = restored
        with pytest.raises(ReorgDetected, match="is not there any more"):
            anchors.request(w.ctx)
        verdict, _ = judged(w, dev, claim, name)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)
        assert "has no block" in verdict.checks[7].detail

    def test_a_final_block_that_is_another_now_is_an_error_and_fails_the_receipt(
        self, restored: tuple[World, DevChain, int, str]
    ) -> None:
        w, dev, claim, name = restored
        dev.chain().rpc("anvil_setCoinbase", ["0x" + os.urandom(20).hex()])
        dev.mine(20)
        with pytest.raises(ReorgDetected, match="is now 0x"):
            anchors.request(w.ctx)
        sealed(w, "b.txt")  # sealing needs no chain
        with pytest.raises(ReorgDetected):
            anchors.request(w.ctx)
        verdict, _ = judged(w, dev, claim, name)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)
        assert times_on_chain(w, dev, 2) == 0
