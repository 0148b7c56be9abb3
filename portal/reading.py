"""Read and write files that a person named: bounded, with an error that names them."""

from __future__ import annotations

import os
from pathlib import Path

from portal.errors import FileMissing, FileTooLarge, OutputRefused


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


def write_output(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file whole, durable when this returns, with the person's usual permissions.

    replace   False: a file that is there already stays as it is, and is an error

    Raises OutputRefused.
    """
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.replace(path)
        else:
            os.link(beside, path)
    except OSError as exc:
        raise OutputRefused(str(path), exc.strerror or str(exc)) from exc
    finally:
        beside.unlink(missing_ok=True)
