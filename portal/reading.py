"""Read and write files that a person named: bounded, with an error that names them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from portal.errors import FileMissing, FileTooLarge, OutputRefused

PAGE: Final = Path(__file__).parent / "verifier/dist/verify.html"
MAX_PAGE: Final = 2 * 1024 * 1024  # bytes; it has less than 500 KB


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


def installed_page() -> bytes | None:
    """verify.html, where this installation has it.  Raises FileTooLarge."""
    return read_bounded(PAGE, MAX_PAGE) if PAGE.is_file() else None


@contextmanager
def output(path: Path, *, replace: bool = True, sources: Sequence[str] = ()) -> Iterator[IO[bytes]]:
    """A file to write; it takes its place whole when the block ends without an error, and is durable then.

    replace  False: a file that is there already stays as it is, and is an error
    sources  files that are read meanwhile; none of them is written over

    Raises OutputRefused.
    """
    if not path.name:
        raise OutputRefused(str(path), "is a folder")
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        if any(path.samefile(one) for one in sources if path.exists() and Path(one).exists()):
            raise OutputRefused(str(path), "is one of the files that go into it")
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.replace(path)
        else:
            os.link(beside, path)
    except OSError as exc:
        raise OutputRefused(str(path), exc.strerror or str(exc)) from exc
    finally:
        with suppress(OSError):
            beside.unlink()


def write_output(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file whole, durable when this returns, with the person's usual permissions.

    replace  False: a file that is there already stays as it is, and is an error

    Raises OutputRefused.
    """
    with output(path, replace=replace) as file:
        file.write(data)
