"""The log in rows: appends against the in-memory tree, tiles as C2SP has them, export, memory of export."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.notaryworld import World, world

from notary.log import checkpoint, ledger, log_export, merkle, tiles
from notary.log.checkpoint import SignedCheckpoint
from notary.log.notekey import NoteKey
from notary.log.tiles import TileId
from notary.sealing.seal import seal
from notary.service_errors import LogBusy, LogDamaged, LogUnknown
from notary.store import logs
from portal.database import open_engine


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, case=None) as made:
        yield made


def append(w: World, entries: list[bytes]) -> ledger.Head:
    with ledger.write(w.ctx.engine) as connection:
        return ledger.append(connection, ledger.lock(connection, w.ctx.note_key), w.ctx.note_key, entries, w.clock())


def row(w: World) -> ledger.LogRow:
    with w.ctx.engine.connect() as connection:
        return ledger.log_of(connection, w.ctx.note_key)


class TestAppend:
    @pytest.mark.parametrize(
        "sizes", [[1], [255, 1], [256], [257], [1, 255, 1], [300, 300], [65_535, 1], [65_536], [65_537, 2]]
    )
    def test_append_gives_the_root_of_the_tree_in_memory_at_every_tile_boundary(
        self, w: World, sizes: list[int]
    ) -> None:
        entries: list[bytes] = []
        for size in sizes:
            batch = [os.urandom(8) for _ in range(size)]
            entries += batch
            head = append(w, batch)
            assert (head.size, head.root) == (len(entries), merkle.root(list(merkle.leaf_hashes(entries))))
        with w.ctx.engine.connect() as connection:
            assert list(ledger.audit(connection, row(w))) == []

    def test_append_signs_each_head_with_the_logs_key(self, w: World) -> None:
        note = SignedCheckpoint.from_text(append(w, [b"a"]).note)
        assert (note.checkpoint.origin, note.checkpoint.size) == (w.ctx.note_key.origin, 1)
        checkpoint.verify(note, w.ctx.note_key.public)

    def test_append_of_random_batches_serves_every_inclusion_and_consistency_proof(self, w: World) -> None:
        rng = random.Random(7)
        entries: list[bytes] = []
        heads: list[ledger.Head] = []
        while len(entries) < 1200:
            batch = [rng.randbytes(8) for _ in range(rng.randrange(1, 200))]
            entries += batch
            heads.append(append(w, batch))
        with w.ctx.engine.connect() as connection:
            node_at = ledger.node_reader(connection, row(w).id)
            last = heads[-1]
            for index in rng.sample(range(last.size), 200):
                path = merkle.inclusion_path(index, last.size, node_at)
                merkle.verify_inclusion(merkle.leaf_hash(entries[index]), index, last.size, path, last.root)
            for old in heads:
                proof = ledger.consistency(connection, row(w).id, old.size, last.size)
                merkle.verify_consistency(old.size, last.size, old.root, last.root, proof)

    def test_append_that_fails_leaves_nothing_behind(self, w: World) -> None:
        append(w, [b"a"])
        with pytest.raises(ZeroDivisionError), ledger.write(w.ctx.engine) as connection:
            ledger.append(connection, ledger.lock(connection, w.ctx.note_key), w.ctx.note_key, [b"b"] * 300, 1)
            raise ZeroDivisionError
        assert append(w, [b"c"]).root == merkle.root(list(merkle.leaf_hashes([b"a", b"c"])))

    def test_write_raises_busy_when_the_lock_is_held_too_long(self, w: World) -> None:
        impatient = open_engine(w.ctx.engine.url.render_as_string())
        sa.event.listen(impatient.pool, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=50"))
        with w.ctx.engine.begin(), pytest.raises(LogBusy), ledger.write(impatient):
            raise AssertionError("two writers at once")
        impatient.dispose()

    def test_write_passes_on_an_error_of_the_database_that_nobody_expects(self, w: World) -> None:
        caught = pytest.raises(sa.exc.OperationalError, match="no such table")
        with caught as info, ledger.write(w.ctx.engine) as connection:
            connection.exec_driver_sql("SELECT 1 FROM nowhere")
        assert info.value.__cause__ is not info.value


class TestLogRow:
    def test_log_of_refuses_a_workspace_without_a_log(self, w: World) -> None:
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.delete(logs))
        with pytest.raises(LogUnknown):
            row(w)

    def test_ensure_log_keeps_the_log_that_is_there(self, w: World) -> None:
        assert ledger.ensure_log(w.ctx.engine, w.ctx.note_key, 5) == row(w)

    def test_log_of_refuses_another_key_under_the_same_origin(self, w: World, tmp_path: Path) -> None:
        other = NoteKey.create(tmp_path / "other.key", w.ctx.note_key.origin)
        with pytest.raises(LogDamaged, match="note key"):
            ledger.ensure_log(w.ctx.engine, other, 5)


class TestTiles:
    def test_export_writes_exactly_the_files_that_c2sp_names(self, w: World, tmp_path: Path) -> None:
        entries = [b"%d" % i for i in range(600)]
        append(w, entries)
        head = log_export.export(w.ctx.engine, row(w), tmp_path / "out")
        assert head is not None
        found = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file()}
        assert found == {
            "checkpoint",
            *("tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"),
            *("tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"),
        }
        assert (tmp_path / "out" / "checkpoint").read_text(encoding="utf-8") == head.note
        bundle = (tmp_path / "out" / "tile/entries/002.p/88").read_bytes()
        assert tiles.decode_bundle(bundle) == entries[512:]
        level0 = b"".join((tmp_path / "out" / f"tile/0/{name}").read_bytes() for name in ("000", "001", "002.p/88"))
        assert level0 == b"".join(merkle.leaf_hashes(entries))
        assert (tmp_path / "out" / "tile/1/000.p/2").read_bytes() == b"".join(
            merkle.root(list(merkle.leaf_hashes(entries[start : start + 256]))) for start in (0, 256)
        )

    def test_a_client_rebuilds_the_root_from_exported_tiles_alone(self, w: World, tmp_path: Path) -> None:
        append(w, [os.urandom(8) for _ in range(70_000)])
        head = log_export.export(w.ctx.engine, row(w), tmp_path)
        assert head is not None

        def read_tile(level: int, index: int) -> bytes:
            width = min(tiles.WIDTH, (head.size >> (8 * level)) - index * tiles.WIDTH)
            return (tmp_path / TileId(level, index, width).path()).read_bytes()

        assert merkle.range_hash(0, head.size, tiles.node_reader(read_tile)) == head.root

    def test_export_again_keeps_full_tiles_and_adds_new_ones(self, w: World, tmp_path: Path) -> None:
        append(w, [b"a"] * 300)
        log_export.export(w.ctx.engine, row(w), tmp_path)
        kept = (tmp_path / "tile/0/000").stat().st_ino
        append(w, [b"b"] * 300)
        log_export.export(w.ctx.engine, row(w), tmp_path)
        assert (tmp_path / "tile/0/000").stat().st_ino == kept
        assert (tmp_path / "tile/0/002.p/88").exists()

    def test_export_of_an_empty_log_is_nothing(self, w: World, tmp_path: Path) -> None:
        assert log_export.export(w.ctx.engine, row(w), tmp_path / "out") is None
        assert not (tmp_path / "out").exists()

    def test_tile_bytes_serves_every_partial_width_that_exists_and_no_other(self, w: World) -> None:
        append(w, [b"%d" % i for i in range(300)])
        with w.ctx.engine.connect() as connection:
            log_id = row(w).id

            def served(tile: TileId) -> int | None:
                data = ledger.tile_bytes(connection, log_id, 300, tile)
                return None if data is None else len(data)

            assert served(TileId(0, 0)) == 8192
            assert served(TileId(0, 1, 44)) == 44 * 32
            assert served(TileId(0, 1, 1)) == 32
            assert served(TileId(0, 1, 45)) is None
            assert served(TileId(0, 1)) is None
            assert served(TileId(0, 2, 1)) is None
            assert served(TileId(1, 0, 1)) == 32
            assert served(TileId(1, 0, 2)) is None
            assert served(TileId(2, 0, 1)) is None
            assert served(TileId(None, 1, 44)) is not None
            assert served(TileId(None, 1, 45)) is None

    def test_tile_bytes_refuses_a_bundle_that_is_cut_off(self, w: World) -> None:
        append(w, [b"%d" % i for i in range(300)])
        with w.ctx.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE log_tiles SET data = substr(data, 1, 700) WHERE level = -1 AND idx = 0")
            assert ledger.tile_bytes(connection, row(w).id, 300, TileId(None, 0)) is None


def test_sealed_claims_are_in_the_exported_bundles(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])
        log_export.export(w.ctx.engine, row(w), tmp_path / "out")
        entries = tiles.decode_bundle((tmp_path / "out/tile/entries/000.p/4").read_bytes())
        assert [b'"t":"claim"' in entry for entry in entries] == [True, True, True, False]
