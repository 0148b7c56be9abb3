"""A Click group whose commands are imported when they are asked for, and listed without importing them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import click


class Entry(NamedTuple):
    """A command: its name, where it is ("module:attribute"), and the line that lists it."""

    name: str
    where: str
    line: str


class Section(NamedTuple):
    """A heading in the list of commands."""

    title: str
    entries: tuple[Entry, ...]


class LazyGroup(click.Group):
    """A group made of `sections`."""

    def __init__(self, *args: Any, sections: Sequence[Section], **kwargs: Any) -> None:
        kwargs["invoke_without_command"] = True
        super().__init__(*args, **kwargs)
        self.sections = tuple(sections)
        self._where = {entry.name: entry.where for section in self.sections for entry in section.entries}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the sections."""
        del ctx
        return list(self._where)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name."""
        del ctx
        where = self._where.get(cmd_name)
        if where is None:
            return None
        module, _, attribute = where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the sections without importing a command."""
        del ctx
        for section in self.sections:
            with formatter.section(section.title):
                formatter.write_dl([(entry.name, entry.line) for entry in section.entries], col_spacing=4)
