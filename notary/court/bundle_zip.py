"""A bundle's zip: written so that the same input gives the same bytes, and read as something that an enemy made.

Written: entries stored, sorted by name, with one time and mode 0644. Nothing is deflated, because what a deflater gives
differs between its versions.

Read: any zip of files and folders that are stored or deflated. It is refused whole, with a `ZipFault`, where programs
could disagree on what is in it (notary/court/zip_entries.py) or where unpacking it could hurt. Files are given in
pieces; a document is never held in memory.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Final

from notary.court.zip_entries import DEFLATED, LATE, STORED, UTF8, Entry, ZipFault, data_places, read_list
from notary.errors import BundleInvalid

MAX_NAME: Final = 1000  # bytes of a path
MAX_BYTES: Final = 1 << 40  # of all files, unpacked
MAX_RATIO: Final = 200  # unpacked to packed; deflate's own limit is 1032
FREE_BYTES: Final = 16 * 1024 * 1024  # of unpacked bytes, whatever the ratio
PIECE: Final = 1 << 20
EARLIEST: Final = 315_532_800  # Unix seconds; 1980-01-01, where the times in a zip begin
LATEST: Final = 4_354_819_199  # 2107-12-31
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000  # flags: of the entry, strongly, of the list of entries
_NO_FILE: Final = 0x8 | 0x10 | 0x400  # attributes on Windows: a volume, a folder, a link


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

    def __init__(self, file: IO[bytes]) -> None:
        """Raises BundleInvalid."""
        entries, begin = read_list(file)
        self._file = file
        self._entries = _checked(entries)
        self._places = data_places(file, entries, begin)
        self.names = tuple(sorted(self._entries))

    def size(self, name: str) -> int:
        """Bytes, unpacked.  Raises KeyError."""
        return self._entries[name].size

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file's bytes, a piece at a time.  Raises KeyError, BundleInvalid (also at the end: the checksum)."""
        entry = self._entries[name]
        crc = size = 0
        packed = self._packed(entry)
        try:
            for piece in packed if entry.method == STORED else _inflated(packed):
                crc, size = zlib.crc32(piece, crc), size + len(piece)
                if size > entry.size:
                    break
                yield piece
        except (zlib.error, OSError) as exc:
            raise BundleInvalid(ZipFault.DAMAGED, f"{name!r} cannot be unpacked: {str(exc)[:200]}") from exc
        if (crc, size) != (entry.crc, entry.size):
            detail = f"{name!r} has {size} bytes of checksum {crc:08x}, not {entry.size} of {entry.crc:08x}"
            raise BundleInvalid(ZipFault.DAMAGED, detail)

    def read(self, name: str, most: int) -> bytes:
        """A file's bytes.  Raises KeyError, BundleInvalid: also where there are more than `most`."""
        if self.size(name) > most:
            raise BundleInvalid(ZipFault.TOO_LARGE, f"{name!r} has {self.size(name)} bytes, at most {most} are allowed")
        return b"".join(self.pieces(name))

    def _packed(self, entry: Entry) -> Iterator[bytes]:
        at, end = self._places[entry.place], self._places[entry.place] + entry.packed
        while at < end:
            self._file.seek(at)
            piece = self._file.read(min(end - at, PIECE))
            if not piece:
                return
            at += len(piece)
            yield piece


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    """What was deflated, whole and with nothing behind it.  Raises zlib.error."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for given in packed:
        left = given
        while left and not inflater.eof:
            yield inflater.decompress(left, PIECE)
            left = inflater.unconsumed_tail
        if left or inflater.unused_data:
            raise zlib.error("there are bytes behind what was deflated")
    while not inflater.eof and (piece := inflater.decompress(b"", PIECE)):
        yield piece
    if not inflater.eof:
        raise zlib.error("what was deflated is cut off")


def _checked(entries: list[Entry]) -> dict[str, Entry]:
    """The files by path; folders are looked at and left out.  Raises BundleInvalid."""
    total = sum(entry.size for entry in entries)
    if total > MAX_BYTES:
        raise BundleInvalid(ZipFault.TOO_LARGE, f"the zip unpacks to {total} bytes, at most {MAX_BYTES} are allowed")
    packed = sum(entry.packed for entry in entries)
    if total > max(FREE_BYTES, packed * MAX_RATIO):
        detail = f"the zip unpacks from {packed} to {total} bytes, more than {MAX_RATIO} times"
        raise BundleInvalid(ZipFault.RATIO, detail)
    files: dict[str, Entry] = {}
    seen: dict[str, str] = {}  # as a file system that ignores case and forms of characters takes them
    folders: dict[str, str] = {}
    for entry in entries:
        _check_entry(entry)
        name = _name(entry)
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
        files[path] = entry
    return files


def _claim(folders: dict[str, str], files: dict[str, str], path: str) -> None:
    """Note a folder.  Raises BundleInvalid where a file or another folder would be the same."""
    key = _folded(path)
    other = files.get(key) or folders.setdefault(key, path)
    if other != path or key in files:
        raise BundleInvalid(ZipFault.CLASH, f"{path[:100]!r} and {other[:100]!r} are one place on some systems")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _check_entry(entry: Entry) -> None:
    folder = entry.name.endswith(b"/")
    if entry.flags & _ENCRYPTED:
        raise BundleInvalid(ZipFault.ENCRYPTED, f"{entry.shown} is encrypted")
    if entry.method not in (STORED, DEFLATED):
        raise BundleInvalid(ZipFault.PACKED, f"{entry.shown} is packed by method {entry.method}, which is not read")
    kind = stat.S_IFMT(entry.attributes >> 16)
    if kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG) or (not folder and entry.attributes & _NO_FILE):
        raise BundleInvalid(ZipFault.LINK, f"{entry.shown} is a link or another thing that is no file")
    if folder and (entry.size or entry.packed):
        raise BundleInvalid(ZipFault.LINK, f"{entry.shown} is a folder with bytes in it")
    if entry.method == STORED and (entry.size != entry.packed or entry.flags & LATE):
        raise BundleInvalid(ZipFault.DAMAGED, f"{entry.shown} is stored, but its two sizes differ or are not before it")
    if entry.size > max(FREE_BYTES, entry.packed * MAX_RATIO):
        detail = f"{entry.shown} unpacks from {entry.packed} to {entry.size} bytes, more than {MAX_RATIO} times"
        raise BundleInvalid(ZipFault.RATIO, detail)


def _name(entry: Entry) -> str:
    try:
        return entry.name.decode("utf-8" if entry.flags & UTF8 else "ascii")
    except UnicodeDecodeError as exc:
        detail = f"the path {entry.shown} is not UTF-8, or not marked so, and programs read it differently"
        raise BundleInvalid(ZipFault.NAME, detail) from exc
