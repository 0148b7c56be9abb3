"""Commands of the program in processes of their own, forked from a server that has all imports done, and killed."""

from __future__ import annotations

import contextlib
import json
import signal
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from support.killing import KillServer
from support.portalworld import Answer


class Commands:
    """Runs one command at a time, in the present folder of the test."""

    def __init__(self) -> None:
        self.steps = 0
        self._server = KillServer("cli_child.py")
        self._said = tempfile.TemporaryDirectory(prefix="tally-said-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        self._said.cleanup()

    @property
    def _answer(self) -> Path:
        return Path(self._said.name) / "answer.json"

    def begin(self, *words: str, at: int = 0) -> int:
        """Start a command; its process id.

        at  the step before which it dies; 0: none
        """
        self._answer.unlink(missing_ok=True)
        return self._server.begin(str(Path.cwd()), str(self._answer), at, *words)

    def end(self) -> Answer | None:
        """Wait for it. None: it was killed. `steps` is how many steps it took."""
        status = self._server.end()
        assert status in (0, -signal.SIGKILL), status
        if status:
            return None
        said = json.loads(self._answer.read_text())
        self.steps, text, parsed = said["steps"], said["text"], None
        with contextlib.suppress(ValueError):
            parsed = json.loads(text)
        return Answer(said["code"], parsed, text)

    def run(self, *words: str, at: int = 0) -> Answer | None:
        self.begin(*words, at=at)
        return self.end()
