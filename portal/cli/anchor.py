"""`tallystick anchor`: put the log's newest head on the evidence chain."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli.shell import Shell, command
from portal.reading import write_output


@command(
    "anchor",
    after="`tallystick receipts export CASE` writes out the receipts with the anchor's whole proof.",
    opens_key=True,
)
@click.option("--wait", is_flag=True, help="Stay until the block is final; without it, until the head is in a block.")
@click.option("--trust-file", metavar="FILE", help="Write the blocks that this workspace's node calls final to FILE.")
def anchor(shell: Shell, wait: bool, trust_file: str | None) -> None:
    """Put the log's newest head on the evidence chain.

    One transaction for all that was sealed since the last one; the contract refuses a head that drops or rewrites an
    entry. The work is durable: when this command is interrupted, or a block is reorganised away, the next command or
    the keeper goes on. Where a keeper runs, it does the work and this command waits.

    \b
    Examples:
      tallystick anchor --wait
      tallystick anchor --wait --trust-file my-blocks.json
    """
    with shell.world("anchor") as world:
        world.keys.signer("operator")  # a missing workspace or a wrong password is told before anything is loaded
        from notary import anchoring, anchors
        from portal.trusted import own_trust

        requested = anchors.request(world.notary)
        if requested is None:
            shell.result({"anchor": None}, "The log is empty: seal something first.")
            return
        if not requested.settled and (wait or requested.status != "included"):
            runner = world.runner()
            with shell.progress() as progress:
                progress("anchor", 0, 0, requested.status)
                runner.run(anchoring.ANCHOR, anchoring.workflow_id(requested), requested.id, int(wait))
        done = anchors.get(world.notary, requested.id)
        if trust_file:
            write_output(Path(trust_file), own_trust(world).to_bytes())
    block = f"block {done.block_number} of chain {done.chain_id}" if done.block_number is not None else "no block yet"
    shell.say(f"{done.status}: the head of {done.size} entries is in {block}")
    if done.tx is not None and done.block_hash is not None:
        shell.say(f"  transaction 0x{done.tx.hex()}")
        shell.say(f"  for verifiers: --block {done.chain_id}:{done.block_number}:0x{done.block_hash.hex()}")
    if trust_file:
        shell.say(
            f"  {trust_file} says what this workspace's node knows; give it to nobody as proof, they ask their own."
        )
    shell.result(
        {
            "anchor": {
                "status": done.status,
                "size": done.size,
                "chain_id": done.chain_id,
                "contract": "0x" + done.contract.hex(),
                "block_number": done.block_number,
                "block_hash": None if done.block_hash is None else "0x" + done.block_hash.hex(),
                "tx": None if done.tx is None else "0x" + done.tx.hex(),
            },
            "trust_file": trust_file,
        }
    )
