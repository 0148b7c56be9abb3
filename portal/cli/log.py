"""`tallystick log`: the whole log: audit it, publish it, get it back, end it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from portal.cli.log_keys import accept, close, recover, rotate_appender, transfer
from portal.cli.log_prove import prove
from portal.cli.shell import Shell, command
from portal.cli.words import plural
from portal.exit_codes import Exit
from portal.reading import read_bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from notary.log.ledger import LogRow
    from notary.log.log_audit import Audit, Signed
    from notary.log.log_events import ChainSide
    from notary.proofs.receipt import Receipt
    from portal.world import World

_EXITS: Final = {"PASSED": Exit.OK, "FAILED": Exit.FAILED, "INDETERMINATE": Exit.INDETERMINATE}


@click.group()
def log() -> None:
    """Audit the log, publish it, recover it, end it and name its heir.

    The log holds commitments and hashes only, so all of it may be shown to anybody. What to do when a database is
    lost, a workspace was copied or a key was stolen is in docs/guides/drills.md, step by step.
    """


@command("audit", after="docs/guides/drills.md says what to do about each finding.")
@click.option("--tiles", metavar="FOLDER|URL", help="Audit an exported or served log instead of this workspace's own.")
@click.option("--rpc", metavar="URL", help="Ask this node [default: the workspace's own; with --tiles none].")
@click.option("--log", "log_id", metavar="0xID", help="The log's id on the chain, where no --receipt names it.")
@click.option("--contract", metavar="0xADDRESS", help="The EvidenceLog that it is in, where no --receipt names it.")
@click.option("--from-block", type=click.IntRange(0), default=0, help="Read events from here on [default: 0].")
@click.option("--receipt", "receipts", metavar="FILE", multiple=True, help="Its checkpoint must fit; repeat for more.")
def audit(
    shell: Shell,
    tiles: str | None,
    rpc: str | None,
    log_id: str | None,
    contract: str | None,
    from_block: int,
    receipts: tuple[str, ...],
) -> int:
    """Walk every head that the chain holds, and recompute each from the entries.

    Whoever has the tiles and a node can do it; no key, no database and no trust in the log's owner is needed. Exit
    code 0: all PASSED, 1: something FAILED, 3: something could not be checked.

    \b
    Examples:
      tallystick log audit
      tallystick log audit --tiles https://example.org/log --receipt invoice.pdf.receipt.json --rpc http://127.0.0.1:8545
    """
    given = [(path, _receipt(Path(path))) for path in receipts]
    with shell.progress() as progress:

        def advance(done: int, total: int) -> None:
            progress("audit", done, total, "entries")

        if tiles is None:
            with shell.world("log audit") as world:
                done = _audit_own(world, rpc, log_id, given, advance)
        else:
            done = _audit_tiles(tiles, rpc, _Named(log_id, contract, from_block), given, advance)
    rows = [(str(f.number), f.name, f.status.value, f.reason, f.detail) for f in done.findings]
    shell.table(("", "what", "status", "reason", "found"), rows)
    shell.result(done.to_json(), f"{done.status.value}: {done.origin or 'no log'}, {done.size} entries")
    return int(_EXITS[done.status.value])


class _Named:
    """A stranger's log as the command line names it."""

    def __init__(self, log_id: str | None, contract: str | None, first: int) -> None:
        self.log_id, self.contract, self.first = log_id, contract, first


def _receipt(path: Path) -> Receipt:
    from notary.proofs.receipt import MAX_BYTES, Receipt

    return Receipt.from_bytes(read_bounded(path, MAX_BYTES))


def _signed(given: list[tuple[str, Receipt]], key: bytes | None) -> list[Signed]:
    """The checkpoints of receipts, each with a signature of the log's key.  Raises SignatureInvalid."""
    from notary.log.checkpoint import verify
    from notary.log.log_audit import Signed

    found = []
    for path, receipt in given:
        verify(receipt.note, receipt.log.key if key is None else key)
        state = receipt.note.checkpoint
        found.append(Signed(state.size, state.root, f"the checkpoint of {Path(path).name}"))
    return found


def _audit_own(
    world: World,
    rpc: str | None,
    log_id: str | None,
    given: list[tuple[str, Receipt]],
    advance: Callable[[int, int], None],
) -> Audit:
    from notary.log import ledger, log_audit
    from notary.log.log_source import OwnLog
    from portal.errors import DeploymentMissing
    from portal.log_chain import Whose, ask_node, ask_own

    with world.engine.connect() as connection:
        row = _own_log(world, connection, log_id)
    chain: ChainSide | None
    if rpc is not None and row.chain_log_id is not None and row.contract is not None:
        chain = ask_node(rpc, Whose(row.chain_log_id, "0x" + row.contract.hex()), 0)
    else:
        try:
            chain = ask_own(world, row)
        except DeploymentMissing:
            chain = None
    with world.engine.connect() as connection:
        return log_audit.audit(
            OwnLog(connection, row),
            key=row.note_key,
            chain=chain,
            signed=[*log_audit.own_checkpoints(connection, row.id), *_signed(given, row.note_key)],
            rows=ledger.audit(connection, row),
            advance=advance,
        )


def _own_log(world: World, connection: Connection, log_id: str | None) -> LogRow:
    """The workspace's log of that id; its present one where none is named.  Raises LogNotFound, ArgumentInvalid."""
    from notary.log import ledger
    from portal.errors import LogNotFound
    from portal.log_chain import log_id as parse

    if log_id is None:
        return ledger.log_of(connection, world.notary.note_key)
    wanted = parse(log_id)
    for row in ledger.all_logs(connection):
        if row.chain_log_id == wanted:
            return row
    raise LogNotFound(log_id)


def _audit_tiles(
    tiles: str, rpc: str | None, named: _Named, given: list[tuple[str, Receipt]], advance: Callable[[int, int], None]
) -> Audit:
    from notary.log import log_audit
    from notary.log.log_source import open_tree
    from portal.errors import ArgumentInvalid
    from portal.log_chain import Whose, ask_node, log_id, of_receipt

    source = open_tree(tiles)
    told = [of_receipt(receipt) for _, receipt in given]
    wanted = log_id(named.log_id) if named.log_id else next((one for one, _ in told if one), None)
    contract = named.contract or next((one for _, one in told if one), None)
    key = next((receipt.log.key for _, receipt in given), None)
    chain = None
    if rpc is not None:
        if wanted is None or contract is None:
            raise ArgumentInvalid("--rpc", rpc, "needs --log and --contract, or a --receipt that names both")
        chain = ask_node(rpc, Whose(wanted, contract), named.first)
        if key is None and chain.history.created is not None:
            key = chain.history.created.note_key
    return log_audit.audit(source, key=key, chain=chain, signed=_signed(given, key), advance=advance)


@command("export", after="`tallystick log audit --tiles FOLDER` checks it; any tlog-tiles client reads it.")
@click.argument("folder")
@click.option("--log", "log_id", metavar="0xID", help="An earlier log of this workspace [default: the present one].")
def export(shell: Shell, folder: str, log_id: str | None) -> None:
    """Write the log for the public into FOLDER: checkpoint, tile/... (C2SP tlog-tiles) and case-heads/.

    It is also the copy from which `tallystick log recover` brings a lost log back, so keep it elsewhere. Writing again
    adds what is new.

    \b
    Example:
      tallystick log export public/log
    """
    from notary.log.log_export import export as write

    with shell.world("log export") as world, shell.progress() as progress:
        with world.engine.connect() as connection:
            row = _own_log(world, connection, log_id)
        head = write(world.engine, row, folder, advance=lambda done, total: progress("export", done, total, "files"))
    size = 0 if head is None else head.size
    shell.result(
        {"folder": folder, "origin": row.origin, "size": size},
        f"{plural(size, 'entry', 'entries')} of {row.origin} in {folder}",
    )


log.add_command(audit)
log.add_command(prove)
log.add_command(export)
for one in (recover, close, rotate_appender, transfer, accept):
    log.add_command(one)
