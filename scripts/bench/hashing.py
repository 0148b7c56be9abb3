"""Hashing for a seal: one large file beside `openssl dgst -sha256`, many small ones beside a bare hashing loop."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from harness import Row, Target, alternate, child_environment, clock, scratch

from notary.sealing.hashing import FileDigests, hash_files


def measure(quick: bool) -> Iterator[Row]:
    with scratch("hashing") as folder:
        yield large_file(folder, (128 if quick else 1024) << 20)
        yield from small_files(folder, 1_000 if quick else 10_000)


def large_file(folder: Path, size: int) -> Row:
    path = folder / "large"
    block = random.Random(1).randbytes(1 << 20)
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    files = [(str(path), size)]
    command = ["openssl", "dgst", "-sha256", "-r", str(path)]
    theirs = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[
        0
    ]  # this warms the cache
    (ours,) = hash_files(files)
    if not isinstance(ours, FileDigests) or ours.sha256.hex() != theirs:
        raise SystemExit(f"hashing: openssl says {theirs}, we say {ours}")
    environment = child_environment()
    seconds, openssl = alternate(
        7,
        lambda: clock(lambda: hash_files(files)),
        lambda: clock(lambda: subprocess.run(command, check=True, capture_output=True, env=environment)),
    )
    path.unlink()
    what = f"SHA-256 of one file of {size >> 20} MiB, cache warm"
    return Row(what, seconds, "openssl dgst -sha256", openssl, "s", Target("at most", 1.1))


def small_files(folder: Path, count: int) -> Iterator[Row]:
    """Sizes as in a case folder: half below 4 KiB, some up to 64 KiB."""
    rand = random.Random(2)
    files: list[tuple[str, int]] = []
    for i in range(count):
        size = int(2 ** rand.uniform(8, 16))
        path = folder / f"{i:05}"
        path.write_bytes(rand.randbytes(size))
        files.append((str(path), size))
    time.sleep(0.1)  # a file just written is looked at twice, which is not what this measures
    expected = bare_loop(files)
    if [one.sha256 if isinstance(one, FileDigests) else one for one in hash_files(files)] != expected:
        raise SystemExit("hashing: the bare loop and we disagree")
    both, single, bare = alternate(
        7,
        lambda: clock(lambda: hash_files(files)),
        lambda: clock(lambda: hash_files(files, readers=1)),
        lambda: clock(lambda: bare_loop(files)),
    )
    cores = min(8, len(os.sched_getaffinity(0)))
    loop = "open, read, hashlib, in a loop"
    yield Row(f"SHA-256 of {count:,} small files, {cores} cores", both, loop, bare, "s")
    yield Row(f"SHA-256 of {count:,} small files, 1 core", single, loop, bare, "s")


def bare_loop(files: list[tuple[str, int]]) -> list[bytes]:
    digests = []
    for path, _ in files:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the barest loop there is
            digests.append(hashlib.sha256(file.read()).digest())
    return digests
