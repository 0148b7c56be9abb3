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
    from notary.proofs.receipts import export as write

    with shell.world("receipts export") as world, shell.progress() as progress:
        target = Path(folder) if folder else world.workspace.receipts / case
        written = write(world.notary, case, target, as_bundle=bundle, progress=progress)
    shell.result(
        {"folder": str(target), "files": [str(path) for path in written]},
        f"{plural(len(written), 'file')} in {target}",
    )


@command("disclose", after="`tallystick verify FILE --receipt THIS` checks it like any other.")
@click.argument("receipt", type=click.Path(dir_okay=False))
@click.option("--show", "shown", multiple=True, metavar="FIELD", help="Show this field only; repeatable.")
@click.option("--hide", "hidden", multiple=True, metavar="FIELD", help="Hide this field; repeatable.")
@click.option("--custody", is_flag=True, help="Keep the custody entry, which says who acted.")
@click.option("--to", "target", required=True, type=click.Path(dir_okay=False), help="Where to write it.")
def disclose(
    shell: Shell, receipt: str, shown: tuple[str, ...], hidden: tuple[str, ...], custody: bool, target: str
) -> None:
    """Write RECEIPT with some of its fields hidden. What is hidden stays provable with the whole receipt.

    A verifier needs case_blinded and sha256 to say PASSED; without them it says what is missing.

    \b
    Example:
      tallystick receipts disclose contract.pdf.receipt.json --show case_blinded --show sha256 --to for-the-bank.json
    """
    from notary.files import write_whole
    from notary.proofs import disclosure
    from notary.proofs.receipt import MAX_BYTES, Receipt
    from portal.reading import read_bounded

    if bool(shown) == bool(hidden):
        raise click.UsageError("give --show or --hide")
    whole = Receipt.from_bytes(read_bounded(Path(receipt), MAX_BYTES))
    if shown:
        part = disclosure.show_only(whole, shown, custody=custody)
    else:
        part = disclosure.hide(whole, hidden, custody=custody)
    write_whole(Path(target), part.to_bytes())
    missing = [name for name in disclosure.NEEDED if name not in part.shown()]
    if missing:
        shell.note(f"hidden: {', '.join(missing)}. A verifier cannot say PASSED without.")
    shell.result(
        {"receipt": target, "shown": list(part.shown()), "hidden": part.opening.hidden_count()},
        f"{target}: {plural(len(part.shown()), 'field')} shown, {part.opening.hidden_count()} hidden.",
    )


receipts.add_command(export)
receipts.add_command(disclose)
