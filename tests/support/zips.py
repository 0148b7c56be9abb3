"""Zips put together by hand, so that each part can say what it likes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Part:
    """An entry: what its header says, what lies behind its bytes, and (changed by `listed`) what the list says."""

    name: bytes
    data: bytes
    flags: int = 0
    method: int = 0
    packed: bytes | None = None
    crc: int | None = None
    sizes: tuple[int, int] | None = None
    extra: bytes = b""
    behind: bytes = b""
    attributes: int = 0o100644 << 16
    comment: bytes = b""
    disk: int = 0

    def body(self) -> bytes:
        return self.data if self.packed is None else self.packed

    def said(self) -> tuple[int, int, int]:
        sizes = (len(self.body()), len(self.data)) if self.sizes is None else self.sizes
        return (zlib.crc32(self.data) if self.crc is None else self.crc, *sizes)

    def local(self) -> bytes:
        head = struct.pack("<4s5H", b"PK\3\4", 20, self.flags, self.method, 0, 0x21)
        lengths = struct.pack("<2H", len(self.name), len(self.extra))
        return head + struct.pack("<3L", *self.said()) + lengths + self.name + self.extra + self.body() + self.behind

    def row(self, place: int) -> bytes:
        head = struct.pack("<4s6H", b"PK\1\2", 0x314, 20, self.flags, self.method, 0, 0x21)
        lengths = (len(self.name), len(self.extra), len(self.comment), self.disk, 0, self.attributes, place)
        return head + struct.pack("<3L5H2L", *self.said(), *lengths) + self.name + self.extra + self.comment


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def extra(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data


def end(count: int, length: int, place: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, place, 0)


def end64(count: int, length: int, place: int) -> bytes:
    """With its locator; where it lies follows from the list."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, place)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, place + length, 1)


def put_together(parts: Iterable[Part], listed: Mapping[int, Part] | None = None) -> tuple[bytes, bytes, int]:
    """The entries' bytes, their list, how many; the list says what `listed` has for a place instead."""
    out = rows = b""
    count = 0
    for part in parts:
        rows += (listed or {}).get(count, replace(part, extra=b"")).row(len(out))
        out += part.local()
        count += 1
    return out, rows, count


def zipped(parts: Iterable[Part], listed: Mapping[int, Part] | None = None) -> bytes:
    out, rows, count = put_together(parts, listed)
    return out + rows + end(count, len(rows), len(out))
