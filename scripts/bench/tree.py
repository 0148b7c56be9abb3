"""A tree of 1,000,000 leaves in memory: its root and the proofs of all leaves, beside a bare loop and pymerkle."""

from __future__ import annotations

import json
import subprocess
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from harness import PEER_PYTHON, Row, Target, alternate, child_environment, clock

from notary.log import merkle

PEER = Path(__file__).parent / "peers/pymerkle_tree.py"


def entries(count: int) -> list[bytes]:
    """Log entries of the size that a seal appends; peers/pymerkle_tree.py makes the same."""
    return [b'{"c":"%064x","t":"claim"}' % i for i in range(count)]


def measure(quick: bool) -> Iterator[Row]:
    count = 50_000 if quick else 1_000_000
    data = entries(count)
    peer = pymerkle(count, proofs=True)
    tree, levels = our_tree(data), bare_levels(data)
    if not tree.root == levels[-1][0] == bytes.fromhex(str(peer["root"])):
        raise SystemExit("tree: the roots differ")
    if any(ours != tuple(bare) for ours, bare in zip(tree.inclusion_paths(), bare_paths(levels), strict=True)):
        raise SystemExit("tree: the proofs differ")
    ours, bare, build = alternate(
        4,
        lambda: min(clock(lambda: our_tree(data)) for _ in range(3)),
        lambda: min(clock(lambda: bare_levels(data)) for _ in range(3)),
        lambda: float(pymerkle(count, proofs=False)["build"]),
    )
    ours_proofs, bare_proofs = alternate(
        4,
        lambda: clock(lambda: deque(tree.inclusion_paths(), maxlen=0)),
        lambda: clock(lambda: deque(bare_paths(levels), maxlen=0)),
    )
    proofs = float(peer["proofs"])
    tree_of = f"tree of {count:,} leaves"
    loop, most, least = "bare hashlib loop", Target("at most", 1.5), Target("at most", 0.1)
    yield Row(f"{tree_of}: root", ours, loop, bare, "s", Target("at most", 1.3))
    yield Row(f"{tree_of}: root", ours, "pymerkle 7", build, "s", least)
    yield Row(f"{tree_of}: all proofs", ours_proofs, "bare loop", bare_proofs, "s", most)
    yield Row(f"{tree_of}: root and all proofs", ours + ours_proofs, loop, bare + bare_proofs, "s", most)
    yield Row(
        f"{tree_of}: root and all proofs",
        ours + ours_proofs,
        "pymerkle 7 (2 % of the proofs, scaled)",
        build + proofs,
        "s",
        least,
    )


def our_tree(data: list[bytes]) -> merkle.Tree:
    return merkle.Tree(merkle.leaf_hashes(data))


def bare_levels(data: list[bytes]) -> list[list[bytes]]:
    """RFC 9162's tree as one would write it down: what `hashlib` alone costs in Python."""
    levels = [[sha256(b"\x00" + entry).digest() for entry in data]]
    while len(below := levels[-1]) > 1:
        above = [sha256(b"\x01" + below[i] + below[i + 1]).digest() for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def bare_paths(levels: list[list[bytes]]) -> Iterator[list[bytes]]:
    below_root = levels[:-1]
    for leaf in range(len(levels[0])):
        path, index = [], leaf
        for level in below_root:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        yield path


def pymerkle(count: int, *, proofs: bool) -> dict[str, str | float]:
    """Seconds that pymerkle measures of itself, in its own environment: building, and all proofs (a sample, scaled)."""
    command = [str(PEER_PYTHON), str(PEER), str(count), "proofs" if proofs else "root"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=child_environment())
    answer: dict[str, str | float] = json.loads(done.stdout)
    return answer
