"""`tallystick anchor`: put the log's newest head on the evidence chain, and have it time-stamped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from portal.cli.shell import Shell, command
from portal.reading import write_output

if TYPE_CHECKING:
    from notary.evm.anchors import AnchorRow
    from portal.engine import Runner
    from portal.world import World


@command(
    "anchor",
    after="`tallystick receipts export CASE` writes out the receipts with the anchors' whole proofs.",
    opens_key=True,
)
@click.option("--wait", is_flag=True, help="Stay until the block is final; without it, until the head is in a block.")
@click.option("--trust-file", metavar="FILE", help="Write the blocks that this workspace's node calls final to FILE.")
@click.option(
    "--upgrade", is_flag=True, help="Only ask again for the time stamps of all heads that still lack something."
)
def anchor(shell: Shell, wait: bool, trust_file: str | None, upgrade: bool) -> None:
    """Put the log's newest head on the evidence chain, and have it time-stamped.

    One transaction for all that was sealed since the last one; the contract refuses a head that drops or rewrites an
    entry. The same head is time-stamped by the authorities and calendars of [timestamps] in tallystick.toml: an
    authority that fails is followed by the next one; calendars give their proof some hours later, when it is in
    Bitcoin, and --upgrade fetches it. The work is durable: when this command is interrupted, a block is reorganised
    away, or nobody answers, the next command or the keeper goes on. Where a keeper runs, it does the work and this
    command waits.

    \b
    Examples:
      tallystick anchor --wait
      tallystick anchor --wait --trust-file my-blocks.json
      tallystick anchor --upgrade
    """
    if upgrade and (wait or trust_file):
        raise click.UsageError("--upgrade sends nothing to the chain, so --wait and --trust-file do not go with it.")
    with shell.world("anchor") as world:
        if upgrade:
            _upgrade(shell, world)
            return
        world.keys.signer("operator")  # a missing workspace or a wrong password is told before anything is loaded
        done = _anchor_and_stamp(shell, world, wait)
        if done is None:
            shell.result({"anchor": None, "stamps": []}, "The log is empty: seal something first.")
            return
        if trust_file:
            from portal.trusted import own_trust

            write_output(Path(trust_file), own_trust(world).to_bytes())
        _show(shell, world, done, trust_file)


def _anchor_and_stamp(shell: Shell, world: World, wait: bool) -> AnchorRow | None:
    """Both at the same time, so that neither waits for the other; None: the log is empty."""
    from notary.timestamps import stamping, stamps

    wanted = stamps.request(world.notary)
    open_ones = [row for row in wanted if row.next_at is not None]
    runner = world.runner()
    stamp_run = stamping.workflow_id(str(wanted[0].size)) if open_ones else ""
    if stamp_run:
        runner.begin(stamping.HEAD, stamp_run, wanted[0].size)
    with shell.progress() as progress:
        try:
            done = _anchor(world, runner, wait, progress)
        except Exception:
            if stamp_run:  # what the chain refuses is time-stamped all the same
                runner.run(stamping.HEAD, stamp_run, wanted[0].size)
                shell.note("The head's time stamps were asked for; only the chain is missing.")
            raise
        if stamp_run:
            progress("stamp", 0, 0, "asking authorities and calendars")
            runner.run(stamping.HEAD, stamp_run, wanted[0].size)
    return done


def _anchor(world: World, runner: Runner, wait: bool, progress: Any) -> AnchorRow | None:
    from notary.evm import anchoring, anchors

    requested = anchors.request(world.notary)
    if requested is None:
        return None
    if not requested.settled and (wait or requested.status != "included"):
        progress("anchor", 0, 0, requested.status)
        runner.run(anchoring.ANCHOR, anchoring.workflow_id(requested), requested.id, int(wait))
    return anchors.get(world.notary, requested.id)


def _show(shell: Shell, world: World, done: AnchorRow, trust_file: str | None) -> None:
    from notary.timestamps import stamps
    from portal.timestamps import stamp_json

    rows = stamps.of_head(world.notary, done.size)
    block = f"block {done.block_number} of chain {done.chain_id}" if done.block_number is not None else "no block yet"
    shell.say(f"{done.status}: the head of {done.size} entries is in {block}")
    if done.tx is not None and done.block_hash is not None:
        shell.say(f"  transaction 0x{done.tx.hex()}")
        shell.say(f"  for verifiers: --block {done.chain_id}:{done.block_number}:0x{done.block_hash.hex()}")
    if trust_file:
        shell.say(
            f"  {trust_file} says what this workspace's node knows; give it to nobody as proof, they ask their own."
        )
    if rows:
        _table(shell, world, [done], rows)
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
            "stamps": [stamp_json(row) for row in rows],
            "trust_file": trust_file,
        }
    )


def _upgrade(shell: Shell, world: World) -> None:
    from notary.evm import anchors
    from notary.timestamps import stamping, stamps
    from portal.timestamps import stamp_json

    asked = len(stamps.unfinished(world.notary))
    if asked:
        with shell.progress() as progress:
            progress("stamp", 0, 0, f"asking for {asked} time stamps")
            world.runner().run(stamping.ROUND, stamping.workflow_id("all"), 1)
    rows = stamps.list_stamps(world.notary)
    if rows:
        _table(shell, world, anchors.list_anchors(world.notary), rows)
    elif world.notary.timestamps is None:
        shell.say("Nobody is configured to time-stamp heads: see [timestamps] in tallystick.toml.")
    else:
        shell.say("No head has been time-stamped yet: run `tallystick anchor`.")
    shell.result({"asked": asked, "stamps": [stamp_json(row) for row in rows]})


def _table(shell: Shell, world: World, anchored: list[AnchorRow], rows: list[Any]) -> None:
    """Each head with its sources and what has become of them, the newest head first."""
    from portal.timestamps import anchor_words, source_of, stamp_words

    lines = []
    for size in sorted({a.size for a in anchored} | {row.size for row in rows}, reverse=True):
        told = [(f"chain {a.chain_id}", anchor_words(a)) for a in anchored if a.size == size]
        told += [(source_of(row), stamp_words(row, world.notary.timestamps)) for row in rows if row.size == size]
        lines += [(str(size) if i == 0 else "", source, words) for i, (source, words) in enumerate(told)]
    shell.table(("head of>", "source", "state"), lines)
