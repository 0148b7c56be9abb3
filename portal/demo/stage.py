"""How the demo speaks: chapters, sentences, the commands that it runs, progress bars, and what came of them.

Every step of the demo is a command of `tallystick`, run in this process with --json; the reader sees the command as
they would type it, and its effect in plain words.  Only the clock of the plans' chain is moved in another way, and the
demo says so.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from portal.demo.errors import DemoStopped

WIDTH: Final = 108  # a terminal's usual width, and what a picture of the demo holds
EXPECTED: Final = frozenset({0})

Json = dict[str, Any]


@dataclass
class Stage:
    """The demo's voice.

    workspace  where commands work; named to each of them
    shown      how that folder is written in commands that the reader sees
    """

    workspace: Path
    console: Console
    _begun: float = field(default_factory=time.monotonic)
    _chapter: int = 0

    @property
    def seconds(self) -> float:
        """How long the demo has run."""
        return time.monotonic() - self._begun

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._chapter += 1
        self.console.print()
        self.console.rule(
            f"[bold]{self._chapter}. {title}[/bold]  [dim]{self.seconds:.0f} s[/dim]", align="left", style="dim"
        )

    def say(self, text: str) -> None:
        """A sentence of the story; [bold] and the like mean what they mean to Rich."""
        self.console.print(Padding(text, (0, 0, 0, 2)))

    def good(self, text: str) -> None:
        """What was shown to be so."""
        self.console.print(Padding(f"[green]✓[/green] {text}", (0, 0, 0, 2)))

    def bad(self, text: str) -> None:
        """What was found to be wrong, as it should be."""
        self.console.print(Padding(f"[red]✗[/red] {text}", (0, 0, 0, 2)))

    def later(self, text: str) -> None:
        """Time has passed."""
        self.console.print(Padding(f"[yellow]→ {text}[/yellow]", (0, 0, 0, 2)))

    def run(self, *words: str | Path, show: bool = True, expect: Iterable[int] = EXPECTED) -> Json:
        """Run a command and return its JSON.

        show    whether the reader sees the command
        expect  exit codes that belong to the story

        Raises DemoStopped with what the command said.
        """
        from portal.cli import main

        arguments = [str(word) for word in words]
        if show:
            typed = shlex.join(shown(word) if isinstance(word, Path) else word for word in words)
            self.console.print(Padding(Text(f"$ tallystick {typed}", style="cyan"), (0, 0, 0, 2)))
        out = io.StringIO()
        with redirect_stdout(out):
            code = main([*arguments, "--workspace", str(self.workspace), "--json"])
        answer = json.loads(out.getvalue() or "{}")
        if code not in expect:
            error = answer.get("error", {})
            raise DemoStopped(shlex.join(arguments), code, str(error.get("message", "")), str(error.get("hint", "")))
        return {**answer, "exit_code": code}

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Progress]:
        """A progress bar; the block calls `advance(0)` on what it gets."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            progress.add_task(title, total=total)
            yield progress

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; columns whose heading ends in `>` are set flush right."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            right = column.endswith(">")
            table.add_column(column.rstrip(">"), justify="right" if right else "left", overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.console.print(Padding(table, (0, 0, 0, 2)))


def shown(path: Path) -> str:
    """A path as the reader would write it from here."""
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
