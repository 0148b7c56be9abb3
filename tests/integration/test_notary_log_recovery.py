"""A log behind its chain comes back from an export or a second copy, or is refused and nothing is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.checker import check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect, evidence_address, give_chain
from support.notaryworld import World, open_context, world

from notary.context import NotaryContext
from notary.custody import acts, erasure
from notary.custody.acts import revoke
from notary.evm import anchors
from notary.log import ledger, log_recovery, note_keys, private_rows, succession
from notary.log.ledger import LogRow
from notary.log.log_audit import own_checkpoints
from notary.log.log_events import ChainSide, ask
from notary.log.log_export import export
from notary.log.log_recovery import Recovered
from notary.log.log_source import open_tree
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.cases import SealedClaim
from notary.sealing.seal import seal
from notary.service_errors import CaseErased, LogBehindChain, LogNotOpen, LogSourceUnreadable, RecoveryRefused
from notary.store import (
    DOCUMENT_LOCAL,
    LOG_BEHIND,
    LOG_OPEN,
    LOG_RECOVERED,
    custody,
    evidence_files,
    evidence_records,
    logs,
    metadata,
    stored_documents,
)
from onchain.devchain import DevChain


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        yield made


def sealed(w: World, *names: str, case: str = "acme", ctx: NotaryContext | None = None) -> int:
    for name in names:
        w.put(f"{case}/{name}", name.encode())
    return seal(ctx or w.ctx, case, [w.files / case]).head.size


def row(ctx: NotaryContext) -> LogRow:
    with ctx.engine.connect() as connection:
        return ledger.log_of(connection, ctx.note_key)


def told(w: World, dev: DevChain) -> ChainSide:
    evidence, log_id = connect(w, dev, evidence_address(w, dev)), row(w.ctx).chain_log_id
    assert log_id is not None
    return ask(evidence.chain, evidence.contract, log_id)


@contextmanager
def copy_of(w: World, dev: DevChain, name: str) -> Iterator[World]:
    """A copy of the workspace as it is now, on the same chain."""
    w.ctx.engine.dispose()
    shutil.copytree(w.folder / "workspace", w.folder / name)
    other = World(w.folder, open_context(w.folder / name, w.clock), w.clock)
    other.with_context(evidence=lambda: connect(other, dev, evidence_address(w, dev)))
    try:
        yield other
    finally:
        other.ctx.engine.dispose()


@pytest.fixture
def backup(w: World, dev: DevChain) -> Iterator[World]:
    """A backup from before: in it two batches, in the chain and in `w` five, a second case, a superseded file and a
    revoked claim."""
    sealed(w, *(f"f{n}" for n in range(300)))
    anchor_to_final(w.ctx, dev)
    sealed(w, "g")
    cases.create_case(w.ctx, "beta", "Beta", ())
    with copy_of(w, dev, "backup") as old:
        w.put("acme/f0", b"a newer version")
        sealed(w, "h")
        sealed(w, "x", case="beta")
        revoke(w.ctx, "acme", [5], "sent by mistake")
        anchor_to_final(w.ctx, dev)
        sealed(w, "y", case="beta")
        yield old


def store_document(ctx: NotaryContext, claim: SealedClaim) -> None:
    """A row as the storing of the claim's document leaves it; the same claim is in both copies."""
    key = cases.case_key(ctx, "acme")
    with ctx.engine.begin() as connection:
        connection.execute(
            sa.insert(stored_documents).values(
                claim_id=claim.id,
                status=DOCUMENT_LOCAL,
                cid=f"cid-{claim.id}",
                cipher_sha256=bytes(32),
                cipher_size=1,
                chunk_size=1,
                wrapped_key=key.wrap("content-key", claim.commitment, bytes(32)),
                updated_at=1,
            )
        )


def store_record(ctx: NotaryContext, files: Sequence[int]) -> None:
    """An evidence record's rows, opaque to a recovery; files are the places whose bundles are there."""
    with ctx.engine.begin() as connection:
        values = {"id": 7, "case_id": "acme", "number": 1, "objects": b"wrapped", "created_at": 1}
        connection.execute(sa.insert(evidence_records).values(values))
        for place in files:
            connection.execute(sa.insert(evidence_files).values(record_id=7, idx=place, data=b"wrapped"))


def found_behind(old: World) -> None:
    with pytest.raises(LogBehindChain):
        anchors.request(old.ctx)
    assert row(old.ctx).state == LOG_BEHIND


def state_of(ctx: NotaryContext) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with ctx.engine.connect() as connection:
        return {t.name: sorted(map(tuple, connection.execute(sa.select(t))), key=repr) for t in metadata.sorted_tables}


def signed(ctx: NotaryContext) -> dict[int, bytes]:
    """Roots of all heads that are signed with our present key, by their sizes."""
    with ctx.engine.connect() as connection:
        return {one.size: one.root for one in own_checkpoints(connection, row(ctx).id)}


def refused(old: World, dev: DevChain, folder: Path, match: str) -> None:
    before = state_of(old.ctx)
    with pytest.raises((RecoveryRefused, LogSourceUnreadable), match=match):
        log_recovery.recover(old.ctx, open_tree(str(folder)), told(old, dev))
    assert state_of(old.ctx) == before


class TestFromExport:
    def from_export(self, w: World, old: World, dev: DevChain, folder: Path, newest: bool = False) -> Recovered:
        export(w.ctx.engine, row(w.ctx), folder)
        return log_recovery.recover(old.ctx, open_tree(str(folder)), told(old, dev), newest=newest)

    def test_entries_tiles_heads_and_case_heads_are_those_of_the_log_that_was_exported(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        found_behind(backup)
        whole, before = row(w.ctx), row(backup.ctx)
        done = self.from_export(w, backup, dev, tmp_path / "out")
        assert (done.entries, done.rows, done.log.state) == (whole.size - before.size, {}, LOG_RECOVERED)
        ours, theirs = state_of(backup.ctx), state_of(w.ctx)
        for table in ("log_tiles", "heads", "case_heads", "ended_claims"):
            assert ours[table] == theirs[table], table
        notes = [[row[:4] for row in rows["checkpoints"]] for rows in (ours, theirs)]
        assert notes[0] == notes[1]  # signed anew, and the very bytes that were signed before
        with backup.ctx.engine.connect() as connection:
            assert list(ledger.audit(connection, row(backup.ctx))) == []

    def test_sealing_goes_on_and_earlier_claims_get_receipts_under_recovered_heads(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        found_behind(backup)
        self.from_export(w, backup, dev, tmp_path / "out", newest=True)
        evidence = connect(backup, dev, evidence_address(w, dev))
        assert anchors.adopt(backup.ctx, evidence, told(w, dev).history) == 1
        size = sealed(w, "new", case="beta", ctx=backup.ctx)  # x and y again too: their claims were not in the export
        assert size == row(w.ctx).size + 4
        anchor_to_final(backup.ctx, dev)
        made = receipts.receipt_for(backup.ctx, 301)
        assert made.note.checkpoint.size == told(w, dev).history.heads[1].size and made.anchors
        check_world(backup, dev, contract=evidence_address(w, dev))

    def test_heads_that_were_signed_after_the_export_are_never_signed_again(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        export(w.ctx.engine, row(w.ctx), tmp_path / "out")
        sealed(
            w, "later", case="beta"
        )  # its receipt goes out, its head never reaches the chain, then the rows are lost
        handed_out = signed(w.ctx)
        assert self.recovered(backup, dev, tmp_path / "out", newest=False) == LOG_RECOVERED
        with pytest.raises(LogNotOpen, match="recovered"):
            sealed(w, "other", case="beta", ctx=backup.ctx)
        anchor_to_final(backup.ctx, dev)  # what is there is signed anyhow
        assert self.recovered(backup, dev, tmp_path / "out", newest=False) == LOG_RECOVERED
        keys = tmp_path / "backup" / "log-key"
        evidence = connect(backup, dev, evidence_address(w, dev))
        done = succession.close(backup.ctx, evidence, evidence.sender, row(backup.ctx).origin, keys)
        assert (done.old.kept, done.again) == (done.old.size, 0)
        assert signed(backup.ctx).items() <= handed_out.items()  # no second root of any size
        backup.with_context(note_key=note_keys.present_key(backup.ctx.engine, keys))
        sealed(w, "other", case="beta", ctx=backup.ctx)
        anchor_to_final(backup.ctx, dev)
        check_world(backup, dev, contract=evidence_address(w, dev))

    def recovered(self, old: World, dev: DevChain, folder: Path, *, newest: bool) -> str:
        return log_recovery.recover(old.ctx, open_tree(str(folder)), told(old, dev), newest=newest).log.state

    def test_a_log_that_its_owner_calls_whole_is_open_again_and_stays_so(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        export(w.ctx.engine, row(w.ctx), tmp_path / "out")
        states = [self.recovered(backup, dev, tmp_path / "out", newest=said) for said in (False, True, False)]
        assert states == [LOG_RECOVERED, LOG_OPEN, LOG_OPEN]

    def test_recover_again_does_no_harm(self, w: World, backup: World, dev: DevChain, tmp_path: Path) -> None:
        self.from_export(w, backup, dev, tmp_path / "out")
        before = state_of(backup.ctx)
        done = log_recovery.recover(backup.ctx, open_tree(str(tmp_path / "out")), told(backup, dev))
        assert done.entries == 0 and state_of(backup.ctx) == before

    def test_a_database_that_was_lost_whole_begins_again_from_the_chain_and_an_export(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        export(w.ctx.engine, row(w.ctx), tmp_path / "out")
        side, whole = told(w, dev), row(w.ctx)
        with backup.ctx.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(sa.delete(table))
        log_recovery.begin_again(backup.ctx, side, bytes.fromhex(side.contract[2:]))
        done = log_recovery.recover(backup.ctx, open_tree(str(tmp_path / "out")), side)
        assert (done.log.size, done.log.state, done.log.chain_log_id) == (whole.size, LOG_RECOVERED, whole.chain_log_id)
        assert state_of(backup.ctx)["log_tiles"] == state_of(w.ctx)["log_tiles"]

    def test_a_case_is_opened_again_under_its_old_name_and_its_custody_goes_on(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        erasure.erase(w.ctx, "acme", [3])  # the case is in its second key since
        before = len(acts.history(w.ctx, "acme"))
        export(w.ctx.engine, row(w.ctx), tmp_path / "out")
        side = told(w, dev)
        with w.ctx.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(sa.delete(table))
        log_recovery.begin_again(w.ctx, side, bytes.fromhex(side.contract[2:]))
        log_recovery.recover(w.ctx, open_tree(str(tmp_path / "out")), side, newest=True)
        cases.create_case(w.ctx, "acme", "Acme", ())
        assert acts.history(w.ctx, "acme") == []
        w.put("acme/again", b"again")
        seal(w.ctx, "acme", [w.files / "acme" / "again"])
        acts.revoke(w.ctx, "acme", [row(w.ctx).size - 2], "to have a second batch")
        assert [line.seq for line in acts.history(w.ctx, "acme")] == [before, before + 1]
        check_world(w, dev)

    def test_begin_again_refuses_another_logs_id(self, w: World, backup: World, dev: DevChain) -> None:
        side = told(w, dev)
        created = side.history.created
        assert created is not None
        other = replace(side, history=replace(side.history, events=(replace(created, origin="else"),)))
        with pytest.raises(RecoveryRefused, match="else"):
            log_recovery.begin_again(w.ctx, other, bytes(20))

    @pytest.mark.parametrize("lie", ["entry", "too old", "bundle missing", "case heads", "checkpoint", "no folder"])
    def test_an_export_that_does_not_lead_to_the_chains_head_is_refused_and_nothing_is_written(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path, lie: str
    ) -> None:
        found_behind(backup)
        out = tmp_path / "out"
        log = row(w.ctx)
        export(w.ctx.engine, log, out)
        bundle = next((out / "tile/entries").glob("001.p/*"))
        if lie == "entry":
            data = bundle.read_bytes()
            at = data.rindex(b'"c":"') + 5
            bundle.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
            refused(backup, dev, out, "do not lead|the chain has root")
        elif lie == "too old":
            shutil.rmtree(out)
            export(backup.ctx.engine, row(backup.ctx), out)
            refused(backup, dev, out, "too old")
        elif lie == "bundle missing":
            bundle.unlink()
            refused(backup, dev, out, "are not there")
        elif lie == "case heads":
            target = max((out / "case-heads").iterdir(), key=lambda path: int(path.stem))
            value = json.loads(target.read_bytes())
            value["heads"][0]["head"] = "00" * 32
            target.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")))
            refused(backup, dev, out, "another map")
        elif lie == "checkpoint":
            text = (out / "checkpoint").read_text()
            (out / "checkpoint").write_text(text.replace(f"\n{log.size}\n", f"\n{log.size + 1}\n"))
            refused(backup, dev, out, "signature")
        else:
            shutil.rmtree(out)
            with pytest.raises(LogSourceUnreadable, match="no such folder"):
                open_tree(str(out))

    def test_a_forked_log_is_refused_with_the_entry_where_it_forked(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        forked_at = row(backup.ctx).size
        sealed(w, "elsewhere", ctx=backup.ctx)
        export(w.ctx.engine, row(w.ctx), tmp_path / "out")
        refused(backup, dev, tmp_path / "out", f"entry {forked_at} is another one here")


class TestFromSecondCopy:
    def test_private_rows_come_back_as_well(self, w: World, backup: World, dev: DevChain) -> None:
        found_behind(backup)
        done = log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine, newest=True)
        assert done.log.state == LOG_OPEN and done.rows["claims"] == 5 and done.rows["custody"] == 6
        ours, theirs = state_of(backup.ctx), state_of(w.ctx)
        for table in ours:
            if table not in ("logs", "checkpoints", "anchors", "stamps"):
                assert ours[table] == theirs[table], table
        anchors.adopt(backup.ctx, connect(backup, dev, evidence_address(w, dev)), told(w, dev).history)
        sealed(w, "z", ctx=backup.ctx)
        anchor_to_final(backup.ctx, dev)
        revoked = next(one for one in cases.claims_of(w.ctx, "acme") if one.leaf_index == 5)
        documents = {
            name: data for name, data in files_of(w).items() if not name.endswith(str(revoked.claim.get("name")))
        }
        check_world(backup, dev, documents=documents, contract=evidence_address(w, dev))

    def test_private_rows_come_back_after_a_recovery_from_an_export(
        self, w: World, backup: World, dev: DevChain, tmp_path: Path
    ) -> None:
        export(w.ctx.engine, row(w.ctx), tmp_path / "out")
        log_recovery.recover(backup.ctx, open_tree(str(tmp_path / "out")), told(w, dev))
        done = log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine)
        assert (done.entries, done.rows["claims"]) == (0, 5)
        assert state_of(backup.ctx)["claims"] == state_of(w.ctx)["claims"]

    @pytest.mark.parametrize("whole_case", [False, True])
    def test_an_erasure_in_the_copy_is_taken_over(
        self, w: World, backup: World, dev: DevChain, whole_case: bool
    ) -> None:
        first, second = list(cases.claims_of(w.ctx, "acme"))[1:3]
        for ctx in (w.ctx, backup.ctx):
            store_document(ctx, first)
            store_document(ctx, second)
        w.with_context(blobs=w.folder / "blobs")
        if whole_case:
            erasure.erase_case(w.ctx, "acme")
        else:
            erasure.erase(w.ctx, "acme", [first.leaf_index])
        for ctx, files in ((w.ctx, ()), (backup.ctx, (0,))):
            store_record(ctx, files)
        anchor_to_final(w.ctx, dev)
        shutil.copytree(w.folder / "workspace" / "case-keys", w.folder / "backup" / "case-keys", dirs_exist_ok=True)
        log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine, newest=True)
        ours, theirs = state_of(backup.ctx), state_of(w.ctx)
        for table in ("cases", "claims", "custody", "custody_batches", "evidence_records", "evidence_files"):
            assert ours[table] == theirs[table], table
        with backup.ctx.engine.connect() as connection:
            query = sa.select(
                stored_documents.c.claim_id, stored_documents.c.cipher_size, stored_documents.c.wrapped_key
            )
            kept = {row.claim_id: (row.cipher_size, len(row.wrapped_key)) for row in connection.execute(query)}
        assert kept[first.id] == (0, 0)  # nothing opens it; the next erasure deletes what is left of it
        if whole_case:
            assert kept[second.id] == (0, 0)
            with pytest.raises(CaseErased):
                sealed(w, "new", ctx=backup.ctx)
            assert erasure.erase_case(backup.ctx, "acme").claims == 0 and erasure.unfinished(backup.ctx) == []
        else:
            assert kept[second.id][0] == 1 and kept[second.id][1] > 32
            sealed(w, "new", ctx=backup.ctx)

    @pytest.mark.parametrize("table", [stored_documents, evidence_files])
    def test_a_copy_that_lacks_rows_though_nothing_was_erased_is_refused(
        self, w: World, backup: World, dev: DevChain, table: sa.Table
    ) -> None:
        store_document(backup.ctx, next(iter(cases.claims_of(w.ctx, "acme"))))
        store_record(w.ctx, ())
        store_record(backup.ctx, (0,))
        with backup.ctx.engine.begin() as connection:
            connection.execute(sa.delete(evidence_files if table is stored_documents else stored_documents))
        before = state_of(backup.ctx)
        with pytest.raises(RecoveryRefused, match=f"it has no {table.name}"):
            log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine)
        assert state_of(backup.ctx) == before

    def test_tables_are_taken_over_page_by_page(
        self, w: World, backup: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(private_rows, "_PAGE", 3)
        done = log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine)
        assert done.rows["claims"] == 5 and done.rows["custody"] == 6
        ours, theirs = state_of(backup.ctx), state_of(w.ctx)
        for table in ("cases", "claims", "custody", "custody_batches"):
            assert ours[table] == theirs[table], table

    def test_a_case_whose_key_file_is_not_here_is_named_and_nothing_is_written(
        self, w: World, backup: World, dev: DevChain
    ) -> None:
        cases.create_case(w.ctx, "gamma", "Gamma", ())
        sealed(w, "q", case="gamma")
        anchor_to_final(w.ctx, dev)
        before = state_of(backup.ctx)
        with pytest.raises(RecoveryRefused, match=r"case-gamma\.key"):
            log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine)
        assert state_of(backup.ctx) == before

    def test_rows_of_a_copy_that_do_not_fit_its_log_are_refused(self, w: World, backup: World, dev: DevChain) -> None:
        with w.ctx.engine.begin() as connection:
            last = connection.execute(sa.select(sa.func.max(custody.c.seq)).where(custody.c.case_id == "acme")).scalar()
            connection.execute(sa.delete(custody).where(custody.c.case_id == "acme", custody.c.seq == last))
        before = state_of(backup.ctx)
        with pytest.raises(RecoveryRefused, match="custody entries"):
            log_recovery.recover(backup.ctx, None, told(w, dev), copy=w.ctx.engine)
        assert state_of(backup.ctx) == before

    def test_another_workspaces_database_is_refused(self, w: World, dev: DevChain, tmp_path: Path) -> None:
        sealed(w, "a")
        anchor_to_final(w.ctx, dev)
        with world(tmp_path / "other") as other:
            with other.ctx.engine.begin() as connection:
                connection.execute(sa.update(logs).values(note_key=bytes(32)))
            with pytest.raises(LogSourceUnreadable, match="under our key"):
                log_recovery.recover(w.ctx, None, told(w, dev), copy=other.ctx.engine)
