"""Makes and renews evidence records, to be killed while it does; see support/killing.py."""

from __future__ import annotations

import random
import time
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context
from support.stamper import Stamper

from notary.records import record_rows, renewals
from notary.records.algorithms import default_policy

HASHES = ("sha256", "sha512", "sha3_256", "sha3_512")
STAMPER = Stamper()  # one for all workers, which are forked from here


def stamp(data: bytes, hash_name: str) -> bytes:
    return STAMPER.stamp_data(data, hash_name, int(time.time()))


def job(workspace: str, files: str, root: str) -> None:
    Path(root).write_bytes(STAMPER.root_der)
    chance = random.Random(time.time_ns())
    ctx = open_context(Path(workspace), lambda: int(time.time()))
    if not record_rows.records_of(ctx, "acme"):
        renewals.create(ctx, "acme", stamp)
    for _ in range(4):
        used = HASHES.index(record_rows.records_of(ctx, "acme")[0].hash_name)
        if used < len(HASHES) - 1 and chance.random() < 0.05:
            renewals.renew_trees(ctx, "acme", HASHES[used + 1], [files], stamp, default_policy())
        else:
            renewals.renew_stamps(ctx, "acme", stamp)


if __name__ == "__main__":
    serve(job)
