"""Hash files: each is read once, streaming, whatever its size.

One buffer of 1 MiB per reader, page-aligned and reused, is filled by `readinto`: faster than `hashlib.file_digest` and
than openssl's own tool, and memory does not grow with the file. Large files are shared among threads (hashlib releases
the interpreter lock), many small ones among processes, where the interpreter itself is the cost.

A digest is only given for bytes that stood still: the file is looked at before and after (device, inode, size, times),
the count of bytes read must be its size, and a file written within the last clock tick is waited for, because a second
write within one tick would leave no trace in its times. Writes through a memory mapping leave one only later; evidence
that a program holds mapped is for that program to close first.
"""

from __future__ import annotations

import errno
import hashlib
import json
import mmap
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

BUFFER_BYTES = 1 << 20  # measured: 0.88x of openssl's time; smaller costs calls, larger leaves the cache
SMALL_BYTES = 128 << 10  # below this, opening costs more than hashing and processes pay off
BATCH_FILES = 256  # small files per message to a worker process
PROCESSES_PAY_FROM = 4000  # small files; below, starting a worker (60 ms) takes longer than it saves
MAX_READERS = 8
TELL_SECONDS = 0.1  # between two reports of progress within large files
TICK_NS = 20_000_000  # coarser than any clock tick that Linux stamps files with (1-10 ms)

EXTRA_DIGESTS = ("sha3_512", "sm3", "sha512", "sha3_256")  # on request, in the same pass; names as hashlib knows them


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FileDigests:
    """What one file was when it was read.

    size      bytes
    sha256    32 bytes
    extra     (name, digest) in the order asked for
    """

    size: int
    sha256: bytes
    extra: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Unhashable:
    """Why a file has no digest: a stable code (see service_errors.Refusal) and one sentence."""

    code: str
    reason: str


Outcome = FileDigests | Unhashable


class Reader:
    """Hashes files one after the other through one reused buffer. Not for use by two threads at once."""

    def __init__(self, extra: Sequence[str] = ()) -> None:
        unknown = [name for name in extra if name not in EXTRA_DIGESTS]
        if unknown:
            raise ValueError(f"unknown digests {unknown}; known: {', '.join(EXTRA_DIGESTS)}")
        self._extra = tuple(extra)
        self.bytes_read = 0  # in all files so far; another thread may look
        self.cancelled = False  # set by another thread: stop soon, the outcome is of no use
        self._buffer = memoryview(mmap.mmap(-1, BUFFER_BYTES))

    def hash(self, path: str | bytes) -> Outcome:
        """Digests of the regular file at `path`, or why there are none. A symbolic link is not followed."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as exc:
            return unhashable(exc)
        try:
            return self._hash_open(path, fd)
        except OSError as exc:
            return unhashable(exc)
        finally:
            os.close(fd)

    def _hash_open(self, path: str | bytes, fd: int) -> Outcome:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            return special_file(before.st_mode)
        if abs(time.time_ns() - before.st_mtime_ns) < TICK_NS:
            time.sleep(TICK_NS / 1e9)
            before = os.fstat(fd)
        sha256 = hashlib.sha256()
        others: list[_Hash] = [hashlib.new(name) for name in self._extra]
        count = self._feed(fd, before.st_size, [sha256, *others])
        after, named = os.fstat(fd), os.lstat(path)
        if count != before.st_size or _identity(before) != _identity(after) or _identity(after) != _identity(named):
            return Unhashable("changed", f"changed while it was read ({before.st_size} bytes before, {count} read)")
        return FileDigests(
            count,
            sha256.digest(),
            tuple((name, digest.digest()) for name, digest in zip(self._extra, others, strict=True)),
        )

    def _feed(self, fd: int, size: int, hashes: Sequence[_Hash]) -> int:
        """Read to the end, at most one buffer beyond `size`; bytes read. A file that keeps growing is not followed."""
        buffer, count = self._buffer, 0
        while count <= size and not self.cancelled:
            got = os.readv(fd, [buffer])
            if got == 0:
                break
            view = buffer[:got]
            for each in hashes:
                each.update(view)
            count += got
            self.bytes_read += got
            if got < BUFFER_BYTES and count == size <= SMALL_BYTES:
                break  # a small file in one read; a byte added since then shows in the size afterwards
        return count


def _identity(status: os.stat_result) -> tuple[int, int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def unhashable(exc: OSError) -> Unhashable:
    """A file system error in one sentence."""
    if exc.errno in (errno.ENOENT, errno.ENOTDIR):
        return Unhashable("missing", "does not exist")
    if exc.errno == errno.ELOOP:
        return Unhashable("symlink", "is a symbolic link, or one was put in its place")
    if exc.errno == errno.ENXIO:
        return Unhashable("socket", "is a socket")
    if exc.errno == errno.ENAMETOOLONG:
        return Unhashable("name-too-long", "has a name that is too long")
    return Unhashable("unreadable", f"cannot be read ({os.strerror(exc.errno or errno.EIO)})")


def special_file(mode: int) -> Unhashable:
    """Why what is neither a regular file nor a folder cannot be evidence."""
    for is_kind, code, what in (
        (stat.S_ISLNK, "symlink", "a symbolic link"),
        (stat.S_ISSOCK, "socket", "a socket"),
        (stat.S_ISFIFO, "fifo", "a named pipe"),
        (stat.S_ISCHR, "device", "a device"),
        (stat.S_ISBLK, "device", "a device"),
        (stat.S_ISDIR, "unreadable", "a folder"),
    ):
        if is_kind(mode):
            return Unhashable(code, f"is {what}, not a file")
    return Unhashable("unreadable", "is not a regular file")


def hash_file(path: str | bytes, extra: Sequence[str] = ()) -> Outcome:
    """Digests of one file, or why there are none."""
    return Reader(extra).hash(path)


Advance = Callable[[int, int], None]


def _nobody(_files: int, _bytes: int) -> None:
    """Progress that nobody watches."""


def hash_files(
    files: Sequence[tuple[str, int]],
    extra: Sequence[str] = (),
    *,
    advance: Advance = _nobody,
    readers: int | None = None,
) -> list[Outcome]:
    """Hash many files on all cores; outcomes in the order of `files`.

    files    (path, size as seen when it was found); the size only decides who reads the file
    extra    names of further digests
    advance  called with (files, bytes) done since the last call, from this thread only; within large files too
    readers  how many at once; default: the cores, at most 8
    """
    count = readers or min(MAX_READERS, len(os.sched_getaffinity(0)))
    outcomes: list[Outcome | None] = [None] * len(files)
    small = [i for i, (_, size) in enumerate(files) if size <= SMALL_BYTES]
    large = [i for i, (_, size) in enumerate(files) if size > SMALL_BYTES]
    with closing(_small(files, small, extra, count)) as found:
        for position, outcome in found:
            outcomes[position] = outcome
            advance(1, files[position][1])
    with closing(_large(files, large, extra, count, advance)) as found:
        for position, outcome in found:
            outcomes[position] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def _large(
    files: Sequence[tuple[str, int]], which: Sequence[int], extra: Sequence[str], readers: int, advance: Advance
) -> Generator[tuple[int, Outcome], None, None]:
    if not which:
        return
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait  # here: a tenth of the start of `verify`

    made: list[Reader] = []
    own = threading.local()

    def hash_one(i: int) -> Outcome:
        if not hasattr(own, "reader"):
            own.reader = Reader(extra)
            made.append(own.reader)
        outcome: Outcome = own.reader.hash(files[i][0])
        return outcome

    pool = ThreadPoolExecutor(readers, thread_name_prefix="hash")
    try:
        biggest_first = sorted(which, key=lambda i: -files[i][1])
        waiting = {pool.submit(hash_one, i): i for i in biggest_first}
        told = 0
        while waiting:
            finished, _ = wait(waiting, timeout=TELL_SECONDS, return_when=FIRST_COMPLETED)
            yield from ((waiting.pop(future), future.result()) for future in finished)
            read = sum(reader.bytes_read for reader in made)
            advance(len(finished), read - told)
            told = read
    finally:  # also when the caller was interrupted: do not read on to the end of a large file
        for reader in made:
            reader.cancelled = True
        pool.shutdown(cancel_futures=True)


def _small(
    files: Sequence[tuple[str, int]], which: Sequence[int], extra: Sequence[str], readers: int
) -> Generator[tuple[int, Outcome], None, None]:
    reader = Reader(extra)
    if len(which) < PROCESSES_PAY_FROM or readers == 1:
        for i in which:
            yield i, reader.hash(files[i][0])
        return
    from concurrent.futures import ThreadPoolExecutor

    todo = [which[at : at + BATCH_FILES] for at in range(0, len(which), BATCH_FILES)]
    done: list[tuple[Sequence[int], list[Outcome]]] = []

    def take() -> Sequence[int] | None:
        try:
            return todo.pop()
        except IndexError:
            return None

    def feed_worker() -> None:
        with _Worker(extra) as worker:
            while (batch := take()) is not None:
                done.append((batch, worker.hash([files[i][0] for i in batch])))

    pool = ThreadPoolExecutor(readers - 1, thread_name_prefix="hash")
    try:
        feeders = [pool.submit(feed_worker) for _ in range(readers - 1)]
        while (batch := take()) is not None:
            for i in batch:
                yield i, reader.hash(files[i][0])
            while done:
                yield from zip(*done.pop(), strict=True)
        for feeder in feeders:
            feeder.result()
        while done:
            yield from zip(*done.pop(), strict=True)
    finally:
        todo.clear()
        pool.shutdown()


class _Worker:
    """A child process that hashes batches of small files: this module run as a program, JSON lines both ways.

    Not multiprocessing: fork is unsafe beside the engine's threads, and spawn would run the caller's main module again.
    """

    def __init__(self, extra: Sequence[str]) -> None:
        import subprocess

        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *extra],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="ascii",
        )

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def hash(self, paths: Sequence[str]) -> list[Outcome]:
        """One outcome for each path. Should the child die, this process reads the batch itself."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the hashing worker was started without pipes")
        try:
            print(json.dumps(list(paths)), file=self._process.stdin, flush=True)
            answers = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            reader = Reader([str(name) for name in self._process.args[4:]])  # type: ignore[index]  # args is our list
            return [reader.hash(path) for path in paths]
        return [_decode(answer) for answer in answers]


def _encode(outcome: Outcome) -> list[str | int]:
    if isinstance(outcome, Unhashable):
        return [outcome.code, outcome.reason]
    pairs = (part for name, digest in outcome.extra for part in (name, digest.hex()))
    return [outcome.size, outcome.sha256.hex(), *pairs]


def _decode(answer: list[str | int]) -> Outcome:
    first, second, *pairs = answer
    if isinstance(first, str):
        return Unhashable(first, str(second))
    extra = tuple((str(n), bytes.fromhex(str(d))) for n, d in zip(pairs[::2], pairs[1::2], strict=True))
    return FileDigests(first, bytes.fromhex(str(second)), extra)


def _serve(extra: Sequence[str], lines: Iterable[str]) -> None:
    reader = Reader(extra)
    for line in lines:
        sys.stdout.write(json.dumps([_encode(reader.hash(path)) for path in json.loads(line)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1:], sys.stdin)
