"""What happens to sealed evidence: handed over, looked at, taken out, revoked. Each is a custody entry, never an edit.

    record   collected, transferred, accessed, exported: the claim stays current
    revoke   the sealer no longer stands by the claim; its receipts say so as of the next head
    history  the case's custody chain, read back and checked against the log

All of it is written in one batch (notary/custody/batch.py), signed by whoever is configured to sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from notary.custody.batch import CaseBatch, writing
from notary.custody.chain import Action, CustodyEntry
from notary.errors import LogEntryInvalid
from notary.jcs import MAX_INT
from notary.log import ledger
from notary.log.head_rows import ended_at
from notary.log.ledger import Head
from notary.log.standing import State
from notary.reading import Reader
from notary.sealing import cases
from notary.service_errors import ActRefused, ClaimNotInCase, LogDamaged, LogNotOpen
from notary.store import LOG_OPEN, case_heads, claims, custody

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.custody.vault import CaseKey

RECORDED: Final = (Action.COLLECTED, Action.TRANSFERRED, Action.ACCESSED, Action.EXPORTED)
MAX_ENTRY = 1024 * 1024  # bytes of one stored custody entry, far above the largest


@dataclass(frozen=True, slots=True)
class Acted:
    """A claim that something was done to: its place in the log, and the custody entry's number."""

    leaf_index: int
    seq: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One custody entry of a case. entry: None where the claim was erased, and with it what was written about it."""

    seq: int
    hash: bytes
    entry: CustodyEntry | None


def record(
    ctx: NotaryContext,
    case_id: str,
    leaf_indexes: Sequence[int],
    action: Action,
    about: str = "",
    *,
    log_id: int | None = None,
) -> tuple[Head, list[Acted]]:
    """Write down that `action` was done to the claims at these places of the log; returns the new head.

    action  one of RECORDED
    about   to whom, by what means, why: up to 4,096 bytes; private, like the claim
    log_id  row id of the log that the claims are in; default: the present one, into which the act goes anyhow

    Raises ActRefused, ClaimNotInCase, LogNotOpen, LogEntryInvalid, CaseUnknown, CaseErased, VaultLocked, VaultDamaged,
    LogBusy, LogDamaged. After each of them nothing has changed.
    """
    if action not in RECORDED:
        raise ActRefused(f"{action} is not recorded but done: seal, revoke or erase")
    return _act(ctx, case_id, leaf_indexes, action, about, log_id)


def revoke(
    ctx: NotaryContext, case_id: str, leaf_indexes: Sequence[int], why: str, *, log_id: int | None = None
) -> tuple[Head, list[Acted]]:
    """Revoke the claims at these places of the log. Their entries stay; a newer head shows that they were revoked.

    log_id  as in `record`

    A claim that a newer version superseded may be revoked as well.

    Raises as `record`; ActRefused too where a claim was revoked before.
    """
    return _act(ctx, case_id, leaf_indexes, Action.REVOKED, why, log_id)


def _act(
    ctx: NotaryContext, case_id: str, leaf_indexes: Sequence[int], action: Action, about: str, log_id: int | None
) -> tuple[Head, list[Acted]]:
    places = sorted(set(leaf_indexes))
    if not places:
        raise ActRefused("no claim was named")
    with writing(ctx) as connection:
        batch = CaseBatch(ctx, connection, case_id)
        if batch.log.state != LOG_OPEN:
            raise LogNotOpen(batch.log.origin, batch.log.state)
        commitments = standing_claims(connection, batch, places, log_id)
        done = []
        for place in places:
            if action is Action.REVOKED:
                if batch.ended(commitments[place]) is State.REVOKED:
                    raise ActRefused(f"entry {place} was revoked before")
                entry = batch.end(action, commitments[place], about)
            else:
                entry = batch.act(action, commitments[place], about)
            done.append(Acted(place, entry.seq))
        return batch.close(), done


def standing_claims(
    connection: Connection, batch: CaseBatch, places: Sequence[int], log_id: int | None = None
) -> dict[int, bytes]:
    """The commitments of the case's claims at these places, none of them erased.

    log_id  row id of the log that the places are in; default: the batch's own

    Raises ClaimNotInCase.
    """
    found: dict[int, bytes] = {}
    for start in range(0, len(places), 500):
        query = sa.select(claims.c.leaf_index, claims.c.commitment).where(
            claims.c.case_id == batch.key.case_id,
            claims.c.log_id == (batch.log.id if log_id is None else log_id),
            claims.c.secret.is_not(None),
            claims.c.leaf_index.in_(places[start : start + 500]),
        )
        found |= {row.leaf_index: row.commitment for row in connection.execute(query)}
    for place in places:
        if place not in found:
            raise ClaimNotInCase(batch.key.case_id, place)
    return found


def revoked(ctx: NotaryContext, case_id: str) -> frozenset[bytes]:
    """The commitments of the case's revoked claims.

    Raises CaseUnknown, CaseErased, VaultLocked, VaultDamaged.
    """
    with ctx.engine.connect() as connection:
        blinded = cases.case_key(ctx, case_id, connection).blinded
        ended = ended_at(connection, blinded, MAX_INT).ended
    return frozenset(one.claim for one in ended if one.state is State.REVOKED)


def history(ctx: NotaryContext, case_id: str) -> list[HistoryLine]:
    """The case's custody entries, oldest first, checked: each continues the one before, the last is the case's head.

    Where the database was lost and the log recovered from an export, the case goes on after entries that are nowhere
    any more: the first line has their number as its `seq`, and there is none until the case is sealed into again.

    Raises LogDamaged where the chain does not hold, CaseUnknown, CaseErased, VaultLocked, VaultDamaged.
    """
    with ctx.engine.connect() as connection:
        key = cases.case_key(ctx, case_id, connection)
        size = ledger.log_of(connection, ctx.note_key).size
        rows = connection.execute(
            sa.select(custody.c.seq, custody.c.hash, custody.c.entry)
            .where(custody.c.case_id == case_id)
            .order_by(custody.c.seq)
        ).all()
        head: bytes | None = connection.execute(
            sa.select(case_heads.c.head)
            .where(case_heads.c.blinded == key.blinded)
            .order_by(case_heads.c.custody.desc())
            .limit(1)
        ).scalar()
        oldest: int | None = connection.execute(
            sa.select(sa.func.min(claims.c.custody_seq)).where(claims.c.case_id == case_id)
        ).scalar()
    if not rows and oldest is None:
        return []
    first = rows[0].seq if rows else 0
    if first and (oldest is None or oldest < first):  # claims are lost together with their entries
        raise LogDamaged(size, f"custody entries 0 to {first - 1} of case {case_id} are missing, its claims are here")
    lines: list[HistoryLine] = []
    for place, row in enumerate(rows, first):
        entry = None if row.entry is None else _entry(key, row.seq, row.entry)
        before = lines[-1].hash if lines else None
        if entry is not None and first and not lines:
            before = entry.previous  # of an entry that is lost
        if row.seq != place or (entry is not None and (entry.hash(), entry.previous) != (row.hash, before)):
            raise LogDamaged(size, f"custody entry {place} of case {case_id} does not continue the one before it")
        lines.append(HistoryLine(row.seq, row.hash, entry))
    if (lines[-1].hash if lines else None) != head:
        raise LogDamaged(size, f"the custody chain of case {case_id} does not end in the head that the log holds")
    return lines


def _entry(key: CaseKey, seq: int, blob: bytes) -> CustodyEntry:
    return read_entry(key.unwrap("custody", seq.to_bytes(8, "big"), blob))


def read_entry(data: bytes) -> CustodyEntry:
    """A stored custody entry's bytes as a value.  Raises LogEntryInvalid."""
    return CustodyEntry.read(Reader.open(data, MAX_ENTRY, "stored custody entry", LogEntryInvalid))
