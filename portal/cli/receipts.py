"""`tallystick receipts`: write out receipts."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli.shell import Shell, command
from portal.cli.words import plural


@click.group()
def receipts() -> None:
    """Write out receipts.

    A receipt is one JSON file with all that a verifier needs: the claim's fields, the proofs that lead from it to the
    log's head, and the head's anchor with its whole proof. It tells the file's name, size and digests to whoever
    reads it.
    """


@command("export", after="`tallystick verify FILES --receipt FOLDER` checks files against them.")
@click.argument("case")
@click.option("--to", "folder", metavar="FOLDER", help="Where to write [default: WORKSPACE/receipts/CASE].")
@click.option("--bundle", is_flag=True, help="One file for all: each anchor and proof part is in it once.")
def export(shell: Shell, case: str, folder: str | None, bundle: bool) -> None:
    """Write the receipts of CASE: NAME.receipt.json for each file, or one bundle.

    \b
    Examples:
      tallystick receipts export smith-2026
      tallystick receipts export smith-2026 --bundle --to for-the-court/
    """
    from notary.receipts import export as write

    with shell.world("receipts export") as world, shell.progress() as progress:
        target = Path(folder) if folder else world.workspace.receipts / case
        written = write(world.notary, case, target, as_bundle=bundle, progress=progress)
    shell.result(
        {"folder": str(target), "files": [str(path) for path in written]},
        f"{plural(len(written), 'file')} in {target}",
    )


receipts.add_command(export)
