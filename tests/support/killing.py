"""Kill a program at random moments, many times a minute: a server imports it once and forks a worker for each run.

A child script calls `serve(job)`; the test starts it with `KillServer(script)` and says for each run how long it may
live. The worker is ended by SIGKILL, as by the kernel or a power cut: nothing of it runs afterwards.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

CHILDREN = Path(__file__).parents[1] / "fault" / "children"
ROOT = Path(__file__).parents[2]


class KillServer:
    """The running server. Several may run at once."""

    def __init__(self, script: str) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "contracts", ROOT / "tests"))),
        }
        self._process = subprocess.Popen(
            [sys.executable, str(CHILDREN / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._line() == "READY"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self._process.wait()}")
        return line.strip()

    def begin(self, *arguments: str | int | float | None) -> int:
        """Fork a worker that does its job; its process id."""
        assert self._process.stdin is not None
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        return int(self._line())

    def end(self) -> int:
        """Wait for the worker: 0 it finished, -9 it was killed, else it failed (its traceback is on stderr)."""
        assert self._process.stdin is not None
        print("end", file=self._process.stdin, flush=True)
        return int(self._line())

    def run(self, *arguments: str | int | float | None) -> float:
        """One undisturbed run; seconds that it took."""
        began = time.monotonic()
        self.begin(*arguments)
        assert self.end() == 0
        return time.monotonic() - began

    def run_and_kill(self, after_seconds: float, *arguments: str | int | float | None) -> bool:
        """A run that is killed after so long; whether it was killed before it finished."""
        worker = self.begin(*arguments)
        time.sleep(after_seconds)
        os.kill(worker, signal.SIGKILL)  # ours, or what is left of it: the server has not yet waited for it
        status = self.end()
        assert status in (0, -signal.SIGKILL)
        return status != 0


class Moments:
    """Random moments to kill at, for runs whose length nobody knows: the machine may be busy or idle, and less is left
    to do with every run. They are drawn from a span that shrinks when a run ended first, and grows when it was killed.

    span   seconds, to begin with
    """

    def __init__(self, rng: random.Random, span: float) -> None:
        self._rng, self._span = rng, span

    def kill(self, server: KillServer, *arguments: str | int | float | None) -> bool:
        """One run, killed at a random moment; whether that came before its end."""
        killed = server.run_and_kill(self._rng.uniform(0, self._span), *arguments)
        self._span *= 1.1 if killed else 0.6
        return killed


def serve(job: Callable[..., None]) -> None:
    """In the child script: for each line of arguments fork a worker and print its process id; when told to, wait for it
    and print how it ended. It is not waited for earlier, so its id cannot become another process's meanwhile.
    """
    print("READY", flush=True)
    while line := sys.stdin.readline():
        worker = os.fork()
        if worker == 0:
            try:
                job(*json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(worker, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]), flush=True)
