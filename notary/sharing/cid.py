"""Content identifiers of files, computed here: a node is told what it must answer, and cannot choose.

A file is cut into chunks of 262,144 bytes, each a raw leaf. One chunk alone is the file; more are gathered 174 at a
time under UnixFS file nodes (dag-pb), level by level, until one is left: the "balanced" layout that Kubo and js-ipfs
build with `raw-leaves`, `chunker=size-262144`, `max-file-links=174`. An empty file is one empty raw leaf.

    CIDv1   0x01 || codec (0x55 raw, 0x70 dag-pb) || 0x12 0x20 || SHA-256 of the block (32 bytes); as text "b" || base32
    CAR v1  header (dag-cbor {roots: [CID], version: 1}), then blocks, each varint(length) || CID || data

Sources: multiformats/cid, ipld/specs dag-pb, ipfs/specs UNIXFS, ipld/specs CARv1. CIDs of only this kind are read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from notary.service_errors import StorageMismatch

CHUNK_BYTES = 262_144
WIDTH = 174  # links of one node
RAW, DAG_PB = 0x55, 0x70
CID_BYTES = 36
MAX_CHUNK_BYTES = 2 << 20  # the largest block that nodes exchange; ours are smaller
MAX_NODE_BYTES = 64 << 10  # 174 links take about 10 KB
MAX_LINKS = 1024

_UNIXFS_FILE = 2


@dataclass(frozen=True, slots=True)
class Cid:
    """A CIDv1 of SHA-256. codec is RAW or DAG_PB, digest has 32 bytes."""

    codec: int
    digest: bytes

    @classmethod
    def of(cls, codec: int, block: bytes | memoryview) -> Cid:
        return cls(codec, hashlib.sha256(block).digest())

    @classmethod
    def parse(cls, text: str) -> Cid:
        """From its base32 text.  Raises StorageMismatch for any other kind of CID."""
        if len(text) != 59 or text[0] != "b" or text != text.lower():
            raise StorageMismatch(text[:80], "is not a CIDv1 of SHA-256 in base32")
        try:
            raw = base64.b32decode(text[1:].upper() + "======")
        except (binascii.Error, ValueError) as exc:
            raise StorageMismatch(text, "is not base32") from exc
        parsed = cls.from_bytes(raw)
        if str(parsed) != text:
            raise StorageMismatch(text, "is not written canonically")
        return parsed

    @classmethod
    def from_bytes(cls, raw: bytes) -> Cid:
        """From its 36 bytes.  Raises StorageMismatch."""
        if len(raw) != CID_BYTES or raw[0] != 1 or raw[1] not in (RAW, DAG_PB) or raw[2:4] != b"\x12\x20":
            raise StorageMismatch(raw[:CID_BYTES].hex(), "is not a CIDv1 of SHA-256 over raw or dag-pb")
        return cls(raw[1], raw[4:])

    def __bytes__(self) -> bytes:
        return bytes((1, self.codec, 0x12, 0x20)) + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(bytes(self)).decode("ascii").lower().rstrip("=")


@dataclass(frozen=True, slots=True)
class Link:
    """A child as its parent sees it: total_size in blocks below it, file_size in bytes of the file."""

    cid: Cid
    total_size: int
    file_size: int


@dataclass(frozen=True, slots=True)
class Dag:
    """A file's tree: its root, the inner nodes (blocks, lowest level first), and how it was cut."""

    root: Cid
    size: int
    leaves: tuple[Cid, ...]
    nodes: tuple[tuple[Cid, bytes], ...]


class DagBuilder:
    """Feed a file's bytes, get its tree. Holds one chunk and 36 bytes for each chunk before it."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._leaves: list[Link] = []
        self._size = 0

    def update(self, data: bytes | memoryview) -> None:
        self._rest += data
        self._size += len(data)
        if len(self._rest) >= CHUNK_BYTES:
            whole = len(self._rest) - len(self._rest) % CHUNK_BYTES
            with memoryview(self._rest) as view:
                for at in range(0, whole, CHUNK_BYTES):
                    self._leaf(view[at : at + CHUNK_BYTES])
            del self._rest[:whole]

    def _leaf(self, chunk: bytes | bytearray | memoryview) -> None:
        size = len(chunk)
        self._leaves.append(Link(Cid(RAW, hashlib.sha256(chunk).digest()), size, size))

    def finish(self) -> Dag:
        """The tree of all that was fed."""
        if self._rest or not self._leaves:
            self._leaf(self._rest)
            self._rest = bytearray()
        nodes: list[tuple[Cid, bytes]] = []
        level = self._leaves
        while len(level) > 1:
            above: list[Link] = []
            for at in range(0, len(level), WIDTH):
                children = level[at : at + WIDTH]
                block = encode_node(children)
                cid = Cid.of(DAG_PB, block)
                nodes.append((cid, block))
                total = len(block) + sum(child.total_size for child in children)
                above.append(Link(cid, total, sum(child.file_size for child in children)))
            level = above
        return Dag(level[0].cid, self._size, tuple(leaf.cid for leaf in self._leaves), tuple(nodes))


def dag_of(chunks: Iterable[bytes]) -> Dag:
    """The tree of a file given in pieces of any size."""
    builder = DagBuilder()
    for chunk in chunks:
        builder.update(chunk)
    return builder.finish()


def encode_node(children: Sequence[Link]) -> bytes:
    """A UnixFS file node over `children` as a dag-pb block (links first, then data: its canonical order)."""
    links = b""
    for child in children:
        link = _field(1, bytes(child.cid)) + _field(2, b"") + _number(3, child.total_size)
        links += _field(2, link)
    sizes = b"".join(_number(4, child.file_size) for child in children)
    data = _number(1, _UNIXFS_FILE) + _number(3, sum(child.file_size for child in children)) + sizes
    return links + _field(1, data)


def decode_node(cid: Cid, block: bytes) -> list[Link]:
    """The children of a UnixFS file node, checked to be exactly what `encode_node` makes.  Raises StorageMismatch."""
    if len(block) > MAX_NODE_BYTES:
        raise StorageMismatch(str(cid), f"its node has {len(block)} bytes, more than {MAX_NODE_BYTES}")
    pairs: list[tuple[Cid, int]] = []
    sizes: list[int] = []
    for number, value in _fields(cid, block):
        if number == 2 and isinstance(value, bytes):
            parts = dict(_fields(cid, value))
            raw, total = parts.get(1), parts.get(3)
            if not isinstance(raw, bytes) or not isinstance(total, int):
                raise StorageMismatch(str(cid), "a link has no CID or no size")
            pairs.append((Cid.from_bytes(raw), total))
        elif number == 1 and isinstance(value, bytes):
            sizes = [size for field, size in _fields(cid, value) if field == 4 and isinstance(size, int)]
    if not 0 < len(pairs) <= MAX_LINKS or len(sizes) != len(pairs):
        raise StorageMismatch(str(cid), f"its node has {len(pairs)} links and {len(sizes)} sizes")
    children = [Link(child, total, size) for (child, total), size in zip(pairs, sizes, strict=True)]
    if encode_node(children) != block:
        raise StorageMismatch(str(cid), "its node is not a plain file node")
    return children


def car_header(root: Cid) -> bytes:
    """The first section of a CAR file with one root."""
    cid = b"\xd8\x2a\x58" + bytes((CID_BYTES + 1, 0)) + bytes(root)  # tag 42, byte string, identity multibase
    header = b"\xa2\x65roots\x81" + cid + b"\x67version\x01"
    return varint(len(header)) + header


def car_block(cid: Cid, block: bytes | memoryview) -> bytes:
    """One block's section of a CAR file."""
    return varint(CID_BYTES + len(block)) + bytes(cid) + bytes(block)


def car_size(dag: Dag) -> int:
    """Bytes of the CAR file that `car_stream` makes of `dag`."""
    last = dag.size - (len(dag.leaves) - 1) * CHUNK_BYTES
    full = len(varint(CID_BYTES + CHUNK_BYTES)) + CID_BYTES + CHUNK_BYTES
    leaves = (len(dag.leaves) - 1) * full + len(varint(CID_BYTES + last)) + CID_BYTES + last
    return len(car_header(dag.root)) + leaves + sum(len(car_block(cid, block)) for cid, block in dag.nodes)


def car_stream(dag: Dag, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The CAR file of `dag`: header, inner nodes, then the leaves.

    chunks  the file again, in pieces of exactly CHUNK_BYTES but the last; each is checked against its CID

    Raises StorageMismatch if the file is not the one that `dag` was made of.
    """
    yield car_header(dag.root)
    for cid, block in dag.nodes:
        yield car_block(cid, block)
    leaves = iter(dag.leaves)
    for chunk in chunks:
        leaf = next(leaves, None)
        if leaf is None or Cid.of(RAW, chunk) != leaf:
            raise StorageMismatch(str(dag.root), "the file changed since its identifier was computed")
        yield car_block(leaf, chunk)
    missing = sum(1 for _ in leaves)
    if missing == 1 and dag.size == 0:
        yield car_block(dag.root, b"")
    elif missing:
        raise StorageMismatch(
            str(dag.root), f"the file is shorter than when its identifier was computed ({missing} chunks)"
        )


def varint(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return bytes((number << 3,)) + varint(value)


def _fields(cid: Cid, data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message: numbers, or bytes."""

    def read_varint(at: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 63, 7):
            if at >= len(data):
                break
            byte, at = data[at], at + 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
        raise StorageMismatch(str(cid), "its node is cut off")

    at = 0
    while at < len(data):
        key, at = read_varint(at)
        value, at = read_varint(at)
        if key & 7 == 0:
            yield key >> 3, value
        elif key & 7 == 2 and at + value <= len(data):
            yield key >> 3, data[at : at + value]
            at += value
        else:
            raise StorageMismatch(str(cid), "its node is not a protocol buffer of the expected kind")
