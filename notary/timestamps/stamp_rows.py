"""The rows of time stamps, as values. They are written by notary/timestamps/stamps.py alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from notary.proofs.receipt import OtsAnchor, TimestampAnchor
from notary.service_errors import StampUnknown
from notary.store import STAMP_RFC3161, stamps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext


@dataclass(frozen=True, slots=True)
class StampRow:
    """One time stamp of one head.

    size       entries under the head
    kind       store.STAMP_RFC3161 or STAMP_OTS
    slot       1 to the number of tokens that a head gets; 1 for ots
    status     store.STAMP_*
    nonce      ots: 16 bytes
    authority  rfc3161, once obtained: who gave it
    data       the token, or the .ots file
    asked      ots: calendars that took it, as they are configured; many name another address in their promises
    error      of the last attempt, in words; once obtained: of those who were asked before
    attempts   since the status changed
    next_at    Unix seconds, not asked again before; None: nothing is left to ask for
    """

    id: int
    log_id: int
    size: int
    kind: str
    slot: int
    status: str
    nonce: bytes | None = field(repr=False)
    authority: str | None
    data: bytes | None = field(repr=False)
    asked: tuple[str, ...] = field(repr=False)
    error: str | None
    attempts: int
    next_at: int | None
    created_at: int
    updated_at: int

    def as_anchor(self) -> TimestampAnchor | OtsAnchor | None:
        """How a receipt shows it; None: not at all."""
        if self.data is None:
            return None
        return TimestampAnchor(self.data) if self.kind == STAMP_RFC3161 else OtsAnchor(self.data)


SELECT = sa.select(
    stamps.c.id,
    stamps.c.log_id,
    stamps.c.size,
    stamps.c.kind,
    stamps.c.slot,
    stamps.c.status,
    stamps.c.nonce,
    stamps.c.authority,
    stamps.c.data,
    stamps.c.asked,
    stamps.c.error,
    stamps.c.attempts,
    stamps.c.next_at,
    stamps.c.created_at,
    stamps.c.updated_at,
)
ORDER = (stamps.c.kind.desc(), stamps.c.slot)  # tokens first


def row_of(row: sa.Row[*tuple[Any, ...]]) -> StampRow:
    """A row of SELECT."""
    values = row._asdict()
    return StampRow(**{**values, "asked": tuple(json.loads(values["asked"] or "[]"))})


def find_row(connection: Connection, stamp_id: int, *, lock: bool = False) -> StampRow:
    """One time stamp; with `lock` nobody else changes it until the transaction ends.  Raises StampUnknown."""
    query = SELECT.where(stamps.c.id == stamp_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise StampUnknown(stamp_id)
    return row_of(row)


def rows_of_size(connection: Connection, log_id: int, size: int) -> list[StampRow]:
    """The time stamps of one head, in ORDER."""
    query = SELECT.where(stamps.c.log_id == log_id, stamps.c.size == size).order_by(*ORDER)
    return [row_of(row) for row in connection.execute(query)]


def ids_of(ctx: NotaryContext, condition: sa.ColumnElement[bool], most: int | None) -> list[int]:
    """Ids of the time stamps that meet a condition, those that wait longest first.

    Of every log that this workspace ever had: one that was closed has heads that wait, too.
    """
    with ctx.engine.connect() as connection:
        return list(
            connection.execute(sa.select(stamps.c.id).where(condition).order_by(stamps.c.next_at).limit(most)).scalars()
        )
