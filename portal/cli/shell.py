"""What every command shares: --json and --workspace, how results are shown, progress bars, passwords.

    @command("seal", after="`tallystick anchor` puts the new head on chain.")
    @click.argument("case")
    def seal(shell: Shell, case: str) -> None:
        ...
        shell.result({"sealed": 3}, "3 files sealed.")

With --json standard output carries exactly one JSON document and words are left out. Without it,
results go to standard output as text and tables. Progress goes to standard error, and only when that is a terminal.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from portal.errors import FileMissing, FileTooLarge, PasswordMissing
from portal.workspace import Workspace, locate

if TYPE_CHECKING:
    from portal.world import World

PASSWORD_VARIABLE: Final = "TALLYSTICK_PASSWORD"  # noqa: S105 (a name)
PIPE_WIDTH: Final = 140  # of tables where no terminal tells its own
MAX_PASSWORD_FILE: Final = 4096  # bytes

Json = Mapping[str, Any] | Sequence[Any]


class Progress(Protocol):
    """Told how far a long command has come; the same shape as the services'."""

    def __call__(self, step: str, done: int, total: int, unit: str) -> None:
        """`done` of `total` units of `step`; a total of 0 stands for an unknown length."""


STEPS: Final = {
    "hash": "Hashing",
    "seal": "Sealing",
    "store": "Storing",
    "fetch": "Fetching",
    "export": "Writing",
    "anchor": "Anchoring",
    "stamp": "Stamping",
    "audit": "Auditing",
    "recover": "Recovering",
    "verify": "Verifying",
    "renew": "Recording",
    "deploy": "Deploying",
    "keeper": "Working",
}


@dataclass(frozen=True)
class Shell:
    """One command's way to its reader.

    as_json     one JSON document instead of text
    folder      where the workspace is, or is to be
    passwords   file named by --password-file, or None
    """

    as_json: bool
    folder: Path
    passwords: Path | None = None

    def workspace(self) -> Workspace:
        """The workspace, with the program's logs going into it from now on.  Raises WorkspaceError."""
        from portal import logs

        workspace = Workspace.open(self.folder)
        logs.start(workspace.logs)
        return workspace

    @contextmanager
    def world(self, purpose: str) -> Iterator[World]:
        """Everything that the services need, built as it is asked for; closed orderly when the block ends."""
        from portal.world import World

        workspace = self.workspace()
        with World(workspace, purpose=purpose, ask=self.password) as world:
            yield world

    def say(self, text: str = "") -> None:
        """A line for people; nothing with --json."""
        if not self.as_json:
            click.echo(text)

    def note(self, text: str) -> None:
        """A line beside the result, on standard error; nothing with --json."""
        if not self.as_json:
            click.secho(text, dim=True, err=True)

    def result(self, data: Json, text: str = "") -> None:
        """What came out: `data` with --json, else `text`."""
        if self.as_json:
            import json

            click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        elif text:
            click.echo(text)

    def line(self, data: Json, text: str) -> None:
        """One of many results of a command that goes on: with --json one object on one line."""
        if self.as_json:
            import json

            click.echo(json.dumps(data, ensure_ascii=False))
        else:
            click.echo(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
        """A table for people; columns whose heading ends in `>` are set flush right."""
        if self.as_json:
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for column in columns:
            right = column.endswith(">")
            table.add_column(column.rstrip(">"), justify="right" if right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        width = None if sys.stdout.isatty() else PIPE_WIDTH
        Console(file=sys.stdout, highlight=False, width=width).print(table)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress bar for each step on standard error while the block runs.

        None where that is no terminal; --json leaves it alone, its document goes to standard output.
        """
        if not sys.stderr.isatty():
            yield no_progress
            return
        from rich.console import Console
        from rich.filesize import decimal
        from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description:<10}"),
            BarColumn(),
            TextColumn("{task.fields[far]}"),
            TimeElapsedColumn(),
        )
        tasks: dict[str, TaskID] = {}
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:

            def show(step: str, done: int, total: int, unit: str) -> None:
                text = decimal if unit == "bytes" else str
                far = f"{text(done)} of {text(total)}" if total else text(done)
                far = far if unit == "bytes" else f"{far} {unit}"
                if step not in tasks:
                    tasks[step] = bars.add_task(STEPS.get(step, step.capitalize()), far=far)
                bars.update(tasks[step], completed=done, total=total or None, far=far)

            yield show

    def password(self, key: str, new: bool = False) -> str:
        """The password of `key`: from TALLYSTICK_PASSWORD, --password-file, or asked for in a terminal.

        new   ask twice
        Raises PasswordMissing, FileMissing, FileTooLarge.
        """
        from portal.logs import conceal

        given = os.environ.get(PASSWORD_VARIABLE)
        if given:
            return conceal(given)
        if self.passwords is not None:
            return conceal(read_password(self.passwords, key))
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise PasswordMissing(key)
        words = f"New password for the key {key}" if new else f"Password of the key {key}"
        return conceal(click.prompt(words, hide_input=True, confirmation_prompt=new, err=True))


def command(name: str, *, after: str = "", opens_key: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """A Click command whose function takes a `Shell` first and may return an exit code.

    after       the last line of its help: what comes next
    opens_key   it signs with a key, or makes one: it has --password-file
    """
    shared = [
        click.Option(
            ["--workspace"],
            metavar="FOLDER",
            help="The workspace [default: $TALLYSTICK_WORKSPACE, this folder if it is one, or ./tallystick].",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document instead of text."),
    ]
    if opens_key:
        words = "The key's password is the first line of FILE [default: $TALLYSTICK_PASSWORD, or ask]."
        shared.insert(0, click.Option(["--password-file"], metavar="FILE", help=words))

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def run(as_json: bool, workspace: str | None, password_file: str | None = None, **values: object) -> object:
            passwords = Path(password_file) if password_file else None
            return function(Shell(as_json, locate(workspace), passwords), **values)

        made = click.command(name, epilog=f"Next: {after}" if after else None)(run)
        made.params += shared  # behind the command's own, which the reader came for
        return made

    return decorate


def read_password(path: Path, key: str) -> str:
    """The first line of a password file.  Raises FileMissing, FileTooLarge, PasswordMissing for an empty one."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PASSWORD_FILE + 1)
    except OSError as exc:
        raise FileMissing(str(path), exc.strerror or str(exc)) from exc
    if len(data) > MAX_PASSWORD_FILE:
        raise FileTooLarge(str(path), path.stat().st_size, MAX_PASSWORD_FILE)
    first = data.decode("utf-8", "surrogateescape").splitlines()
    if not first or not first[0]:
        raise PasswordMissing(key)
    return first[0]


def no_progress(step: str, done: int, total: int, unit: str) -> None:
    """Progress that nobody watches."""
    del step, done, total, unit
