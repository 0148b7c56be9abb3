"""`tallystick key`: the keys that sign."""

from __future__ import annotations

import click

from portal.cli.shell import Shell, command
from portal.keys import KeyRing


@click.group()
def key() -> None:
    """Make and list the keys that sign.

    A key is a file in the workspace's keys folder (web3 secret storage), opened with its password. Commands name it:
    `plan sign FILE --key creditor`. The key `operator` is made by `init`; it sends the workspace's own transactions.
    """


@command(
    "new",
    after="`tallystick deploy` funds it on a chain of your own machine; elsewhere send it some coins for gas.",
    opens_key=True,
)
@click.argument("name")
def new(shell: Shell, name: str) -> None:
    """Make a new key called NAME.

    \b
    Example:
      tallystick key new creditor
    """
    ring = KeyRing(shell.workspace().keys, shell.password)
    made = ring.create(name)
    shell.result({"name": made.name, "address": made.address}, f"{made.name}  {made.address}")


@command("list", after="`tallystick doctor` shows what each key holds.")
def list_(shell: Shell) -> None:
    """List the keys and their addresses; no password is needed.

    \b
    Example:
      tallystick key list
    """
    keys = KeyRing(shell.workspace().keys, shell.password).all()
    shell.table(("key", "address"), [(k.name, k.address) for k in keys])
    shell.result({"keys": [{"name": k.name, "address": k.address} for k in keys]})


key.add_command(new)
key.add_command(list_)
