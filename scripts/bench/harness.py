"""What every benchmark here shares: alternated runs, rows of a table, the places where peers live.

A benchmark is a module with `measure(quick) -> Iterator[Row]`. Nothing here is a test: a row says what was measured in
this run, on this machine, beside a peer or a physical limit that ran in turns with it.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
PEER_PYTHON = BENCH / "venv/bin/python"
PEER_NPM = BENCH / "npm/node_modules"

AtMost = Literal["at most"]
AtLeast = Literal["at least"]


@dataclass(frozen=True)
class Target:
    """A bound on the ratio, on our own figure, or on how far both are apart."""

    rule: AtMost | AtLeast
    bound: float
    of: Literal["ratio", "ours", "difference"] = "ratio"

    def is_reached(self, value: float) -> bool:
        return value <= self.bound if self.rule == "at most" else value >= self.bound


@dataclass(frozen=True)
class Row:
    """One comparison.

    what    what was done
    ours    our figure, in `unit`
    peer    whom it stands beside
    theirs  the peer's figure, in `unit`
    unit    "s", "ms", "MB", "gas" or "rows/s"
    target  what we want to reach; None where the figure is only for information
    """

    what: str
    ours: float
    peer: str
    theirs: float
    unit: str
    target: Target | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else float("inf")

    @property
    def reached(self) -> bool | None:
        if self.target is None:
            return None
        values = {"ratio": self.ratio, "ours": self.ours, "difference": abs(self.ours - self.theirs)}
        return self.target.is_reached(values[self.target.of])


def clock(work: Callable[[], object]) -> float:
    """Seconds that one call takes in Python as it comes; what lies about before is collected first."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    del result
    return seconds


def alternate(rounds: int, *contestants: Callable[[], float]) -> list[float]:
    """Best seconds of each contestant: every round runs all of them in turn, so that a busy moment meets all alike.

    A contestant returns the seconds it took, because some of them measure themselves in another process.
    """
    times: list[list[float]] = [[] for _ in contestants]
    for turn in range(rounds):
        order = range(len(contestants)) if turn % 2 == 0 else reversed(range(len(contestants)))
        for i in order:
            times[i].append(contestants[i]())
    return [min(each) for each in times]


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder below .bench, on the checkout's own disk, gone afterwards."""
    BENCH.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=BENCH))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def child_environment() -> dict[str, str]:
    """For programs that are measured: no colours, byte code kept as for users, nothing of this process's settings."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def run(*argv: str | Path, status: int = 0) -> float:
    """Seconds that a program takes from start to end; another exit status than `status` ends the benchmark."""
    environment = child_environment()
    done: list[subprocess.CompletedProcess[bytes]] = []
    seconds = clock(lambda: done.append(subprocess.run(argv, capture_output=True, env=environment, check=False)))
    if done[0].returncode != status:
        raise SystemExit(f"{argv[0]} failed: {(done[0].stderr or done[0].stdout).decode(errors='replace')}")
    return seconds
