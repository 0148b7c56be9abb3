"""Let a process die right before its n-th step, or count its steps: every place that a crash can separate two things.

A step is a statement or commit of a database, a request to a node (over http), and whatever changes a file: opened for
writing, synced, renamed, linked, shortened, removed, a folder made. SIGKILL at a random moment mostly meets the same
few long waits; a random step meets all places alike.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

_FILES = ("os.rename", "os.link", "os.remove", "os.truncate", "os.mkdir", "os.rmdir")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Steps:
    """Counts this process's steps from now on.

    at  it dies before this one; 0: it lives
    """

    def __init__(self, at: int) -> None:
        self.count, self._at = 0, at
        sa.event.listen(Engine, "before_cursor_execute", self._step)
        sa.event.listen(Engine, "commit", self._step)
        sys.addaudithook(self._audited)
        sync = os.fsync

        def synced(descriptor: Any) -> None:
            self._step()
            sync(descriptor)

        os.fsync = synced

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
        if opened or event in _FILES or event == "http.client.send":
            self._step()

    def _step(self, *_: object) -> None:
        self.count += 1
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
