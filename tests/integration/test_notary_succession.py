"""Logs that end and name their heir, and appenders that are replaced, on a real chain; also cut off at every step."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from support.checker import check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect, evidence_address, give_chain
from support.notaryworld import World, open_context, world

from notary.context import NotaryContext
from notary.custody import acts, erasure
from notary.custody.chain import Action
from notary.evm import anchors
from notary.evm.evm_proof import EvmAnchor
from notary.log import inheritance, ledger, merkle, note_keys, succession
from notary.log.ledger import LogRow
from notary.log.log_events import ask
from notary.log.log_export import case_change
from notary.log.notekey import NoteKey
from notary.log.succession import Closure
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.commitment import claim_entry
from notary.sealing.seal import seal
from notary.sealing.selfcheck import verify_sealed
from notary.service_errors import ActRefused, LogBehindChain, LogForked, LogNotOpen, SuccessionRefused
from notary.store import LOG_CLOSED, LOG_OPEN, LOG_WAITING, claims, ended_claims, logs
from onchain.devchain import DevChain
from onchain.send import Sender

COLD, NEW_HOT, THIEF = 1, 2, 0  # accounts of the dev chain; account 0 is the appender of tests


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        give_cold_owner(made, dev)
        yield made


def give_cold_owner(w: World, dev: DevChain) -> None:
    """The log is created on chain with an owner that is not the appender."""
    anchors.ensure_log(w.ctx, replace(connect(w, dev), owner=dev.signer(COLD).address))


def owner(w: World, dev: DevChain) -> Sender:
    return Sender(w.ctx.engine, dev.chain(), dev.signer(COLD), w.clock)


def keys(w: World, name: str = "workspace") -> Path:
    return w.folder / name / "log-key"


def sealed(w: World, *names: str, ctx: NotaryContext | None = None) -> int:
    for name in names:
        w.put(name, name.encode())
    return seal(ctx or w.ctx, "acme", [w.files]).head.size


def row(w: World) -> LogRow:
    with w.ctx.engine.connect() as connection:
        return ledger.log_of(connection, w.ctx.note_key)


def closed(w: World, dev: DevChain, folder: Path | None = None) -> Closure:
    """Close the present log in favour of a new one, and go on with that one."""
    where = folder or keys(w)
    done = succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, where)
    w.with_context(note_key=note_keys.present_key(w.ctx.engine, where))
    return done


def current(w: World) -> list[tuple[str, int]]:
    """(name, log's row id) of every file that has a current claim."""
    found = cases.claims_of(w.ctx, "acme", current_only=True)
    return sorted((str(one.claim.get("name")), one.log_id) for one in found)


def states(w: World) -> dict[tuple[str, int], str]:
    """What ended which claims: by name and log."""
    by_commitment = {one.commitment: (str(one.claim.get("name")), one.log_id) for one in cases.claims_of(w.ctx, "acme")}
    with w.ctx.engine.connect() as connection:
        rows = connection.execute(sa.select(ended_claims.c.claim, ended_claims.c.state)).all()
    return {by_commitment[row.claim]: row.state for row in rows}


def copied(w: World, dev: DevChain, name: str = "copy") -> World:
    w.ctx.engine.dispose()
    shutil.copytree(w.folder / "workspace", w.folder / name)
    other = World(w.folder, open_context(w.folder / name, w.clock), w.clock)
    other.with_context(evidence=lambda: connect(other, dev, evidence_address(w, dev)))
    return other


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


class TestForked:
    def test_the_copy_that_lost_seals_again_what_the_chain_does_not_hold(self, w: World, dev: DevChain) -> None:
        kept = sealed(w, "a")
        anchor_to_final(w.ctx, dev)
        other = copied(w, dev)
        sealed(w, "b", ctx=other.ctx)
        anchor_to_final(other.ctx, dev)
        (w.files / "b").unlink()
        sealed(w, "c", "d")
        with pytest.raises(LogForked):
            anchors.request(w.ctx)
        done = closed(w, dev)
        assert (done.old.kept, done.again, done.lost) == (kept, 2, 0)
        anchor_to_final(w.ctx, dev)
        assert current(w) == [("a", done.old.id), ("c", 2), ("d", 2)]
        again = {str(s.claim.get("name")): r for s, r in receipts.receipts_of(w.ctx, "acme", current_only=True)}
        shown = again["c"].shown()
        assert "continues" not in shown and shown["exhibit"] == "2" and shown["custody"]
        assert again["c"].custody is not None and "sealed again" in again["c"].custody.entry.about
        check_world(w, dev, documents={name: data for name, data in files_of(w).items() if name != "a"})
        other.ctx.engine.dispose()

    def test_lost_versions_are_sealed_again_one_continuing_the_other_and_revoked_claims_are_not(
        self, w: World, dev: DevChain
    ) -> None:
        kept = forked(w, dev, before=("a",))
        w.put("a", b"a, second")
        sealed(w, "b", "c")
        w.put("a", b"a, third")
        w.put("b", b"b, second")
        sealed(w)
        revoked = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "c")
        acts.revoke(w.ctx, "acme", [revoked.leaf_index], "forged")
        done = closed(w, dev)
        assert (done.old.kept, done.again, done.lost) == (kept, 4, 0)  # both lost versions of a and of b
        assert current(w) == [("a", 2), ("b", 2), ("c", 1)]
        anchor_to_final(w.ctx, dev)
        made = [r for s, r in receipts.receipts_of(w.ctx, "acme") if s.log_id == 2]
        entries = {merkle.leaf_hash(claim_entry(r.opening.commitment())).hex(): r.shown()["sha256"] for r in made}
        shown = {one["sha256"]: one for one in (r.shown() for r in made)}
        continued = {d: entries[str(one["continues"])] for d, one in shown.items() if "continues" in one}
        assert continued == {digest(b"a, third"): digest(b"a, second"), digest(b"b, second"): digest(b"b")}
        older = {(name, log): "superseded" for name in ("a", "b") for log in (1, 2)}
        assert states(w) == older | {("c", 1): "revoked"}
        check_world(w, dev, documents={"a": b"a, third", "b": b"b, second"})
        with pytest.raises(ActRefused, match="later version"):
            erasure.erase(w.ctx, "acme", [next(s.leaf_index for s in cases.claims_of(w.ctx, "acme") if s.log_id == 2)])

    @pytest.mark.parametrize("act", ["revoke", "erase", "record"])
    def test_an_act_that_only_the_lost_part_holds_is_carried_into_the_heir(
        self, w: World, dev: DevChain, act: str
    ) -> None:
        kept = forked(w, dev, before=("a", "c"))
        claim = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "a")
        if act == "revoke":
            acts.revoke(w.ctx, "acme", [claim.leaf_index], "forged")
        elif act == "erase":
            erasure.erase(w.ctx, "acme", [claim.leaf_index])
        else:
            acts.record(w.ctx, "acme", [claim.leaf_index], Action.ACCESSED, "to counsel")
        length = len(acts.history(w.ctx, "acme"))
        done = closed(w, dev)
        assert (done.old.kept, done.again) == (kept, 0) and row(w).size == 1
        anchor_to_final(w.ctx, dev)
        with w.ctx.engine.connect() as connection:
            change = case_change(connection, row(w).id, 0)
        assert change is not None and change.heads[0].custody == length + 1
        gone = [(one.claim, one.state.value) for _, one in change.ended]
        assert gone == ([] if act == "record" else [(claim.commitment, f"{act}d")])
        last = acts.history(w.ctx, "acme")[-1].entry
        assert last is not None and last.subject == claim.commitment and last.about.startswith("again")
        check_world(w, dev)
        again = succession.close(w.ctx, connect(w, dev), owner(w, dev), done.old.origin, keys(w))
        assert again.again == 0 and row(w).size == 1

    def test_a_case_whose_key_is_gone_is_counted_as_lost(self, w: World, dev: DevChain) -> None:
        cases.create_case(w.ctx, "beta", "Beta", ())
        anchor_to_final_of_other(w, dev)
        w.put("beta/x", b"x")
        seal(w.ctx, "beta", [w.files / "beta"])
        with pytest.raises(LogBehindChain):
            anchors.request(w.ctx)
        w.ctx.vault.erase_case("beta")
        done = closed(w, dev)
        assert (done.again, done.lost) == (0, 1)


def forked(w: World, dev: DevChain, before: tuple[str, ...]) -> int:
    """Seal and anchor `before`, then let a copy anchor a file of its own; the size that both have in common."""
    size = sealed(w, *before)
    anchor_to_final(w.ctx, dev)
    other = copied(w, dev)
    sealed(w, "of the copy", ctx=other.ctx)
    anchor_to_final(other.ctx, dev)
    other.ctx.engine.dispose()
    (w.files / "of the copy").unlink()
    return size


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def anchor_to_final_of_other(w: World, dev: DevChain) -> None:
    """A copy anchors three files of its own."""
    other = copied(w, dev)
    sealed(w, "p", "q", "r", ctx=other.ctx)
    anchor_to_final(other.ctx, dev)
    other.ctx.engine.dispose()
    for name in ("p", "q", "r"):
        (w.files / name).unlink()


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
