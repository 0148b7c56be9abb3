"""Sealing into a real database: what is new, unchanged, moved, superseded; receipts under the newest head."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.notaryworld import World, world

from notary.custody import acts
from notary.custody.chain import Action
from notary.errors import ClaimInvalid
from notary.log import ledger, merkle
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing import cases
from notary.sealing.commitment import claim_entry
from notary.sealing.seal import Details, SealResult, media_type, seal
from notary.service_errors import CaseErased, CaseExists, CaseUnknown, ClaimUnknown, HeadUnknown, LogDamaged, LogNotOpen
from notary.store import LOG_BEHIND, LOG_CLOSED, LOG_FORKED, case_heads, log_tiles, logs
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import DocumentDigests, verify


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def states(result: SealResult) -> dict[str, str]:
    return {file.name: file.state for file in result.files}


def assert_log_is_sound(w: World) -> None:
    with w.ctx.engine.connect() as connection:
        assert list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key))) == []


def assert_all_but_the_anchor_passes(receipt: Receipt, data: bytes) -> None:
    document = DocumentDigests(len(data), {"sha256": hashlib.sha256(data).digest()})
    verdict = verify(receipt, document)
    assert [check.status for check in verdict.checks[:6]] == [Status.PASSED] * 6
    assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.NO_ANCHOR)


class TestSeal:
    def test_seal_appends_one_claim_for_each_file_and_one_heads_leaf(self, w: World) -> None:
        w.put("a.txt", b"a")
        w.put("b/empty.bin", b"")
        result = seal(w.ctx, "acme", [w.files])
        assert states(result) == {"a.txt": "sealed", "b/empty.bin": "sealed"}
        assert [file.leaf_index for file in result.files] == [0, 1]
        assert result.head.size == 3
        assert_log_is_sound(w)

    def test_seal_writes_receipts_that_verify_up_to_the_missing_anchor(self, w: World) -> None:
        w.put("a.txt", b"a")
        w.put("empty.bin", b"")
        seal(w.ctx, "acme", [w.files])
        by_name = {str(sealed.claim.get("name")): receipt for sealed, receipt in receipts.receipts_of(w.ctx, "acme")}
        assert_all_but_the_anchor_passes(by_name["a.txt"], b"a")
        assert_all_but_the_anchor_passes(by_name["empty.bin"], b"")

    def test_seal_records_what_the_caller_says_and_what_it_sees(self, w: World) -> None:
        w.put("chat/log.json", b"{}")
        details = Details("chat", 1_700_000_000, "Li Wei", "phone", f"1:20:0x{'ab' * 32}")
        seal(w.ctx, "acme", [w.files], details=details, extra_digests=("sm3", "sha3_512"))
        claim = cases.claim_by_id(w.ctx, 1).claim
        assert (
            dict(claim.fields).items()
            >= {
                "case": "acme",
                "exhibit": "1",
                "kind": "chat",
                "name": "chat/log.json",
                "media_type": "application/json",
                "size": 2,
                "captured_at": 1_700_000_000,
                "captured_by": "Li Wei",
                "source": "phone",
                "tool": "tallystick/test",
                "not_before_block": f"1:20:0x{'ab' * 32}",
            }.items()
        )
        assert len(str(claim.get("sm3"))) == 64 and len(str(claim.get("sha3_512"))) == 128

    @pytest.mark.parametrize(
        "details", [Details(not_before_block="latest"), Details(kind="x" * 4097), Details(kind="\0")]
    )
    def test_seal_refuses_details_that_no_claim_may_hold_before_it_writes(self, w: World, details: Details) -> None:
        w.put("a.txt")
        with pytest.raises(ClaimInvalid):
            seal(w.ctx, "acme", [w.files], details=details)
        assert cases.show_case(w.ctx, "acme").count == 0

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("a.pdf", "application/pdf"),
            ("b.tar.gz", "application/gzip"),
            ("c.JSON", "application/json"),
            ("noending", None),
            (".hidden", None),
            ("data:text/evil,x", None),
            ("x.pdf.unknownending", None),
        ],
    )
    def test_media_type_goes_by_the_files_ending_alone(self, name: str, kind: str | None) -> None:
        assert media_type(name) == kind

    def test_seal_refuses_a_digest_that_it_does_not_know(self, w: World) -> None:
        w.put("a.txt")
        with pytest.raises(ClaimInvalid, match="md5"):
            seal(w.ctx, "acme", [w.files], extra_digests=("md5",))

    def test_seal_keeps_names_that_are_not_utf_8(self, w: World) -> None:
        path = os.fsencode(w.files) + b"/caf\xe9.txt"
        Path(os.fsdecode(path)).write_bytes(b"x")
        seal(w.ctx, "acme", [w.files])
        sealed = cases.claim_by_id(w.ctx, 1)
        assert (sealed.claim.get("name"), sealed.claim.get("name_bytes")) == ("caf%E9.txt", b"caf\xe9.txt".hex())
        assert os.fsencode(receipts.receipt_name(sealed)) == b"caf\xe9.txt.receipt.json"

    def test_seal_tells_its_progress_in_bytes_and_files(self, w: World) -> None:
        w.put_many(5, size=98)
        told: list[tuple[str, int, int, str]] = []
        seal(w.ctx, "acme", [w.files], progress=lambda *step: told.append(step), batch_claims=2)
        assert told[4] == ("hash", 500, 500, "bytes")
        assert told[5:] == [("seal", n, 5, "files") for n in (2, 4, 5)]

    def test_seal_gives_each_batch_a_heads_leaf_that_names_the_one_before(self, w: World) -> None:
        w.put_many(5)
        result = seal(w.ctx, "acme", [w.files], batch_claims=2)
        assert result.head.size == 8
        with w.ctx.engine.connect() as connection:
            log = ledger.log_of(connection, w.ctx.note_key)
            entries = ledger.entries(connection, log.id, 0, 8)
        assert [i for i, entry in enumerate(entries) if b'"t":"heads"' in entry] == [2, 5, 7]
        assert [b'"p":null' in entries[2], b'"p":2' in entries[5], b'"p":5' in entries[7]] == [True] * 3
        assert_log_is_sound(w)

    def test_seal_refuses_a_case_that_does_not_exist(self, w: World) -> None:
        w.put("a.txt")
        with pytest.raises(CaseUnknown):
            seal(w.ctx, "other", [w.files])

    @pytest.mark.parametrize("state", [LOG_BEHIND, LOG_FORKED, LOG_CLOSED])
    def test_seal_refuses_a_log_that_is_not_open(self, w: World, state: str) -> None:
        w.put("a.txt")
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.update(logs).values(state=state))
        with pytest.raises(LogNotOpen, match=state):
            seal(w.ctx, "acme", [w.files])

    def test_seal_leaves_out_the_workspace_itself_and_says_so(self, w: World, tmp_path: Path) -> None:
        w.put("a.txt")
        w.with_context(exclude=(tmp_path / "workspace",))
        result = seal(w.ctx, "acme", [tmp_path])
        assert result.skipped == (str(tmp_path / "workspace"),)
        assert [file.name for file in result.files] == ["files/a.txt"]


class TestSealAgain:
    def test_seal_again_finds_everything_unchanged_and_appends_nothing(self, w: World) -> None:
        w.put_many(5)
        first = seal(w.ctx, "acme", [w.files])
        again = seal(w.ctx, "acme", [w.files])
        assert again.count("unchanged") == 5
        assert again.head == first.head
        assert [file.leaf_index for file in again.files] == [file.leaf_index for file in first.files]

    def test_seal_again_finds_a_file_unchanged_when_only_its_times_changed(self, w: World) -> None:
        path = w.put("a.txt")
        seal(w.ctx, "acme", [w.files])
        os.utime(path, (1, 1))
        assert states(seal(w.ctx, "acme", [w.files])) == {"a.txt": "unchanged"}

    def test_seal_again_supersedes_a_changed_file_with_its_exhibit_number_and_leaf_hash(self, w: World) -> None:
        w.put("a.txt", b"1")
        w.put("b.txt", b"1")
        seal(w.ctx, "acme", [w.files])
        w.put("b.txt", b"2")
        assert states(seal(w.ctx, "acme", [w.files])) == {"a.txt": "unchanged", "b.txt": "superseded"}
        old, new = cases.claim_by_id(w.ctx, 2), cases.claim_by_id(w.ctx, 3)
        assert old.superseded_by == new.leaf_index == 3
        assert new.claim.get("continues") == merkle.leaf_hash(claim_entry(old.commitment)).hex()
        assert new.claim.get("exhibit") == old.claim.get("exhibit") == "2"
        case = cases.show_case(w.ctx, "acme")
        assert (case.count, case.current) == (3, 2)
        w.put("c.txt")
        seal(w.ctx, "acme", [w.files])
        assert cases.claim_by_id(w.ctx, 4).claim.get("exhibit") == "3"

    def test_seal_again_supersedes_the_newest_version_when_a_file_is_changed_back(self, w: World) -> None:
        for data, state in ((b"1", "sealed"), (b"2", "superseded"), (b"1", "superseded"), (b"1", "unchanged")):
            w.put("a.txt", data)
            assert states(seal(w.ctx, "acme", [w.files])) == {"a.txt": state}
        chain = [(sealed.leaf_index, sealed.superseded_by) for sealed in cases.claims_of(w.ctx, "acme")]
        assert chain == [(0, 2), (2, 4), (4, None)]

    def test_seal_takes_a_file_like_a_superseded_version_for_a_new_one(self, w: World) -> None:
        w.put("x/a.txt", b"1")
        seal(w.ctx, "acme", [w.files / "x"])
        w.put("x/a.txt", b"2")
        seal(w.ctx, "acme", [w.files / "x"])
        w.put("y/a.txt", b"1")
        assert states(seal(w.ctx, "acme", [w.files / "y"])) == {"a.txt": "sealed"}

    def test_seal_again_does_not_supersede_when_a_file_was_moved(self, w: World, tmp_path: Path) -> None:
        w.put("a.txt", b"1")
        seal(w.ctx, "acme", [w.files])
        w.files.rename(tmp_path / "moved")
        assert states(seal(w.ctx, "acme", [tmp_path / "moved"])) == {"a.txt": "unchanged"}
        (tmp_path / "moved" / "a.txt").write_bytes(b"2")
        assert states(seal(w.ctx, "acme", [tmp_path / "moved"])) == {"a.txt": "superseded"}

    def test_seal_keeps_apart_files_of_one_name_from_different_folders(self, w: World) -> None:
        w.put("x/same.txt", b"1")
        w.put("y/same.txt", b"2")
        seal(w.ctx, "acme", [w.files / "x"])
        assert states(seal(w.ctx, "acme", [w.files / "y"])) == {"same.txt": "sealed"}
        assert cases.show_case(w.ctx, "acme").current == 2

    def test_seal_seals_two_copies_of_one_content_as_two_exhibits(self, w: World) -> None:
        w.put("a.txt", b"same")
        w.put("b.txt", b"same")
        assert seal(w.ctx, "acme", [w.files]).count("sealed") == 2

    def test_seal_seals_a_file_into_each_case_it_is_named_for(self, w: World) -> None:
        w.put("a.txt")
        cases.create_case(w.ctx, "other")
        assert seal(w.ctx, "acme", [w.files]).count("sealed") == 1
        assert seal(w.ctx, "other", [w.files]).count("sealed") == 1
        assert_log_is_sound(w)
        for _, receipt in (*receipts.receipts_of(w.ctx, "acme"), *receipts.receipts_of(w.ctx, "other")):
            assert_all_but_the_anchor_passes(receipt, b"evidence")
            assert receipt.case_head.place.size == 2

    def test_custody_chain_ends_in_the_case_head_and_counts_every_claim(self, w: World) -> None:
        w.put_many(3)
        seal(w.ctx, "acme", [w.files], batch_claims=2)
        w.put("f00001.txt", b"new")
        seal(w.ctx, "acme", [w.files])
        chain = [line.entry for line in acts.history(w.ctx, "acme") if line.entry is not None]
        with w.ctx.engine.connect() as connection:
            head = connection.execute(sa.select(case_heads).order_by(case_heads.c.idx.desc()).limit(1)).one()
        assert (chain[-1].hash(), head[3], head.custody) == (head.head, 4, 5)
        assert [entry.action for entry in chain] == [Action.SEALED] * 4 + [Action.SUPERSEDED]
        sealed = list(cases.claims_of(w.ctx, "acme"))
        assert [claim.claim.get("custody") for claim in sealed] == [None, *(entry.hash().hex() for entry in chain[:3])]


class TestCases:
    def test_create_case_refuses_a_second_one_of_the_same_name(self, w: World) -> None:
        with pytest.raises(CaseExists):
            cases.create_case(w.ctx, "acme")

    def test_create_case_takes_up_a_creation_that_was_cut_off_before_its_row(self, w: World) -> None:
        w.ctx.vault.create_case("half")
        assert cases.create_case(w.ctx, "half", "Title").title == "Title"

    def test_list_cases_shows_title_parties_and_counts(self, w: World) -> None:
        w.put_many(2)
        seal(w.ctx, "acme", [w.files])
        cases.create_case(w.ctx, "zeta")
        acme, zeta = cases.list_cases(w.ctx)
        assert (acme.id, acme.title, acme.parties) == ("acme", "Acme v. Widget", ("Acme Ltd", "Widget GmbH"))
        assert (acme.count, acme.current, zeta.title, zeta.count) == (2, 2, "zeta", 0)

    def test_show_case_and_claim_by_id_refuse_what_is_not_there(self, w: World) -> None:
        with pytest.raises(CaseUnknown):
            cases.show_case(w.ctx, "other")
        with pytest.raises(ClaimUnknown):
            cases.claim_by_id(w.ctx, 1)

    @pytest.mark.parametrize(("title", "parties"), [("x" * 501, ()), ("", ("x" * 501,)), ("", ("x",) * 65)])
    def test_create_case_refuses_titles_and_parties_beyond_their_bounds(
        self, w: World, title: str, parties: tuple[str, ...]
    ) -> None:
        with pytest.raises(ClaimInvalid):
            cases.create_case(w.ctx, "long", title, parties)

    def test_an_erased_case_is_listed_without_its_title_and_cannot_be_read(self, w: World) -> None:
        w.put("a.txt")
        seal(w.ctx, "acme", [w.files])
        w.ctx.vault.erase_case("acme")
        assert [(case.id, case.title, case.count) for case in cases.list_cases(w.ctx)] == [("acme", None, 1)]
        for read in (
            lambda: list(cases.claims_of(w.ctx, "acme")),
            lambda: [cases.claim_by_id(w.ctx, 1)],
            lambda: [seal(w.ctx, "acme", [w.files])],
        ):
            with pytest.raises(CaseErased):
                read()
        assert_log_is_sound(w)

    def test_claims_of_reads_more_than_one_page(self, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cases, "_PAGE", 2)
        w.put_many(5)
        seal(w.ctx, "acme", [w.files])
        assert [sealed.leaf_index for sealed in cases.claims_of(w.ctx, "acme")] == [0, 1, 2, 3, 4]
        w.put("f00000.txt", b"new")
        seal(w.ctx, "acme", [w.files])
        assert [s.leaf_index for s in cases.claims_of(w.ctx, "acme", current_only=True)] == [1, 2, 3, 4, 6]

    def test_no_byte_of_names_titles_or_digests_is_in_the_database(self, w: World) -> None:
        path = w.put("planted-name-83f1.txt", b"planted-content")
        digest = hashlib.sha256(b"planted-content").digest()
        cases.create_case(w.ctx, "private", "planted-title", ("planted-party",))
        seal(w.ctx, "private", [w.files], details=Details(source="planted-source"))
        w.ctx.engine.dispose()
        stored = b"".join(file.read_bytes() for file in (w.folder / "workspace").rglob("*") if file.is_file())
        for secret in (b"planted", digest, digest.hex().encode(), str(path.parent).encode()):
            assert secret not in stored


class TestReceipts:
    def test_receipt_for_gives_the_receipt_under_the_head_that_is_asked_for(self, w: World) -> None:
        w.put("a.txt", b"a")
        first = seal(w.ctx, "acme", [w.files]).head
        w.put("b.txt", b"b")
        second = seal(w.ctx, "acme", [w.files]).head
        for size, count in ((first.size, 1), (second.size, 2)):
            receipt = receipts.receipt_for(w.ctx, 1, size)
            assert receipt.note.checkpoint.size == size
            assert receipt.case_head.head.count == count
            assert_all_but_the_anchor_passes(receipt, b"a")
        assert receipts.receipt_for(w.ctx, 1).note.checkpoint.size == second.size

    def test_receipt_for_refuses_heads_that_do_not_cover_the_claim_or_do_not_exist(self, w: World) -> None:
        w.put("a.txt", b"a")
        seal(w.ctx, "acme", [w.files])
        w.put("b.txt", b"b")
        seal(w.ctx, "acme", [w.files])
        for claim, size in ((2, 2), (1, 3), (1, 5), (1, 0), (1, -1)):
            with pytest.raises(HeadUnknown):
                receipts.receipt_for(w.ctx, claim, size)

    def test_receipts_survive_writing_and_reading(self, w: World) -> None:
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])
        for _, receipt in receipts.receipts_of(w.ctx, "acme"):
            assert Receipt.from_bytes(receipt.to_bytes()) == receipt

    def test_receipts_of_leaves_out_what_is_sealed_while_it_reads_page_by_page(
        self, w: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cases, "_PAGE", 2)
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])
        reading = receipts.receipts_of(w.ctx, "acme")
        found = [next(reading)]
        w.put("f00002.txt", b"a newer version")
        w.put("new.txt", b"new")
        seal(w.ctx, "acme", [w.files])
        found += reading
        assert [(sealed.leaf_index, sealed.superseded_by) for sealed, _ in found] == [(0, None), (1, None), (2, None)]
        assert {receipt.note.checkpoint.size for _, receipt in found} == {4}
        assert len(list(receipts.receipts_of(w.ctx, "acme"))) == 5

    def test_export_overwrites_no_receipt_when_two_claims_have_one_name(self, w: World, tmp_path: Path) -> None:
        for place, name in (("x", "a.txt"), ("y", "a.txt"), ("z", "a.txt"), ("z", "a.txt.entry-2")):
            w.put(f"{place}/{name}", f"{place} {name}".encode())
        for path in ("x/a.txt", "y/a.txt", "z/a.txt.entry-2", "z/a.txt"):
            assert seal(w.ctx, "acme", [w.files / path]).count("sealed") == 1
        out = tmp_path / "out"
        written = receipts.export(w.ctx, "acme", out)
        assert [path.name for path in written] == [
            "a.txt.receipt.json",
            "a.txt.entry-2.receipt.json",
            "a.txt.entry-2.entry-4.receipt.json",
            "a.txt.entry-6.receipt.json",
        ]
        claims = [Receipt.from_bytes(path.read_bytes()).entry.index for path in written]
        assert claims == [0, 2, 4, 6]
        assert receipts.export(w.ctx, "acme", out) == written
        assert sorted(out.iterdir()) == sorted(written)

    def test_export_overwrites_no_receipt_when_two_claims_have_one_name_that_leaves_no_room(
        self, w: World, tmp_path: Path
    ) -> None:
        name = "n" * 240
        w.put(f"x/{name}", b"1")
        w.put(f"y/{name}", b"2")
        for place in ("x", "y"):
            seal(w.ctx, "acme", [w.files / place / name])
        written = receipts.export(w.ctx, "acme", tmp_path / "out")
        assert [path.name for path in written] == [f"{name}.receipt.json", "entry-2.entry-2.receipt.json"]

    def test_receipts_of_refuses_a_log_whose_case_heads_were_altered(self, w: World) -> None:
        w.put("a.txt")
        seal(w.ctx, "acme", [w.files])
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.update(case_heads).values(count=2))
        with pytest.raises(LogDamaged):
            list(receipts.receipts_of(w.ctx, "acme"))


class TestDamage:
    def test_seal_refuses_a_log_whose_tiles_do_not_lead_to_its_checkpoint(self, w: World) -> None:
        w.put("a.txt")
        seal(w.ctx, "acme", [w.files])
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.update(log_tiles).values(data=bytes(64)))
        w.put("b.txt")
        with pytest.raises(LogDamaged):
            seal(w.ctx, "acme", [w.files])
        assert cases.show_case(w.ctx, "acme").count == 1

    def test_seal_refuses_a_log_that_lost_its_tiles(self, w: World) -> None:
        w.put("a.txt")
        seal(w.ctx, "acme", [w.files])
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.delete(log_tiles))
        w.put("b.txt")
        with pytest.raises(LogDamaged):
            seal(w.ctx, "acme", [w.files])

    def test_audit_names_what_is_wrong(self, w: World) -> None:
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])
        w.ctx.engine.dispose()
        with sqlite3.connect(w.folder / "workspace" / "db.sqlite") as raw:
            (bundle,) = raw.execute("SELECT data FROM log_tiles WHERE level = -1").fetchone()
            raw.execute("UPDATE log_tiles SET data = ? WHERE level = -1", (bundle[:-1] + b"\0",))
        with w.ctx.engine.connect() as connection:
            found = list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key)))
        assert found == ["the checkpoint of 4 entries is not the root of its entries"]

    def test_a_unique_index_keeps_a_doubled_execution_from_sealing_a_file_twice(self, w: World) -> None:
        w.put("a.txt")
        seal(w.ctx, "acme", [w.files])
        w.ctx.engine.dispose()
        with sqlite3.connect(w.folder / "workspace" / "db.sqlite") as raw, pytest.raises(sqlite3.IntegrityError):
            raw.execute(
                "INSERT INTO claims (case_id, log_id, leaf_index, heads_index, commitment, path_tag, content_tag,"
                " secret, created_at)"
                " SELECT case_id, log_id, 9, 10, x'00', path_tag, content_tag, secret, 0 FROM claims"
            )
