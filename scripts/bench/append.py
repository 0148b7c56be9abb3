"""Durable append to the log beside bare inserts of as many rows: SQLite in both, WAL, every commit synchronised.

Ours hashes the entries into the tree, writes entry bundles and tiles, signs the checkpoint and commits. The bare loop
inserts the same entries, a row each, under the same pragmas, in as many transactions, through `sqlite3` itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from harness import Row, Target, alternate, clock, scratch
from tree import entries

from notary.log import ledger, merkle
from notary.log.notekey import NoteKey
from notary.store import metadata
from portal.database import open_engine, sqlite_url

BATCH = 2_000  # claims that one transaction of a seal appends at most
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")  # as portal.database has them


def measure(quick: bool) -> Iterator[Row]:
    yield compare(20_000 if quick else 100_000, BATCH, Target("at least", 0.7))
    yield compare(200 if quick else 1_000, 1, None)


def compare(count: int, batch: int, target: Target | None) -> Row:
    """Rows a second, ours and theirs, with `batch` rows in a transaction."""
    data = entries(count)
    batches = [data[at : at + batch] for at in range(0, count, batch)]
    with scratch("append") as folder:
        turn = iter(range(1000))
        ours, bare = alternate(
            5,
            lambda: append(folder / f"ours{next(turn)}", batches),
            lambda: insert(folder / f"bare{next(turn)}", batches),
        )
    what = f"durable append of {count:,} entries, {batch:,} in a transaction"
    return Row(what, count / ours, "bare sqlite3 inserts", count / bare, "rows/s", target)


def append(folder: Path, batches: list[list[bytes]]) -> float:
    folder.mkdir()
    key = NoteKey.create(folder / "key", "tallystick.local/bench")
    engine = open_engine(sqlite_url(folder / "log.sqlite"))
    metadata.create_all(engine)
    ledger.ensure_log(engine, key, 0)

    def work() -> None:
        for batch in batches:
            with ledger.write(engine) as connection:
                ledger.append(connection, ledger.lock(connection, key), key, batch, 0)

    seconds = clock(work)
    with engine.connect() as connection:
        head = ledger.head(connection, ledger.log_of(connection, key).id)
    if head is None or head.root != merkle.root(merkle.leaf_hashes([entry for batch in batches for entry in batch])):
        raise SystemExit("append: the log's root is not that of its entries")
    engine.dispose()
    return seconds


def insert(folder: Path, batches: list[list[bytes]]) -> float:
    folder.mkdir()
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE entries (idx INTEGER PRIMARY KEY, data BLOB NOT NULL)")

    def work() -> None:
        index = 0
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO entries VALUES (?, ?)", list(enumerate(batch, index)))
            connection.execute("COMMIT")
            index += len(batch)

    seconds = clock(work)
    connection.close()
    return seconds
