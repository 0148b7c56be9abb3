"""Which signing records the workspace has for a plan.

A row holds no word of a record: only its digest, which a salt keeps from telling anything, and the case that it is
sealed in. Whether it still stands there is asked of the notary each time, so an erased record is no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from portal.signing.record import Role, State
from settlement.store import signing_records as table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from portal.dossier.file import PartyRecord


@dataclass(frozen=True, slots=True)
class Kept:
    """One party's row.

    state    sealed or declined
    sha256   32 bytes, of the record's file; empty where the party declined
    case     in which it is sealed; empty where the party declined
    reason   why there is no record; empty where there is one
    at       Unix seconds, when the row was written
    """

    role: Role
    state: State
    sha256: bytes
    case: str
    reason: str
    at: int


def records_of(connection: Connection, plan_id: str) -> tuple[Kept, ...]:
    """A plan's rows, by role."""
    rows = connection.execute(table.select().where(table.c.plan_id == plan_id).order_by(table.c.role))
    return tuple(
        Kept(Role(r.role), State(r.status), bytes(r.sha256 or b""), r.kept_in or "", r.reason or "", r.at) for r in rows
    )


def for_dossier(kept: Iterable[Kept]) -> tuple[PartyRecord, ...]:
    """What a plan's dossier says of its records: digests and reasons, and no case."""
    from portal.dossier.file import PartyRecord

    return tuple(PartyRecord(one.role, one.sha256, one.reason) for one in kept)


def put_sealed(connection: Connection, plan_id: str, role: Role, *, sha256: bytes, case: str, now: int) -> None:
    """A party's record was sealed; it takes the place of an earlier row."""
    _put(connection, plan_id, role, status=State.SEALED.value, sha256=sha256, kept_in=case, reason=None, at=now)


def put_declined(connection: Connection, plan_id: str, role: Role, *, reason: str, now: int) -> None:
    """A party gives no record; it takes the place of an earlier row."""
    _put(connection, plan_id, role, status=State.DECLINED.value, sha256=None, kept_in=None, reason=reason, at=now)


def _put(connection: Connection, plan_id: str, role: Role, **values: object) -> None:
    connection.execute(sa.delete(table).where(table.c.plan_id == plan_id, table.c.role == role.value))
    connection.execute(sa.insert(table).values(plan_id=plan_id, role=role.value, **values))
