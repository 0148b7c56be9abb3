"""A real IPFS node for tests and demo-like stories: scripts/ipfs-node, on a free port, with a repository of its own."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "scripts" / "ipfs-node"
START_SECONDS = 60


@dataclass(frozen=True)
class RunningNode:
    """api: http://127.0.0.1:PORT"""

    api: str
    process: subprocess.Popen[str]


def node_program() -> str | None:
    """A Node binary: TALLYSTICK_NODE, or the one on the path."""
    return os.environ.get("TALLYSTICK_NODE") or shutil.which("node")


def is_installed() -> bool:
    """Whether `npm ci` was run in scripts/ipfs-node and there is a Node to run it with."""
    return node_program() is not None and (FOLDER / "node_modules" / "ipfs-core").is_dir()


@contextmanager
def ipfs_node(repo: Path, port: int = 0) -> Iterator[RunningNode]:
    """Run the node until the block ends."""
    process = start(repo, port)
    try:
        yield process
    finally:
        stop(process)


def start(repo: Path, port: int = 0) -> RunningNode:
    """Start the node and wait until it answers."""
    program = node_program()
    if program is None:
        raise RuntimeError("there is no Node; scripts/setup gets one")
    repo.parent.mkdir(parents=True, exist_ok=True)
    log = repo.with_suffix(".log").open("ab")
    process = subprocess.Popen(
        [program, str(FOLDER / "ipfsd.mjs"), str(repo), str(port)],
        stdout=subprocess.PIPE,
        stderr=log,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    log.close()
    return RunningNode(_wait_until_ready(process), process)


def _wait_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and process.poll() is None:
            if ready.select(timeout=0.5):
                line = process.stdout.readline()
                if line.startswith("READY "):
                    return line.removeprefix("READY ").strip().rstrip("/")
    process.kill()
    process.wait()
    raise RuntimeError(f"the IPFS node did not start (exit code {process.returncode})")


def stop(node: RunningNode) -> None:
    """End the node in order, or, when it does not listen, at once."""
    if node.process.poll() is None:
        node.process.terminate()
    try:
        node.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        node.process.kill()
        node.process.wait()
    if node.process.stdout:
        node.process.stdout.close()
