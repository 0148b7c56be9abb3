"""The log as C2SP tlog-tiles: tiles of 256 hashes, bundles of 256 entries, and their paths.

A tile (level, index) holds, in order, the complete nodes of tree level 8 * level from 256 * index on: 256 of them when
full, fewer at the right edge. Only nodes of levels 0, 8, 16, ... are stored; those between are computed from them.
A bundle holds the entries under one tile of level 0, each with its length before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from notary.errors import TileInvalid
from notary.log import merkle
from notary.log.merkle import HASH_SIZE, NewNodes, NodeAt

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 6  # 8 * 7 levels hold more than merkle.MAX_SIZE entries
MAX_ENTRY_BYTES = 0xFFFF  # the length prefix has two bytes
BUNDLE = -1  # in place of a level: not a tile but the entry bundle below level 0

_PATH = re.compile(r"tile/(entries|[0-6])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class TileId:
    """A tile or, where `level` is None, an entry bundle.

    index  counted from 0 within the level
    width  256 when full, 1 to 255 at the right edge
    """

    level: int | None
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """For example tile/0/x001/234.p/17."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        kind = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{'/'.join(reversed(groups))}{partial}"

    @classmethod
    def from_path(cls, path: str) -> TileId:
        """Raises TileInvalid unless `path` is one that `path()` gives."""
        match = _PATH.fullmatch(path)
        if match:
            level = None if match[1] == "entries" else int(match[1])
            tile = cls(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
            if tile.path() == path:
                return tile
        raise TileInvalid(f"not the path of a tile: {path[:80]!r}")


def tiles_of(size: int) -> Iterator[TileId]:
    """All tiles and bundles of a log of `size` entries, the partial ones at its edge included."""
    for level in (None, *range(MAX_LEVEL + 1)):
        nodes = size >> (HEIGHT * (level or 0))
        yield from (TileId(level, index) for index in range(nodes // WIDTH))
        if nodes % WIDTH:
            yield TileId(level, nodes // WIDTH, nodes % WIDTH)


@dataclass(frozen=True, slots=True)
class TileGrowth:
    """What to append to one tile or bundle.

    level, index  the tile; level BUNDLE is the entry bundle of this index
    offset        how many hashes, or entries, it holds already
    data          the new hashes, 32 bytes each, joined; or the new entries as in a bundle
    """

    level: int
    index: int
    offset: int
    data: bytes


def growth(made: Iterable[NewNodes]) -> Iterator[TileGrowth]:
    """What an append (`Frontier.extend`) adds to which tiles."""
    for nodes in made:
        if nodes.level % HEIGHT:
            continue
        start = 0
        while start < len(nodes.hashes):
            index, offset = divmod(nodes.first + start, WIDTH)
            part = nodes.hashes[start : start + WIDTH - offset]
            yield TileGrowth(nodes.level // HEIGHT, index, offset, b"".join(part))
            start += len(part)


def bundle_growth(first: int, entries: Sequence[bytes]) -> Iterator[TileGrowth]:
    """What appending `entries` to a log of `first` entries adds to which bundles.  Raises TileInvalid for long ones."""
    start = 0
    while start < len(entries):
        index, offset = divmod(first + start, WIDTH)
        part = entries[start : start + WIDTH - offset]
        yield TileGrowth(BUNDLE, index, offset, encode_bundle(part))
        start += len(part)


def node_reader(read_tile: Callable[[int, int], bytes]) -> NodeAt:
    """A `node_at` for `notary.log.merkle` over stored tiles.

    read_tile  (level, index) -> the tile's hashes joined, full or partial

    The reader raises TileInvalid where a tile is too short for the node asked for.
    """

    def node_at(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        count = 1 << inner  # a complete node is the root of this many hashes of the tile
        tile_index, offset = divmod(index * count, WIDTH)
        data = read_tile(tile_level, tile_index)
        if len(data) % HASH_SIZE or len(data) < (offset + count) * HASH_SIZE:
            raise TileInvalid(f"tile {tile_level}/{tile_index} has {len(data)} bytes, too few for node {level}/{index}")
        part = data[offset * HASH_SIZE : (offset + count) * HASH_SIZE]
        if count == 1:
            return part
        return merkle.root([part[i : i + HASH_SIZE] for i in range(0, len(part), HASH_SIZE)])

    return node_at


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Up to 256 log entries as an entry bundle: each with its length in two big-endian bytes before it."""
    if not 0 < len(entries) <= WIDTH:
        raise TileInvalid(f"an entry bundle has 1 to {WIDTH} entries, not {len(entries)}")
    too_long = next((len(entry) for entry in entries if len(entry) > MAX_ENTRY_BYTES), None)
    if too_long is not None:
        raise TileInvalid(f"a log entry has {too_long} bytes, at most {MAX_ENTRY_BYTES} are allowed")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle.  Raises TileInvalid when it is cut off or has none or more than 256."""
    entries: list[bytes] = []
    place = 0
    while place < len(data) and len(entries) <= WIDTH:
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        if place + 2 > len(data) or end > len(data):
            raise TileInvalid(f"the entry bundle is cut off within entry {len(entries)}")
        entries.append(data[place + 2 : end])
        place = end
    if not 0 < len(entries) <= WIDTH:
        raise TileInvalid(f"an entry bundle has 1 to {WIDTH} entries")
    return entries
