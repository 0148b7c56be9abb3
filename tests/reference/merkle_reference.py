"""RFC 9162, section 2.1, written down as it stands there: recursive, slow, nothing shared with notary.

Lists of entries (not hashes) go in. Used as the oracle for notary.log.merkle.
"""

from __future__ import annotations

from hashlib import sha256


def h(data: bytes) -> bytes:
    return sha256(data).digest()


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k = 2 * k
    return k


def mth(d: list[bytes]) -> bytes:
    """2.1.1: Merkle Tree Hash."""
    if len(d) == 0:
        return h(b"")
    if len(d) == 1:
        return h(b"\x00" + d[0])
    k = split(len(d))
    return h(b"\x01" + mth(d[:k]) + mth(d[k:]))


def path(m: int, d: list[bytes]) -> list[bytes]:
    """2.1.3.1: inclusion path of entry m."""
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: list[bytes]) -> list[bytes]:
    """2.1.4.1: consistency proof from the first m entries."""
    return subproof(m, d, True)


def subproof(m: int, d: list[bytes], b: bool) -> list[bytes]:
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def root_from_path(leaf: bytes, m: int, n: int, nodes: list[bytes]) -> bytes | None:
    """The root that a path of entry m among n leads to, by recursion on the tree's shape; None if it does not fit."""
    if n == 1:
        return leaf if not nodes else None
    if not nodes:
        return None
    k = split(n)
    if m < k:
        left = root_from_path(leaf, m, k, nodes[:-1])
        return None if left is None else h(b"\x01" + left + nodes[-1])
    right = root_from_path(leaf, m - k, n - k, nodes[:-1])
    return None if right is None else h(b"\x01" + nodes[-1] + right)


def roots_from_proof(m: int, n: int, old: bytes, nodes: list[bytes]) -> tuple[bytes, bytes] | None:
    """(old root, new root) that a consistency proof leads to, by recursion; None if it does not fit."""

    def walk(m: int, n: int, known: bool, rest: list[bytes]) -> tuple[bytes, bytes] | None:
        if m == n:
            if known:
                return (old, old) if not rest else None
            return (rest[0], rest[0]) if len(rest) == 1 else None
        if not rest:
            return None
        k = split(n)
        if m <= k:
            inner = walk(m, k, known, rest[:-1])
            return None if inner is None else (inner[0], h(b"\x01" + inner[1] + rest[-1]))
        inner = walk(m - k, n - k, False, rest[:-1])
        return None if inner is None else (h(b"\x01" + rest[-1] + inner[0]), h(b"\x01" + rest[-1] + inner[1]))

    return walk(m, n, True, list(nodes))
