"""Small files, written whole or not at all; private ones are readable by their owner alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from notary.service_errors import KeyFileUnwritable, VaultDamaged, VaultLocked

MAX_FILE_NAME = 255  # bytes of one name on the usual file systems
MAX_KEY_FILE = 4096  # bytes; the largest (the recipient key) has under 400


def status_of(path: Path) -> os.stat_result:
    """Its status, if it is private and small.  Raises VaultLocked, VaultDamaged."""
    try:
        status = path.lstat()
    except OSError as exc:
        raise VaultLocked(str(path), os.strerror(exc.errno or 0)) from exc
    if status.st_mode & 0o077:
        raise VaultLocked(str(path), f"may be read by others (mode {status.st_mode & 0o777:o})")
    if status.st_size > MAX_KEY_FILE:
        raise VaultDamaged(path.name, f"has {status.st_size} bytes, more than {MAX_KEY_FILE}")
    return status


def read_private(path: Path) -> bytes:
    """Its bytes.  Raises VaultLocked, VaultDamaged."""
    status_of(path)
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE)
    except OSError as exc:
        raise VaultLocked(str(path), os.strerror(exc.errno or 0)) from exc


def write_private_once(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 durably, unless there is one already: neither a crash nor a race leaves half a key.

    Raises VaultLocked.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink()
        sync_folder(path.parent)
    except OSError as exc:
        raise KeyFileUnwritable(str(path), f"cannot be written ({os.strerror(exc.errno or 0)})") from exc


def change_private(path: Path, change: Callable[[bytes], bytes]) -> bool:
    """Replace a private file durably by what `change` makes of its bytes, and overwrite what it held before; whether
    there was anything to do. One process at a time does this in a folder.

    The new bytes stand in ".NAME.new" first, the old file stays linked as ".NAME.old" until it is overwritten, so that
    what a crash leaves is overwritten by the next call for any file of the folder, even one that changes nothing.

    Raises VaultLocked, VaultDamaged, what `change` raises.
    """
    temporary, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    try:
        with _alone(path.parent):
            found = _overwrite_leftovers(path.parent)
            before = read_private(path)
            data = change(before)
            if data == before:
                return found
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(path, old)
            temporary.replace(path)
            sync_folder(path.parent)
            _overwrite_leftovers(path.parent)
            return True
    except OSError as exc:
        raise KeyFileUnwritable(str(path), f"cannot be written ({os.strerror(exc.errno or 0)})") from exc


def leftovers(folder: Path) -> list[Path]:
    """What `change_private` left in `folder` when it was cut off."""
    return [*folder.glob(".*.new"), *folder.glob(".*.old")]


def _overwrite_leftovers(folder: Path) -> bool:
    """Whether there were any."""
    found = leftovers(folder)
    for left in found:
        current = left.with_name(left.name[1:].rpartition(".")[0])
        if not (current.exists() and left.samefile(current)):  # else it was cut off before the new one stood
            overwrite(left)
        left.unlink(missing_ok=True)
        sync_folder(folder)
    return bool(found)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time replaces files in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def overwrite(path: Path) -> None:
    """Overwrite a file's bytes where they are, twice, and flush them.  Raises OSError."""
    with path.open("r+b", buffering=0) as file:
        length = os.fstat(file.fileno()).st_size
        for _ in range(2):
            file.seek(0)
            file.write(secrets.token_bytes(length))
            os.fsync(file.fileno())


def stays_below(name: str, suffix: str) -> bool:
    """Whether a file called `name`, which came from elsewhere, and `suffix` lies below the folder it is put into."""
    parts = name.split("/")
    sizes = [len(os.fsencode(part)) for part in (*parts, parts[-1] + suffix)]
    return max(sizes) <= MAX_FILE_NAME and not {"", ".", ".."}.intersection(parts) and "\0" not in name


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write or replace an ordinary file so that nobody ever sees half of it; folders are made. Raises OSError.

    A file that holds these bytes already is left alone: replacing one costs ext4 a flush of its own (2 ms).

    durable  it survives a power cut once this returns
    """
    if _holds(path, data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(16)}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
        if durable:
            sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def sync_folder(path: Path) -> None:
    """Make names written into a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
