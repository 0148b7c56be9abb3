"""Recovery: a log that is behind its chain gets its entries back, from an exported log or from a second copy.

    1  read       the whole log from what was given; nothing of it is believed
    2  check      its newest checkpoint is signed by our key and is the root of its entries; our own entries are its
                  beginning; every head on the chain is the root of its beginning; the case heads are those that the
                  leaves commit to
    3  write      in one transaction: entries, tiles, checkpoints, case heads, and from a second copy's database the
                  private rows as well

Afterwards heads that the chain holds as final get their anchors' proofs again (`anchors.adopt`), so that receipts have
them.

Checkpoints are signed anew, with our key, at the end of each batch: Ed25519 gives the very bytes that were signed
before, and step 2 shows that the newest of them was.

States of the log: behind -> recovered (3); recovered -> open (3, `newest`). Between what was given and the loss more
heads may have been signed and handed out in receipts; the chain does not know those that were not anchored, and nobody
can tell how many there were. Sealing on would sign other heads of the same sizes, and two signed roots of one size
prove two histories. So a recovered log anchors what it has and signs nothing more: it gives way to an heir, where
sizes begin anew (notary/log/succession.py), unless its owner says that nothing was sealed after what was given was
written. A log that is forked stays so: two histories cannot be made one. Before 3 nothing is written; a process may die
between any two lines, and again does no harm.

An exported log brings back what is public. The files' claims (names, digests, secrets) are private: without a second
copy of the database they are gone, receipts that were handed out stay valid, and the files may be sealed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from notary.errors import CheckpointInvalid, FormatInvalid, LogEntryInvalid, SignatureInvalid
from notary.log import head_rows, ledger, merkle, private_rows
from notary.log.case_changes import CaseChange, CaseWalk
from notary.log.checkpoint import SignedCheckpoint, verify
from notary.log.heads import HeadsLeaf
from notary.log.log_source import LogSource, OwnLog, entries_of, walk
from notary.log.merkle import Frontier
from notary.log.tiles import WIDTH
from notary.service_errors import LogSourceUnreadable, RecoveryRefused
from notary.store import LOG_CLOSED, LOG_OPEN, LOG_RECOVERED, ended_claims, logs

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from notary.context import NotaryContext
    from notary.log.ledger import LogRow
    from notary.log.log_events import ChainSide

Advance = Callable[[int, int], None]


def _unwatched(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did: entries and rows that were written, the log afterwards. rows: by table, private ones."""

    log: LogRow
    entries: int
    rows: Mapping[str, int]


@dataclass
class _Read:
    """A log that was read and checked: its entries behind ours, by batch, and the changes of their case heads."""

    size: int
    root: bytes
    batches: list[list[bytes]] = field(default_factory=list)
    changes: list[tuple[int, bytes, CaseChange]] = field(default_factory=list)
    commitments: dict[int, bytes] = field(default_factory=dict)  # of all claims, by place in the log
    walk: CaseWalk = field(default_factory=CaseWalk)


def begin_again(ctx: NotaryContext, told: ChainSide, contract: bytes) -> None:
    """Give a database that was lost, and is empty now, the row of our log as the chain knows it.

    contract  20 bytes, the one that was asked about

    Raises RecoveryRefused when the chain's log was created under another name or key than ours.
    """
    created = told.history.created
    if created is None or (created.origin, created.note_key) != (ctx.note_key.origin, ctx.note_key.public):
        named = "nothing" if created is None else created.origin
        raise RecoveryRefused(0, told.present.size, f"the chain's log is {named}, our key is of {ctx.note_key.origin}")
    with ledger.write(ctx.engine) as connection:
        private_rows.ensure_row(ctx, connection, ctx.clock(), (told.history.log_id, told.chain_id, contract))


def recover(
    ctx: NotaryContext,
    source: LogSource | None,
    told: ChainSide,
    *,
    copy: Engine | None = None,
    newest: bool = False,
    advance: Advance = _unwatched,
) -> Recovered:
    """Make our present log whole from `source`.

    source  an exported log (log_source.open_tree); None with `copy`: the copy's own log is read
    told    what a node says of our log
    copy    the database of a second copy of this workspace: its private rows are taken over as well
    newest  the caller knows that nothing was sealed after what is given was written: the log is open again

    Raises RecoveryRefused, LogSourceUnreadable, LogSourceUnreachable, LogBusy, VaultLocked, VaultDamaged. After each of
    them nothing has been written.
    """
    if copy is not None:
        with copy.connect() as other:
            return _recover(ctx, private_rows.own_log(other, ctx.note_key), told, other, newest, advance)
    if source is None:
        raise ValueError("neither an exported log nor a copy was given")
    return _recover(ctx, source, told, None, newest, advance)


def _recover(
    ctx: NotaryContext, source: LogSource, told: ChainSide, other: Connection | None, newest: bool, advance: Advance
) -> Recovered:
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
        if log.chain_log_id != told.history.log_id:
            raise RecoveryRefused(log.size, 0, "the node was asked about another log")
        found = _read(connection, log, source, told, ctx.note_key.public, advance)
    with ledger.write(ctx.engine) as connection:
        now = ledger.lock(connection, ctx.note_key)
        if now.size != log.size:
            raise RecoveryRefused(now.size, found.size, "it has grown meanwhile; run the command again")
        _write(ctx, connection, now, found)
        rows: Mapping[str, int] = {}
        if other is not None:
            rows = private_rows.take_over(ctx, connection, other, now, found.commitments, found.walk.heads)
        state = _state(now, found, closed=told.present.closed, newest=newest)
        connection.execute(sa.update(logs).where(logs.c.id == log.id).values(state=state))
        return Recovered(ledger.log_by_id(connection, log.id), found.size - log.size, rows)


def _state(log: LogRow, found: _Read, *, closed: bool, newest: bool) -> str:
    """The log's state after a recovery."""
    if closed:
        return LOG_CLOSED
    untouched = log.state == LOG_OPEN and log.size == found.size
    return LOG_OPEN if newest or untouched else LOG_RECOVERED


# 1 and 2


def _read(
    connection: Connection, log: LogRow, source: LogSource, told: ChainSide, key: bytes, advance: Advance
) -> _Read:
    try:
        text = source.note()
        note = None if text is None else SignedCheckpoint.from_text(text)
        if note is None:
            raise LogSourceUnreadable(source.name, "there is no checkpoint")
        verify(note, key)
    except (CheckpointInvalid, SignatureInvalid) as exc:
        raise LogSourceUnreadable(source.name, str(exc)) from exc
    size = note.checkpoint.size

    def refuse(reason: str) -> RecoveryRefused:
        return RecoveryRefused(log.size, size, reason)

    if size < max(log.size, told.present.size):
        raise refuse(f"the chain has {told.present.size}, so what was given is too old")
    found = _Read(size, note.checkpoint.root)
    on_chain = {head.size: head for head in told.history.heads}
    frontier, batch = Frontier(), list[bytes]()
    ours = entries_of(OwnLog(connection, log), log.size)
    try:
        for index, entry, said, before in walk(source, size):
            if next(ours, entry) != entry:
                raise refuse(f"entry {index} is another one here: the histories forked there")
            frontier.extend([merkle.leaf_hash(entry)])
            batch.append(entry)
            if isinstance(said, HeadsLeaf):
                change = _follow(found.walk, source, index, said, before)
                if index >= log.size:
                    if index - before < log.size:
                        raise refuse("ours end within a batch")
                    found.changes.append((index, entry, change))
                    found.batches.append(batch)
                batch = []
            else:
                found.commitments[index] = said
            head = on_chain.get(frontier.size)
            if head is not None and head.root != frontier.root:
                raise refuse(
                    f"at {frontier.size} entries the chain has root {head.root.hex()}, not {frontier.root.hex()}"
                )
            if frontier.size % WIDTH == 0 or frontier.size == size:
                advance(frontier.size, size)
    except LogEntryInvalid as exc:
        raise LogSourceUnreadable(source.name, str(exc)) from exc
    if frontier.size < size:
        raise refuse(f"its entries from {frontier.size} on are not there")
    if frontier.root != found.root or batch:
        raise refuse("its entries do not lead to its checkpoint")
    return found


def _follow(cases: CaseWalk, source: LogSource, index: int, leaf: HeadsLeaf, claims: int) -> CaseChange:
    """What the heads leaf changed, checked.  Raises LogSourceUnreadable."""
    data = source.case_change(index)
    if data is None:
        raise LogSourceUnreadable(source.name, f"what the heads leaf at {index} changed is not there")
    try:
        change = CaseChange.from_bytes(data)
        cases.apply(index, leaf, change, claims)
    except (FormatInvalid, ValueError) as exc:
        raise LogSourceUnreadable(source.name, f"entry {index}: {exc}") from exc
    return change


# 3


def _write(ctx: NotaryContext, connection: Connection, log: LogRow, found: _Read) -> None:
    now = ctx.clock()
    growing = replace(log, state=LOG_OPEN)
    for batch in found.batches:
        head = ledger.append(connection, growing, ctx.note_key, batch, now)
        growing = replace(growing, size=head.size)
    for index, leaf, change in found.changes:
        head_rows.write(connection, log.id, index, leaf, change.heads)
        for case, gone in change.ended:
            key = (ended_claims.c.blinded == case, ended_claims.c.at == gone.at)
            if connection.execute(sa.select(ended_claims.c.at).where(*key)).first() is None:
                head_rows.write_ended(connection, case, [gone])
