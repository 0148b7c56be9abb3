"""A whole log audited: by its owner from rows, by a stranger from tiles and a node; and what each kind of lie gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect, give_chain
from support.notaryworld import World, world

from notary.evm import anchors
from notary.log import ledger, log_audit
from notary.log.checkpoint import SignedCheckpoint
from notary.log.log_audit import Audit, Code, Signed
from notary.log.log_events import ChainSide, ask
from notary.log.log_export import export
from notary.log.log_source import OwnLog, open_tree
from notary.log.notekey import NoteKey
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.verdicts.verdict import Status
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


def sealed(w: World, *names: str, case: str = "acme") -> int:
    for name in names:
        w.put(f"{case}/{name}", name.encode())
    return seal(w.ctx, case, [w.files / case]).head.size


def row(w: World) -> ledger.LogRow:
    with w.ctx.engine.connect() as connection:
        return ledger.log_of(connection, w.ctx.note_key)


def chain_side(w: World, dev: DevChain) -> ChainSide:
    evidence, log_id = connect(w, dev), row(w).chain_log_id
    assert log_id is not None
    return ask(evidence.chain, evidence.contract, log_id)


def own(w: World, dev: DevChain | None) -> Audit:
    log = row(w)
    chain = None if dev is None else chain_side(w, dev)
    with w.ctx.engine.connect() as connection:
        signed = log_audit.own_checkpoints(connection, log.id)
        rows = ledger.audit(connection, log)
        return log_audit.audit(OwnLog(connection, log), key=log.note_key, chain=chain, signed=signed, rows=rows)


def stranger(w: World, dev: DevChain, folder: Path, signed: list[Signed] | None = None) -> Audit:
    return log_audit.audit(open_tree(str(folder)), key=None, chain=chain_side(w, dev), signed=signed or [])


@pytest.fixture
def grown(w: World, dev: DevChain) -> World:
    """A log with two cases, several batches, a superseded file, two heads on chain and one that is not anchored."""
    cases.create_case(w.ctx, "beta", "Beta", ())
    sealed(w, *(f"f{n}" for n in range(300)))
    anchor_to_final(w.ctx, dev)
    sealed(w, "b1", case="beta")
    w.put("acme/f0", b"a newer version")
    seal(w.ctx, "acme", [w.files / "acme"])
    anchor_to_final(w.ctx, dev)
    sealed(w, "b1", "b2", case="beta")
    return w


class TestSound:
    def test_audit_of_our_own_rows_passes(self, grown: World, dev: DevChain) -> None:
        done = own(grown, dev)
        assert (done.status, [f.reason for f in done.findings]) == (Status.PASSED, [""] * 9)
        assert done.size == row(grown).size and done.finding("heads").detail.startswith("2 head(s) on chain")
        assert "2 case(s) through 4 heads leaves" in done.finding("cases").detail
        assert "may exist" in done.finding("others").detail

    def test_audit_by_a_stranger_with_tiles_and_a_node_finds_the_same(
        self, grown: World, dev: DevChain, tmp_path: Path
    ) -> None:
        head = export(grown.ctx.engine, row(grown), tmp_path / "out")
        done = stranger(grown, dev, tmp_path / "out")
        assert head is not None and (done.size, done.root) == (head.size, head.root)
        assert done.status is Status.PASSED
        assert json.dumps(done.to_json())
        assert [f.detail for f in done.findings[1:]][:1] == [own(grown, dev).finding("entries").detail]

    def test_audit_without_a_node_says_what_it_could_not_check(self, grown: World) -> None:
        done = own(grown, None)
        assert done.status is Status.INDETERMINATE
        told = {f.name: f.reason for f in done.findings if f.status is not Status.PASSED}
        assert told == dict.fromkeys(("heads", "chain", "appenders", "closure", "others"), Code.NO_CHAIN)

    def test_audit_of_an_empty_log_is_indeterminate(self, w: World, dev: DevChain) -> None:
        anchors.ensure_log(w.ctx, anchors.open_evidence(w.ctx))
        assert own(w, dev).finding("checkpoint").reason == Code.LOG_EMPTY


class TestLies:
    def test_an_entry_that_was_swapped_in_the_tiles_fails(self, grown: World, dev: DevChain, tmp_path: Path) -> None:
        export(grown.ctx.engine, row(grown), tmp_path)
        bundle = tmp_path / "tile/entries/000"
        data = bytearray(bundle.read_bytes())
        place = data.index(b'{"c":"') + 6
        data[place] = ord("0") if data[place] != ord("0") else ord("1")
        bundle.write_bytes(data)
        done = stranger(grown, dev, tmp_path)
        assert (done.finding("signed").reason, done.finding("heads").reason) == (Code.ROOT_DIFFERS, Code.ROOT_DIFFERS)
        assert done.status is Status.FAILED

    def test_a_checkpoint_of_another_history_that_somebody_holds_fails(
        self, grown: World, dev: DevChain, tmp_path: Path
    ) -> None:
        export(grown.ctx.engine, row(grown), tmp_path)
        done = stranger(grown, dev, tmp_path, [Signed(5, b"\x01" * 32, "a receipt")])
        assert done.finding("signed").reason == Code.ROOT_DIFFERS and "a receipt of 5" in done.finding("signed").detail

    def test_tiles_that_end_before_the_chains_head_are_indeterminate(
        self, w: World, dev: DevChain, tmp_path: Path
    ) -> None:
        sealed(w, "a")
        export(w.ctx.engine, row(w), tmp_path)
        sealed(w, "b")
        anchor_to_final(w.ctx, dev)
        done = stranger(w, dev, tmp_path)
        assert (done.finding("heads").status, done.finding("heads").reason) == (
            Status.INDETERMINATE,
            Code.HEAD_BEYOND,
        )

    def test_a_missing_bundle_is_indeterminate_and_a_broken_one_fails(
        self, grown: World, dev: DevChain, tmp_path: Path
    ) -> None:
        export(grown.ctx.engine, row(grown), tmp_path)
        bundle = tmp_path / "tile/entries/000"
        data = bundle.read_bytes()
        bundle.unlink()
        assert stranger(grown, dev, tmp_path).finding("entries").reason == Code.ENTRIES_MISSING
        bundle.write_bytes(data[:-1])
        assert stranger(grown, dev, tmp_path).finding("entries").reason == Code.ENTRY_INVALID

    def test_another_key_under_the_checkpoint_fails(self, grown: World, dev: DevChain, tmp_path: Path) -> None:
        export(grown.ctx.engine, row(grown), tmp_path)
        note = SignedCheckpoint.from_text((tmp_path / "checkpoint").read_text()).checkpoint
        other = NoteKey.create(tmp_path / "other.key", note.origin)
        (tmp_path / "checkpoint").write_text(other.sign(note.size, note.root).to_text())
        assert stranger(grown, dev, tmp_path).finding("checkpoint").reason == Code.SIGNATURE_INVALID

    @pytest.mark.parametrize("lie", ["missing", "lower count", "fewer ended", "other file"])
    def test_case_heads_that_are_not_what_the_leaves_commit_to_fail(
        self, grown: World, dev: DevChain, tmp_path: Path, lie: str
    ) -> None:
        export(grown.ctx.engine, row(grown), tmp_path)
        files = sorted((tmp_path / "case-heads").iterdir(), key=lambda path: int(path.stem))
        target = files[2]  # the batch that superseded a file
        change = json.loads(target.read_bytes())
        if lie == "missing":
            target.unlink()
        elif lie == "lower count":
            change["heads"][0]["count"] -= 1
        elif lie == "fewer ended":
            assert change["ended"]
            change["ended"] = []
        else:
            change = json.loads(files[1].read_bytes())
        if lie != "missing":
            target.write_text(json.dumps(change, sort_keys=True, separators=(",", ":")))
        found = stranger(grown, dev, tmp_path).finding("cases")
        expected = Code.CASE_HEADS_MISSING if lie == "missing" else Code.CASE_HEADS_INVALID
        assert found.reason == expected

    def test_a_node_that_leaves_out_an_event_fails(self, grown: World, dev: DevChain) -> None:
        from dataclasses import replace

        log, side = row(grown), chain_side(grown, dev)
        told = replace(side, history=replace(side.history, events=side.history.events[:-1]))
        with grown.ctx.engine.connect() as connection:
            done = log_audit.audit(OwnLog(connection, log), key=log.note_key, chain=told)
        assert done.finding("chain").reason == Code.EVENTS_DIFFER

    def test_rows_that_were_altered_fail(self, grown: World, dev: DevChain) -> None:
        with grown.ctx.engine.begin() as connection:
            connection.execute(sa.text("UPDATE log_tiles SET data = zeroblob(32) WHERE level = 1"))
        assert own(grown, dev).finding("signed").reason == Code.ROWS_DAMAGED
