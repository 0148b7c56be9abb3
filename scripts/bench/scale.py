"""A log of up to ten million leaves in SQLite: what appending, proving and signing cost as it grows, and in how much
memory.

The log is built by `notary.log.ledger` itself, in a process of its own; another one opens it and measures: 1,000 leaves
appended in one durable transaction (the new checkpoint with it), an inclusion proof, a consistency proof, a checkpoint.
The peer is a log of 1,000 leaves in the same run: a cost that grows with the logarithm stays near it.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness import Row, Target, scratch

from notary.log import ledger, merkle
from notary.log.notekey import NoteKey
from notary.store import metadata
from portal.database import open_engine, sqlite_url

LEAVES = 1_000  # appended in one transaction
BATCH = 20_000  # in one transaction while the log is built
SAMPLES = 9
MEGABYTE = 1024  # the kernel counts KiB


def measure(quick: bool) -> Iterator[Row]:
    sizes = (1_000, 100_000) if quick else (1_000, 1_000_000, 10_000_000)
    with scratch("scale") as folder:
        found = {size: grown(folder, size) for size in sizes}
    base = found[sizes[0]]
    for size in sizes[1:]:
        here, of = found[size], f"log of {size:,} leaves"
        for name, what in NAMES.items():
            most = Target("at most", 50, "ours")
            yield Row(f"{of}: {what}", here[name], f"log of {sizes[0]:,}", base[name], "ms", most)
        most = Target("at most", 300, "ours")
        yield Row(f"{of}: peak memory of all that", here["rss"], f"log of {sizes[0]:,}", base["rss"], "MB", most)


NAMES = {
    "append": f"append {LEAVES:,} leaves, durable",
    "inclusion": "an inclusion proof",
    "consistency": "a consistency proof from a random head",
    "checkpoint": "a new checkpoint of one leaf more, durable",
}


def grown(folder: Path, size: int) -> dict[str, float]:
    """Grow the log in `folder` to `size`, then measure it; milliseconds, and megabytes at the peak."""
    child("build", folder, size)
    return child("measure", folder, size)


def child(task: str, folder: Path, size: int) -> dict[str, float]:
    import subprocess

    done = subprocess.run(
        [sys.executable, __file__, task, str(folder), str(size)], check=True, capture_output=True, text=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def entry(number: int) -> bytes:
    return b'{"c":"%064x","t":"claim"}' % number


def build(folder: Path, size: int) -> dict[str, float]:
    engine = open_engine(sqlite_url(folder / "log.sqlite"))
    metadata.create_all(engine)
    key = NoteKey.create(folder / "key", "tallystick.local/bench")
    begun = ledger.ensure_log(engine, key, 0).size
    while begun < size:
        with ledger.write(engine) as connection:
            count = min(BATCH, size - begun)
            ledger.append(connection, ledger.lock(connection, key), key, [entry(begun + i) for i in range(count)], 0)
        begun += count
    engine.dispose()
    return {}


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the best of a few runs."""
    times = []
    for _ in range(SAMPLES):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times) * 1000


def look(folder: Path, size: int) -> dict[str, float]:
    engine = open_engine(sqlite_url(folder / "log.sqlite"))
    key = NoteKey.create(folder / "key", "tallystick.local/bench")
    rng = random.Random(size)

    def append(count: int) -> None:
        with ledger.write(engine) as connection:
            log = ledger.lock(connection, key)
            ledger.append(connection, log, key, [entry(log.size + i) for i in range(count)], 0)

    def inclusion() -> None:
        with engine.connect() as connection:
            log = ledger.log_of(connection, key)
            index = rng.randrange(log.size)
            path = merkle.inclusion_path(index, log.size, ledger.node_reader(connection, log.id))
            head = ledger.head(connection, log.id)
            assert head is not None
            merkle.verify_inclusion(merkle.leaf_hash(entry(index)), index, log.size, path, head.root)

    def consistency() -> None:
        with engine.connect() as connection:
            log = ledger.log_of(connection, key)
            ledger.consistency(connection, log.id, rng.randrange(1, log.size), log.size)

    append(1)  # what a first statement costs is not the log's
    figures = {
        "append": best(lambda: append(LEAVES)),
        "inclusion": best(inclusion),
        "consistency": best(consistency),
        "checkpoint": best(lambda: append(1)),
    }
    engine.dispose()
    return figures | {"rss": peak_memory()}


def peak_memory() -> float:
    """Megabytes that this process held at most. (ru_maxrss would count what the process that started it held.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return peak / MEGABYTE


if __name__ == "__main__":
    task, where, how_many = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(build(where, how_many) if task == "build" else look(where, how_many)))
