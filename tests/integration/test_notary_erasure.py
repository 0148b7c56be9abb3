"""notary.custody.erasure: what is erased is in no byte that we keep, no key opens it, and everything else still
verifies.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from support.notaryworld import World, open_context, world

from notary.custody import acts, erasure
from notary.custody.chain import Action
from notary.custody.vault import Vault
from notary.log import ledger
from notary.log.head_rows import ended_at
from notary.log.standing import State, verify_standing
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing import cases
from notary.sealing.seal import Details, seal
from notary.service_errors import ActRefused, CaseErased, ClaimNotInCase, ClaimUnknown, VaultDamaged
from notary.store import DOCUMENT_STORED, claims, custody, stored_documents
from notary.store import cases as case_rows

SECRET = "Wang-Xiaoming-salary-table-2026"  # planted in name, content, path and custody entries
ABOUT = "handed to Counsellor Fontaine-Lefebvre"
CID = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"  # of nothing that anybody stores


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put_many(4)
        made.put(f"{SECRET}/{SECRET}.txt", SECRET.encode())
        seal(made.ctx, "acme", [made.files], details=Details(source=SECRET))
        yield made


def place_of(w: World, part: str) -> int:
    (found,) = [c.leaf_index for c in cases.claims_of(w.ctx, "acme") if part in str(c.claim.get("name"))]
    return found


def every_byte(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def newest(w: World) -> dict[int, Receipt]:
    with w.ctx.engine.connect() as connection:
        assembler = receipts.Assembler(w.ctx, connection)
        found = list(cases.claims_of(w.ctx, "acme", connection=connection))
        return {one.leaf_index: assembler.receipt(one, assembler.size) for one in found}


class TestErase:
    def test_nothing_that_is_left_opens_the_claim_or_names_it(self, w: World, tmp_path: Path) -> None:
        place = place_of(w, SECRET)
        acts.record(w.ctx, "acme", [place], Action.TRANSFERRED, ABOUT)
        erased = next(c for c in cases.claims_of(w.ctx, "acme") if c.leaf_index == place)
        with w.ctx.engine.connect() as connection:
            query = sa.select(claims.c.secret, claims.c.content_tag).where(claims.c.leaf_index == place)
            blob, tag = connection.execute(query).one()
        w.ctx.engine.dispose()
        backup = tmp_path / "backup"
        shutil.copytree(w.folder / "workspace", backup, ignore=shutil.ignore_patterns("case-keys"))
        done = erasure.erase(w.ctx, "acme", [place], "GDPR art. 17")
        w.ctx.engine.dispose()
        shutil.rmtree(w.files)
        kept = every_byte(w.folder / "workspace") + every_byte(backup)
        digest = str(erased.claim.get("sha256"))
        for planted in (SECRET, ABOUT, digest, erased.secret.hex()):
            assert planted.encode() not in kept
        assert bytes.fromhex(digest) not in kept and erased.secret not in kept
        # The backup holds the wrapped secret; no key that is left opens it, and the tag cannot be guessed again.
        assert blob in every_byte(backup) and blob not in every_byte(w.folder / "workspace")
        key = cases.case_key(w.ctx, "acme")
        assert key.epoch == 1
        with pytest.raises((VaultDamaged, InvalidTag)):
            key.unwrap("claim", erased.commitment, blob)
        with pytest.raises(VaultDamaged):
            w.ctx.vault.case("acme", 0)
        content = erasure.content_tag(key, bytes.fromhex(digest), len(SECRET), SECRET.encode())
        assert content != tag
        assert (done.claims, done.left) == (1, erasure.Left())

    def test_every_other_receipt_still_verifies_and_the_case_goes_on(self, w: World) -> None:
        before = newest(w)
        place = place_of(w, SECRET)
        erasure.erase(w.ctx, "acme", [place])
        after = newest(w)
        assert set(before) - set(after) == {place}
        for leaf, receipt in after.items():
            assert receipt.opening == before[leaf].opening
            head = receipt.case_head.head
            assert verify_standing(receipt.opening.commitment(), receipt.standing, head.ended, head.ended_root) is None
            assert head.ended == 1
        with w.ctx.engine.connect() as connection:
            assert list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key))) == []
        w.put("f00000.txt", b"changed")
        (w.files / SECRET / f"{SECRET}.txt").unlink()
        states = [file.state for file in seal(w.ctx, "acme", [w.files]).files]
        assert states == ["superseded", "unchanged", "unchanged", "unchanged"]

    def test_the_log_says_that_the_entry_was_erased(self, w: World) -> None:
        place = place_of(w, SECRET)
        commitment = newest(w)[place].opening.commitment()
        erasure.erase(w.ctx, "acme", [place], "GDPR art. 17")
        with w.ctx.engine.connect() as connection:
            assembler = receipts.Assembler(w.ctx, connection)
            blinded = cases.case_key(w.ctx, "acme").blinded
            later = assembler.later(blinded, commitment, 6)
        assert later is not None
        head = later.case_head.head
        ended = verify_standing(commitment, later.standing, head.ended, head.ended_root)
        assert ended is not None and ended.state is State.ERASED
        lines = acts.history(w.ctx, "acme")
        assert [line.entry is None for line in lines] == [line.seq == place for line in lines]
        assert lines[-1].entry is not None
        assert (lines[-1].entry.action, lines[-1].entry.about) == (Action.ERASED, "GDPR art. 17")

    def test_an_erased_claim_is_unknown_everywhere(self, w: World) -> None:
        place = place_of(w, SECRET)
        (row,) = [c.id for c in cases.claims_of(w.ctx, "acme") if c.leaf_index == place]
        erasure.erase(w.ctx, "acme", [place])
        with pytest.raises(ClaimUnknown):
            cases.claim_by_id(w.ctx, row)
        for again in (erasure.erase, lambda c, n, p: acts.revoke(c, n, p, "")):
            with pytest.raises(ClaimNotInCase):
                again(w.ctx, "acme", [place])

    def test_the_same_file_sealed_again_is_a_new_claim(self, w: World) -> None:
        erasure.erase(w.ctx, "acme", [place_of(w, SECRET)])
        assert seal(w.ctx, "acme", [w.files]).count("sealed") == 1

    def test_a_claim_whose_later_version_names_it_is_erased_with_it_or_not_at_all(self, w: World) -> None:
        place = place_of(w, "f00001")
        w.put("f00001.txt", b"newer")
        seal(w.ctx, "acme", [w.files])
        newer = next(c.leaf_index for c in cases.claims_of(w.ctx, "acme") if c.leaf_index > 5)
        with pytest.raises(ActRefused, match=f"entry {newer} is a later version"):
            erasure.erase(w.ctx, "acme", [place])
        assert cases.case_key(w.ctx, "acme").epoch == 0
        assert erasure.erase(w.ctx, "acme", [place, newer]).claims == 2


class TestFinish:
    @pytest.mark.parametrize("step", ["rewrap", "commit", "destroy"])
    def test_an_erasure_cut_off_at_any_step_is_done_by_the_next_one(
        self, w: World, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Cut(Exception):
            pass

        def cut(*_: object) -> None:
            raise Cut

        place = place_of(w, SECRET)
        name = {"rewrap": "_rewrap_custody", "commit": "finish", "destroy": "_delete_documents"}[step]
        with monkeypatch.context() as patched:
            patched.setattr(erasure, name, cut)
            with pytest.raises(Cut):
                erasure.erase(w.ctx, "acme", [place])
        assert erasure.unfinished(w.ctx) == ([] if step == "destroy" else ["acme"])
        w.ctx.engine.dispose()
        again = w.ctx = open_context(w.folder / "workspace", w.clock)
        if step == "rewrap":
            assert cases.case_key(again, "acme").epoch == 0
            assert len(list(cases.claims_of(again, "acme"))) == 5
            assert erasure.erase(again, "acme", [place]).claims == 1
        else:
            assert erasure.finish(again, "acme").some == (step == "commit")
        assert not erasure.finish(again, "acme").some and erasure.unfinished(again) == []
        assert cases.case_key(again, "acme").epoch == 1
        with pytest.raises(VaultDamaged):
            again.vault.case("acme", 0)
        assert len(list(cases.claims_of(again, "acme"))) == 4
        assert SECRET.encode() not in every_byte(w.folder / "workspace")


class TestEraseCase:
    def test_nothing_of_the_case_can_be_read_any_more_and_the_log_goes_on(self, w: World) -> None:
        cases.create_case(w.ctx, "other")
        seal(w.ctx, "other", [w.files])
        done = erasure.erase_case(w.ctx, "acme", "settled")
        assert done.claims == 5
        assert erasure.erase_case(w.ctx, "acme").claims == 0
        with pytest.raises(CaseErased):
            cases.case_key(w.ctx, "acme")
        with w.ctx.engine.connect() as connection:
            assert (
                connection.execute(sa.select(custody.c.entry).where(custody.c.case_id == "acme")).scalars().all()
                == [None] * 10
            )
            row = connection.execute(sa.select(case_rows.c.sealed).where(case_rows.c.id == "acme")).scalar_one()
            assert row == b""
            assert list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key))) == []
        assert len(list(receipts.receipts_of(w.ctx, "other"))) == 5
        assert next(case for case in cases.list_cases(w.ctx) if case.id == "acme").title is None

    def test_one_cut_off_before_its_key_is_destroyed_breaks_nothing_and_is_finished_by_the_next(
        self, w: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Cut(Exception):
            pass

        def cut(*_: object) -> None:
            raise Cut

        cases.create_case(w.ctx, "other")
        with monkeypatch.context() as patched:
            patched.setattr(Vault, "erase_case", cut)
            with pytest.raises(Cut):
                erasure.erase_case(w.ctx, "acme")
        assert [(case.id, case.title) for case in cases.list_cases(w.ctx)] == [("acme", None), ("other", "other")]
        with pytest.raises(CaseErased):
            seal(w.ctx, "acme", [w.files])
        assert erasure.unfinished(w.ctx) == ["acme"]
        assert (erasure.erase_case(w.ctx, "acme").claims, erasure.unfinished(w.ctx)) == (0, [])
        assert not erasure.finish(w.ctx, "acme").some
        assert w.ctx.vault.epochs("acme") == []

    def test_documents_that_the_node_would_not_forget_are_named_until_it_does(self, w: World) -> None:
        with w.ctx.engine.begin() as connection:
            row = connection.execute(sa.select(claims.c.id, claims.c.commitment).limit(1)).one()
            connection.execute(
                sa.insert(stored_documents).values(
                    claim_id=row.id,
                    status=DOCUMENT_STORED,
                    cid=CID,
                    cipher_sha256=bytes(32),
                    cipher_size=1,
                    chunk_size=1,
                    wrapped_key=cases.case_key(w.ctx, "acme").wrap("content-key", row.commitment, bytes(32)),
                    updated_at=1,
                )
            )
        for _ in range(2):
            assert erasure.erase_case(w.ctx, "acme").left.cids == (CID,)
            assert erasure.unfinished(w.ctx) == ["acme"]

    def test_earlier_versions_go_with_the_later_ones(self, w: World) -> None:
        w.put("f00001.txt", b"newer")
        seal(w.ctx, "acme", [w.files])
        assert erasure.erase_case(w.ctx, "acme").claims == 6
        with w.ctx.engine.connect() as connection:
            assert connection.execute(sa.select(claims.c.id).where(claims.c.secret.is_not(None))).all() == []
            blinded = connection.execute(sa.select(case_rows.c.blinded)).scalar_one()
            assert {one.state for one in ended_at(connection, blinded, 10**6).ended} == {State.ERASED}
