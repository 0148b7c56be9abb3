"""Case heads in rows: what each heads leaf said of a case, and which claims ended.

heads         the leaf's bytes
case_heads    per heads leaf the heads that it changed; a case's newest one holds in every later map
ended_claims  one for each custody entry that ended a claim
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from notary.log.heads import CaseHead
from notary.log.standing import Ended, EndedTree, State
from notary.store import case_heads, ended_claims, heads

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_COLUMNS = (
    case_heads.c.blinded,
    case_heads.c.count,
    case_heads.c.head,
    case_heads.c.custody,
    case_heads.c.ended,
    case_heads.c.ended_root,
)  # in the order of CaseHead


def write(connection: Connection, log_id: int, index: int, leaf: bytes, changed: Iterable[CaseHead]) -> None:
    """Write down the heads leaf at `index` with the case heads that it changed."""
    connection.execute(sa.insert(heads).values(log_id=log_id, idx=index, leaf=leaf))
    rows = [
        {
            "log_id": log_id,
            "blinded": head.case,
            "idx": index,
            "count": head.count,
            "head": head.head,
            "custody": head.custody,
            "ended": head.ended,
            "ended_root": head.ended_root,
        }
        for head in changed
    ]
    if rows:
        connection.execute(sa.insert(case_heads), rows)


def changed_at(connection: Connection, log_id: int, index: int) -> list[CaseHead]:
    """The case heads that the heads leaf at `index` changed; none: there is no such leaf."""
    query = sa.select(*_COLUMNS).where(case_heads.c.log_id == log_id, case_heads.c.idx == index)
    return [CaseHead(*row) for row in connection.execute(query)]


def heads_at(connection: Connection, log_id: int, index: int) -> list[CaseHead]:
    """The case heads in the map of the heads leaf at `index`: of each case the newest state up to there."""
    newest = (
        sa.select(case_heads.c.blinded, sa.func.max(case_heads.c.idx).label("idx"))
        .where(case_heads.c.log_id == log_id, case_heads.c.idx <= index)
        .group_by(case_heads.c.blinded)
        .subquery()
    )
    query = (
        sa.select(*_COLUMNS)
        .join(newest, sa.and_(newest.c.blinded == case_heads.c.blinded, newest.c.idx == case_heads.c.idx))
        .where(case_heads.c.log_id == log_id)
    )
    return [CaseHead(*row) for row in connection.execute(query)]


def write_ended(connection: Connection, blinded: bytes, ended: Iterable[Ended]) -> None:
    """Write down what custody entries of the case ended."""
    rows = [{"blinded": blinded, "at": one.at, "claim": one.claim, "state": one.state.value} for one in ended]
    if rows:
        connection.execute(sa.insert(ended_claims), rows)


def ended_between(connection: Connection, blinded: bytes, first: int, after: int) -> list[Ended]:
    """What the case's custody entries from `first` up to, without, `after` ended: of each claim the gravest state.

    Rows of one claim only ever become graver (CaseBatch.mark_ended), so the last one is it.
    """
    query = (
        sa.select(ended_claims.c.claim, ended_claims.c.state, ended_claims.c.at)
        .where(ended_claims.c.blinded == blinded, ended_claims.c.at >= first, ended_claims.c.at < after)
        .order_by(ended_claims.c.at)
    )
    newest = {row.claim: Ended(row.claim, State(row.state), row.at) for row in connection.execute(query)}
    return list(newest.values())


def ended_at(connection: Connection, blinded: bytes, entries: int) -> EndedTree:
    """The case's ended claims as of its first `entries` custody entries, each with its gravest state."""
    return EndedTree(ended_between(connection, blinded, 0, entries))
