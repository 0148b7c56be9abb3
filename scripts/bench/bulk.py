"""10,000 small files, from the folder to their receipts, beside python-opentimestamps.

Ours reads and hashes every file, makes a claim with separately salted fields for each, enters all in a durable log and
writes one bundle with the receipts of all. The peer does what `ots stamp` does before it asks a calendar: hash, one
nonce and one tree, and an .ots file beside every document, which is what ours is held against. What creating 10,000
files costs depends on the disk, so the peer is also measured with one file for all of its proofs, for information: a
program that writes no file for each document would do.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness import PEER_PYTHON, Row, Target, alternate, child_environment, clock, scratch

from notary.context import NotaryContext
from notary.custody.vault import Vault
from notary.log import ledger
from notary.log.notekey import NoteKey
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.store import metadata
from portal.database import open_engine, sqlite_url

PEER = Path(__file__).parent / "peers/ots_stamp_many.py"


def measure(quick: bool) -> Iterator[Row]:
    count = 1_000 if quick else 10_000
    with scratch("bulk") as folder:
        files = make(folder / "files", count)
        turn = iter(range(1000))
        ours, one, each = alternate(
            5,
            lambda: tallystick(folder / f"ours{next(turn)}", files, count),
            lambda: ots(files, folder / f"all{next(turn)}.ots"),
            lambda: ots(files, folder / f"each{next(turn)}"),
        )
    what = f"seal {count:,} small files, receipts included"
    yield Row(what, ours, "python-opentimestamps, all proofs in one file", one, "s")
    yield Row(what, ours, "python-opentimestamps, an .ots for each", each, "s", Target("at most", 1.0))


def make(folder: Path, count: int) -> Path:
    rng = random.Random(1)
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number:05}.txt").write_bytes(rng.randbytes(rng.randrange(256, 4096)))
    return folder


def tallystick(folder: Path, files: Path, count: int) -> float:
    folder.mkdir()
    key = NoteKey.create(folder / "key", "tallystick.local/bench")
    engine = open_engine(sqlite_url(folder / "log.sqlite"))
    metadata.create_all(engine)
    ledger.ensure_log(engine, key, 0)
    ctx = NotaryContext(engine, Vault.create(folder / "case-keys"), key, lambda: 1_800_000_000)
    cases.create_case(ctx, "case")

    def work() -> None:
        seal(ctx, "case", [files])
        receipts.export(ctx, "case", folder / "receipts", as_bundle=True)

    seconds = clock(work)
    (bundle,) = (folder / "receipts").iterdir()
    if bundle.read_bytes().count(b'"claim":') != count:
        raise SystemExit("bulk: a receipt is missing")
    engine.dispose()
    return seconds


def ots(files: Path, target: Path) -> float:
    """Seconds that the peer measures of itself."""
    command = [str(PEER_PYTHON), str(PEER), os.fspath(files), os.fspath(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=child_environment())
    return float(json.loads(done.stdout)["seconds"])
