"""Succession: a log ends and names its heir; and its appender is replaced.

    the old log             its heir                           what moves it on
    any but closed          -
    same                    waiting: key file and row          1  begin
    same                    waiting, created on the chain      2  create
    closed on the chain     waiting                            3  close, by the owner's key, until that is final
    closed, `kept` = N      open                               4  hand over, one transaction
    same                    open, with what was lost           5  seal again, batch by batch

N is the size of the last head that the chain and our entries have in common. What was sealed below it keeps its
receipts: they stay valid, under the old log and its key. What was sealed beyond it is under no head on the chain and
never will be, so it is sealed again: a new claim with the same fields, which continues no claim but the new one of the
version before it, and carries the case's custody on; the lost claim is ended by it. What was revoked is not sealed
again. A case that has nothing to seal again but was acted on beyond N (revoked, erased, handed over) is entered in the
heir all the same: its last act is said again there, and the case's head carries the whole custody chain and all ended
claims with it. Only a case whose key was destroyed cannot be (notary/log/inheritance.py).

A log that was open or recovered is anchored before it is closed, so nothing is lost then; a log that is behind or
forked (a copied workspace, a stolen appender key) loses what was sealed after the others' heads. So a change of the
note key is a succession of an open log.

    the appender            our row                            what moves it on
    old                     old
    new on the chain        old                                1  setAppender, by the owner's key, until that is final
    same                    new                                2  one transaction; unfinished anchors are given up

Who moves it: `close` and `rotate_appender`, as often as anybody likes: every step looks at what is there already, and a
transaction is named by what it is for (onchain.send), so a process may die between any two lines. What must never
happen: a log closed on the chain in favour of an heir whose key we do not hold; two open logs; an heir here that the
chain does not name; a claim sealed again twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from notary.evm import anchors
from notary.log import ledger, note_keys
from notary.log.inheritance import seal_again
from notary.log.ledger import LogRow
from notary.log.log_events import Handed, LogHistory, history
from notary.service_errors import (
    AnchorFailed,
    LogBehindChain,
    LogForked,
    LogUnknown,
    SuccessionRefused,
)
from notary.store import (
    ANCHOR_FAILED,
    ANCHOR_FINAL,
    LOG_CLOSED,
    LOG_OPEN,
    LOG_RECOVERED,
    LOG_WAITING,
    logs,
)
from notary.store import anchors as anchor_rows
from onchain.errors import KeyConflict, TransactionReverted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.evm.evidence_chain import ChainHead, EvidenceChain
    from notary.log.notekey import NoteKey
    from onchain.send import Sender

WAIT_SECONDS: Final = 3600  # for a block to become final; who repeats the command goes on waiting
NO_HEIR: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Closure:
    """What a closure did.

    old    the log that ended; `old.kept` entries of it are under heads on the chain
    heir   what continues it; None: nothing does
    again  how many claims were sealed again by this call
    lost   how many cannot be: their case's key was destroyed
    """

    old: LogRow
    heir: LogRow | None
    again: int
    lost: int


def close(
    ctx: NotaryContext,
    evidence: EvidenceChain,
    owner: Sender,
    origin: str,
    keys: Path | None,
) -> Closure:
    """Close the log of that name, in favour of a new one, or go on with a closure that was begun.

    owner  sends as the log's owner
    keys   folder of the note keys, for the heir's; None: nothing shall continue the log

    Raises LogUnknown, SuccessionRefused, LogDamaged, ChainError (nothing is lost: call it again), LogBusy.
    """
    with ctx.engine.connect() as connection:
        old = _named(connection, origin)
        heir = _heir_of(connection, old)
    if heir is None or heir.state == LOG_WAITING:
        if _check_chain(evidence, old, owner).closed:
            _close_here(ctx, old)
            _check_heir(old, heir, _history(evidence, old), wanted=keys is not None)
        if keys is not None:
            heir = _create_heir(ctx, evidence, old, keys)
        elif heir is not None and heir.chain_log_id is None:
            heir = None  # begun by a call that was cut off; without its key and its log on the chain it is none
        if old.state in (LOG_OPEN, LOG_RECOVERED) and old.note_key == ctx.note_key.public:
            _anchor_last(ctx, evidence)
        _close_on_chain(evidence, owner, old, heir)
        told = _history(evidence, old)
        if old.note_key == ctx.note_key.public:
            _finish_anchors(ctx, evidence, old, told)
        _hand_over(ctx, old, heir, told)
    with ctx.engine.connect() as connection:
        old = ledger.log_by_id(connection, old.id)
    if heir is None:
        return Closure(old, None, 0, 0)
    key = _load_heir(ctx, heir, keys)
    again, lost = seal_again(replace(ctx, note_key=key), old)
    with ctx.engine.connect() as connection:
        return Closure(old, ledger.log_by_id(connection, heir.id), again, lost)


def _named(connection: Connection, origin: str) -> LogRow:
    for row in ledger.all_logs(connection):
        if row.origin == origin:
            return row
    raise LogUnknown(origin)


def _heir_of(connection: Connection, old: LogRow) -> LogRow | None:
    return next((row for row in ledger.all_logs(connection) if row.follows == old.id), None)


def _check_chain(evidence: EvidenceChain, log: LogRow, owner: Sender) -> ChainHead:
    """The log's head on the chain, if this key may act for its owner there.  Raises SuccessionRefused."""
    if log.chain_log_id is None:
        raise SuccessionRefused(log.origin, "it is not on a chain yet: `tallystick deploy` creates it there")
    if (log.chain_id, log.contract) != (evidence.chain.chain_id, evidence.address):
        raise SuccessionRefused(log.origin, f"it lives on chain {log.chain_id}, in another contract or chain than this")
    head = evidence.head(log.chain_log_id)
    if head.owner != owner.address:
        raise SuccessionRefused(log.origin, f"its owner is {head.owner}, the key given is {owner.address}")
    return head


def _check_heir(log: LogRow, heir: LogRow | None, told: LogHistory, *, wanted: bool) -> None:
    """What the chain says of a log that is closed there: who its heir is cannot be changed any more; and the last head,
    which tells what the log keeps, is the one that it was closed with: the node leaves none out.

    wanted  an heir shall continue it

    Raises SuccessionRefused.
    """
    if told.closed is None:
        raise SuccessionRefused(log.origin, "the node does not show that it was closed; try another node")
    named, ours = told.closed.successor, None if heir is None else heir.chain_log_id
    if named != ours or (wanted and named is None):
        other = "nothing" if named is None else f"log 0x{named.hex()}"
        raise SuccessionRefused(log.origin, f"it is closed on the chain, which names {other} as its heir, not ours")
    last = (told.heads[-1].size, told.heads[-1].root) if told.heads else (0, bytes(32))
    if last != (told.closed.size, told.closed.root):
        shown = f"the node shows a last head of {last[0]} entries, it was closed at {told.closed.size}"
        raise SuccessionRefused(log.origin, f"{shown}; try another node")


def _close_here(ctx: NotaryContext, log: LogRow) -> None:
    """Nothing more is sealed into a log that is closed on the chain, whoever closed it."""
    with ledger.write(ctx.engine) as connection:
        connection.execute(sa.update(logs).where(logs.c.id == log.id).values(state=LOG_CLOSED))


# 1 and 2


def _create_heir(ctx: NotaryContext, evidence: EvidenceChain, old: LogRow, keys: Path) -> LogRow:
    """The heir's row, waiting, with its log on the chain; its key file is there before the row is."""
    assert old.chain_log_id is not None  # _check_chain
    head = evidence.head(old.chain_log_id)
    with ctx.engine.connect() as connection:
        rows = ledger.all_logs(connection)
        heir = _heir_of(connection, old)
    key = (
        note_keys.key_of(keys, heir.origin)
        if heir is not None
        else note_keys.new_key(keys, {row.origin for row in rows})
    )
    with ledger.write(ctx.engine) as connection:
        if _heir_of(connection, old) is None:
            connection.execute(
                sa.insert(logs).values(
                    origin=key.origin,
                    note_key=key.public,
                    size=0,
                    state=LOG_WAITING,
                    chain_salt=secrets.token_bytes(32),
                    follows=old.id,
                    appender=old.appender,
                    created_at=ctx.clock(),
                )
            )
    return anchors.ensure_log(replace(ctx, note_key=key), replace(evidence, owner=head.owner))


def _load_heir(ctx: NotaryContext, heir: LogRow, keys: Path | None) -> NoteKey:
    if ctx.note_key.public == heir.note_key:
        return ctx.note_key
    if keys is None:
        raise SuccessionRefused(heir.origin, "it is the heir already, and its key was not given")
    with ctx.engine.connect() as connection:
        key = note_keys.key_of(keys, heir.origin)
        ledger.log_of(connection, key)
    return key


# 3


def _anchor_last(ctx: NotaryContext, evidence: EvidenceChain) -> None:
    """Put the open log's newest head on the chain, so that nothing of it is lost; where that is refused, go on."""
    try:
        anchor = anchors.request(ctx, evidence)
        if anchor is not None and not anchor.settled:
            anchors.advance(ctx, anchor.id)
            evidence.sender.wait(anchor.key, WAIT_SECONDS, between=evidence.between)
            anchors.advance(ctx, anchor.id)
    except (LogBehindChain, LogForked, AnchorFailed, TransactionReverted):
        return


def _close_on_chain(evidence: EvidenceChain, owner: Sender, old: LogRow, heir: LogRow | None) -> None:
    assert old.chain_log_id is not None  # _check_chain
    successor = NO_HEIR if heir is None or heir.chain_log_id is None else heir.chain_log_id
    key = f"log:close:{old.chain_log_id.hex()}:{successor.hex()}"
    if not evidence.head(old.chain_log_id).closed or owner.get(key) is not None:
        owner.call_contract(key, evidence.contract, "close", old.chain_log_id, successor)
        owner.wait(key, WAIT_SECONDS, final=True, between=evidence.between)


def _finish_anchors(ctx: NotaryContext, evidence: EvidenceChain, old: LogRow, told: LogHistory) -> None:
    """What was anchored before the closing, which is final, is final too: keep its proofs now, for nobody asks again.

    Anchors that are left over will never be: they are given up, so that receipts do not call them pending.
    """
    for anchor in anchors.list_anchors(ctx):
        if not anchor.settled:
            with suppress(LogBehindChain, LogForked, AnchorFailed, KeyConflict, TransactionReverted):
                anchors.advance(ctx, anchor.id)
    anchors.adopt(ctx, evidence, told)
    with ledger.write(ctx.engine) as connection:
        connection.execute(
            sa.update(anchor_rows)
            .where(anchor_rows.c.log_id == old.id, anchor_rows.c.status.not_in((ANCHOR_FINAL, ANCHOR_FAILED)))
            .values(status=ANCHOR_FAILED, error="the log was closed", updated_at=ctx.clock())
        )


# 4


def _history(evidence: EvidenceChain, log: LogRow) -> LogHistory:
    assert log.chain_log_id is not None  # _check_chain
    newest = evidence.chain.head().number
    return history(evidence.chain, evidence.contract, log.chain_log_id, evidence.first_block, newest)


def _hand_over(ctx: NotaryContext, old: LogRow, heir: LogRow | None, told: LogHistory) -> None:
    """In one transaction the old log is closed and the heir open.  Raises SuccessionRefused."""
    _check_heir(old, heir, told, wanted=heir is not None)
    with ledger.write(ctx.engine) as connection:
        now = _locked(connection, old.id)
        kept = common_size(connection, now, told)
        connection.execute(sa.update(logs).where(logs.c.id == old.id).values(state=LOG_CLOSED, kept=kept))
        if heir is not None:
            connection.execute(
                sa.update(logs).where(logs.c.id == heir.id, logs.c.state == LOG_WAITING).values(state=LOG_OPEN)
            )


def _locked(connection: Connection, log_id: int) -> LogRow:
    connection.execute(sa.select(logs.c.id).where(logs.c.id == log_id).with_for_update())
    return ledger.log_by_id(connection, log_id)


def common_size(connection: Connection, log: LogRow, told: LogHistory) -> int:
    """Entries under the last head on the chain that our entries lead to; 0: there is none."""
    for head in reversed(told.heads):
        if head.size <= log.size and ledger.root_at(connection, log.id, head.size) == head.root:
            return head.size
    return 0


# The appender


def rotate_appender(ctx: NotaryContext, evidence: EvidenceChain, owner: Sender, address: str) -> LogRow:
    """Let `address` append from now on, and nobody else.

    owner    sends as the log's owner
    address  0x and 40 digits, EIP-55

    Raises SuccessionRefused, ChainError (nothing is lost: call it again), LogBusy.
    """
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
    head = _check_chain(evidence, log, owner)
    assert log.chain_log_id is not None  # _check_chain
    if head.closed:
        raise SuccessionRefused(log.origin, "it is closed on the chain; its heir has an appender of its own")
    if head.appender != address:
        told = _history(evidence, log)
        key = f"log:appender:{log.chain_log_id.hex()}:{_changes(told.events)}:{address}"
        owner.call_contract(key, evidence.contract, "setAppender", log.chain_log_id, address)
        owner.wait(key, WAIT_SECONDS, final=True, between=evidence.between)
    with ledger.write(ctx.engine) as connection:
        before = _locked(connection, log.id)
        new = bytes.fromhex(address[2:])
        connection.execute(sa.update(logs).where(logs.c.id == log.id).values(appender=new))
        if before.appender != new:
            connection.execute(
                sa.update(anchor_rows)
                .where(anchor_rows.c.log_id == log.id, anchor_rows.c.status.not_in((ANCHOR_FINAL, ANCHOR_FAILED)))
                .values(status=ANCHOR_FAILED, error="the appender was replaced", updated_at=ctx.clock())
            )
        return ledger.log_by_id(connection, log.id)


def _changes(events: Iterable[object]) -> int:
    """How often the appender was replaced: tells two replacements by the same key apart."""
    return sum(isinstance(event, Handed) and event.kind == "appender" for event in events)
