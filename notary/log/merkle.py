"""Merkle trees as in RFC 9162, section 2.1: SHA-256, leaf prefix 00, node prefix 01, an odd last node is carried up.

Nodes are addressed as (level, index): the node covers entries [index << level, (index + 1) << level). A node is
*complete* when all of them exist; complete nodes never change, so they are what is stored, and all `node_at` gives.

    Tree       a whole tree in memory: root, any proof, all proofs
    Frontier   the right edge only (at most 64 hashes): append, get the new complete nodes and the root
    inclusion_path, consistency_path      proofs from stored nodes
    verify_inclusion, verify_consistency  return None or raise
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from notary.errors import ConsistencyInvalid, ProofInvalid

HASH_SIZE = 32
MAX_SIZE = 2**53 - 1  # entries: sizes travel as JSON integers
MAX_PATH = 53  # hashes in an inclusion proof: the height of a tree of MAX_SIZE
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeAt = Callable[[int, int], bytes]  # (level, index) -> 32 bytes of a complete node

_sha256 = hashlib.sha256
_PATH_BLOCK = 8  # 2**8 neighbouring paths share their upper part; as many as a tile has hashes


def leaf_hash(data: bytes) -> bytes:
    """32 bytes: SHA-256(0x00 || data)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes: SHA-256(0x01 || left || right), both of 32 bytes."""
    return _sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root hash over `leaf_hashes`, each of 32 bytes; of none it is SHA-256 of the empty string."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def _next_level(level: list[bytes]) -> list[bytes]:
    sha256, nodes = _sha256, iter(level)
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes, nodes, strict=False)]
    if len(level) & 1:
        above.append(level[-1])
    return above


class Tree:
    """A whole tree in memory. `levels[0]` are the leaf hashes, `levels[-1]` the root alone.

    The last entry of a level may stand for an incomplete node: the hash of what is there so far.
    """

    __slots__ = ("levels",)

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        self.levels: list[list[bytes]] = [list(leaf_hashes)]
        while len(self.levels[-1]) > 1:
            self.levels.append(_next_level(self.levels[-1]))

    @property
    def size(self) -> int:
        return len(self.levels[0])

    @property
    def root(self) -> bytes:
        return self.levels[-1][0] if self.levels[0] else EMPTY_ROOT

    def node_at(self, level: int, index: int) -> bytes:
        """The complete node (level, index); raises IndexError where there is none."""
        if (index + 1) << level > self.size:
            raise IndexError(f"node {index} of level {level} is not complete in a tree of {self.size}")
        return self.levels[level][index]

    def inclusion_path(self, index: int) -> list[bytes]:
        """Sibling hashes of entry `index`, leaf level first.  Raises ProofInvalid if there is no such entry."""
        if not 0 <= index < self.size:
            raise ProofInvalid(index, self.size, "there is no such entry")
        path: list[bytes] = []
        for level in self.levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        return path

    def inclusion_paths(self) -> Iterator[tuple[bytes, ...]]:
        """The paths of all entries in order; neighbours share the work, and one block at a time is held."""
        top = min(_PATH_BLOCK, len(self.levels) - 1)
        for block in range(len(self.levels[top])):
            paths = [tuple(self._upper_path(top, block))]
            for level in range(top - 1, -1, -1):
                paths = self._expand(paths, level, block << (top - level))
            yield from paths

    def _upper_path(self, level: int, index: int) -> Iterator[bytes]:
        for nodes in self.levels[level:-1]:
            if index ^ 1 < len(nodes):
                yield nodes[index ^ 1]
            index >>= 1

    def _expand(self, parents: list[tuple[bytes, ...]], level: int, first: int) -> list[tuple[bytes, ...]]:
        nodes = self.levels[level][first : first + 2 * len(parents)]
        paths: list[tuple[bytes, ...]] = [()] * len(nodes)
        odd = len(nodes) & 1
        last = parents[-1]
        if odd:  # carried up: the same path as its parent's
            parents = parents[:-1]
            paths[-1] = last
        end = len(nodes) - odd
        # Concatenation, not (right, *path): that one builds a list first and takes twice as long.
        paths[0:end:2] = [(right,) + path for right, path in zip(nodes[1:end:2], parents, strict=True)]  # noqa: RUF005
        paths[1:end:2] = [(left,) + path for left, path in zip(nodes[0:end:2], parents, strict=True)]  # noqa: RUF005
        return paths

    def consistency_path(self, old_size: int) -> list[bytes]:
        """The proof that this tree appended to its own first `old_size` entries.  Raises ConsistencyInvalid."""
        return consistency_path(old_size, self.size, self.node_at)


@dataclass(frozen=True, slots=True)
class NewNodes:
    """Complete nodes that an append made: `hashes[i]` is node (level, first + i)."""

    level: int
    first: int
    hashes: list[bytes]


class Frontier:
    """The right edge of a log: its size and the roots of its complete subtrees, largest first.

    size  entries so far
    edge  one hash of 32 bytes for each one-bit of `size`, highest bit first; this is all that must be kept to append
    """

    __slots__ = ("_left", "size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if not 0 <= size <= MAX_SIZE or len(edge) != size.bit_count() or any(len(h) != HASH_SIZE for h in edge):
            raise ValueError(f"a frontier of {size} entries needs {max(size, 0).bit_count()} hashes, not {len(edge)}")
        self.size = size
        levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
        self._left = dict(zip(levels, edge, strict=True))

    @classmethod
    def from_nodes(cls, size: int, node_at: NodeAt) -> Frontier:
        """The frontier of a stored log of `size` entries."""
        return cls(size, _edge(0, size, node_at))

    @property
    def edge(self) -> list[bytes]:
        return [self._left[level] for level in sorted(self._left, reverse=True)]

    @property
    def root(self) -> bytes:
        return _fold(self.edge)

    def copy(self) -> Frontier:
        return Frontier(self.size, self.edge)

    def extend(self, leaf_hashes: Sequence[bytes]) -> list[NewNodes]:
        """Append `leaf_hashes` (32 bytes each); returns the nodes that became complete, lowest level first."""
        made: list[NewNodes] = []
        nodes, first, level = list(leaf_hashes), self.size, 0
        while nodes:
            made.append(NewNodes(level, first, nodes))
            if first & 1:
                nodes = [self._left.pop(level), *nodes]
            pairs = len(nodes) & ~1
            if pairs < len(nodes):
                self._left[level] = nodes[-1]
                nodes = nodes[:pairs]
            nodes, first, level = _next_level(nodes), first >> 1, level + 1
        self.size += len(leaf_hashes)
        return made


def _edge(start: int, stop: int, node_at: NodeAt) -> list[bytes]:
    """Roots of the complete subtrees that make up entries [start, stop), largest first; start is aligned to them."""
    edge: list[bytes] = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        edge.append(node_at(level, start >> level))
        start += 1 << level
    return edge


def _fold(edge: Sequence[bytes]) -> bytes:
    if not edge:
        return EMPTY_ROOT
    result = edge[-1]
    for left in reversed(edge[:-1]):
        result = node_hash(left, result)
    return result


def range_hash(start: int, stop: int, node_at: NodeAt) -> bytes:
    """MTH over entries [start, stop), where `start` is a multiple of the smallest power of two >= stop - start."""
    return _fold(_edge(start, stop, node_at))


def inclusion_path(index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """Sibling hashes of entry `index` in the tree of the first `size` entries, leaf level first.

    node_at  gives complete nodes of 32 bytes

    Raises ProofInvalid if there is no such entry.  Source: RFC 9162, section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ProofInvalid(index, size, "there is no such entry")
    return list(_siblings(index, size, 0, node_at))


def _siblings(index: int, size: int, lowest: int, node_at: NodeAt) -> Iterator[bytes]:
    """The part of an inclusion path from level `lowest` on."""
    for level in range(lowest, (size - 1).bit_length()):
        start = ((index >> level) ^ 1) << level
        if start < size:
            yield range_hash(start, min(start + (1 << level), size), node_at)


class InclusionPaths:
    """Inclusion paths of many entries under one head, where neighbours share the work; one block of them is held.

    size     entries under the head
    node_at  gives complete nodes of 32 bytes
    """

    def __init__(self, size: int, node_at: NodeAt) -> None:
        self._size, self._node_at = size, node_at
        self._block, self._paths = -1, list[tuple[bytes, ...]]()

    def of(self, index: int) -> tuple[bytes, ...]:
        """As `inclusion_path`.  Raises ProofInvalid if there is no such entry."""
        if not 0 <= index < self._size:
            raise ProofInvalid(index, self._size, "there is no such entry")
        if index >> _PATH_BLOCK != self._block:
            self._read(index >> _PATH_BLOCK)
        return self._paths[index - (self._block << _PATH_BLOCK)]

    def _read(self, block: int) -> None:
        first = block << _PATH_BLOCK
        leaves = [self._node_at(0, i) for i in range(first, min(first + (1 << _PATH_BLOCK), self._size))]
        above = tuple(_siblings(first, self._size, _PATH_BLOCK, self._node_at))
        self._paths = [path + above for path in Tree(leaves).inclusion_paths()]
        self._block = block


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf` is entry `index` of the tree whose root hash is `root`.

    leaf   32 bytes, SHA-256(0x00 || entry)
    index  0 <= index < size
    size   entries under `root`
    path   sibling hashes of 32 bytes each, leaf level first; (index, size) fixes how many
    root   32 bytes

    Raises ProofInvalid.  Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofInvalid(index, size, "there is no such entry")
    if len(leaf) != HASH_SIZE or any(len(sibling) != HASH_SIZE for sibling in path):
        raise ProofInvalid(index, size, f"every hash must have {HASH_SIZE} bytes")
    fn, sn, result = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            raise ProofInvalid(index, size, f"the path of {len(path)} hashes is too long")
        if fn & 1 or fn == sn:
            result = node_hash(sibling, result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofInvalid(index, size, f"the path of {len(path)} hashes is too short")
    if result != root:
        raise ProofInvalid(index, size, f"the path leads to {result.hex()}, not to the root {root.hex()}")


def consistency_path(old_size: int, new_size: int, node_at: NodeAt) -> list[bytes]:
    """The proof that the tree of `new_size` entries starts with the tree of `old_size`.

    old_size  0 < old_size <= new_size; from an empty tree there is nothing to prove, so 0 is refused
    node_at   gives complete nodes of 32 bytes

    Raises ConsistencyInvalid.  Source: RFC 9162, section 2.1.4.1.
    """
    if not 0 < old_size <= new_size:
        raise ConsistencyInvalid(old_size, new_size, "the sizes must be 0 < old <= new")
    path: list[bytes] = []
    start, stop, known = 0, new_size, True  # known: the verifier has the hash of entries [start, old_size)
    while stop != old_size:
        split = start + (1 << (stop - start - 1).bit_length() - 1)
        if old_size <= split:
            path.append(range_hash(split, stop, node_at))
            stop = split
        else:
            path.append(range_hash(start, split, node_at))
            start, known = split, False
    if not known:
        path.append(range_hash(start, stop, node_at))
    return path[::-1]


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree with `new_root` has the tree with `old_root` as its beginning.

    old_size  0 < old_size <= new_size (0 is refused: the formula alone would let it pass for any root)
    path      hashes of 32 bytes each; the sizes fix how many

    Raises ConsistencyInvalid.  Source: RFC 9162, section 2.1.4.2.
    """

    def refuse(reason: str) -> ConsistencyInvalid:
        return ConsistencyInvalid(old_size, new_size, reason)

    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise refuse("the sizes must be 0 < old <= new")
    if any(len(digest) != HASH_SIZE for digest in path):
        raise refuse(f"every hash must have {HASH_SIZE} bytes")
    if old_size == new_size:
        if path:
            raise refuse("trees of the same size need no path")
        if old_root != new_root:
            raise refuse("two roots for the same size")
        return
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise refuse("the path is too short")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_result = new_result = hashes[0]
    for digest in hashes[1:]:
        if sn == 0:
            raise refuse(f"the path of {len(path)} hashes is too long")
        if fn & 1 or fn == sn:
            old_result = node_hash(digest, old_result)
            new_result = node_hash(digest, new_result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_result = node_hash(new_result, digest)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise refuse(f"the path of {len(path)} hashes is too short")
    if old_result != old_root:
        raise refuse(f"the path leads to the old root {old_result.hex()}, not to {old_root.hex()}")
    if new_result != new_root:
        raise refuse(f"the path leads to the new root {new_result.hex()}, not to {new_root.hex()}")


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes of many entries, as `leaf_hash` gives them one by one."""
    sha256 = _sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]
