"""notary.custody.acts, notary.custody.batch: custody entries of every kind, how claims stand, and what receipts show
of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.notaryworld import World, world

from notary.custody import acts
from notary.custody.chain import Action
from notary.custody.signatures import Ed25519Signature, Statement, batch_digest, verify_signature
from notary.errors import LogEntryInvalid
from notary.log import ledger, merkle
from notary.log.standing import State, verify_standing
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import ActRefused, ClaimNotInCase, LogDamaged

KEY = Ed25519PrivateKey.from_private_bytes(b"\x21" * 32)


class Signer:
    """A custody signer with a key in memory."""

    kind = "ed25519"

    def sign(self, statement: Statement) -> Ed25519Signature:
        return Ed25519Signature(KEY.public_key().public_bytes_raw(), KEY.sign(statement.message()))


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put_many(5)
        seal(made.ctx, "acme", [made.files])
        yield made


def newest(w: World) -> list[Receipt]:
    """The receipts of the case under its newest head."""
    with w.ctx.engine.connect() as connection:
        assembler = receipts.Assembler(w.ctx, connection)
        found = list(cases.claims_of(w.ctx, "acme", connection=connection))
        read = [Receipt.from_bytes(assembler.receipt(sealed, assembler.size).to_bytes()) for sealed in found]
    for receipt, sealed in zip(read, found, strict=True):
        assert receipt.opening.commitment() == sealed.commitment
    return read


def standing(receipt: Receipt) -> State | None:
    head = receipt.case_head.head
    ended = verify_standing(receipt.opening.commitment(), receipt.standing, head.ended, head.ended_root)
    return None if ended is None else ended.state


class TestRecord:
    @pytest.mark.parametrize("action", acts.RECORDED)
    def test_record_adds_an_entry_and_ends_nothing(self, w: World, action: Action) -> None:
        head, done = acts.record(w.ctx, "acme", [1, 3], action, "to the court of Ningbo")
        assert [(one.leaf_index, one.seq) for one in done] == [(1, 5), (3, 6)]
        assert head.size == 7
        lines = acts.history(w.ctx, "acme")
        assert [line.entry.action for line in lines if line.entry] == [Action.SEALED] * 5 + [action] * 2
        assert lines[-1].entry is not None and lines[-1].entry.about == "to the court of Ningbo"
        assert [standing(receipt) for receipt in newest(w)] == [None] * 5

    def test_record_refuses_what_is_done_and_not_recorded(self, w: World) -> None:
        for action in set(Action) - set(acts.RECORDED):
            with pytest.raises(ActRefused):
                acts.record(w.ctx, "acme", [0], action)

    @pytest.mark.parametrize("places", [[5], [99], [0, 5]])
    def test_record_refuses_entries_that_are_no_claims_of_the_case_and_changes_nothing(
        self, w: World, places: list[int]
    ) -> None:
        before = acts.history(w.ctx, "acme")
        with pytest.raises(ClaimNotInCase):
            acts.record(w.ctx, "acme", places, Action.ACCESSED)
        with pytest.raises(ActRefused):
            acts.record(w.ctx, "acme", [], Action.ACCESSED)
        assert acts.history(w.ctx, "acme") == before

    def test_record_refuses_another_cases_claims(self, w: World) -> None:
        cases.create_case(w.ctx, "other")
        with pytest.raises(ClaimNotInCase):
            acts.record(w.ctx, "other", [0], Action.ACCESSED)

    def test_record_takes_a_text_of_4096_bytes_and_no_longer_one(self, w: World) -> None:
        acts.record(w.ctx, "acme", [0], Action.ACCESSED, "x" * 4096)
        with pytest.raises(LogEntryInvalid):
            acts.record(w.ctx, "acme", [0], Action.ACCESSED, "x" * 4097)


class TestRevoke:
    def test_revoke_shows_under_the_next_head_and_leaves_older_receipts_as_they_are(self, w: World) -> None:
        old = newest(w)
        acts.revoke(w.ctx, "acme", [2], "sealed by mistake")
        assert [standing(receipt) for receipt in old] == [None] * 5
        assert [standing(receipt) for receipt in newest(w)] == [None, None, State.REVOKED, None, None]

    def test_revoke_twice_is_refused(self, w: World) -> None:
        acts.revoke(w.ctx, "acme", [2], "")
        with pytest.raises(ActRefused, match="revoked before"):
            acts.revoke(w.ctx, "acme", [1, 2], "")
        assert [standing(receipt) for receipt in newest(w)] == [None, None, State.REVOKED, None, None]

    def test_a_newer_version_of_a_revoked_file_leaves_its_claim_revoked(self, w: World) -> None:
        acts.revoke(w.ctx, "acme", [1], "forged")
        w.put("f00001.txt", b"one letter more")
        assert seal(w.ctx, "acme", [w.files]).count("superseded") == 1
        found = {receipt.entry.index: standing(receipt) for receipt in newest(w)}
        assert found == {0: None, 1: State.REVOKED, 2: None, 3: None, 4: None, 7: None}
        actions = [(line.entry.action, line.entry.subject) for line in acts.history(w.ctx, "acme") if line.entry]
        revoked = actions[1][1]
        assert actions[-1] == (Action.SUPERSEDED, revoked)  # the chain says so all the same

    def test_a_revoked_file_is_sealed_again_on_request_only_and_its_claim_stays_revoked(self, w: World) -> None:
        acts.revoke(w.ctx, "acme", [1], "not ours")
        size = seal(w.ctx, "acme", [w.files]).head.size
        w.put("elsewhere/f00001.txt", (w.files / "f00001.txt").read_bytes())
        (w.files / "f00001.txt").unlink()
        moved = seal(w.ctx, "acme", [w.files / "elsewhere/f00001.txt"])
        assert (moved.head.size, moved.count("revoked"), moved.files[0].leaf_index) == (size, 1, 1)
        done = seal(w.ctx, "acme", [w.files], again=True)
        assert (done.count("superseded"), done.count("unchanged"), done.head.size) == (1, 4, size + 2)
        assert seal(w.ctx, "acme", [w.files], again=True).count("unchanged") == 5
        found = {receipt.entry.index: standing(receipt) for receipt in newest(w)}
        assert found == {0: None, 1: State.REVOKED, 2: None, 3: None, 4: None, 7: None}

    def test_a_superseded_claim_may_be_revoked_and_its_successor_stays_current(self, w: World) -> None:
        w.put("f00001.txt", b"a newer version")
        seal(w.ctx, "acme", [w.files])
        acts.revoke(w.ctx, "acme", [1], "the older version was forged")
        found = {receipt.entry.index: standing(receipt) for receipt in newest(w)}
        assert found == {0: None, 1: State.REVOKED, 2: None, 3: None, 4: None, 6: None}
        with pytest.raises(ActRefused, match="revoked before"):
            acts.revoke(w.ctx, "acme", [1], "")

    def test_a_superseded_claim_stands_as_superseded_and_its_successor_as_current(self, w: World) -> None:
        w.put("f00001.txt", b"a newer version")
        seal(w.ctx, "acme", [w.files])
        found = {receipt.entry.index: standing(receipt) for receipt in newest(w)}
        assert found == {0: None, 1: State.SUPERSEDED, 2: None, 3: None, 4: None, 6: None}


class TestLater:
    def test_later_shows_that_an_older_head_is_the_same_log_and_how_the_claim_stands_now(self, w: World) -> None:
        old = newest(w)[2]
        acts.revoke(w.ctx, "acme", [2], "")
        with w.ctx.engine.connect() as connection:
            case, claim = old.case_head.head.case, old.opening.commitment()
            later = receipts.Assembler(w.ctx, connection).later(case, claim, old.entry.size)
        assert later is not None
        state, new = old.note.checkpoint, later.note.checkpoint
        merkle.verify_consistency(state.size, new.size, state.root, new.root, later.path)
        head = later.case_head.head
        ended = verify_standing(claim, later.standing, head.ended, head.ended_root)
        assert ended is not None and ended.state is State.REVOKED

    def test_there_is_none_for_the_newest_head(self, w: World) -> None:
        with w.ctx.engine.connect() as connection:
            receipt = newest(w)[0]
            found = receipts.Assembler(w.ctx, connection).later(
                receipt.case_head.head.case, receipt.opening.commitment(), receipt.entry.size
            )
        assert found is None


class TestCustodyProof:
    def test_each_receipt_shows_its_own_entry_under_what_was_signed_and_logged(self, tmp_path: Path) -> None:
        with world(tmp_path) as w:
            w.with_context(signers=lambda: (Signer(),))
            w.put_many(5)
            seal(w.ctx, "acme", [w.files], batch_claims=3)
            acts.record(w.ctx, "acme", [0], Action.ACCESSED)
            found = newest(w)
            assert len(found) == 5
            for receipt in found:
                assert receipt.custody is not None
                proof, batch = receipt.custody, receipt.custody.batch
                assert (proof.entry.action, proof.entry.subject) == (Action.SEALED, receipt.opening.commitment())
                leaf = merkle.leaf_hash(proof.entry.hash())
                place = proof.place
                merkle.verify_inclusion(leaf, place.index, place.size, place.path, batch.statement.entries)
                (signature,) = batch.signatures
                verify_signature(signature, batch.statement)
                assert batch.leaf.batch == batch_digest(batch.statement, batch.signatures)
                entry = merkle.leaf_hash(batch.leaf.to_bytes())
                where, root = batch.leaf_entry, receipt.note.checkpoint.root
                merkle.verify_inclusion(entry, where.index, where.size, where.path, root)
            assert len({receipt.custody.batch for receipt in found if receipt.custody}) == 2

    def test_keys_are_opened_before_the_log_is_locked(self, w: World) -> None:
        opened: list[Signer] = []

        def signers() -> tuple[Signer, ...]:
            if not opened:  # would wait for the lock, and give up, if this batch held it
                with ledger.write(w.ctx.engine) as connection:
                    ledger.lock(connection, w.ctx.note_key)
                opened.append(Signer())
            return tuple(opened)

        w.with_context(signers=signers)
        acts.record(w.ctx, "acme", [0], Action.ACCESSED)
        assert len(opened) == 1

    def test_without_signers_the_batch_says_that_nobody_signed(self, w: World) -> None:
        for receipt in newest(w):
            assert receipt.custody is not None
            batch = receipt.custody.batch
            assert (batch.signatures, batch.leaf.batch) == ((), batch_digest(batch.statement, ()))


class TestHistory:
    def test_history_refuses_a_chain_whose_end_was_cut_off_or_whose_entries_were_swapped(self, w: World) -> None:
        w.ctx.engine.dispose()
        database = w.folder / "workspace" / "db.sqlite"
        with sqlite3.connect(database) as raw:
            last = raw.execute("SELECT * FROM custody WHERE seq = 4").fetchone()
            raw.execute("DELETE FROM custody WHERE seq = 4")
        with pytest.raises(LogDamaged, match="does not end"):
            acts.history(w.ctx, "acme")
        with sqlite3.connect(database) as raw:
            raw.execute("INSERT INTO custody VALUES (?, ?, ?, ?)", last)
            raw.execute("UPDATE custody SET hash = x'00' WHERE seq = 2")
        with pytest.raises(LogDamaged, match="custody entry 2"):
            acts.history(w.ctx, "acme")

    def test_history_refuses_a_chain_whose_beginning_was_cut_off(self, w: World) -> None:
        w.ctx.engine.dispose()
        with sqlite3.connect(w.folder / "workspace" / "db.sqlite") as raw:
            raw.execute("DELETE FROM custody WHERE seq < 2")
        with pytest.raises(LogDamaged, match="entries 0 to 1 of case acme are missing"):
            acts.history(w.ctx, "acme")

    def test_history_is_json_of_its_own_format(self, w: World) -> None:
        (first, *_) = acts.history(w.ctx, "acme")
        assert first.entry is not None
        assert json.loads(first.entry.to_bytes())["by"] == w.ctx.actor
