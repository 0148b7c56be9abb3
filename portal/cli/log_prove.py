"""`tallystick log prove`: add the newest head of the log to receipts."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli.shell import Shell, command
from portal.cli.words import plural


@command("prove", after="`tallystick verify FILE --receipt RECEIPT` checks it: one log, and how the claim stands now.")
@click.argument("receipts", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="RECEIPT...")
@click.option("--to", "folder", type=click.Path(file_okay=False), help="Write them there instead of replacing them.")
def prove(shell: Shell, receipts: tuple[str, ...], folder: str | None) -> None:
    """Add to each RECEIPT a proof that its head and the log's newest one are one log.

    With it the receipt also shows whether its claim was superseded, revoked or erased since.

    \b
    Example:
      tallystick log prove receipts/invoice-17.pdf.receipt.json
    """
    from notary.files import write_whole
    from notary.proofs.prove_later import prove_later
    from notary.proofs.receipt import MAX_BYTES, Receipt
    from portal.reading import read_bounded

    read = [(Path(name), Receipt.from_bytes(read_bounded(Path(name), MAX_BYTES))) for name in receipts]
    with shell.world("log prove") as world:
        proven = [(path, receipt, prove_later(world.notary, receipt)) for path, receipt in read]
    rows = []
    for path, old, new in proven:
        target = Path(folder, path.name) if folder else path
        write_whole(target, new.to_bytes())
        state = new.later.note.checkpoint.size if new.later else None
        rows.append({"receipt": str(target), "from": old.note.checkpoint.size, "to": state})
        words = f"heads of {old.note.checkpoint.size} and {state} entries are one log"
        shell.say(f"{target}: {words if state else 'its head is the newest'}")
    shell.result({"receipts": rows}, f"{plural(len(rows), 'receipt')} written.")
