"""Read files that a person named: bounded, with an error that names them."""

from __future__ import annotations

from pathlib import Path

from portal.errors import FileMissing, FileTooLarge


def read_bounded(path: Path, allowed: int) -> bytes:
    """The bytes of a file of at most `allowed` bytes.  Raises FileMissing, FileTooLarge."""
    try:
        with path.open("rb") as file:
            data = file.read(allowed + 1)
            size = path.stat().st_size
    except OSError as exc:
        raise FileMissing(str(path), exc.strerror or str(exc)) from exc
    if len(data) > allowed:
        raise FileTooLarge(str(path), max(size, len(data)), allowed)
    return data
