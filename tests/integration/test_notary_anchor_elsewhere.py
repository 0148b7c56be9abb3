"""Heads that the chain holds although this workspace did not send them, and what another process does meanwhile."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect, evidence_address, give_chain, trust_in
from support.notaryworld import World, open_context, world

from notary.context import NotaryContext
from notary.evm import anchors, head_proof
from notary.evm.anchors import AnchorRow
from notary.evm.evidence_chain import ChainHead, EvidenceChain
from notary.log import ledger
from notary.log.log_events import LogHistory
from notary.proofs import receipts
from notary.proofs.receipt import PendingAnchor, Receipt, UnknownAnchor
from notary.sealing.seal import seal
from notary.service_errors import AnchorFailed, LogBehindChain, LogForked
from notary.store import (
    ANCHOR_FINAL,
    ANCHOR_INCLUDED,
    ANCHOR_PENDING,
    LOG_CLOSED,
    LOG_FORKED,
    LOG_OPEN,
    LOG_RECOVERED,
    logs,
)
from notary.store import anchors as anchor_rows
from notary.verdicts.verdict import Status
from notary.verdicts.verify import DocumentDigests, verify
from onchain.devchain import DevChain
from onchain.errors import ProofUnavailable


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        yield made


@pytest.fixture
def other(w: World, dev: DevChain) -> Iterator[World]:
    """A copy of the workspace, with one file sealed and the log on the chain."""
    sealed(w, "a.txt")
    anchors.ensure_log(w.ctx, anchors.open_evidence(w.ctx))
    w.ctx.engine.dispose()
    shutil.copytree(w.folder / "workspace", w.folder / "copy")
    made = World(w.folder, open_context(w.folder / "copy", w.clock), w.clock)
    made.with_context(evidence=lambda: connect(made, dev, evidence_address(w, dev)))
    try:
        yield made
    finally:
        made.ctx.engine.dispose()


def sealed(w: World, name: str, ctx: NotaryContext | None = None) -> int:
    w.put(name, name.encode())
    return seal(ctx or w.ctx, "acme", [w.files]).head.size


def requested(w: World) -> AnchorRow:
    anchor = anchors.request(w.ctx)
    assert anchor is not None
    return anchor


def state(w: World) -> str:
    with w.ctx.engine.connect() as connection:
        return ledger.log_of(connection, w.ctx.note_key).state


def set_state(w: World, state: str) -> None:
    with ledger.write(w.ctx.engine) as connection:
        connection.execute(sa.update(logs).values(state=state))


def judged(w: World, dev: DevChain) -> Status:
    receipt = Receipt.from_bytes(receipts.receipt_for(w.ctx, 1).to_bytes())
    document = DocumentDigests(5, {"sha256": hashlib.sha256(b"a.txt").digest()})
    return verify(receipt, document, trust_in(dev)).status


class TestSentByACopy:
    def test_a_head_that_a_copy_anchored_gives_our_receipts_its_proof_and_nothing_is_sent(
        self, w: World, other: World, dev: DevChain
    ) -> None:
        theirs = anchor_to_final(other.ctx, dev)
        nonce = dev.chain().nonce(dev.signer().address)
        anchor = anchors.advance(w.ctx, requested(w).id)
        assert (anchor.status, anchor.tx, anchor.proof) == (ANCHOR_FINAL, theirs.tx, theirs.proof)
        assert dev.chain().nonce(dev.signer().address) == nonce
        assert judged(w, dev) is Status.PASSED
        assert requested(w).id == anchor.id
        size = sealed(w, "b.txt")
        assert anchor_to_final(w.ctx, dev).size == size

    def test_a_failed_anchor_of_a_head_that_a_copy_anchored_is_asked_for_again(
        self, w: World, other: World, dev: DevChain
    ) -> None:
        first = requested(w)
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.update(anchor_rows).values(status="failed", error="the appender was replaced"))
        anchor_to_final(other.ctx, dev)
        with pytest.raises(AnchorFailed):
            anchors.advance(w.ctx, first.id)
        assert anchors.advance(w.ctx, requested(w).id).status == ANCHOR_FINAL
        assert judged(w, dev) is Status.PASSED

    def test_it_is_pending_until_its_block_is_final_and_sent_by_us_when_that_is_reorganised_away(
        self, w: World, other: World, dev: DevChain
    ) -> None:
        dev.finalise()
        theirs = anchors.advance(other.ctx, requested(other).id)
        dev.mine()
        anchor = anchors.advance(w.ctx, requested(w).id)
        again = anchors.advance(w.ctx, anchor.id)
        assert (again.status, again.tx) == (anchor.status, anchor.tx)
        theirs = anchors.advance(other.ctx, theirs.id)
        assert (anchor.status, anchor.tx) == (ANCHOR_INCLUDED, theirs.tx)
        assert receipts.receipt_for(w.ctx, 1).anchors == (PendingAnchor(31337, anchor.contract, anchor.tx),)
        dev.reorg(2)
        final = anchor_to_final(w.ctx, dev)
        assert final.id == anchor.id and final.block_hash != anchor.block_hash
        assert judged(w, dev) is Status.PASSED

    def test_an_older_head_that_a_copy_anchored_keeps_its_time_when_a_newer_one_is_sent(
        self, w: World, other: World, dev: DevChain
    ) -> None:
        older = requested(w)
        theirs = anchor_to_final(other.ctx, dev)
        sealed(w, "b.txt")
        anchor_to_final(w.ctx, dev)
        kept = anchors.get(w.ctx, older.id)
        assert (kept.status, kept.proof) == (ANCHOR_FINAL, theirs.proof)
        assert receipts.receipt_for(w.ctx, 1).note.checkpoint.size == older.size

    def test_a_chain_without_provable_receipts_gets_a_pointer(self, w: World, other: World, dev: DevChain) -> None:
        def unprovable() -> EvidenceChain:
            evidence = connect(w, dev)
            evidence.chain._profile = replace(evidence.chain.profile, receipts="none")
            return evidence

        anchor_to_final(other.ctx, dev)
        w.with_context(evidence=unprovable)
        assert anchors.advance(w.ctx, requested(w).id).status == ANCHOR_FINAL
        (shown,) = receipts.receipt_for(w.ctx, 1).anchors
        assert isinstance(shown, UnknownAnchor) and b"evm-unproven" in shown.json

    def test_a_node_that_shows_no_event_of_it_leaves_the_anchor_pending(
        self, w: World, other: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchor_to_final(other.ctx, dev)
        anchor = requested(w)
        with monkeypatch.context() as patched:
            patched.setattr(head_proof, "history", lambda *_: LogHistory(bytes(32), ()))
            with pytest.raises(ProofUnavailable, match="no event"):
                anchors.advance(w.ctx, anchor.id)
        assert anchors.get(w.ctx, anchor.id).status == ANCHOR_PENDING
        assert anchors.advance(w.ctx, anchor.id).status == ANCHOR_FINAL


class TestMeanwhile:
    """Another process of this workspace does something while the node is asked."""

    def test_what_it_sealed_and_anchored_is_not_taken_for_a_longer_log_of_others(
        self, w: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        asked = EvidenceChain.head

        def head(self: EvidenceChain, log_id: bytes) -> ChainHead:
            monkeypatch.undo()
            sealed(w, "b.txt")
            anchor_to_final(w.ctx, dev)
            return asked(self, log_id)

        monkeypatch.setattr(EvidenceChain, "head", head)
        found = anchors.compare(w.ctx)
        assert found is not None and (found.size, state(w)) == (4, LOG_OPEN)

    def test_a_log_that_it_closed_stays_closed(
        self, w: World, other: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(other, "of the copy")
        anchor_to_final(other.ctx, dev)
        whole = ledger.root_at
        with pytest.raises(LogBehindChain):
            anchors.compare(w.ctx)
        sealed_here_too(w)

        def root_at(connection: sa.Connection, log_id: int, size: int) -> bytes:
            set_state(w, LOG_CLOSED)
            return whole(connection, log_id, size)

        monkeypatch.setattr(ledger, "root_at", root_at)
        for _ in range(2):
            with pytest.raises(LogForked):
                anchors.compare(w.ctx)
            assert state(w) == LOG_CLOSED

    def test_a_log_that_it_brought_back_is_not_behind_again(
        self, w: World, other: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(other, "of the copy")
        anchor_to_final(other.ctx, dev)
        marked = anchors._mark

        def mark(ctx: NotaryContext, log: ledger.LogRow, seen: str) -> None:
            set_state(w, LOG_RECOVERED)
            marked(ctx, log, seen)

        monkeypatch.setattr(anchors, "_mark", mark)
        with pytest.raises(LogBehindChain):
            anchors.compare(w.ctx)
        assert state(w) == LOG_RECOVERED


def sealed_here_too(w: World) -> None:
    set_state(w, LOG_OPEN)
    sealed(w, "ours")


class TestFork:
    """A copy is faster at the last moment: whenever that shows, the log has forked, and that is what is said."""

    @pytest.mark.parametrize("sent", [False, True])
    def test_a_head_that_a_faster_copy_kept_off_the_chain_is_a_fork(
        self, w: World, other: World, dev: DevChain, sent: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(other, "of the copy")
        sealed(w, "ours")
        anchor = requested(w)
        asked = anchors.compare

        def compare(ctx: NotaryContext, evidence: EvidenceChain | None = None) -> ChainHead | None:
            head = asked(ctx, evidence)
            monkeypatch.undo()
            if not sent:
                anchor_to_final(other.ctx, dev)
            return head

        monkeypatch.setattr(anchors, "compare", compare)
        if sent:  # ours waits in the pool with the nonce that the copy's, which pays more, has as well
            dev.set_automine(False)
            assert anchors.advance(w.ctx, anchor.id).status == ANCHOR_PENDING
            record = connect(w, dev).sender.get(anchor.key)
            assert record is not None
            dev.drop(record.tx_hash)
            dev.set_automine(True)
            anchor_to_final(other.ctx, dev)
        with pytest.raises(LogForked):
            for _ in range(10):
                anchors.advance(w.ctx, anchor.id)
                dev.mine()
        assert state(w) == LOG_FORKED
