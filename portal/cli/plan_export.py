"""`tallystick plan export`: the file that a party of a plan holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from portal.cli.shell import Shell, command
from portal.cli.words import at, plural


@command("export", after="`tallystick verify FILE --rpc URL` checks it, on any machine.")
@click.argument("name", metavar="FILE|NAME")
@click.option("--to", "target", required=True, metavar="FILE", help="Where the dossier is written.")
def export(shell: Shell, name: str, target: str) -> None:
    """Write a plan's dossier: terms, both signatures, contracts with their interfaces, and a proof of every payment.

    Whoever has the file shows what was agreed and paid without this workspace and without us. It goes up to the newest
    final block of the plans' chain. What the openings in it say (digest of the agreement, jurisdiction) is for the
    parties: the chain holds only commitments. Of the parties' signing records it has the digests, or why there is none.

    \b
    Example:
      tallystick plan export smith-plan --to smith-plan.dossier.json
    """
    from notary.evm.evm_proof import parse_header
    from portal import settling
    from portal.dossier.file import Dossier
    from portal.dossier.gather import gather
    from portal.errors import PaperInvalid
    from portal.reading import write_output
    from portal.signing.rows import for_dossier, records_of

    with shell.world("plan export") as world:
        paper = settling.trusted_paper(world, name, foreign_module=True).paper
        if not paper.is_plan:
            raise PaperInvalid(name, "is an escrow; dossiers are of plans")
        with shell.progress() as progress:
            dossier = gather(
                world.chain("plans"),
                paper,
                world.addresses().first_block,
                lambda done, total: progress("prove", done, total, "events"),
            )
        with world.engine.connect() as connection:
            dossier = replace(dossier, records=for_dossier(records_of(connection, paper.id)))
    data = dossier.to_bytes()
    Dossier.from_bytes(data, paper.name)  # what verify would refuse is not written
    as_of = parse_header(dossier.headers[-1])
    write_output(Path(target), data)
    members = {
        "plan_id": paper.id,
        "file": target,
        "bytes": len(data),
        "events": len(dossier.events),
        "as_of": {"block": as_of.number, "time": as_of.timestamp},
    }
    shell.result(
        members,
        f"dossier: {target}  {plural(len(dossier.events), 'event')} up to block {as_of.number}, {at(as_of.timestamp)}",
    )
