"""The folder of note keys: one for each log that the workspace ever had. The first is note.key, then note-2.key, ..."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notary.log import ledger
from notary.log.notekey import NoteKey
from notary.service_errors import VaultLocked
from notary.store import LOG_WAITING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

_KEY_FILE: Final = re.compile(r"note(?:-([1-9][0-9]{0,5}))?\.key")


def present_key(engine: Engine, folder: Path) -> NoteKey:
    """The note key of the log that is sealed into now, from the folder of note keys.

    Raises VaultLocked, VaultDamaged, LogDamaged when the file is not the key of that log.
    """
    with engine.connect() as connection:
        rows = [row for row in ledger.all_logs(connection) if row.state != LOG_WAITING]
        if not rows:  # the database was lost, or is about to be made
            return NoteKey.load(folder / _key_file(max(_numbers(folder), default=1)))
        key = key_of(folder, rows[-1].origin)
        ledger.log_of(connection, key)
    return key


def key_of(folder: Path, origin: str) -> NoteKey:
    """The key of the log of that name.  Raises VaultLocked, VaultDamaged."""
    for number in reversed(_numbers(folder)):
        key = NoteKey.load(folder / _key_file(number))
        if key.origin == origin:
            return key
    raise VaultLocked(str(folder), f"none of its files is the key of {origin}")


def _numbers(folder: Path) -> list[int]:
    """Numbers of the note keys that are there: 1 is the first log's."""
    found = (_KEY_FILE.fullmatch(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(match[1] or 1) for match in found if match)


def _key_file(number: int) -> str:
    return "note.key" if number == 1 else f"note-{number}.key"


def new_key(keys: Path, taken: set[str]) -> NoteKey:
    """A new note key, named after the first log; one that was made by a call that died right after is taken up."""
    numbers = _numbers(keys)
    newest = NoteKey.load(keys / _key_file(max(numbers, default=1)))
    if len(numbers) > 1 and newest.origin not in taken:
        return newest
    number = max(numbers, default=1) + 1
    return NoteKey.create(keys / _key_file(number), f"{NoteKey.load(keys / _key_file(1)).origin}/{number}")
