"""Heads of the log on a real chain: anchored, reorganised, raced, forked; and what receipts then prove."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect, evidence_address, give_chain, trust_in
from support.notaryworld import World, open_context, world
from support.stamped import authority, token_anchor, trusting

from notary.context import NotaryContext
from notary.evm import anchors
from notary.evm.anchors import AnchorRow
from notary.evm.evm_proof import EvmAnchor
from notary.proofs import receipts
from notary.proofs.prove_later import prove_later
from notary.proofs.receipt import PendingAnchor, Receipt, UnknownAnchor
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import (
    AnchorElsewhere,
    AnchorFailed,
    AnchoringUnavailable,
    AnchorUnknown,
    LogBehindChain,
    LogForked,
    LogNotOpen,
    LogNotOurs,
)
from notary.store import ANCHOR_FAILED, ANCHOR_FINAL, ANCHOR_INCLUDED, ANCHOR_PENDING, LOG_RECOVERED, logs
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Reason, Status, Verdict
from notary.verdicts.verify import DocumentDigests, verify
from onchain.devchain import DevChain
from onchain.errors import InsufficientFunds, NodeUnreachable
from onchain.store import metadata as chain_tables


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        yield made


def sealed(w: World, *names: str, ctx: NotaryContext | None = None) -> int:
    """Put and seal these files; the size of the log afterwards."""
    for name in names:
        w.put(name, name.encode())
    return seal(ctx or w.ctx, "acme", [w.files]).head.size


def requested(ctx: NotaryContext) -> AnchorRow:
    anchor = anchors.request(ctx)
    assert anchor is not None
    return anchor


def judged(ctx: NotaryContext, claim_id: int, data: bytes, trust: Trust | None = None) -> Verdict:
    receipt = Receipt.from_bytes(receipts.receipt_for(ctx, claim_id).to_bytes())
    return verify(receipt, DocumentDigests(len(data), {"sha256": hashlib.sha256(data).digest()}), trust)


def heads_on_chain(w: World, dev: DevChain) -> list[int]:
    """Sizes of all HeadAppended events, by asking the chain."""
    chain, contract = dev.chain(), connect(w, dev).contract
    logs_found = chain.logs(0, chain.head().number, [contract.address], [contract.topic("HeadAppended")])
    return [int.from_bytes(log.topics[2], "big") for log in logs_found]


class TestAnchor:
    def test_a_final_anchor_makes_the_receipt_pass_for_who_knows_the_block(self, w: World, dev: DevChain) -> None:
        size = sealed(w, "a.txt")
        anchor = anchor_to_final(w.ctx, dev)
        assert (anchor.status, anchor.size, anchor.chain_id, anchor.error) == (ANCHOR_FINAL, size, 31337, None)
        block = dev.chain().block(anchor.block_number or 0)
        assert block is not None and block.hash == anchor.block_hash
        verdict = judged(w.ctx, 1, b"a.txt", trust_in(dev))
        assert (verdict.status, verdict.reason) == (Status.PASSED, Reason.DEV_CHAIN)
        assert verdict.interval.not_after == block.timestamp

    def test_a_final_anchor_is_indeterminate_for_who_knows_no_block_of_the_chain(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        verdict = judged(w.ctx, 1, b"a.txt")
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)

    def test_one_changed_byte_of_the_file_fails(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        assert judged(w.ctx, 1, b"b.txt", trust_in(dev)).status is Status.FAILED

    def test_the_status_goes_from_pending_over_included_to_final(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor = requested(w.ctx)
        assert anchor.status == ANCHOR_PENDING
        assert receipts.receipt_for(w.ctx, 1).anchors == (PendingAnchor(31337, anchor.contract, None),)
        seen = [anchor.status]
        for _ in range(10):
            anchor = anchors.advance(w.ctx, anchor.id)
            if anchor.status != seen[-1]:
                seen.append(anchor.status)
                shown = receipts.receipt_for(w.ctx, 1).anchors
                if anchor.status == ANCHOR_INCLUDED:
                    assert shown == (PendingAnchor(31337, anchor.contract, anchor.tx),)
            dev.mine()
        assert [status for status in seen if status != ANCHOR_PENDING] == [ANCHOR_INCLUDED, ANCHOR_FINAL]

    def test_later_heads_prove_on_chain_that_they_continue_the_first(self, w: World, dev: DevChain) -> None:
        sizes = [sealed(w, f"f{i}.txt") for i in range(4)]
        anchor_to_final(w.ctx, dev)
        sizes = [sizes[-1], sealed(w, "g.txt"), sealed(w, *(f"h{i}.txt" for i in range(300)))]
        anchor_to_final(w.ctx, dev)
        assert heads_on_chain(w, dev) == [sizes[0], sizes[2]]

    def test_a_receipt_keeps_its_earliest_anchored_head(self, w: World, dev: DevChain) -> None:
        first = sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        second = sealed(w, "b.txt")
        assert receipts.receipt_for(w.ctx, 2).note.checkpoint.size == second
        anchor_to_final(w.ctx, dev)
        assert receipts.receipt_for(w.ctx, 1).note.checkpoint.size == first
        assert receipts.receipt_for(w.ctx, 2).note.checkpoint.size == second
        newer = receipts.receipt_for(w.ctx, 1, second)
        document = DocumentDigests(5, {"sha256": hashlib.sha256(b"a.txt").digest()})
        assert verify(newer, document, trust_in(dev)).status is Status.PASSED
        assert newer.case_head.head.count == 2

    def test_request_gives_the_same_anchor_until_the_log_grows(self, w: World, dev: DevChain) -> None:
        assert anchors.request(w.ctx) is None
        sealed(w, "a.txt")
        first = requested(w.ctx)
        assert requested(w.ctx) == first
        assert anchor_to_final(w.ctx, dev).id == first.id
        assert requested(w.ctx).id == first.id
        sealed(w, "b.txt")
        assert requested(w.ctx).id != first.id
        assert [anchor.size for anchor in anchors.list_anchors(w.ctx)] == [4, 2]

    def test_advance_after_final_sends_nothing_more(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor = anchor_to_final(w.ctx, dev)
        nonce = dev.chain().nonce(dev.signer().address)
        assert anchors.advance(w.ctx, anchor.id) == anchor
        assert dev.chain().nonce(dev.signer().address) == nonce

    def test_a_head_that_was_never_sent_gives_way_to_the_newer_one(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        older = requested(w.ctx)
        newest = sealed(w, "b.txt")
        anchor_to_final(w.ctx, dev)
        assert anchors.get(w.ctx, older.id).status == ANCHOR_FAILED
        assert heads_on_chain(w, dev) == [newest]
        with pytest.raises(AnchorFailed, match="takes its place"):
            anchors.advance(w.ctx, older.id)

    def test_a_head_that_waits_in_the_pool_is_seen_through_before_the_next_is_sent(
        self, w: World, dev: DevChain
    ) -> None:
        first = sealed(w, "a.txt")
        older = requested(w.ctx)
        dev.set_automine(False)
        assert anchors.advance(w.ctx, older.id).status == ANCHOR_PENDING
        second = sealed(w, "b.txt")
        newer = requested(w.ctx)
        waiting = anchors.advance(w.ctx, newer.id)
        assert waiting.status == ANCHOR_PENDING and "older head" in (waiting.error or "")
        dev.set_automine(True)
        dev.mine()
        anchor_to_final(w.ctx, dev)
        assert heads_on_chain(w, dev) == [first, second]

    def test_a_chain_without_provable_receipts_gets_a_pointer_that_counts_for_nothing(
        self, w: World, dev: DevChain
    ) -> None:
        def unprovable() -> object:
            evidence = connect(w, dev)
            evidence.chain._profile = replace(evidence.chain.profile, receipts="none")
            return evidence

        w.with_context(evidence=unprovable)
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        (anchor,) = receipts.receipt_for(w.ctx, 1).anchors
        assert isinstance(anchor, UnknownAnchor) and b"evm-unproven" in anchor.json
        assert judged(w.ctx, 1, b"a.txt", trust_in(dev)).reason is Reason.ANCHOR_UNKNOWN

    def test_a_receipt_stands_under_the_first_head_whose_anchor_proves_something_offline(
        self, w: World, dev: DevChain
    ) -> None:
        def unprovable() -> object:
            evidence = connect(w, dev)
            evidence.chain._profile = replace(evidence.chain.profile, receipts="none")
            return evidence

        provable = w.ctx.evidence
        w.with_context(evidence=unprovable)
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        w.with_context(evidence=provable)
        size = sealed(w, "b.txt")
        anchor_to_final(w.ctx, dev)
        for claim, data in ((1, b"a.txt"), (2, b"b.txt")):
            receipt = receipts.receipt_for(w.ctx, claim)
            assert receipt.note.checkpoint.size == size
            assert judged(w.ctx, claim, data, trust_in(dev)).status is Status.PASSED

    def test_a_receipt_from_before_the_logs_creation_on_chain_passes_with_the_newer_head(
        self, w: World, dev: DevChain
    ) -> None:
        """Sealed and time-stamped, exported, anchored only then: the newer head's anchor is about a log with an id."""
        sealed(w, "a.txt")
        old = receipts.receipt_for(w.ctx, 1)
        assert old.log.id is None
        old = replace(old, anchors=(token_anchor(old.note),))
        sealed(w, "b.txt")
        anchor_to_final(w.ctx, dev)
        trust = trusting(authority().trusted(certificates=authority().certificates), more=trust_in(dev))
        document = DocumentDigests(5, {"sha256": hashlib.sha256(b"a.txt").digest()})
        assert verify(old, document, trust).status is Status.PASSED
        newer = prove_later(w.ctx, old)
        assert newer.later is not None and any(isinstance(one, EvmAnchor) for one in newer.later.anchors)
        verdict = verify(newer, document, trust)
        assert (verdict.status, verdict.check(10).status) == (Status.PASSED, Status.PASSED)
        assert prove_later(w.ctx, newer) == newer
        with pytest.raises(LogNotOurs):
            prove_later(w.ctx, replace(newer, log=replace(newer.log, id=b"\x66" * 32)))


class TestReorganisation:
    def test_an_included_anchor_that_is_reorganised_away_is_sent_again(self, w: World, dev: DevChain) -> None:
        size = sealed(w, "a.txt")
        anchors.ensure_log(w.ctx, anchors.open_evidence(w.ctx))
        dev.finalise()
        anchor = requested(w.ctx)
        anchors.advance(w.ctx, anchor.id)
        included = anchors.advance(w.ctx, anchor.id)
        assert included.status == ANCHOR_INCLUDED
        dev.reorg(1)
        assert heads_on_chain(w, dev) == []
        again = anchors.advance(w.ctx, anchor.id)
        assert again.status in (ANCHOR_PENDING, ANCHOR_INCLUDED) and again.block_hash != included.block_hash
        final = anchor_to_final(w.ctx, dev)
        assert final.id == anchor.id and final.block_hash != included.block_hash
        assert heads_on_chain(w, dev) == [size]
        assert judged(w.ctx, 1, b"a.txt", trust_in(dev)).status is Status.PASSED

    def test_a_reorganised_creation_of_the_log_is_sent_again_before_the_head(self, w: World, dev: DevChain) -> None:
        dev.finalise()
        size = sealed(w, "a.txt")
        anchors.ensure_log(w.ctx, anchors.open_evidence(w.ctx))
        anchor = requested(w.ctx)
        dev.reorg(1)
        evidence = connect(w, dev)
        with w.ctx.engine.connect() as connection:
            log_id = connection.execute(sa.select(logs.c.chain_log_id)).scalar_one()
        assert log_id is not None and evidence.head(log_id).owner is None
        assert anchor_to_final(w.ctx, dev).id == anchor.id
        assert heads_on_chain(w, dev) == [size]

    def test_head_and_creation_reorganised_away_together_come_back_in_order(self, w: World, dev: DevChain) -> None:
        dev.finalise()
        size = sealed(w, "a.txt")
        anchor = requested(w.ctx)
        anchors.advance(w.ctx, anchor.id)
        dev.reorg(2)
        assert anchor_to_final(w.ctx, dev).id == anchor.id
        assert heads_on_chain(w, dev) == [size]

    def test_a_dropped_transaction_is_sent_again(self, w: World, dev: DevChain) -> None:
        size = sealed(w, "a.txt")
        anchor = requested(w.ctx)
        dev.set_automine(False)
        anchors.advance(w.ctx, anchor.id)
        record = connect(w, dev).sender.get(anchor.key)
        assert record is not None
        dev.drop(record.tx_hash)
        dev.set_automine(True)
        anchor_to_final(w.ctx, dev)
        assert heads_on_chain(w, dev) == [size]


class TestCopies:
    """A workspace was copied, or an old one restored."""

    def copied(self, w: World, dev: DevChain, name: str) -> tuple[World, Callable[[], None]]:
        w.ctx.engine.dispose()
        target = w.folder / name
        shutil.copytree(w.folder / "workspace", target)
        ctx = open_context(target, w.clock)
        other = World(w.folder, ctx, w.clock)
        other.with_context(evidence=lambda: connect(other, dev, evidence_address(w, dev)))
        return other, ctx.engine.dispose

    def test_the_copy_that_anchors_second_with_the_same_size_is_told_that_it_forked(
        self, w: World, dev: DevChain
    ) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        other, close = self.copied(w, dev, "copy")
        sealed(w, "b.txt", ctx=other.ctx)
        anchor_to_final(other.ctx, dev)
        sealed(w, "b.txt")
        with pytest.raises(LogForked) as caught:
            anchors.request(w.ctx)
        assert caught.value.size == 4 and caught.value.hint
        with pytest.raises(LogNotOpen, match="forked"):
            sealed(w, "c.txt")
        close()

    def test_the_copy_that_is_longer_but_not_a_continuation_is_told_that_it_forked(
        self, w: World, dev: DevChain
    ) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        other, close = self.copied(w, dev, "copy")
        sealed(w, "b.txt", ctx=other.ctx)
        anchor_to_final(other.ctx, dev)
        sealed(w, "c.txt", "d.txt", "e.txt")
        with pytest.raises(LogForked):
            anchors.request(w.ctx)
        close()

    def test_a_restored_backup_is_behind_and_refuses_to_seal_until_its_entries_are_back(
        self, w: World, dev: DevChain
    ) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        backup, close = self.copied(w, dev, "backup")
        newest = sealed(w, "b.txt")
        anchor_to_final(w.ctx, dev)
        with pytest.raises(LogBehindChain) as caught:
            anchors.request(backup.ctx)
        assert (caught.value.local, caught.value.chain) == (2, newest)
        with pytest.raises(LogNotOpen, match="behind"):
            sealed(w, "c.txt", ctx=backup.ctx)
        close()
        recovered, close = self.copied(w, dev, "recovered")
        with recovered.ctx.engine.begin() as connection:
            connection.execute(sa.update(logs).values(state="behind"))
        anchors.compare(recovered.ctx)
        with recovered.ctx.engine.connect() as connection:
            assert connection.execute(sa.select(logs.c.state)).scalar_one() == LOG_RECOVERED
        with pytest.raises(LogNotOpen, match="recovered"):  # whoever sent the longer head may have signed more
            sealed(w, "c.txt", ctx=recovered.ctx)
        close()


class TestTrouble:
    def test_without_a_chain_anchoring_is_unavailable_and_sealing_goes_on(self, w: World) -> None:
        w.with_context(evidence=None)
        assert sealed(w, "a.txt") == 2
        with pytest.raises(AnchoringUnavailable):
            anchors.request(w.ctx)

    def test_an_unreachable_node_is_named_noted_and_loses_nothing(self, w: World, tmp_path: Path) -> None:
        with dev_chain(folder=tmp_path / "chain") as dev:
            give_chain(w, dev)
            size = sealed(w, "a.txt")
            anchor = requested(w.ctx)
            anchors.advance(w.ctx, anchor.id)
            dev.finalise()
            dev.stop()
            for _ in range(2):
                with pytest.raises(NodeUnreachable) as caught:
                    anchors.request(w.ctx)
                assert caught.value.hint
        with dev_chain(folder=tmp_path / "chain") as again:
            w.with_context(evidence=lambda: connect(w, again))
            assert anchor_to_final(w.ctx, again).id == anchor.id
            assert heads_on_chain(w, again) == [size]

    def test_a_node_that_goes_down_in_mid_step_leaves_its_error_in_the_row(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor = requested(w.ctx)
        evidence = connect(w, dev)
        w.with_context(evidence=lambda: evidence)
        dev.kill()
        with pytest.raises(NodeUnreachable):
            anchors.advance(w.ctx, anchor.id)
        noted = anchors.get(w.ctx, anchor.id)
        assert noted.status == ANCHOR_PENDING and "unreachable" in (noted.error or "")

    def test_an_account_without_funds_is_told_so_and_the_anchor_stays_pending(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor = requested(w.ctx)
        dev.fund(dev.signer().address, 1)
        with pytest.raises(InsufficientFunds):
            anchors.advance(w.ctx, anchor.id)
        noted = anchors.get(w.ctx, anchor.id)
        assert noted.status == ANCHOR_PENDING and "wei" in (noted.error or "")
        dev.fund(dev.signer().address, 10**18)
        assert anchor_to_final(w.ctx, dev).id == anchor.id

    def test_another_contract_than_the_logs_own_is_refused(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        anchor_to_final(w.ctx, dev)
        w.with_context(evidence=lambda: connect(w, dev, "0x" + "11" * 20))
        with pytest.raises(AnchorElsewhere):
            anchors.request(w.ctx)

    def test_a_closed_log_fails_for_good(self, w: World, dev: DevChain) -> None:
        sealed(w, "a.txt")
        evidence = anchors.open_evidence(w.ctx)
        log = anchors.ensure_log(w.ctx, evidence)
        evidence.sender.call_contract("test:close", evidence.contract, "close", log.chain_log_id, bytes(32))
        evidence.sender.wait("test:close", 10)
        anchor = requested(w.ctx)
        with pytest.raises(AnchorFailed, match="closed"):
            anchors.advance(w.ctx, anchor.id)
        with pytest.raises(LogNotOpen, match="closed"):
            sealed(w, "b.txt")

    def test_get_refuses_an_anchor_that_does_not_exist(self, w: World) -> None:
        with pytest.raises(AnchorUnknown):
            anchors.get(w.ctx, 77)


class TestExport:
    def test_export_writes_receipts_that_pass_one_by_one_and_as_a_bundle(
        self, w: World, dev: DevChain, tmp_path: Path
    ) -> None:
        from notary.proofs import bundle

        names = ["a.txt", "sub/b.txt"]
        sealed(w, *names)
        anchor_to_final(w.ctx, dev)
        written = receipts.export(w.ctx, "acme", tmp_path / "out")
        assert [str(path.relative_to(tmp_path / "out")) for path in written] == [f"{n}.receipt.json" for n in names]
        trust = trust_in(dev)
        for path, name in zip(written, names, strict=True):
            document = DocumentDigests(len(name), {"sha256": hashlib.sha256(name.encode()).digest()})
            assert verify(Receipt.from_bytes(path.read_bytes()), document, trust).status is Status.PASSED
        (one,) = receipts.export(w.ctx, "acme", tmp_path / "out", as_bundle=True)
        assert one.name == "acme.receipts.json"
        loaded = bundle.loads(one.read_bytes())
        assert [receipt.to_bytes() for receipt in loaded] == [path.read_bytes() for path in written]

    def test_export_names_superseded_receipts_apart(self, w: World, tmp_path: Path) -> None:
        sealed(w, "a.txt")
        w.put("a.txt", b"new")
        seal(w.ctx, "acme", [w.files])
        written = receipts.export(w.ctx, "acme", tmp_path / "out")
        assert [path.name for path in written] == ["a.txt.superseded-0.receipt.json", "a.txt.receipt.json"]

    def test_export_splits_bundles_at_their_bound(
        self, w: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(receipts, "BUNDLE_RECEIPTS", 2)
        sealed(w, *(f"f{i}" for i in range(5)))
        written = receipts.export(w.ctx, "acme", tmp_path / "out", as_bundle=True)
        assert [path.name for path in written] == [
            "acme.receipts.json",
            "acme-2.receipts.json",
            "acme-3.receipts.json",
        ]

    @pytest.mark.parametrize("name", ["n" * 250, "d/" + "n" * 255])
    def test_export_finds_a_shorter_name_where_the_files_own_leaves_no_room(
        self, w: World, tmp_path: Path, name: str
    ) -> None:
        sealed(w, name)
        assert [path.name for path in receipts.export(w.ctx, "acme", tmp_path / "out")] == ["entry-0.receipt.json"]

    @pytest.mark.parametrize("name", ["../up", "/abs", "a/../../up", "a//b", "."])
    def test_receipt_name_never_leads_out_of_the_folder(self, w: World, name: str) -> None:
        sealed(w, "a.txt")
        claim = cases.claim_by_id(w.ctx, 1)
        hostile = replace(claim.claim, fields=tuple((n, name if n == "name" else v) for n, v in claim.claim.fields))
        assert receipts.receipt_name(replace(claim, claim=hostile)) == Path("entry-0.receipt.json")


def test_chain_tables_are_made_beside_ours(w: World) -> None:
    assert set(chain_tables.tables) <= set(sa.inspect(w.ctx.engine).get_table_names())
