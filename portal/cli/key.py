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
    Keys that only sign custody entries are made by `key custody new`.
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
    from portal import custody

    folder = shell.workspace().keys
    keys, signing = KeyRing(folder, shell.password).all(), custody.names(folder)
    shell.table(("key", "address"), [(k.name, k.address) for k in keys])
    if signing:
        shell.say(f"Only for custody entries: {', '.join(signing)}")
    shell.result({"keys": [{"name": k.name, "address": k.address} for k in keys], "custody": list(signing)})


@click.group("custody")
def custody_keys() -> None:
    """Make keys that sign custody entries and nothing else.

    An Ethereum key, a wallet or a certificate can sign them, too: see [custody] in tallystick.toml.
    """


@command("new", after="name it under [custody] in tallystick.toml; `tallystick doctor` shows who signs.")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["ed25519", "ml-dsa-65"]),
    default="ed25519",
    show_default=True,
    help="ed25519: short and known everywhere. ml-dsa-65: holds against quantum computers, too.",
)
def custody_new(shell: Shell, name: str, kind: str) -> None:
    """Make a key called NAME that signs custody entries.

    It is a file without a password in the workspace's keys folder, readable by its owner alone, as the log's own key.

    \b
    Example:
      tallystick key custody new custody
    """
    from portal import custody

    made = custody.create_key(KeyRing(shell.workspace().keys, shell.password), name, kind)
    shell.result({"name": name, "kind": kind, "identity": made.identity}, f"{name}  {kind}  {made.identity}")


key.add_command(new)
key.add_command(list_)
key.add_command(custody_keys)
custody_keys.add_command(custody_new)
