"""`tallystick demo`: the whole story on this machine."""

from __future__ import annotations

import click

from portal.cli.shell import Shell, command


@command("demo", after="`tallystick init --dev` begins a workspace of your own.")
@click.argument("path", required=False)
def demo(shell: Shell, path: str | None) -> int:
    """Show the whole story on this machine, with chains, mail and web hook of its own.

    PATH is a folder of your files; without it, 200 files of mixed kinds are made.

    \b
    Example:
      tallystick demo
    """
    from portal.demo import main

    return int(main(path, as_json=shell.as_json, workspace=shell.folder) or 0)
