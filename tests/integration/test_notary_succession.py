"""Logs that end and name their heir, and appenders that are replaced, on a real chain; also cut off at every step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from support.checker import check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect
from support.notaryworld import World
from support.succession import (
    COLD,
    anchor_to_final_of_other,
    closed,
    copied,
    current,
    keys,
    owned_world,
    owner,
    row,
    sealed,
    states,
)

from notary.custody import acts, erasure
from notary.evm import anchors
from notary.evm.evm_proof import EvmAnchor
from notary.log import inheritance, ledger, merkle, note_keys, succession
from notary.log.log_events import LogHistory, ask
from notary.log.notekey import NoteKey
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.sealing.selfcheck import verify_sealed
from notary.service_errors import ActRefused, LogBehindChain, LogForked, LogNotOpen, SuccessionRefused
from notary.store import LOG_CLOSED, LOG_OPEN, LOG_WAITING, claims, logs
from onchain.devchain import DevChain
from onchain.send import Sender

NEW_HOT = 2  # account of the dev chain


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with owned_world(tmp_path, dev) as made:
        yield made


class TestOpenLog:
    """A change of the note key."""

    def test_close_anchors_first_so_that_nothing_is_sealed_again(self, w: World, dev: DevChain) -> None:
        size = sealed(w, "a", "b")
        before = receipts.receipt_for(w.ctx, 1)
        done = closed(w, dev)
        assert (done.old.state, done.old.kept, done.again, done.lost) == (LOG_CLOSED, size, 0, 0)
        assert done.heir is not None and (done.heir.state, done.heir.follows) == (LOG_OPEN, done.old.id)
        assert done.heir.origin == f"{done.old.origin}/2" and done.heir.note_key != done.old.note_key
        told = ask(connect(w, dev).chain, connect(w, dev).contract, done.old.chain_log_id or b"")
        assert told.history.closed is not None and told.history.closed.successor == done.heir.chain_log_id
        after = receipts.receipt_for(w.ctx, 1)
        assert (after.log, after.note, after.entry) == (before.log, before.note, before.entry)
        (anchor,) = after.anchors
        assert isinstance(anchor, EvmAnchor)  # with its whole proof, although nobody waited for its block

    def test_sealing_goes_on_in_the_heir_and_knows_what_the_old_log_holds(self, w: World, dev: DevChain) -> None:
        sealed(w, "a", "b")
        done = closed(w, dev)
        w.put("b", b"a newer version")
        sealed(w, "c")
        anchor_to_final(w.ctx, dev)
        heir = row(w)
        assert heir.size == 3 and current(w) == [("a", done.old.id), ("b", heir.id), ("c", heir.id)]
        made = {str(s.claim.get("name")): r for s, r in receipts.receipts_of(w.ctx, "acme", current_only=True)}
        assert made["a"].log.origin == done.old.origin and made["c"].log.origin == heir.origin
        older = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "b")
        leaf = merkle.leaf_hash(b'{"c":"%s","t":"claim"}' % older.commitment.hex().encode())
        assert made["b"].shown()["continues"] == leaf.hex()
        check_world(w, dev)

    def test_sealing_what_is_unchanged_into_an_heir_without_entries_makes_none(self, w: World, dev: DevChain) -> None:
        sealed(w, "a", "b")
        old = closed(w, dev).old
        done = seal(w.ctx, "acme", [w.files])
        assert [(file.state, file.log_id) for file in done.files] == [("unchanged", old.id)] * 2
        assert (done.head.size, done.head.root, done.head.note) == (0, merkle.EMPTY_ROOT, "")
        assert verify_sealed(w.ctx, done) == 0

    def test_acts_reach_claims_of_the_old_log_and_never_the_neighbours_at_the_same_place(
        self, w: World, dev: DevChain
    ) -> None:
        sealed(w, "a", "b")
        old = closed(w, dev).old
        w.put("b", b"a newer version")
        sealed(w, "c")
        acts.revoke(w.ctx, "acme", [0], "by mistake", log_id=old.id)
        assert states(w) == {("a", old.id): "revoked", ("b", old.id): "superseded"}
        with pytest.raises(ActRefused, match="later version of entry 1"):
            erasure.erase(w.ctx, "acme", [1], log_id=old.id)
        erasure.erase(w.ctx, "acme", [0])  # the newer version, entry 0 of the heir
        erasure.erase(w.ctx, "acme", [1], log_id=old.id)
        assert current(w) == [("a", old.id), ("c", row(w).id)]
        assert erasure.erase_case(w.ctx, "acme").claims == 2
        anchor_to_final(w.ctx, dev)
        check_world(w, dev)

    def test_a_second_succession_continues_the_first(self, w: World, dev: DevChain) -> None:
        sealed(w, "a")
        first = closed(w, dev)
        sealed(w, "b")
        second = closed(w, dev)
        assert first.heir is not None and second.heir is not None
        assert (second.old.id, second.heir.origin) == (first.heir.id, f"{first.old.origin}/3")
        sealed(w, "c")
        assert [log for _, log in current(w)] == [first.old.id, first.heir.id, second.heir.id]

    def test_close_again_does_no_harm(self, w: World, dev: DevChain) -> None:
        sealed(w, "a")
        done = closed(w, dev)
        again = succession.close(w.ctx, connect(w, dev), owner(w, dev), done.old.origin, keys(w))
        assert (again.old, again.heir, again.again) == (done.old, done.heir, 0)

    def test_close_without_an_heir_ends_sealing(self, w: World, dev: DevChain) -> None:
        sealed(w, "a")
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, None)
        assert (done.heir, done.old.state, done.old.kept) == (None, LOG_CLOSED, 2)
        with pytest.raises(LogNotOpen, match="closed"):
            sealed(w, "b")

    def test_a_log_that_ended_without_an_heir_never_gets_one(
        self, w: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(w, "a")

        def cut(*arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(succession, "_hand_over", cut)
        with pytest.raises(KeyboardInterrupt):
            succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, None)
        monkeypatch.undo()
        with pytest.raises(SuccessionRefused, match="names nothing as its heir"):
            succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, keys(w))
        assert len(list(keys(w).iterdir())) == 1  # and nothing was made for one
        with pytest.raises(LogNotOpen, match="closed"):
            sealed(w, "b")
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, None)
        assert (done.heir, done.old.state) == (None, LOG_CLOSED)

    def test_an_heir_that_was_only_begun_is_none_where_none_is_asked_for(
        self, w: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(w, "a")

        def cut(*arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(anchors, "ensure_log", cut)  # the heir's row stands, its log is not on the chain
        with pytest.raises(KeyboardInterrupt):
            succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, keys(w))
        monkeypatch.undo()
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, None)
        assert (done.heir, done.old.state) == (None, LOG_CLOSED)
        with w.ctx.engine.connect() as connection:
            assert [log.state for log in ledger.all_logs(connection)] == [LOG_CLOSED, LOG_WAITING]

    @pytest.mark.parametrize("left_out", [1, 2])
    def test_close_takes_nothing_from_a_node_that_leaves_heads_out_and_goes_on_with_an_honest_one(
        self, w: World, dev: DevChain, left_out: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a", "b"):
            size = sealed(w, name)
            anchor_to_final(w.ctx, dev)
        whole, origin = succession._history, row(w).origin

        def without_heads(*arguments: object) -> LogHistory:
            told = whole(*arguments)  # type: ignore[arg-type]  # passed through
            return replace(told, events=tuple(one for one in told.events if one not in told.heads[-left_out:]))

        monkeypatch.setattr(succession, "_history", without_heads)
        for _ in range(2):
            with pytest.raises(SuccessionRefused, match=f"closed at {size}; try another node"):
                succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
            assert row(w).kept is None
        monkeypatch.undo()
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
        assert (done.old.kept, done.again, done.lost) == (size, 0, 0)

    def test_close_by_another_key_than_the_owners_is_refused_and_changes_nothing(self, w: World, dev: DevChain) -> None:
        sealed(w, "a")
        other = Sender(w.ctx.engine, dev.chain(), dev.signer(NEW_HOT), w.clock)
        with pytest.raises(SuccessionRefused, match=dev.signer(COLD).address):
            succession.close(w.ctx, connect(w, dev), other, row(w).origin, keys(w))
        assert row(w).state == LOG_OPEN and len(list(keys(w).iterdir())) == 1


class TestCutOff:
    """A process dies at each of the steps; the next call finishes, with the same result."""

    @pytest.mark.parametrize(
        ("room", "step"),
        [
            (succession, "_create_heir"),
            (succession, "_anchor_last"),
            (succession, "_close_on_chain"),
            (succession, "_history"),
            (succession, "_hand_over"),
            (inheritance, "_seal_batch"),
            (inheritance, "_act_again"),
        ],
    )
    @pytest.mark.parametrize("before", [True, False])
    def test_close_goes_on_where_it_was_cut_off(
        self, w: World, dev: DevChain, room: ModuleType, step: str, before: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed(w, "a")
        anchor_to_final(w.ctx, dev)
        other = copied(w, dev)
        sealed(w, "b", ctx=other.ctx)
        anchor_to_final(other.ctx, dev)
        other.ctx.engine.dispose()
        sealed(w, "c", "d")
        with suppress(LogForked):
            anchors.compare(w.ctx)
        origin, whole = row(w).origin, getattr(room, step)

        def cut(*arguments: object, **named: object) -> object:
            if not before:
                whole(*arguments, **named)
            raise KeyboardInterrupt

        monkeypatch.setattr(room, step, cut)
        reached = True
        try:
            succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
            reached = False
        except KeyboardInterrupt:
            pass
        assert reached or step == "_anchor_last"  # a forked log is not anchored
        monkeypatch.undo()
        w.with_context(note_key=note_keys.present_key(w.ctx.engine, keys(w)))
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
        w.with_context(note_key=note_keys.present_key(w.ctx.engine, keys(w)))
        assert done.heir is not None and (done.old.kept, done.heir.state) == (2, LOG_OPEN)
        assert len(list(keys(w).iterdir())) == 2
        anchor_to_final(w.ctx, dev)
        with w.ctx.engine.connect() as connection:
            assert list(ledger.audit(connection, row(w))) == []
            assert connection.execute(sa.select(sa.func.count()).select_from(logs)).scalar_one() == 2
        assert current(w) == [("a", 1), ("b", 2), ("c", 2), ("d", 2)]
        check_world(w, dev)


class TestAppender:
    def test_rotate_appender_lets_the_new_key_append_and_nobody_else(self, w: World, dev: DevChain) -> None:
        sealed(w, "a")
        anchor_to_final(w.ctx, dev)
        new = dev.signer(NEW_HOT)
        log = succession.rotate_appender(w.ctx, connect(w, dev), owner(w, dev), new.address)
        assert log.appender == bytes.fromhex(new.address[2:])
        size = sealed(w, "b")
        old = connect(w, dev)
        w.with_context(evidence=lambda: replace(old, sender=Sender(w.ctx.engine, dev.chain(), new, w.clock)))
        assert anchor_to_final(w.ctx, dev).size == size
        told = ask(old.chain, old.contract, log.chain_log_id or b"")
        assert (told.present.appender, told.present.size) == (new.address, size)
        check_world(w, dev, documents=files_of(w))

    def test_rotate_appender_again_does_no_harm_and_back_and_forth_works(self, w: World, dev: DevChain) -> None:
        first, second = dev.signer(0).address, dev.signer(NEW_HOT).address
        for address in (second, second, first, second):
            succession.rotate_appender(w.ctx, connect(w, dev), owner(w, dev), address)
        evidence = connect(w, dev)
        told = ask(evidence.chain, evidence.contract, row(w).chain_log_id or b"")
        assert (told.present.appender, len(told.history.events)) == (second, 4)

    def test_a_head_that_a_thief_appended_with_the_stolen_key_costs_nothing_but_the_log(
        self, w: World, dev: DevChain
    ) -> None:
        kept = sealed(w, "a", "b")
        anchor_to_final(w.ctx, dev)
        log = row(w)
        assert log.chain_log_id is not None
        # The thief knows the public tiles and the key: any extension of our log is accepted, nothing else.
        with w.ctx.engine.connect() as connection:
            entries = [*ledger.entries(connection, log.id, 0, kept), b"of the thief"]
        tree = merkle.Tree(merkle.leaf_hashes(entries))
        proof = merkle.consistency_path(kept, tree.size, tree.node_at)
        connect(w, dev).append("test:thief", log.chain_log_id, kept, tree.size, tree.root, proof)
        dev.finalise()
        with pytest.raises(LogBehindChain):
            anchors.request(w.ctx)
        new = dev.signer(NEW_HOT)
        succession.rotate_appender(w.ctx, connect(w, dev), owner(w, dev), new.address)
        old = connect(w, dev)
        w.with_context(evidence=lambda: replace(old, sender=Sender(w.ctx.engine, dev.chain(), new, w.clock)))
        evidence = anchors.open_evidence(w.ctx)
        done = succession.close(w.ctx, evidence, owner(w, dev), log.origin, keys(w))
        w.with_context(note_key=note_keys.present_key(w.ctx.engine, keys(w)))
        assert (done.old.kept, done.again) == (kept, 0)
        sealed(w, "c")
        anchor_to_final(w.ctx, dev)
        assert [log_id for _, log_id in current(w)] == [1, 1, 2]
        assert receipts.receipt_for(w.ctx, 1).log.origin == log.origin
        check_world(w, dev)


def test_present_key_refuses_a_file_that_is_not_the_present_logs_key(w: World, dev: DevChain, tmp_path: Path) -> None:
    sealed(w, "a")
    closed(w, dev)
    (keys(w) / "note-2.key").unlink()
    NoteKey.create(keys(w) / "note-2.key", row_origin(w))
    from notary.service_errors import LogDamaged

    with pytest.raises(LogDamaged, match="note key"):
        note_keys.present_key(w.ctx.engine, keys(w))


def row_origin(w: World) -> str:
    return row(w).origin


def test_no_claim_is_current_twice(w: World, dev: DevChain) -> None:
    sealed(w, "a")
    anchor_to_final_of_other(w, dev)
    sealed(w, "b")
    closed(w, dev)
    with w.ctx.engine.connect() as connection:
        query = sa.select(claims.c.path_tag).where(claims.c.superseded_by.is_(None))
        tags = list(connection.execute(query).scalars())
    assert len(tags) == len(set(tags)) == 2
