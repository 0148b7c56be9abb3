"""`tallystick fetch`: get shared documents back."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli.shell import Shell, command
from portal.cli.words import plural
from portal.errors import ReceiptUnknown


@command("fetch", after="`tallystick verify FILE --receipt RECEIPT` checks what came back once more, offline.")
@click.argument("case")
@click.argument("names", nargs=-1, metavar="[NAME|ID]...")
@click.option("--to", "folder", metavar="FOLDER", default="fetched", show_default=True, help="Where to write.")
def fetch(shell: Shell, case: str, names: tuple[str, ...], folder: str) -> None:
    """Get documents of CASE back from IPFS: every byte is checked, then decrypted, then checked against the claim.

    NAME is a file's name, ID a receipt's number, as `tallystick case show CASE` lists them; without any, all stored
    documents come. A file that is there already is never overwritten.

    \b
    Example:
      tallystick fetch smith-2026 contract.pdf --to from-ipfs/
    """
    from notary.sealing.cases import claims_of
    from notary.sharing.share import fetch as fetch_document

    with shell.world("fetch") as world, shell.progress() as progress:
        stored = [c for c in claims_of(world.notary, case, current_only=not names) if names or c.cid]
        for name in names:
            if not any(name in (str(c.id), str(c.claim.get("name"))) for c in stored):
                raise ReceiptUnknown(name)
        wanted = [c for c in stored if not names or {str(c.id), str(c.claim.get("name"))} & set(names)]
        written = []
        for claim in wanted:
            target = _inside(Path(folder), str(claim.claim.get("name")))
            written.append(fetch_document(world.notary, claim.id, target, progress=progress))
    for path in written:
        shell.say(str(path))
    shell.result({"files": [str(path) for path in written]}, f"{plural(len(written), 'document')} fetched and checked.")


def _inside(folder: Path, name: str) -> Path:
    """The place of a claim's file below `folder`, whatever its name says."""
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return folder.joinpath(*parts)
