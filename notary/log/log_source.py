"""Where a log's public parts are read from: a folder or an address with its tiles, or our own rows.

    FOLDER/checkpoint              the newest signed checkpoint          (C2SP tlog-tiles)
    FOLDER/tile/entries/...        entry bundles                         (C2SP tlog-tiles)
    FOLDER/case-heads/INDEX.json   what a heads leaf changed             (notary/log/case_changes.py)

The hash tiles are not read: every root is computed from the entries, as `walk` gives them. What is read is bounded and
typed; whether it is true is for the caller to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from notary.errors import CheckpointInvalid, FormatInvalid, LogEntryInvalid, TileInvalid
from notary.log import case_changes, ledger, log_export, tiles
from notary.log.checkpoint import MAX_BYTES as MAX_NOTE_BYTES
from notary.log.heads import HeadsLeaf
from notary.log.tiles import TileId
from notary.sealing.commitment import parse_claim_entry
from notary.service_errors import LogSourceUnreachable, LogSourceUnreadable

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.log.ledger import LogRow

MAX_BUNDLE_BYTES: Final = tiles.WIDTH * (2 + tiles.MAX_ENTRY_BYTES)
TIMEOUT_SECONDS: Final = 30.0

ReadFile = Callable[[str, int], bytes | None]
"""(path below the tree, most bytes) -> its bytes, None where there is no such file."""


class LogSource(Protocol):
    """A log's public parts. Two kinds: `TileTree` and `OwnLog`."""

    @property
    def name(self) -> str:
        """Where it is, for messages."""
        ...

    def note(self) -> str | None:
        """The text of the newest signed checkpoint; None: the log is empty."""
        ...

    def entries(self, start: int, stop: int, size: int) -> list[bytes]:
        """Log entries [start, stop) of the log at `size` entries, as far as they are there.  Raises TileInvalid."""
        ...

    def case_change(self, index: int) -> bytes | None:
        """The change of case heads of the heads leaf at `index`; None: it is not there."""
        ...


class TileTree:
    """An exported log, read file by file through `read`."""

    def __init__(self, name: str, read: ReadFile) -> None:
        self._name, self._read = name, read
        self._kept: tuple[TileId, list[bytes]] | None = None

    @property
    def name(self) -> str:
        return self._name

    def note(self) -> str | None:
        data = self._read("checkpoint", MAX_NOTE_BYTES)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError as exc:
            raise CheckpointInvalid("the checkpoint is not UTF-8 text") from exc

    def entries(self, start: int, stop: int, size: int) -> list[bytes]:
        found: list[bytes] = []
        while (place := start + len(found)) < min(stop, size):
            index = place // tiles.WIDTH
            bundle = self._bundle(TileId(None, index, min(tiles.WIDTH, size - index * tiles.WIDTH)))
            if bundle is None:
                break
            found += bundle[place - index * tiles.WIDTH : stop - index * tiles.WIDTH]
        return found

    def _bundle(self, tile: TileId) -> list[bytes] | None:
        if self._kept is None or self._kept[0] != tile:
            data = self._read(tile.path(), MAX_BUNDLE_BYTES)
            if data is None:
                return None
            found = tiles.decode_bundle(data)
            if len(found) != tile.width:
                raise TileInvalid(f"{tile.path()} has {len(found)} entries, not {tile.width}")
            self._kept = (tile, found)
        return self._kept[1]

    def case_change(self, index: int) -> bytes | None:
        return self._read(log_export.case_heads_path(index), case_changes.MAX_BYTES)


class OwnLog:
    """One log of our own database."""

    def __init__(self, connection: Connection, log: LogRow) -> None:
        self._connection, self._log = connection, log

    @property
    def name(self) -> str:
        return "this workspace"

    def note(self) -> str | None:
        newest = ledger.head(self._connection, self._log.id)
        return None if newest is None else newest.note

    def entries(self, start: int, stop: int, size: int) -> list[bytes]:
        return ledger.entries(self._connection, self._log.id, start, min(stop, size))

    def case_change(self, index: int) -> bytes | None:
        found = log_export.case_change(self._connection, self._log.id, index)
        return None if found is None else found.to_bytes()


def entries_of(source: LogSource, size: int) -> Iterator[bytes]:
    """The log's first `size` entries, read bundle by bundle; it ends where they are not there.  Raises TileInvalid."""
    place = 0
    while place < size and (found := source.entries(place, min(size, (place // tiles.WIDTH + 1) * tiles.WIDTH), size)):
        yield from found
        place += len(found)


def walk(source: LogSource, size: int) -> Iterator[tuple[int, bytes, bytes | HeadsLeaf, int]]:
    """The log's first `size` entries with what they say: (index, entry, a claim's commitment of 32 bytes or the heads
    leaf, claims in its batch before it). It ends where entries are not there.

    Raises LogEntryInvalid for an entry that is neither, TileInvalid, and as the source does.
    """
    batch = 0
    for index, entry in enumerate(entries_of(source, size)):
        try:
            said = parse_claim_entry(entry) if b'"t":"claim"' in entry else HeadsLeaf.from_bytes(entry)
        except FormatInvalid as exc:
            raise LogEntryInvalid(f"entry {index}: {exc}") from exc
        yield index, entry, said, batch
        batch = batch + 1 if isinstance(said, bytes) else 0


def open_tree(where: str) -> TileTree:
    """An exported tree in a folder or at an http(s) address.  Raises LogSourceUnreadable."""
    if where.startswith(("http://", "https://")):
        return TileTree(where, _over_http(where))
    folder = Path(where)
    if not folder.is_dir():
        raise LogSourceUnreadable(where, "there is no such folder")
    return TileTree(where, _in_folder(folder))


def _in_folder(folder: Path) -> ReadFile:
    def read(path: str, most: int) -> bytes | None:
        try:
            with (folder / path).open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            raise LogSourceUnreadable(str(folder / path), exc.strerror or str(exc)) from exc
        if len(data) > most:
            raise LogSourceUnreadable(str(folder / path), f"it has more than {most} bytes")
        return data

    return read


def _over_http(where: str) -> ReadFile:
    import httpx

    try:
        parts = urlsplit(where)
        shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError as exc:
        raise LogSourceUnreadable(where[:80], "it is no address") from exc
    client = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    def read(path: str, most: int) -> bytes | None:
        try:
            with client.stream("GET", f"{where.rstrip('/')}/{path}") as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return None
                if answer.status_code != httpx.codes.OK:
                    raise LogSourceUnreachable(shown, f"{path} is answered with {answer.status_code}")
                data = bytearray()
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > most:
                        raise LogSourceUnreachable(shown, f"{path} has more than {most} bytes")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise LogSourceUnreachable(shown, f"{type(exc).__name__}") from exc

    return read
