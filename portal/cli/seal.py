"""`tallystick seal`: seal files and folders into a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from portal.cli.shell import Shell, command
from portal.cli.words import moment, plural

if TYPE_CHECKING:
    from notary.sealing.seal import State

STATES: Final[tuple[State, ...]] = ("sealed", "superseded", "unchanged", "revoked")
SHOWN = 20  # files that are listed one by one


@command(
    "seal",
    after="`tallystick anchor --wait` puts the log's new head on chain; then `receipts export`.",
    opens_key=True,
)
@click.argument("case")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--kind", default="", help="contract, invoice, delivery-proof, chat, ...")
@click.option("--captured-at", metavar="TIME", default="", help="When it was captured: 2026-11-23T18:00:00Z.")
@click.option("--captured-by", metavar="WHO", default="", help="Who captured it.")
@click.option("--source", metavar="WHERE", default="", help="Where it is from.")
@click.option("--not-before", metavar="C:N:0xH", default="", help="A final block that you know: the claim is younger.")
@click.option("--digest", "digests", multiple=True, metavar="NAME", help="A further digest: sha3_512, sm3, ...")
@click.option("--again", is_flag=True, help="Seal a file again, as it is, whose claim was revoked.")
@click.option("--store", type=click.Choice(["ipfs"]), help="Encrypt each document and put the ciphertext there.")
def seal(
    shell: Shell,
    case: str,
    paths: tuple[str, ...],
    kind: str,
    captured_at: str,
    captured_by: str,
    source: str,
    not_before: str,
    digests: tuple[str, ...],
    again: bool,
    store: str | None,
) -> None:
    """Seal files and folders into CASE: each gets one entry in the log, and nothing of its content leaves this machine.

    All files are read before anything is written: one that is missing, unreadable or changes meanwhile stops the
    whole command and nothing has changed. Sealing again recognises what is unchanged; a new version supersedes the
    old one. A file whose claim was revoked is named and left as it is, without --again. Each new receipt is verified
    before this says that it is sealed.

    \b
    Examples:
      tallystick seal smith-2026 contracts/ invoice-17.pdf
      tallystick seal smith-2026 chat.json --kind chat --captured-by "Li Wei" --store ipfs
    """
    from notary.sealing.seal import Details
    from notary.sealing.seal import seal as seal_files
    from notary.sealing.selfcheck import verify_sealed
    from notary.sharing.share import node_of, store_sealed
    from notary.verdicts.verdict import printable

    details = Details(kind, moment("--captured-at", captured_at), captured_by, source, not_before)
    with shell.world("seal") as world, shell.progress() as progress:
        if store:
            node_of(world.notary)  # a node that does not answer stops the command before anything is written
        done = seal_files(
            world.notary, case, paths, details=details, extra_digests=digests, again=again, progress=progress
        )
        verified = verify_sealed(world.notary, done, progress)
        stored = store_sealed(world.notary, done, progress=progress) if store else None
    for file in done.files if len(done.files) <= SHOWN else ():
        shell.say(f"{file.state:<10}  {printable(file.name)}")
    counts: dict[str, int] = {state: done.count(state) for state in STATES}
    words = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    if verified:
        shell.say(f"Verified at once: {plural(verified, 'receipt')}.")
    shell.say(f"{plural(len(done.files), 'file')}: {words}. The log has {plural(done.head.size, 'entry', 'entries')}.")
    if done.count("revoked"):
        shell.note("a claim that was revoked stays so: its file is sealed again, as it is, with --again only")
    if stored is not None:
        shell.say(f"On IPFS, encrypted: {len(stored.stored)} new, {len(stored.kept)} there already.")
    for folder in done.skipped:
        shell.note(f"left out: {folder} (the workspace itself)")
    shell.result(
        {
            "case": done.case_id,
            **counts,
            "log_size": done.head.size,
            "root": done.head.root.hex(),
            "verified": verified,
            "stored": None if stored is None else len(stored.stored),
            "files": [
                {
                    "name": file.name,
                    "path": file.path,
                    "size": file.size,
                    "sha256": file.sha256.hex(),
                    "state": file.state,
                    "leaf_index": file.leaf_index,
                }
                for file in done.files
            ],
        }
    )
