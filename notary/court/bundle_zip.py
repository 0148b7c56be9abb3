"""A bundle's zip: written so that the same input gives the same bytes, and read as something that an enemy made.

Written: entries stored, sorted by name, with one time and mode 0644. Nothing is deflated, because what a deflater gives
differs between its versions.

Read: any zip (PKWARE's APPNOTE 6.3.9) of files and folders that are stored or deflated. It is refused whole, with a
`ZipFault`, where programs could disagree on what is in it or where unpacking it could hurt. Files are given in pieces;
a document is never held in memory.
"""

from __future__ import annotations

import io
import itertools
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, Final

from notary.errors import BundleInvalid

MAX_ENTRIES: Final = 60_000  # 25,000 receipts' documents and records, and what else is in a bundle
MAX_NAME: Final = 1000  # bytes of a path
MAX_BYTES: Final = 1 << 40  # of all files, unpacked
MAX_RATIO: Final = 200  # unpacked to packed; deflate's own limit is 1032
FREE_BYTES: Final = 16 * 1024 * 1024  # of unpacked bytes, whatever the ratio
PIECE: Final = 1 << 20
EARLIEST: Final = 315_532_800  # Unix seconds; 1980-01-01, where the times in a zip begin
LATEST: Final = 4_354_819_199  # 2107-12-31
_MAX_READ: Final = 64 * 1024 * 1024  # bytes that are read at once: the list of entries is
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000  # flags: of the entry, strongly, of the list of entries
_UTF8: Final = 0x800
_LOCAL_HEADER: Final = 30  # bytes, before name and extra field
_END: Final = struct.Struct("<4s4H2LH")  # the last record: disks, counts, the list's size and place, a comment's length
_END64: Final = struct.Struct("<4sQ2H2L4Q")  # the same for large zips, before its locator of 20 bytes and the last one
_LOCATOR_SIZE: Final = 20


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


def write(file: IO[bytes], entries: Iterable[tuple[str, int, Iterable[bytes]]], at: int) -> None:
    """Write a zip of (name, size, pieces) entries, which come sorted by name.

    at  Unix seconds; every entry's time, in UTC and to two seconds

    Raises BundleInvalid for a name or a time that no reader would take, and what `pieces` raise.
    """
    if not EARLIEST <= at <= LATEST:
        raise BundleInvalid(ZipFault.DAMAGED, f"a zip's times go from 1980 to 2107; {at} is not among them")
    moment = datetime.fromtimestamp(at, UTC)
    time = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        last = ""
        for name, size, pieces in entries:
            check_path(name)
            if name <= last:
                raise BundleInvalid(ZipFault.TWICE, f"entries are sorted by name, but {name!r} follows {last!r}")
            last = name
            info = zipfile.ZipInfo(name, time)
            info.create_system, info.external_attr, info.file_size = 3, (stat.S_IFREG | 0o644) << 16, size
            with archive.open(info, "w") as out:
                for piece in pieces:
                    out.write(piece)


def check_path(name: str) -> None:
    """Raises BundleInvalid unless the path stays below the folder it is unpacked into, on any system."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME:
        raise BundleInvalid(ZipFault.NAME, f"a path has 1 to {MAX_NAME} bytes, this one {len(name)} characters")
    if "\ufffd" in name or any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) < 0xE000 for char in name):
        raise BundleInvalid(ZipFault.NAME, f"the path {name[:100]!r} has a character that no file's name has")
    parts = name.split("/")
    if "\\" in name or ":" in name or {"", ".", ".."}.intersection(parts):
        raise BundleInvalid(ZipFault.PATH, f"the path {name[:100]!r} may lead out of the folder it is unpacked into")


class BundleZip:
    """The files of a zip, by path; nothing of it is trusted, and nothing is written.

    names  of the files, sorted
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = _checked(archive.infolist())
        self.names = tuple(sorted(self._entries))

    def size(self, name: str) -> int:
        """Bytes, unpacked.  Raises KeyError."""
        return self._entries[name].file_size

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file's bytes, a piece at a time.  Raises KeyError, BundleInvalid (also at the end: the checksum)."""
        info = self._entries[name]
        left = info.file_size
        try:
            with self._archive.open(info) as file:
                while piece := file.read(PIECE):
                    left -= len(piece)
                    yield piece
        except _BROKEN as exc:
            raise BundleInvalid(ZipFault.DAMAGED, f"{name!r} cannot be unpacked: {str(exc)[:200]}") from exc
        if left:
            raise BundleInvalid(ZipFault.DAMAGED, f"{name!r} has {info.file_size - left} bytes, not {info.file_size}")

    def read(self, name: str, most: int) -> bytes:
        """A file's bytes.  Raises KeyError, BundleInvalid: also where there are more than `most`."""
        if self.size(name) > most:
            raise BundleInvalid(ZipFault.TOO_LARGE, f"{name!r} has {self.size(name)} bytes, at most {most} are allowed")
        return b"".join(self.pieces(name))


@contextmanager
def opened(file: IO[bytes]) -> Iterator[BundleZip]:
    """Read a zip from a file that can be sought.  Raises BundleInvalid."""
    try:
        archive = zipfile.ZipFile(_Bounded(file))
    except _BROKEN as exc:
        raise BundleInvalid(ZipFault.NO_ZIP, f"the file is no zip that can be read: {str(exc)[:200]}") from exc
    with archive:
        _check_layout(file, archive)
        yield BundleZip(archive)


_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, ValueError, RuntimeError)
"""What zipfile raises on broken files: NotImplementedError and UnicodeDecodeError are among these."""


class _Bounded(io.RawIOBase):
    """A file of which nobody reads more than `_MAX_READ` bytes at once: a zip says how long its own list is."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """As asked, or ValueError."""
        if size > _MAX_READ:
            raise ValueError(f"its list of entries has {size} bytes, at most {_MAX_READ} are allowed")
        data = self._file.read(size if size >= 0 else _MAX_READ + 1)
        if len(data) > _MAX_READ:
            raise ValueError(f"it asks for more than {_MAX_READ} bytes at once")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As the file does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As the file does."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True


def _check_layout(file: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Raises BundleInvalid unless the zip is entries from its first byte on, their list, and one end that fits both.

    Anything before, between or behind is where programs differ on which list they read.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END.size - _LOCATOR_SIZE - _END64.size))
    tail = file.read(_END.size + _LOCATOR_SIZE + _END64.size)
    mark, disk, list_disk, here, count, length, begin, comment = _END.unpack(tail[-_END.size :])
    end = size - _END.size
    large = tail[: _END64.size]
    if tail[-_END.size - _LOCATOR_SIZE :].startswith(b"PK\x06\x07") and large.startswith(b"PK\x06\x06"):
        disk, list_disk, here, count, length, begin = _END64.unpack(large)[4:]
        end -= _LOCATOR_SIZE + _END64.size
    if mark != b"PK\x05\x06" or comment or disk or list_disk:
        raise BundleInvalid(ZipFault.LAYOUT, "the zip does not end with its end record, or is one of several parts")
    infos = archive.infolist()
    first = min((info.header_offset for info in infos), default=0)
    last = max((info.header_offset + _LOCAL_HEADER + info.compress_size for info in infos), default=0)
    if (here, count) != (len(infos), len(infos)) or begin + length != end or first or last > begin:
        detail = f"the zip counts {count} entries in {length} bytes from {begin} on, {len(infos)} were found to {end}"
        raise BundleInvalid(ZipFault.LAYOUT, detail)


def _checked(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by path; folders are looked at and left out.  Raises BundleInvalid."""
    if len(infos) > MAX_ENTRIES:
        raise BundleInvalid(ZipFault.TOO_MANY, f"the zip has {len(infos)} entries, at most {MAX_ENTRIES} are allowed")
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES:
        raise BundleInvalid(ZipFault.TOO_LARGE, f"the zip unpacks to {total} bytes, at most {MAX_BYTES} are allowed")
    packed = sum(info.compress_size for info in infos)
    if total > max(FREE_BYTES, packed * MAX_RATIO):
        detail = f"the zip unpacks from {packed} to {total} bytes, more than {MAX_RATIO} times"
        raise BundleInvalid(ZipFault.RATIO, detail)
    files: dict[str, zipfile.ZipInfo] = {}
    seen: dict[str, str] = {}  # as a file system that ignores case and forms of characters takes them
    folders: dict[str, str] = {}
    for info in infos:
        _check_entry(info)
        name = info.orig_filename
        folder = name.endswith("/")
        path = name.removesuffix("/")
        check_path(path)
        parts = path.split("/")
        for count in range(1, len(parts) + folder):
            above = "/".join(parts[:count])
            _claim(folders, seen, above)
        if folder:
            continue
        if path in files:
            raise BundleInvalid(ZipFault.TWICE, f"two entries are named {path[:100]!r}")
        other = seen.get(_folded(path)) or folders.get(_folded(path))
        if other is not None:
            raise BundleInvalid(ZipFault.CLASH, f"{path[:100]!r} and {other[:100]!r} are one file on some systems")
        seen[_folded(path)] = path
        files[path] = info
    _check_overlap(infos)
    return files


def _claim(folders: dict[str, str], files: dict[str, str], path: str) -> None:
    """Note a folder.  Raises BundleInvalid where a file or another folder would be the same."""
    key = _folded(path)
    other = files.get(key) or folders.setdefault(key, path)
    if other != path or key in files:
        raise BundleInvalid(ZipFault.CLASH, f"{path[:100]!r} and {other[:100]!r} are one place on some systems")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _check_entry(info: zipfile.ZipInfo) -> None:
    shown = info.orig_filename[:100]
    if info.flag_bits & _ENCRYPTED:
        raise BundleInvalid(ZipFault.ENCRYPTED, f"{shown!r} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleInvalid(ZipFault.PACKED, f"{shown!r} is packed by method {info.compress_type}, which is not read")
    if not info.flag_bits & _UTF8 and not info.orig_filename.isascii():
        raise BundleInvalid(
            ZipFault.NAME, f"the path {shown!r} is not marked as UTF-8, so programs read it differently"
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if info.orig_filename.endswith("/") else stat.S_IFREG):
        raise BundleInvalid(ZipFault.LINK, f"{shown!r} is a link or another thing that is no file")
    if info.orig_filename.endswith("/") and info.file_size:
        raise BundleInvalid(ZipFault.LINK, f"{shown!r} is a folder with bytes in it")
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise BundleInvalid(ZipFault.DAMAGED, f"{shown!r} is stored, but its two sizes differ")
    if info.file_size > max(FREE_BYTES, info.compress_size * MAX_RATIO):
        detail = f"{shown!r} unpacks from {info.compress_size} to {info.file_size} bytes, more than {MAX_RATIO} times"
        raise BundleInvalid(ZipFault.RATIO, detail)


def _check_overlap(infos: list[zipfile.ZipInfo]) -> None:
    """Raises BundleInvalid where entries share bytes: a small zip would unpack to a large one many times over."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    for one, after in itertools.pairwise(ordered):
        if one.header_offset + _LOCAL_HEADER + one.compress_size > after.header_offset:
            detail = f"{one.orig_filename[:100]!r} and {after.orig_filename[:100]!r} share bytes of the zip"
            raise BundleInvalid(ZipFault.OVERLAP, detail)
