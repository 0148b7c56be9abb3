"""Workspaces for tests: made by the program's own commands, with chains that run while the test does."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.chains import ROLES, ChainUse
from portal.cli import main
from portal.workspace import Workspace

ROOT = Path(__file__).parents[2]
KEYS = ("creditor", "debtor", "friend")


@dataclass(frozen=True)
class Answer:
    """What a command said: exit code, its JSON (or None), and its raw standard output."""

    code: int
    json: Any
    text: str

    @property
    def error(self) -> str:
        """The error's code, "" when there was none."""
        found = self.json.get("error", {}) if isinstance(self.json, dict) else {}
        return str(found.get("code", ""))


def tallystick(*words: object, workspace: Path | None = None, expect: Iterable[int] | None = (0,)) -> Answer:
    """Run a command in this process with --json; fails the test when its exit code is none of `expect`."""
    arguments = [str(word) for word in words]
    if workspace is not None:
        arguments += ["--workspace", str(workspace)]
    out = io.StringIO()
    with redirect_stdout(out):
        code = main([*arguments, "--json"])
    text = out.getvalue()
    parsed = None
    with contextlib.suppress(ValueError):
        parsed = json.loads(text)
    assert expect is None or code in expect, f"tallystick {' '.join(arguments)}: exit {code}\n{text}"
    return Answer(code, parsed, text)


def program(*words: object, cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "portal", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'contracts'}", **environment},
    )


@contextmanager
def running_chains(folder: Path) -> Iterator[dict[str, ChainUse]]:
    """Keep the workspace's embedded chains running, as a keeper would."""
    uses = {role: ChainUse(Workspace.open(folder), role) for role in ROLES}
    try:
        for use in uses.values():
            use.dev()
        yield uses
    finally:
        for use in uses.values():
            use.close()


@contextmanager
def deployed_workspace(folder: Path, *, keys: Iterable[str] = KEYS, options: Iterable[str] = ()) -> Iterator[Path]:
    """A dev workspace with keys, contracts, the log on chain and a test token; its chains run while the block does."""
    tallystick("init", "--dev", *options, workspace=folder)
    with running_chains(folder):
        for name in keys:
            tallystick("key", "new", name, workspace=folder)
        tallystick("deploy", "--test-token", workspace=folder)
        yield folder


def finalise(folder: Path) -> None:
    """Mine on the plans' chain until what has happened is final."""
    with ChainUse(Workspace.open(folder), "plans") as use:
        use.dev().finalise()


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes, to see that nothing changed; not logs and the chains' own files."""
    left_out = ("logs/", "chains/")
    return {
        name: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (name := path.relative_to(folder).as_posix()).startswith(left_out)
    }
