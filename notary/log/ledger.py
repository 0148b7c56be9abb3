"""The append-only log in rows: entries, tiles and the signed checkpoint are written in one transaction.

The log's row is its lock: `lock` is the first thing a writing transaction does, so that appends follow one another
(PostgreSQL locks the row, SQLite's BEGIN IMMEDIATE the database). Appending needs the tree's right edge only, which is
read from the tiles and compared with the last checkpoint, so damaged rows are found before anything is built on them.

States of a log (store.LOG_*): open -> behind, forked (found by anchoring; nothing is sealed any more), behind ->
recovered -> open (notary/log/log_recovery.py), any of them -> closed; waiting -> open (notary/log/succession.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from notary.errors import TileInvalid
from notary.log import merkle, tiles
from notary.log.merkle import Frontier, NodeAt
from notary.log.tiles import TileId
from notary.service_errors import DatabaseUnwritable, LogBusy, LogDamaged, LogNotOpen, LogUnknown
from notary.store import LOG_OPEN, checkpoints, log_tiles, logs

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection, Engine

    from notary.log.notekey import NoteKey

MAX_KEPT_TILES = 512  # by one reader: 4 MiB
MAX_KEPT_NODES = 16_384  # by one reader: 3 MiB; a node within a tile takes up to 255 hashes to compute
_NO_TILE = b""
_BUSY = ("55P03", "40P01")  # PostgreSQL: waited too long for a lock; waited for another that waits for it
_UNWRITABLE = ("is full", "No space left", "disk I/O error", "readonly database")  # SQLite's words, PostgreSQL's


@dataclass(frozen=True, slots=True)
class LogRow:
    """A log as its row says.

    id            of the row
    size          entries
    state         store.LOG_*
    chain_log_id  32 bytes, the log's id in the EvidenceLog contract; None before it was created there
    contract      20 bytes, or None
    appender      20 bytes, the account that appends; None: the operator's
    follows       row id of the log that gave way to this one
    kept          once closed: entries that heads on the chain cover
    """

    id: int
    origin: str
    note_key: bytes
    size: int
    state: str
    chain_salt: bytes
    chain_log_id: bytes | None
    chain_id: int | None
    contract: bytes | None
    appender: bytes | None = None
    follows: int | None = None
    kept: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint of the log: size, root (32 bytes), and the signed note's text."""

    size: int
    root: bytes
    note: str


_COLUMNS = (
    logs.c.id,
    logs.c.origin,
    logs.c.note_key,
    logs.c.size,
    logs.c.state,
    logs.c.chain_salt,
    logs.c.chain_log_id,
    logs.c.chain_id,
    logs.c.contract,
    logs.c.appender,
    logs.c.follows,
    logs.c.kept,
)

# Statements of each append, built once: running one takes SQLAlchemy 20 us, building it first 80 us.
_P = sa.bindparam
_LOG = sa.select(*_COLUMNS).where(logs.c.origin == _P("origin"))
_LOCK = _LOG.with_for_update()
_THIS_TILE = (log_tiles.c.log_id == _P("log"), log_tiles.c.level == _P("of_level"), log_tiles.c.idx == _P("at"))
_TILE = sa.select(log_tiles.c.data).where(*_THIS_TILE)
_GROW_TILE = sa.update(log_tiles).where(*_THIS_TILE).values(data=_P("grown"))
_BUNDLES = (
    sa.select(log_tiles.c.idx, log_tiles.c.data)
    .where(
        log_tiles.c.log_id == _P("log"),
        log_tiles.c.level == tiles.BUNDLE,
        log_tiles.c.idx >= _P("first"),
        log_tiles.c.idx < _P("end"),
    )
    .order_by(log_tiles.c.idx)
)
_HEADS = sa.select(checkpoints.c.size, checkpoints.c.root, checkpoints.c.note).where(checkpoints.c.log_id == _P("log"))
_NEWEST_HEAD = _HEADS.order_by(checkpoints.c.size.desc()).limit(1)
_HEAD_OF = _HEADS.where(checkpoints.c.size == _P("of_size"))
_NEW_HEAD = sa.insert(checkpoints)
_GROW_LOG = sa.update(logs).where(logs.c.id == _P("log")).values(size=_P("grown"))


def ensure_log(engine: Engine, key: NoteKey, at: int) -> LogRow:
    """The log of this note key; made, empty, when there is none.

    Raises LogDamaged if its origin is taken by another key.
    """
    with write(engine) as connection:
        row = connection.execute(sa.select(logs.c.note_key).where(logs.c.origin == key.origin)).first()
        if row is None:
            connection.execute(
                sa.insert(logs).values(
                    origin=key.origin,
                    note_key=key.public,
                    size=0,
                    state=LOG_OPEN,
                    chain_salt=secrets.token_bytes(32),
                    created_at=at,
                )
            )
        return log_of(connection, key)


def log_of(connection: Connection, key: NoteKey) -> LogRow:
    """The row of this key's log.  Raises LogUnknown, LogDamaged."""
    return _log_row(connection, key, _LOG)


def lock(connection: Connection, key: NoteKey) -> LogRow:
    """The row of this key's log, locked until the transaction ends.  Raises LogUnknown, LogDamaged."""
    return _log_row(connection, key, _LOCK)


def _log_row(connection: Connection, key: NoteKey, query: sa.Select[Any]) -> LogRow:
    row = connection.execute(query, {"origin": key.origin}).first()
    if row is None:
        raise LogUnknown(key.origin)
    if row.note_key != key.public:
        raise LogDamaged(row.size, f"the note key in log-key is not the one that {key.origin} was begun with")
    return LogRow(*row)


def log_by_id(connection: Connection, log_id: int) -> LogRow:
    """The row of one of the workspace's logs, whichever key signs for it.  Raises LogUnknown."""
    row = connection.execute(sa.select(*_COLUMNS).where(logs.c.id == log_id)).first()
    if row is None:
        raise LogUnknown(f"number {log_id}")
    return LogRow(*row)


def all_logs(connection: Connection) -> list[LogRow]:
    """All logs of the workspace, the oldest first: each but the first follows another."""
    return [LogRow(*row) for row in connection.execute(sa.select(*_COLUMNS).order_by(logs.c.id))]


def write(engine: Engine) -> AbstractContextManager[Connection]:
    """A writing transaction; waiting too long for the lock is LogBusy."""
    return _Write(engine)


class _Write:
    def __init__(self, engine: Engine) -> None:
        self._transaction = engine.begin()

    def __enter__(self) -> Connection:
        try:
            return self._transaction.__enter__()
        except OperationalError as exc:
            raise_named(exc)
            raise

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool | None:
        try:
            done = self._transaction.__exit__(kind, error, trace)  # type: ignore[arg-type]  # passed through as they came
        except OperationalError as exc:
            raise_named(exc)
            raise
        if isinstance(error, OperationalError):
            raise_named(error)
        return done


def raise_named(exc: OperationalError) -> None:
    """Raise the same as an error of ours, where it is one that people meet: LogBusy, DatabaseUnwritable. Nothing of the
    transaction was written.
    """
    text = str(exc.orig)
    if "locked" in text or getattr(exc.orig, "sqlstate", None) in _BUSY:
        raise LogBusy("the database was locked for too long") from exc
    if any(words in text for words in _UNWRITABLE):
        raise DatabaseUnwritable(text) from exc


def append(connection: Connection, log: LogRow, key: NoteKey, entries: Sequence[bytes], at: int) -> Head:
    """Append `entries` and sign the new head; call it once in a transaction, with the row that `lock` gave.

    entries  bytes of the log entries, at least one

    Raises LogNotOpen, LogDamaged.
    """
    if log.state != LOG_OPEN:
        raise LogNotOpen(log.origin, log.state)
    read_tile = _tile_reader(connection, log.id)
    frontier = _frontier(connection, log, tiles.node_reader(read_tile))
    made = frontier.extend(merkle.leaf_hashes(entries))
    _grow_tiles(connection, log, [*tiles.bundle_growth(log.size, entries), *tiles.growth(made)], read_tile)
    note = key.sign(frontier.size, frontier.root).to_text()
    new = {"log_id": log.id, "size": frontier.size, "root": frontier.root, "note": note, "created_at": at}
    connection.execute(_NEW_HEAD, new)
    connection.execute(_GROW_LOG, {"log": log.id, "grown": frontier.size})
    return Head(frontier.size, frontier.root, note)


def _frontier(connection: Connection, log: LogRow, node_at: NodeAt) -> Frontier:
    """The right edge of the log, checked against its last checkpoint."""
    try:
        frontier = Frontier.from_nodes(log.size, node_at)
    except TileInvalid as exc:
        raise LogDamaged(log.size, str(exc)) from exc
    last = head(connection, log.id)
    if log.size and (last is None or (last.size, last.root) != (frontier.size, frontier.root)):
        raise LogDamaged(log.size, "its tiles do not lead to the root of its last checkpoint")
    return frontier


def _grow_tiles(
    connection: Connection, log: LogRow, grown: Sequence[tiles.TileGrowth], read_tile: Callable[[int, int], bytes]
) -> None:
    new = [tile for tile in grown if tile.offset == 0]
    if new:
        insert_rows(connection, log_tiles, [(log.id, tile.level, tile.index, tile.data) for tile in new])
    for tile in grown:
        if tile.offset:
            held = read_tile(tile.level, tile.index)
            if not _holds(tile, held):
                name = f"bundle {tile.index}" if tile.level == tiles.BUNDLE else f"tile {tile.level}/{tile.index}"
                raise LogDamaged(log.size, f"{name} has {len(held)} bytes, which are not {tile.offset}")
            place = {"log": log.id, "of_level": tile.level, "at": tile.index}
            connection.execute(_GROW_TILE, {**place, "grown": held + tile.data})


def _holds(tile: tiles.TileGrowth, held: bytes) -> bool:
    """Whether the stored tile or bundle has exactly what stands before the growth."""
    if tile.level != tiles.BUNDLE:
        return len(held) == tile.offset * merkle.HASH_SIZE
    try:
        return len(tiles.decode_bundle(held)) == tile.offset
    except TileInvalid:
        return False


def insert_rows(
    connection: Connection, table: sa.Table, rows: Sequence[tuple[object, ...]], names: Sequence[str] | None = None
) -> None:
    """Insert plain rows straight through the driver.

    names  of the columns that the values are for, in their order; default: all of the table's

    Three times as fast as an insert of dictionaries, which goes through SQLAlchemy's handling of each value; the
    values here are integers, text and bytes, which both drivers take as they are.
    """
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    columns = names or [column.name for column in table.columns]
    marks = ", ".join([mark] * len(columns))
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  # our own names
    connection.exec_driver_sql(statement, list(rows))


def head(connection: Connection, log_id: int, size: int | None = None) -> Head | None:
    """The newest checkpoint, or the one of exactly `size` entries; None where there is none."""
    if size is None:
        row = connection.execute(_NEWEST_HEAD, {"log": log_id}).first()
    else:
        row = connection.execute(_HEAD_OF, {"log": log_id, "of_size": size}).first()
    return None if row is None else Head(*row)


def root_at(connection: Connection, log_id: int, size: int) -> bytes:
    """The root of the log's first `size` entries, 32 bytes, from its tiles; 0 <= size <= the log's.

    Raises LogDamaged where that is not the root that was signed for this size, or tiles are damaged.
    """
    try:
        root = Frontier.from_nodes(size, node_reader(connection, log_id)).root
    except TileInvalid as exc:
        raise LogDamaged(size, str(exc)) from exc
    known = head(connection, log_id, size)
    if known is not None and known.root != root:
        raise LogDamaged(size, "its tiles do not lead to the root that was signed")
    return root


def node_reader(connection: Connection, log_id: int) -> NodeAt:
    """Complete nodes of the stored log, for proofs. Tiles and nodes read once are kept while the reader lives."""
    return lru_cache(MAX_KEPT_NODES)(tiles.node_reader(_tile_reader(connection, log_id)))


def _tile_reader(connection: Connection, log_id: int) -> Callable[[int, int], bytes]:
    kept: dict[tuple[int, int], bytes] = {}

    def read_tile(level: int, index: int) -> bytes:
        if (level, index) not in kept:
            if len(kept) >= MAX_KEPT_TILES:
                kept.clear()
            kept[level, index] = _tile(connection, log_id, level, index)
        return kept[level, index]

    return read_tile


def _tile(connection: Connection, log_id: int, level: int, index: int) -> bytes:
    data: bytes | None = connection.execute(_TILE, {"log": log_id, "of_level": level, "at": index}).scalar()
    return _NO_TILE if data is None else data


def consistency(connection: Connection, log_id: int, old: int, new: int) -> list[bytes]:
    """The RFC 9162 consistency proof from the head of `old` entries to the one of `new`; 0 < old <= new <= size."""
    return merkle.consistency_path(old, new, node_reader(connection, log_id))


def entries(connection: Connection, log_id: int, start: int, stop: int) -> list[bytes]:
    """Log entries [start, stop), as far as they exist.  Raises TileInvalid where a bundle is damaged."""
    first, end = start // tiles.WIDTH, -(-stop // tiles.WIDTH)
    found: list[bytes] = []
    for row in connection.execute(_BUNDLES, {"log": log_id, "first": first, "end": end}):
        before = row.idx * tiles.WIDTH
        found += tiles.decode_bundle(row.data)[max(0, start - before) : stop - before]
    return found


def tile_bytes(connection: Connection, log_id: int, size: int, tile: TileId) -> bytes | None:
    """A tile's or entry bundle's file, of the log at `size` entries, as C2SP tlog-tiles has it; None: no such tile."""
    level = tile.level or 0
    nodes = size >> (tiles.HEIGHT * level)
    if not 0 < tile.width <= min(tiles.WIDTH, nodes - tile.index * tiles.WIDTH):
        return None
    if tile.level is None:
        try:
            found = tiles.decode_bundle(_tile(connection, log_id, tiles.BUNDLE, tile.index))[: tile.width]
        except TileInvalid:
            return None
        return tiles.encode_bundle(found) if len(found) == tile.width else None
    data = _tile(connection, log_id, level, tile.index)[: tile.width * merkle.HASH_SIZE]
    return data if len(data) == tile.width * merkle.HASH_SIZE else None


def audit(connection: Connection, log: LogRow) -> Iterator[str]:
    """Recompute the whole log from its entries; yields what is wrong, nothing for a sound log."""
    frontier, start = Frontier(), 0
    known = {row.size: row.root for row in connection.execute(_roots(log.id))}
    for size in sorted(known):
        if size > start:
            try:
                frontier.extend(merkle.leaf_hashes(entries(connection, log.id, start, size)))
            except TileInvalid as exc:
                yield f"the entries below {size}: {exc}"
                return
            start = size
        if (frontier.size, frontier.root) != (size, known[size]):
            yield f"the checkpoint of {size} entries is not the root of its entries"
            return
    if start != log.size:
        yield f"the log says {log.size} entries, its last checkpoint {start}"
    try:
        if entries(connection, log.id, log.size, merkle.MAX_SIZE):
            yield f"the log says {log.size} entries, more are stored"
        if Frontier.from_nodes(log.size, node_reader(connection, log.id)).root != frontier.root:
            yield "its tiles do not lead to its root"
    except TileInvalid as exc:
        yield str(exc)


def _roots(log_id: int) -> sa.Select[tuple[int, bytes]]:
    return sa.select(checkpoints.c.size, checkpoints.c.root).where(checkpoints.c.log_id == log_id)
