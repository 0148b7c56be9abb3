"""What a zip's list says is in it, and where each entry's bytes lie: one reading that every program has to share.

The form is PKWARE's APPNOTE 6.3.9, less all that programs could read differently: a zip is entries from its first byte
on, without a hole, then their list, then one end. What the list says of an entry, the header before its bytes says too.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Final

from notary.errors import BundleInvalid

MAX_ENTRIES: Final = 60_000  # 25,000 receipts' documents and records, and what else is in a bundle
STORED: Final = 0
DEFLATED: Final = 8
UTF8: Final = 0x800  # flag: the name is UTF-8
LATE: Final = 0x8  # flag: checksum and sizes follow the bytes
_MAX_LIST: Final = 64 * 1024 * 1024  # bytes of the list of entries
_MAX_TAIL: Final = 65_557  # bytes from an end record on, with the longest comment
_END: Final = struct.Struct("<4s4H2LH")  # disks, counts, the list's size and place, a comment's length
_LOCATOR: Final = struct.Struct("<4sLQL")  # before the end: where the end of a large zip is
_END64: Final = struct.Struct("<4sQ2H2L4Q")  # the end of a large zip
_ROW: Final = struct.Struct("<4s6H3L5H2L")  # of the list
_HEADER: Final = struct.Struct("<4s5H3L2H")  # before an entry's bytes
_PAIR: Final = struct.Struct("<2H")  # of an extra field: its kind, its length
_ONES: Final = (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF)
_WIDE: Final = 1  # kind of extra field: sizes and place of 64 bits
_OTHER_NAME: Final = 0x7075  # kind of extra field: another name, which some programs take and some do not


class ZipFault(StrEnum):
    """Why a zip is refused. Stable; `code` of the error's cause in a bundle's verdict."""

    NO_ZIP = "zip-unreadable"
    TOO_MANY = "zip-too-many-entries"
    TOO_LARGE = "zip-too-large"
    RATIO = "zip-bomb"
    OVERLAP = "zip-entries-overlap"
    LAYOUT = "zip-layout-unusual"
    ENCRYPTED = "zip-encrypted"
    PACKED = "zip-method-unknown"
    NAME = "zip-name-invalid"
    PATH = "zip-path-unsafe"
    LINK = "zip-not-a-file"
    TWICE = "zip-name-twice"
    CLASH = "zip-names-clash"
    DAMAGED = "zip-damaged"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list.

    name        as it stands there; not looked at yet
    crc         CRC-32 of the unpacked bytes
    packed      bytes in the zip
    size        bytes unpacked
    attributes  as the system of whoever made it has them; the upper half are Unix' mode
    place       of its header in the zip
    """

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    attributes: int
    place: int

    @property
    def shown(self) -> str:
        """The name for a message."""
        return repr(self.name[:100].decode(errors="replace"))


def read_list(file: IO[bytes]) -> tuple[list[Entry], int]:
    """The entries in the list's order, and the place where the list begins.

    Raises BundleInvalid: NO_ZIP, LAYOUT, TOO_MANY, NAME.
    """
    count, length, begin = _read_end(file)
    if count > MAX_ENTRIES or length > _MAX_LIST:
        detail = f"the zip lists {count} entries in {length} bytes; {MAX_ENTRIES} in {_MAX_LIST} are allowed"
        raise BundleInvalid(ZipFault.TOO_MANY, detail)
    file.seek(begin)
    data = file.read(length)
    entries: list[Entry] = []
    at = 0
    while at < length:
        if at + _ROW.size > length or not data.startswith(b"PK\1\2", at):
            raise BundleInvalid(ZipFault.NO_ZIP, f"the list of entries cannot be read behind entry {len(entries)}")
        (_, _, _, flags, method, _, _, crc, packed, size, *lengths, disk, _, attributes, place) = _ROW.unpack_from(
            data, at
        )
        parts = []
        at += _ROW.size
        for one in lengths:
            parts.append(data[at : at + one])
            at += one
        if at > length or disk:
            detail = f"entry {len(entries)} is longer than the list, or lies in another part of the zip"
            raise BundleInvalid(ZipFault.LAYOUT, detail)
        size, packed, place = _widened((size, packed, place), _extra(parts[1]))
        entries.append(Entry(parts[0], flags, method, crc, packed, size, attributes, place))
    if len(entries) != count:
        raise BundleInvalid(ZipFault.LAYOUT, f"the zip counts {count} entries and lists {len(entries)}")
    return entries, begin


def data_places(file: IO[bytes], entries: Sequence[Entry], begin: int) -> dict[int, int]:
    """Where the bytes of each entry begin, by the place of its header.

    begin  of the list, as `read_list` gives it

    Raises BundleInvalid: OVERLAP, LAYOUT (there is a hole), DAMAGED (a header says something else than the list), NAME.
    """
    ordered = sorted(entries, key=lambda entry: entry.place)
    places = [*(entry.place for entry in ordered), begin]
    if places[0]:
        raise BundleInvalid(ZipFault.LAYOUT, f"the first {places[0]} bytes of the zip are of no entry")
    found = {}
    for entry, after in zip(ordered, places[1:], strict=True):
        room = after - entry.place - _HEADER.size - entry.packed
        if room < 0:
            raise BundleInvalid(ZipFault.OVERLAP, f"{entry.shown} shares bytes of the zip with what follows it")
        used = _check_header(file, entry)
        found[entry.place] = entry.place + _HEADER.size + used
        if used > room:
            raise BundleInvalid(ZipFault.OVERLAP, f"{entry.shown} shares bytes of the zip with what follows it")
        file.seek(found[entry.place] + entry.packed)
        behind = file.read(min(room - used, 25))
        if behind not in (_late(entry) if entry.flags & LATE else (b"",)):
            raise BundleInvalid(ZipFault.LAYOUT, f"behind {entry.shown} are {room - used} bytes that are not its own")
    return found


def _read_end(file: IO[bytes]) -> tuple[int, int, int]:
    """How many entries the list has, its length and its place; all ends of the zip agree on them."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _MAX_TAIL))
    tail = file.read(_MAX_TAIL)
    if b"PK\5\6" not in tail:
        raise BundleInvalid(ZipFault.NO_ZIP, f"the file of {size} bytes is no zip: it has no end record")
    end = size - _END.size
    mark, *small, comment = _END.unpack(tail[-_END.size :].rjust(_END.size, b"\0"))
    values = tuple(small)
    if mark == b"PK\5\6" and tail[: -_END.size][-_LOCATOR.size :].startswith(b"PK\6\7"):
        end -= _LOCATOR.size + _END64.size
        before = tail[: -_END.size][-_LOCATOR.size - _END64.size :].rjust(_LOCATOR.size + _END64.size, b"\0")
        locator = _LOCATOR.unpack(before[_END64.size :])
        mark64, record, _, _, *large = _END64.unpack(before[: _END64.size])
        values = tuple(large)
        agree = all(one in (value, ones) for one, value, ones in zip(small, large, _ONES, strict=True))
        if not agree or (mark64, record) != (b"PK\6\6", _END64.size - 12) or locator[1:] != (0, end, 1):
            raise BundleInvalid(ZipFault.LAYOUT, "the two end records of the zip say different things")
    disk, list_disk, here, count, length, begin = values
    if mark != b"PK\5\6" or comment or disk or list_disk:
        raise BundleInvalid(ZipFault.LAYOUT, "the zip does not end with its end record, or is one of several parts")
    if here != count or begin + length != end:
        detail = (
            f"the zip says that {count} entries are listed in {length} bytes from {begin} on, but its end is at {end}"
        )
        raise BundleInvalid(ZipFault.LAYOUT, detail)
    return count, length, begin


def _check_header(file: IO[bytes], entry: Entry) -> int:
    """Bytes of name and extra field, in the header before an entry's bytes.  Raises BundleInvalid."""
    file.seek(entry.place)
    header = file.read(_HEADER.size).ljust(_HEADER.size, b"\0")  # its place may lie behind the file's end
    mark, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _HEADER.unpack(header)
    if mark != b"PK\3\4":
        raise BundleInvalid(ZipFault.DAMAGED, f"there is no header before {entry.shown}, at byte {entry.place}")
    name = file.read(name_length)
    size, packed = _widened((size, packed), _extra(file.read(extra_length)))
    allowed = [(entry.crc, entry.packed, entry.size), *([(0, 0, 0)] if entry.flags & LATE else ())]
    if (flags, method, name) != (entry.flags, entry.method, entry.name) or (crc, packed, size) not in allowed:
        raise BundleInvalid(
            ZipFault.DAMAGED, f"the header of {entry.shown} says something else than the list of entries"
        )
    return int(name_length + extra_length)


def _late(entry: Entry) -> tuple[bytes, ...]:
    """What may follow an entry's bytes: checksum and sizes, with or without a mark, of 32 or 64 bits."""
    large = struct.pack("<LQQ", entry.crc, entry.packed, entry.size)
    found = [large, b"PK\7\b" + large]
    if max(entry.packed, entry.size) <= 0xFFFF_FFFF:
        small = struct.pack("<3L", entry.crc, entry.packed, entry.size)
        found += [small, b"PK\7\b" + small]
    return tuple(found)


def _extra(data: bytes) -> dict[int, bytes]:
    """Extra fields by kind.  Raises BundleInvalid: also for one that gives an entry another name."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        kind, length = _PAIR.unpack(data[at : at + _PAIR.size].ljust(_PAIR.size, b"\xff"))
        field = data[at + _PAIR.size : at + _PAIR.size + length]
        at += _PAIR.size + length
        if at > len(data) or kind in found:
            raise BundleInvalid(ZipFault.LAYOUT, f"an extra field of kind {kind} is there twice, or is cut off")
        found[kind] = field
    if _OTHER_NAME in found:
        raise BundleInvalid(ZipFault.NAME, "an entry has a second name, which some programs take and some do not")
    return found


def _widened(values: tuple[int, ...], extra: dict[int, bytes]) -> tuple[int, ...]:
    """Values of which those that are all ones stand in an extra field, in this order.  Raises BundleInvalid."""
    field = extra.get(_WIDE, b"")
    if len(field) != 8 * values.count(0xFFFF_FFFF):
        raise BundleInvalid(ZipFault.LAYOUT, f"an entry's large sizes have {len(field)} bytes")
    wide = (one for (one,) in struct.iter_unpack("<Q", field))
    return tuple(next(wide) if value == 0xFFFF_FFFF else value for value in values)
