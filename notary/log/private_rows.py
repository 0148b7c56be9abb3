"""Private rows from the database of a second copy: cases, claims, custody, stored documents, evidence records, stamps.

They are wrapped under the cases' keys, so a copy's rows open here with the same key files and nowhere else. What can be
checked without a key is: every claim is the log's entry at its place, every custody chain has the length and ends in
the hash that the case's head commits to. Rows that are here already are brought to the copy's state (a claim was
superseded there, a case has a new key since an erasure). Rows of ours that the copy lacks are an error, for it is not a
later state of this workspace then, but for those that an erasure takes away: stored documents of erased claims, and
files of evidence records. Tables are read page by page, in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

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
_PAGE: Final = 500  # rows
_PAGE_OF_FILES: Final = 20  # rows of evidence_files, each of which holds a bundle of receipts

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
    erased = _erased_since(connection, other)
    try:
        for table in _TABLES:
            _check_gone(connection, other, table, erased, log)
            written[table.name] = _bring(connection, other, table, logs_there, log)
    except IntegrityError as exc:
        told = f"the copy is not a later state of this workspace: its rows of {table.name} do not fit ours"
        raise RecoveryRefused(log.size, log.size, told) from exc
    _count_on(connection)
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


def _erased_since(connection: Connection, other: Connection) -> set[str]:
    """Cases in which something was erased in the copy since our state: the case has a new key, or is erased whole."""
    query = sa.select(cases.c.id, cases.c.epoch, cases.c.sealed != b"")
    ours = {tuple(row) for row in connection.execute(query)}
    return {row.id for row in other.execute(query) if tuple(row) not in ours}


def _check_gone(
    connection: Connection, other: Connection, table: sa.Table, erased: AbstractSet[str], log: LogRow
) -> None:
    """Every row of ours is in the copy, or an erasure took it away there, and takes it away here.

    erased  cases in which the copy erased something

    Raises RecoveryRefused.
    """
    for page in _pages(connection, table, only_keys=True):
        there = _found(other, table, page, only_keys=True)
        for key in (key for row in page if (key := _key(table, row)) not in there):
            if not _take_away(connection, table, key, erased):
                told = f"the copy is not a later state of this workspace: it has no {table.name} {key}"
                raise RecoveryRefused(log.size, log.size, told)


def _take_away(connection: Connection, table: sa.Table, key: tuple[Any, ...], erased: AbstractSet[str]) -> bool:
    """Whether the row is one that an erasure in the copy removed; then it is removed here as well."""
    if table is stored_documents:
        gone = sa.select(claims.c.id).where(
            claims.c.id == key[0], claims.c.secret.is_(None)
        )  # claims are brought first
        if connection.execute(gone).first() is None:
            return False
        # As an erasure leaves it: the next one, or the same command again, deletes the ciphertext and then the row.
        nothing = {"wrapped_key": b"", "cipher_sha256": b"", "cipher_size": 0}
        connection.execute(sa.update(stored_documents).where(stored_documents.c.claim_id == key[0]).values(nothing))
        return True
    if table is evidence_files:
        of = sa.select(evidence_records.c.case_id).where(evidence_records.c.id == key[0])
        if connection.execute(of).scalar() not in erased:
            return False
        here = (evidence_files.c.record_id == key[0], evidence_files.c.idx == key[1])
        connection.execute(sa.delete(evidence_files).where(*here))
        return True
    return False


def _bring(connection: Connection, other: Connection, table: sa.Table, log_ids: Mapping[int, int], log: LogRow) -> int:
    """Insert the copy's rows that are not here, and update those that differ."""
    keys = [column.name for column in table.primary_key.columns]
    update = sa.update(table).where(*(table.c[key] == sa.bindparam(f"of_{key}") for key in keys))
    if table is claims:
        # A file has one current claim at a time, also between two statements.
        away = sa.update(claims).where(claims.c.id == sa.bindparam("of")).values(superseded_by=-1)
        for changed, _ in _differing(connection, other, table, log_ids, log):
            if changed:
                connection.execute(away, [{"of": row["id"]} for row in changed])
    written = 0
    for changed, new in _differing(connection, other, table, log_ids, log):
        for row in changed:
            connection.execute(update.values(row), {f"of_{key}": row[key] for key in keys})
        if new:
            connection.execute(sa.insert(table), new)
        written += len(changed) + len(new)
    return written


def _differing(
    connection: Connection, other: Connection, table: sa.Table, log_ids: Mapping[int, int], log: LogRow
) -> Iterator[tuple[list[Row], list[Row]]]:
    """(rows of the copy that differ from ours, rows that are not here), page by page.  Raises RecoveryRefused."""
    same = _SAME.get(table.name)
    for page in _pages(other, table):
        ours = _found(connection, table, page)
        changed, new = list[Row](), list[Row]()
        for row in (_mapped(row, log_ids) for row in page):
            mine = ours.get(_key(table, row))
            if mine is None:
                new.append(row)
            elif same is not None and mine[same] != row[same]:
                told = (
                    f"the copy is not a later state of this workspace: {table.name} {_key(table, row)} is another row"
                )
                raise RecoveryRefused(log.size, log.size, told)
            elif mine != row:
                changed.append(row)
        yield changed, new


def _count_on(connection: Connection) -> None:
    """Rows were inserted with their ids, which moves no counter of PostgreSQL's."""
    if connection.dialect.name == "postgresql":
        for table in (claims, evidence_records):
            highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
            counter = sa.func.pg_get_serial_sequence(table.name, "id")
            connection.execute(sa.select(sa.func.setval(counter, highest, False)))


def _bring_stamps(connection: Connection, other: Connection, log_ids: Mapping[int, int]) -> int:
    """Time stamps that were obtained there and are not here; their row ids are of no meaning."""
    query = sa.select(*(stamps.c[name] for name in _STAMP_KEY), stamps.c.authority)
    ours = connection.execute(query).all()
    known = {tuple(row[:-1]) for row in ours}
    witnesses = {(row.log_id, row.size, row.authority) for row in ours if row.authority is not None}
    written = 0
    for page in _pages(other, stamps):
        new = [
            {name: value for name, value in row.items() if name != "id"}
            for row in (_mapped(row, log_ids) for row in page)
            if row["data"] is not None
            and tuple(row[name] for name in _STAMP_KEY) not in known
            and (row["log_id"], row["size"], row["authority"]) not in witnesses
        ]
        if new:
            connection.execute(sa.insert(stamps), new)
        written += len(new)
    return written


def _pages(connection: Connection, table: sa.Table, *, only_keys: bool = False) -> Iterator[list[Row]]:
    """All rows of a table, or the keys of all, in the order of its keys.  Raises LogSourceUnreadable."""
    keys = list(table.primary_key.columns)
    size = _PAGE_OF_FILES if table is evidence_files and not only_keys else _PAGE
    query = sa.select(*(keys if only_keys else table.columns)).order_by(*keys).limit(size)
    page = _read(connection, table, query)
    while page:
        yield page
        last = sa.tuple_(*(sa.literal(page[-1][column.name]) for column in keys))
        page = _read(connection, table, query.where(sa.tuple_(*keys) > last))


def _found(
    connection: Connection, table: sa.Table, rows: Sequence[Row], *, only_keys: bool = False
) -> dict[tuple[Any, ...], Row]:
    """The rows of a table, or their keys alone, that have the keys of `rows`; by key."""
    keys = list(table.primary_key.columns)
    query = sa.select(*(keys if only_keys else table.columns))
    wanted = sa.tuple_(*keys).in_([_key(table, row) for row in rows])
    return {_key(table, row): row for row in _read(connection, table, query.where(wanted))}


def _key(table: sa.Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _read(connection: Connection, table: sa.Table, query: sa.Select[Any]) -> list[Row]:
    try:
        return [dict(row) for row in connection.execute(query).mappings()]
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
