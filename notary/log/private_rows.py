"""Private rows from the database of a second copy: cases, claims, custody, stored documents, evidence records, stamps.

They are wrapped under the cases' keys, so a copy's rows open here with the same key files and nowhere else. What can be
checked without a key is: every claim is the log's entry at its place, every custody chain has the length and ends in
the hash that the case's head commits to. Rows that are here already are brought to the copy's state (a claim was
superseded there, a case has a new key since an erasure); rows of ours that the copy lacks are an error, for it is not a
later state of this workspace then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from notary.log import ledger
from notary.log.heads import CaseHead
from notary.log.log_source import OwnLog
from notary.service_errors import CaseErased, LogSourceUnreadable, RecoveryRefused, VaultDamaged, VaultLocked
from notary.store import (
    LOG_BEHIND,
    cases,
    claims,
    custody,
    custody_batches,
    evidence_files,
    evidence_records,
    evidence_stamps,
    logs,
    stamps,
    stored_documents,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.log.ledger import LogRow
    from notary.log.notekey import NoteKey

_TABLES: Final = (  # parents before children
    cases,
    claims,
    custody,
    custody_batches,
    stored_documents,
    evidence_records,
    evidence_files,
    evidence_stamps,
)
_SAME: Final = {"claims": "commitment", "custody": "hash", "cases": "blinded"}  # what never changes in a row
_STAMP_KEY: Final = ("log_id", "size", "kind", "slot")

Row = dict[str, Any]


def own_log(other: Connection, key: NoteKey) -> OwnLog:
    """The log of the same name and key in a second copy's database.  Raises LogSourceUnreadable."""
    try:
        row = next((one for one in ledger.all_logs(other) if one.origin == key.origin), None)
    except SQLAlchemyError as exc:
        raise LogSourceUnreadable("the copy's database", "it is not a workspace's, or of another release") from exc
    if row is None or row.note_key != key.public:
        raise LogSourceUnreadable("the copy's database", f"it has no log {key.origin} under our key")
    return OwnLog(other, row)


def take_over(
    ctx: NotaryContext,
    connection: Connection,
    other: Connection,
    log: LogRow,
    commitments: Mapping[int, bytes],
    heads: Mapping[bytes, CaseHead],
) -> Mapping[str, int]:
    """Bring our private rows to the state of the copy's, within the caller's transaction; rows written, by table.

    log          ours, as it was before
    commitments  of all claims of the log by place, from entries that were checked
    heads        of its cases at the end of these entries

    Raises RecoveryRefused, LogSourceUnreadable; the caller's transaction must end then.
    """
    logs_there = _log_ids(connection, other, log)
    _check_keys(ctx, other, log)
    written: dict[str, int] = {}
    for table in _TABLES:
        written[table.name] = _bring(connection, other, table, logs_there, log)
    written["stamps"] = _bring_stamps(connection, other, logs_there)
    _check_claims(connection, log, commitments)
    _check_custody(connection, log, heads)
    return {name: count for name, count in written.items() if count}


def _log_ids(connection: Connection, other: Connection, log: LogRow) -> Mapping[int, int]:
    """Row ids of logs: the copy's to ours."""
    ours = {row.origin: row.id for row in ledger.all_logs(connection)}
    found = {}
    for row in ledger.all_logs(other):
        if row.origin not in ours:
            told = f"the copy went on in {row.origin}: use the copy itself as the workspace, with its log-key folder"
            raise RecoveryRefused(log.size, row.size, told)
        found[row.id] = ours[row.origin]
    return found


def _check_keys(ctx: NotaryContext, other: Connection, log: LogRow) -> None:
    """Every case of the copy opens with the key files that are here, or was erased."""
    missing = []
    for row in other.execute(sa.select(cases.c.id, cases.c.epoch).order_by(cases.c.id)):
        try:
            ctx.vault.case(row.id, row.epoch)
        except CaseErased:
            continue
        except (VaultLocked, VaultDamaged):
            missing.append(f"case-{row.id}.key")
    if missing:
        told = f"bring {', '.join(missing[:5])} from the copy's case-keys folder first ({len(missing)} in all)"
        raise RecoveryRefused(log.size, log.size, told)


def _bring(connection: Connection, other: Connection, table: sa.Table, log_ids: Mapping[int, int], log: LogRow) -> int:
    """Insert the copy's rows that are not here, and update those that differ."""
    keys = [column.name for column in table.primary_key.columns]
    ours = {tuple(row[key] for key in keys): row for row in _rows(connection, table)}
    theirs = {tuple(row[key] for key in keys): _mapped(row, log_ids) for row in _rows(other, table)}
    same = _SAME.get(table.name)
    for key, row in ours.items():
        if key not in theirs or (same is not None and theirs[key][same] != row[same]):
            told = f"the copy is not a later state of this workspace: {table.name} {key} is another row there"
            raise RecoveryRefused(log.size, log.size, told)
    changed = [row for key, row in theirs.items() if key in ours and ours[key] != row]
    if table is claims and changed:
        # A file has one current claim at a time, also between two statements.
        away = sa.update(claims).where(claims.c.id == sa.bindparam("of")).values(superseded_by=-1)
        connection.execute(away, [{"of": row["id"]} for row in changed])
    update = sa.update(table).where(*(table.c[key] == sa.bindparam(f"of_{key}") for key in keys))
    for row in changed:
        connection.execute(update.values(row), {f"of_{key}": row[key] for key in keys})
    new = [row for key, row in theirs.items() if key not in ours]
    if new:
        connection.execute(sa.insert(table), new)
    return len(changed) + len(new)


def _bring_stamps(connection: Connection, other: Connection, log_ids: Mapping[int, int]) -> int:
    """Time stamps that were obtained there and are not here; their row ids are of no meaning."""
    ours = _rows(connection, stamps)
    known = {tuple(row[name] for name in _STAMP_KEY) for row in ours}
    witnesses = {(row["log_id"], row["size"], row["authority"]) for row in ours if row["authority"] is not None}
    found = (_mapped(row, log_ids) for row in _rows(other, stamps))
    new = [
        {name: value for name, value in row.items() if name != "id"}
        for row in found
        if row["data"] is not None
        and tuple(row[name] for name in _STAMP_KEY) not in known
        and (row["log_id"], row["size"], row["authority"]) not in witnesses
    ]
    if new:
        connection.execute(sa.insert(stamps), new)
    return len(new)


def _rows(connection: Connection, table: sa.Table) -> list[Row]:
    try:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    except SQLAlchemyError as exc:
        raise LogSourceUnreadable("the copy's database", f"its table {table.name} is of another release") from exc


def _mapped(row: Row, log_ids: Mapping[int, int]) -> Row:
    return row if "log_id" not in row else {**row, "log_id": log_ids[row["log_id"]]}


def _check_claims(connection: Connection, log: LogRow, commitments: Mapping[int, bytes]) -> None:
    query = sa.select(claims.c.leaf_index, claims.c.commitment).where(claims.c.log_id == log.id)
    for row in connection.execute(query):
        if commitments.get(row.leaf_index) != row.commitment:
            told = f"the copy's claim at {row.leaf_index} is not the log's entry there"
            raise RecoveryRefused(log.size, log.size, told)


def _check_custody(connection: Connection, log: LogRow, heads: Mapping[bytes, CaseHead]) -> None:
    """Each case's custody chain is as long as its head says, and ends in the head's hash."""
    last = sa.select(custody.c.case_id, sa.func.max(custody.c.seq).label("seq")).group_by(custody.c.case_id).subquery()
    query = (
        sa.select(cases.c.id, cases.c.blinded, custody.c.seq, custody.c.hash)
        .join(last, last.c.case_id == cases.c.id)
        .join(custody, sa.and_(custody.c.case_id == cases.c.id, custody.c.seq == last.c.seq))
    )
    for row in connection.execute(query):
        head = heads.get(row.blinded)
        if head is not None and (head.custody, head.head) != (row.seq + 1, row.hash):
            told = f"case {row.id} has {row.seq + 1} custody entries in the copy, its head commits to {head.custody}"
            raise RecoveryRefused(log.size, log.size, told)


def ensure_row(ctx: NotaryContext, connection: Connection, at: int, chain: tuple[bytes, int, bytes]) -> None:
    """The row of our log in a database that was lost: empty, behind, and tied to the log that is on the chain.

    chain  (log's id of 32 bytes, chain id, contract of 20 bytes)
    """
    if connection.execute(sa.select(logs.c.id).where(logs.c.origin == ctx.note_key.origin)).first() is None:
        connection.execute(
            sa.insert(logs).values(
                origin=ctx.note_key.origin,
                note_key=ctx.note_key.public,
                size=0,
                state=LOG_BEHIND,
                chain_salt=bytes(32),  # is of use for the creation only, and that is long ago
                chain_log_id=chain[0],
                chain_id=chain[1],
                contract=chain[2],
                created_at=at,
            )
        )
