"""Write a log out for the public: tiles for any tlog-tiles client, and the case heads that a recovery needs.

    FOLDER/tile/...                C2SP tlog-tiles
    FOLDER/case-heads/INDEX.json   what each heads leaf changed (notary/log/case_changes.py)
    FOLDER/checkpoint              last, so that a reader who finds it finds what it covers

All of it is public: commitments, hashes, counts and blinded ids. What the checkpoint in the folder covers, full tiles
and case heads, never changes and is kept as it is; so that checkpoint must be of this log and be the root of its
beginning, and everything stands on the disk before a new one is written. Another log's folder, or one that holds more
than this log has, is refused: it may be the only copy.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from notary.errors import CheckpointInvalid, SignatureInvalid, TileInvalid
from notary.files import write_whole
from notary.log import head_rows, ledger, tiles
from notary.log.case_changes import CaseChange, change_of
from notary.log.checkpoint import MAX_BYTES as MAX_NOTE_BYTES
from notary.log.checkpoint import SignedCheckpoint, verify
from notary.log.ledger import Head, LogRow
from notary.log.merkle import Frontier
from notary.log.standing import Ended
from notary.log.tiles import TileId
from notary.service_errors import ExportRefused, LogDamaged
from notary.store import case_heads, heads

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine


def export(
    engine: Engine,
    log: LogRow,
    folder: str | os.PathLike[str],
    *,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Head | None:
    """Write one state of the log into `folder`; returns its head. None: the log is empty, nothing is written.

    advance  told (done, total) files

    Raises ExportRefused (nothing was written), LogDamaged, OSError.
    """
    root = Path(folder)
    with engine.connect() as connection:
        newest = ledger.head(connection, log.id)
        if newest is None:
            return None
        covered = _covered(connection, log, newest.size, root)
        changes = heads_leaves(connection, log.id, newest.size)
        wanted = list(tiles.tiles_of(newest.size))
        total = len(wanted) + len(changes)
        for done, tile in enumerate(wanted, 1):
            path = root / tile.path()
            if not (_full_in(tile, covered) and path.exists()):
                data = ledger.tile_bytes(connection, log.id, newest.size, tile)
                if data is None:
                    raise LogDamaged(newest.size, f"{tile.path()} is missing")
                write_whole(path, data)
            advance(done, total)
        for done, index in enumerate(changes, len(wanted) + 1):
            path = root / case_heads_path(index)
            if not (index < covered and path.exists()):
                change = case_change(connection, log.id, index)
                if change is None:
                    raise LogDamaged(newest.size, f"the heads leaf at {index} has no case heads")
                write_whole(path, change.to_bytes())
            advance(done, total)
        os.sync()  # one flush; each file and each folder on its own would take milliseconds
        write_whole(root / "checkpoint", newest.note.encode(), durable=True)
    return newest


def _covered(connection: Connection, log: LogRow, size: int, root: Path) -> int:
    """Entries of this log that the checkpoint in the folder covers; 0: there is none.  Raises ExportRefused."""
    try:
        with (root / "checkpoint").open("rb") as file:
            text = file.read(MAX_NOTE_BYTES + 1)
    except FileNotFoundError:
        return 0
    try:
        held = SignedCheckpoint.from_text(text.decode())
        if held.checkpoint.origin == log.origin:
            verify(held, log.note_key)
    except (CheckpointInvalid, SignatureInvalid, UnicodeDecodeError) as exc:
        raise ExportRefused(str(root), f"its checkpoint is none of this log: {exc}") from exc
    found = held.checkpoint
    if found.origin != log.origin:
        raise ExportRefused(str(root), f"it holds the log {found.origin}, not {log.origin}")
    if found.size > size:
        told = f"it holds {found.size} entries, the log has {size} here: `log recover` brings them back"
        raise ExportRefused(str(root), told)
    try:
        ours = Frontier.from_nodes(found.size, ledger.node_reader(connection, log.id)).root
    except TileInvalid as exc:
        raise LogDamaged(size, str(exc)) from exc
    if found.root != ours:
        told = f"at {found.size} entries it has root {found.root.hex()}, the log {ours.hex()}: another history"
        raise ExportRefused(str(root), told)
    return found.size


def _full_in(tile: TileId, size: int) -> bool:
    """Whether the tile is full in the log at `size` entries."""
    nodes = size >> (tiles.HEIGHT * (tile.level or 0))
    return tile.width == tiles.WIDTH and (tile.index + 1) * tiles.WIDTH <= nodes


def case_heads_path(index: int) -> str:
    """Where the change of the heads leaf at `index` lies in an exported log."""
    return f"case-heads/{index}.json"


def heads_leaves(connection: Connection, log_id: int, size: int) -> list[int]:
    """Places of the heads leaves among the first `size` entries, in order."""
    query = sa.select(heads.c.idx).where(heads.c.log_id == log_id, heads.c.idx < size).order_by(heads.c.idx)
    return list(connection.execute(query).scalars())


def case_change(connection: Connection, log_id: int, index: int) -> CaseChange | None:
    """What the heads leaf at `index` changed, from our rows; None: there is no such heads leaf."""
    mine = case_heads.c.log_id == log_id
    changed = head_rows.changed_at(connection, log_id, index)
    if not changed:
        return None
    ended: list[tuple[bytes, Ended]] = []
    for head in changed:
        before = connection.execute(
            sa.select(sa.func.max(case_heads.c.custody)).where(
                mine, case_heads.c.blinded == head.case, case_heads.c.idx < index
            )
        ).scalar()
        gone = head_rows.ended_between(connection, head.case, before or 0, head.custody)
        ended += ((head.case, one) for one in gone)
    return change_of(index, changed, ended)
