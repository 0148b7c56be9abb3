"""`tallystick log recover, close, rotate-appender, transfer, accept`: get the log back, end it, change who may what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from portal.cli.shell import Shell, command
from portal.cli.words import plural
from portal.keys import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from notary.log.log_events import ChainSide
    from onchain.send import Sender
    from portal.world import World

WAIT_SECONDS: Final = 3600  # for a block to become final


@command("recover", after="`tallystick log audit` checks the whole log again.", opens_key=True)
@click.option("--from", "where", metavar="FOLDER|URL|DATABASE", required=True, help="What to recover from.")
@click.option("--log", "log_id", metavar="0xID", help="The log's id on the chain, where the database was lost whole.")
@click.option("--newest", is_flag=True, help="You know that nothing was sealed after FROM was written: seal on.")
def recover(shell: Shell, where: str, log_id: str | None, newest: bool) -> None:
    """Bring a log that is behind its chain back to what the chain holds.

    FROM is what `log export` wrote, the address of a served log, or the database of a second copy of this workspace
    (tallystick.sqlite or postgresql://...). Everything is recomputed and must lead to the chain's head before a row is
    written. Only a second copy brings back what is private: names, secrets and custody of what was sealed; bring its
    case-keys folder first.

    What was sealed after FROM was written may be in receipts already, under heads that this key signed. A second head
    of the same size would prove two histories, so a recovered log is anchored but not sealed into any more: close it
    in favour of an heir, or say --newest.

    \b
    Examples:
      tallystick log recover --from public/log
      tallystick log recover --from ../second-copy/tallystick.sqlite --newest
    """
    from notary.evm import anchors
    from notary.log import log_recovery
    from notary.log.log_source import open_tree
    from notary.store import LOG_RECOVERED

    with shell.world("log recover") as world, shell.progress() as progress:
        told = _told(world, log_id)
        copy = _copy(where)
        try:
            source = open_tree(where) if copy is None else None
            done = log_recovery.recover(
                world.notary,
                source,
                told,
                copy=copy,
                newest=newest,
                advance=lambda done, total: progress("recover", done, total, "entries"),
            )
        finally:
            if copy is not None:
                copy.dispose()
        adopted = anchors.adopt(world.notary, world.evidence(), told.history)
    rows = dict(done.rows)
    shell.say(f"{done.log.origin} is {done.log.state}: {done.log.size} entries, {done.entries} of them recovered")
    if rows:
        shell.say("  from the copy: " + ", ".join(f"{count} {name}" for name, count in rows.items()))
    elif done.entries:
        shell.say("  what these entries stand for is private and was not in the export: seal the files again")
    if done.log.state == LOG_RECOVERED:
        shell.say("  heads beyond it may have been signed, so nothing more is sealed into it: close it for an heir,")
        shell.say(f"  `tallystick log close {done.log.origin} --successor new`")
    shell.result(
        {
            "origin": done.log.origin,
            "state": done.log.state,
            "size": done.log.size,
            "entries": done.entries,
            "rows": rows,
            "anchors": adopted,
        },
        f"  {plural(adopted, 'anchor')} taken over from the chain",
    )


def _told(world: World, log_id: str | None) -> ChainSide:
    """What the workspace's node says of its log; where the database was lost, the log's row is made again."""
    from notary.log import ledger, log_recovery
    from notary.service_errors import LogUnknown
    from portal.errors import ArgumentInvalid
    from portal.log_chain import ask_own, ask_placed
    from portal.log_chain import log_id as parse

    try:
        with world.engine.connect() as connection:
            row = ledger.log_of(connection, world.notary.note_key)
    except LogUnknown:
        if log_id is None:
            raise
        told = ask_placed(world, parse(log_id))
        log_recovery.begin_again(world.notary, told, bytes.fromhex(told.contract[2:]))
        return told
    told_own = ask_own(world, row)
    if told_own is None:
        raise ArgumentInvalid("--from", row.origin, "this log is not on a chain, so nothing can be behind it")
    return told_own


def _copy(where: str) -> Engine | None:
    """The second copy's database, where `where` names one; it is only read."""
    from portal.config import reveal
    from portal.database import open_engine, require_current, sqlite_url

    if where.startswith("postgresql://"):
        engine = open_engine(reveal(where))
    elif Path(where).is_file():
        engine = open_engine(sqlite_url(Path(where).resolve()))
    else:
        return None
    require_current(engine)
    return engine


@command("close", after="`tallystick anchor --wait` anchors what was sealed again.", opens_key=True)
@click.argument("origin")
@click.option(
    "--successor", type=click.Choice(("new",)), help="Begin a new log, with a new note key, that continues it."
)
@click.option("--key", default=OPERATOR, metavar="NAME", help="The owner's key [default: operator].")
def close(shell: Shell, origin: str, successor: str | None, key: str) -> None:
    """End the log ORIGIN on the chain for ever, and with --successor name its heir.

    What heads on the chain cover keeps its receipts. What is under none of them, because another copy or a thief
    appended first, is sealed again in the heir. Without --successor nothing can be sealed any more. When it is cut
    off, run it again: it goes on.

    \b
    Example:
      tallystick log close tallystick.local/1f0c2ab7 --successor new --key cold
    """
    from notary.log import succession

    with shell.world("log close") as world:
        owner = world.sender("evidence", key)
        folder = world.workspace.log_key if successor else None
        done = succession.close(world.notary, world.evidence(), owner, origin, folder)
    heir = done.heir
    shell.say(f"{done.old.origin} is closed; heads on the chain cover {done.old.kept} of its {done.old.size} entries")
    if heir is not None:
        shell.say(f"  it goes on in {heir.origin}, log 0x{(heir.chain_log_id or b'').hex()}")
    if done.lost:
        shell.say(f"  {plural(done.lost, 'claim')} of erased cases cannot be sealed again")
    shell.result(
        {
            "closed": done.old.origin,
            "kept": done.old.kept,
            "size": done.old.size,
            "successor": None if heir is None else heir.origin,
            "successor_log": None if heir is None else "0x" + (heir.chain_log_id or b"").hex(),
            "sealed_again": done.again,
            "lost": done.lost,
        },
        f"  {plural(done.again, 'claim')} sealed again",
    )


@command("rotate-appender", after="`tallystick anchor --wait` appends with the new key.", opens_key=True)
@click.argument("new")
@click.option("--key", default=OPERATOR, metavar="NAME", help="The owner's key [default: operator].")
def rotate_appender(shell: Shell, new: str, key: str) -> None:
    """Let the key NEW of this workspace append to the log from now on, and nobody else.

    The owner's key decides; the old appender can do nothing any more once the block is final.

    \b
    Example:
      tallystick log rotate-appender hot-2 --key cold
    """
    from notary.log import succession

    with shell.world("log rotate-appender") as world:
        address = world.keys.address(new)
        owner = world.sender("evidence", key)
        log = succession.rotate_appender(world.notary, world.evidence(), owner, address)
    shell.result({"origin": log.origin, "appender": address, "key": new}, f"{new} ({address}) appends to {log.origin}")


@command("transfer", after="the new owner accepts with `tallystick log accept`.", opens_key=True)
@click.argument("to")
@click.option("--key", default=OPERATOR, metavar="NAME", help="The present owner's key [default: operator].")
def transfer(shell: Shell, to: str, key: str) -> None:
    """Name TO (a key of this workspace, or an address) as the log's next owner; it must accept.

    Keep the owner's key cold: it alone can replace a stolen appender and close the log.

    \b
    Example:
      tallystick log transfer cold
    """
    with shell.world("log transfer") as world:
        address = world.keys.resolve(to)
        origin, tx = _call(world, key, "transferOwnership", ("pending", address), address)
    shell.result(
        {"origin": origin, "next_owner": address, "tx": "0x" + tx.hex()},
        f"{address} may accept {origin}",
    )


@command("accept", after="`tallystick log audit` names the owner.", opens_key=True)
@click.option("--key", required=True, metavar="NAME", help="The key that was named as the next owner.")
def accept(shell: Shell, key: str) -> None:
    """Take over the log with the key that `log transfer` named.

    \b
    Example:
      tallystick log accept --key cold
    """
    with shell.world("log accept") as world:
        address = world.keys.address(key)
        origin, tx = _call(world, key, "acceptOwnership", ("owner", address))
    shell.result(
        {"origin": origin, "owner": address, "tx": "0x" + tx.hex()},
        f"{address} owns {origin}",
    )


def _call(world: World, key: str, function: str, effect: tuple[str, str], *arguments: object) -> tuple[str, bytes]:
    """Call the log's contract with a key of the workspace, until that is final; (log's origin, transaction).

    effect  kind and address of the event that it leads to. Where that is the last thing that happened to the log's
            ownership, it is done already (an earlier call was cut off) and nothing is sent.
    """
    from notary.log import ledger
    from notary.log.log_events import Handed
    from notary.service_errors import SuccessionRefused
    from portal.log_chain import ask_own

    with world.engine.connect() as connection:
        row = ledger.log_of(connection, world.notary.note_key)
    told = ask_own(world, row)
    if told is None or row.chain_log_id is None:
        raise SuccessionRefused(row.origin, "it is not on a chain yet: `tallystick deploy` creates it there")
    evidence = world.evidence()
    sender: Sender = world.sender("evidence", key)
    final = evidence.chain.final().number
    handed = [one for one in told.history.events if isinstance(one, Handed) and one.kind in ("pending", "owner")]
    settled = [one for one in handed if one.place.block <= final]
    if settled and (settled[-1].kind, settled[-1].address) == effect:
        return row.origin, settled[-1].place.tx
    # How often that was settled before tells a later call to the same effect from a repetition of this one.
    name = f"log:{function}:{row.chain_log_id.hex()}:{len(settled)}:{effect[1]}"
    sender.call_contract(name, evidence.contract, function, row.chain_log_id, *arguments)
    return row.origin, sender.wait(name, WAIT_SECONDS, final=True, between=evidence.between).tx_hash
