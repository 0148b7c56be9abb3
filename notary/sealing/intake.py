"""Find the files to seal, and refuse what cannot be evidence, before anything is written.

What the caller names may be a file, a folder, or a symbolic link to one (it was named on purpose). Inside a folder no
link is followed: it could lead out of the tree, or round in a circle, so it is refused and listed. Sockets, pipes and
devices are refused. Empty files are evidence; a named folder without any file is a mistake and refused.

A file's name in its claim is its path below the named folder, with "/"; a file named by itself has its own name.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from notary.sealing.claim import name_fields
from notary.sealing.hashing import special_file, unhashable
from notary.service_errors import Refusal

MAX_FILES = 1_000_000  # one call; a case may hold more
MAX_DEPTH = 128  # folders below the named one; deeper is a loop made with bind mounts, or an attack
MAX_NAME_BYTES = 4096  # Linux's own bound on a path, and the claim format's on a name
MAX_REFUSALS = 1000  # listed; a folder of a million sockets need not be listed whole


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file, as it was when the folder was walked.

    path   absolute, links resolved; surrogate escapes stand for bytes that are not UTF-8
    name   below the named folder, "/" between parts; the same escapes
    size   bytes
    """

    path: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Intake:
    """files sorted by name; refused, in the order met; skipped: folders of our own that lay inside what was named."""

    files: tuple[FoundFile, ...]
    refused: tuple[Refusal, ...]
    skipped: tuple[str, ...] = ()


def find_files(paths: Sequence[str | os.PathLike[str]], *, exclude: Sequence[str | os.PathLike[str]] = ()) -> Intake:
    """Walk what the caller named.

    paths     files, folders, or links to them; relative ones are relative to the current folder
    exclude   folders never entered (the workspace itself: its database changes while it is read)
    """
    walk = _Walk(frozenset(os.path.realpath(folder) for folder in exclude))
    for path in paths:
        walk.named(os.fspath(path))
    files = sorted(walk.files.values(), key=lambda found: os.fsencode(found.name))
    return Intake(tuple(files), (*walk.refused, *_duplicates(files)), tuple(walk.skipped))


class _Walk:
    def __init__(self, exclude: frozenset[str]) -> None:
        self.exclude = exclude
        self.files: dict[str, FoundFile] = {}  # by path: what is named twice is taken once
        self.refused: list[Refusal] = []
        self.skipped: list[str] = []

    def named(self, path: str) -> None:
        if "\0" in path or not path:
            self.refuse(path, "missing", "is no path")
            return
        try:
            real = os.path.realpath(path, strict=True)
            status = Path(real).stat()
        except OSError as exc:
            if exc.errno == errno.ELOOP:
                self.refuse(path, "symlink-loop", "is a symbolic link that leads in a circle")
            else:
                why = unhashable(exc)
                self.refuse(path, why.code, why.reason)
            return
        if stat.S_ISDIR(status.st_mode):
            before = len(self.files), len(self.refused)
            self.folder(real, "", 0)
            if (len(self.files), len(self.refused)) == before and not self._holds_known(real):
                self.refuse(path, "empty-folder", "is a folder without any file")
        else:
            self.entry(real, Path(real).name, status)

    def _holds_known(self, folder: str) -> bool:
        return any(path.startswith(folder + os.sep) for path in self.files)

    def folder(self, folder: str, above: str, depth: int) -> None:
        """above: the folder's path below the named one, with a "/" at its end; empty for the named one itself"""
        if folder in self.exclude:
            self.skipped.append(folder)
            return
        if depth > MAX_DEPTH:
            self.refuse(folder, "too-deep", f"lies more than {MAX_DEPTH} folders deep")
            return
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: os.fsencode(entry.name))
        except OSError as exc:
            why = unhashable(exc)
            self.refuse(folder, why.code, why.reason)
            return
        for entry in entries:
            if self.full():
                return
            try:
                if entry.is_dir(follow_symlinks=False):
                    self.folder(entry.path, f"{above}{entry.name}/", depth + 1)
                else:
                    self.entry(entry.path, above + entry.name, entry.stat(follow_symlinks=False))
            except OSError as exc:
                why = unhashable(exc)
                self.refuse(entry.path, why.code, why.reason)

    def entry(self, path: str, name: str, status: os.stat_result) -> None:
        if stat.S_ISLNK(status.st_mode):
            code, reason = _why_no_link(path)
            self.refuse(path, code, reason)
        elif not stat.S_ISREG(status.st_mode):
            why = special_file(status.st_mode)
            self.refuse(path, why.code, why.reason)
        elif not _fits_a_claim(name):
            self.refuse(path, "name-too-long", f"has a name of more than {MAX_NAME_BYTES} bytes")
        elif path not in self.files:
            self.files[path] = FoundFile(path, name, status.st_size)

    def full(self) -> bool:
        if len(self.files) >= MAX_FILES:
            if not any(refusal.code == "too-many" for refusal in self.refused):
                self.refuse("", "too-many", f"there are more than {MAX_FILES} files; seal them folder by folder")
            return True
        return len(self.refused) >= MAX_REFUSALS

    def refuse(self, path: str, code: str, reason: str) -> None:
        self.refused.append(Refusal(path, code, reason))


def _why_no_link(path: str) -> tuple[str, str]:
    try:
        os.path.realpath(path, strict=True)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            return "symlink-loop", "is a symbolic link that leads in a circle"
        return "symlink", "is a symbolic link that leads nowhere"
    return "symlink", "is a symbolic link; name the file that it leads to"


def _fits_a_claim(name: str) -> bool:
    raw = os.fsencode(name)
    return len(raw) <= MAX_NAME_BYTES and len(name_fields(raw)[0].encode()) <= MAX_NAME_BYTES


def _duplicates(files: Sequence[FoundFile]) -> list[Refusal]:
    """Different files that would carry the same name; `files` sorted by name."""
    return [
        Refusal(later.path, "duplicate-name", f"has the same name as {earlier.path}; seal their common folder instead")
        for earlier, later in pairwise(files)
        if earlier.name == later.name
    ]
