"""Erase claims: the entries in the log stay, and nobody can tell any more what they stood for.

A claim's fields, salts and secret are in our database only, under the case's key. Erasing writes a custody entry,
removes them, and gives the case a new key, so that older copies of the database (backups, the file system) hold nothing
that a key still opens:

    1  a key of the next epoch stands beside the old one in the case's key file
    2  custody entries say `erased`; the claims' secrets, tags, stored documents and what was written about them are
       removed; everything else of the case is wrapped under the new key; the case is in the next epoch
    3  the old key is destroyed
    4  ciphertext of the erased claims is deleted here and unpinned on the node; the write-ahead log is emptied

A claim that was lost and sealed again in an heir (notary/log/inheritance.py) is one with the new claim: whichever is
named, both go, in whichever log they are.

1 and 2 are in one transaction. Erasing a whole case makes no new key: one transaction removes everything, the key is
destroyed after it.

A process may die between any two: `finish` does 3 and 4 for whatever is left; every `case erase` begins with it.
What must never happen: a case whose rows are in an epoch whose key is gone; an erased claim that some key still opens.
So what becomes of keys is decided by the case's row alone, while it is locked: another process may be erasing, too.

What this cannot reach is named by the command: receipts and documents that were given away, the original files, and
whatever storage keeps of overwritten blocks.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from notary.custody import acts
from notary.custody.batch import CaseBatch, writing
from notary.custody.chain import Action
from notary.files import overwrite, sync_folder
from notary.log import ledger, merkle
from notary.log.ledger import Head
from notary.records import record_rows
from notary.sealing import cases
from notary.sealing.commitment import claim_entry
from notary.sealing.seal import content_tag, path_tag
from notary.service_errors import ActRefused, CaseErased, LogNotOpen, StorageRefused, StorageUnreachable
from notary.sharing.cid import Cid
from notary.store import DOCUMENT_STORED, LOG_OPEN, claims, custody, custody_batches, stored_documents
from notary.store import cases as case_rows

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.custody.vault import CaseKey
    from notary.sealing.claim import Claim

_NOTHING = b""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    head    the log's new one; None where all was erased before
    claims  how many were erased now
    left    what the next `finish` will try again, because it could not be done now
    """

    head: Head | None
    claims: int
    left: Left


@dataclass(frozen=True, slots=True)
class Finished:
    """What `finish` found.

    some  an erasure had been cut off before the end, and something of it was left to do
    """

    some: bool
    left: Left


@dataclass(frozen=True, slots=True)
class Left:
    """What an erasure could not reach yet: nothing in it can be opened any more, but it is still there.

    cids      on the IPFS node, which did not answer
    database  pages of SQLite's write-ahead log, which another process still reads
    """

    cids: tuple[str, ...] = ()
    database: bool = False


def erase(
    ctx: NotaryContext, case_id: str, leaf_indexes: Sequence[int], why: str = "", *, log_id: int | None = None
) -> Erased:
    """Erase the claims at these places of the log, and what they were sealed again as or are again of, in any log.

    why     the legal ground, say; stands in the custody chain, so it should not say what was erased
    log_id  row id of the log that the claims are in; default: the present one

    Raises ClaimNotInCase, ActRefused, LogNotOpen, CaseUnknown, CaseErased, VaultLocked, VaultDamaged, LogBusy,
    LogDamaged. After each of them nothing has been erased.
    """
    places = sorted(set(leaf_indexes))
    if not places:
        raise ActRefused("no claim was named")
    with writing(ctx) as connection:
        batch = CaseBatch(ctx, connection, case_id)
        _refuse_unless_open(batch)
        of = batch.log.id if log_id is None else log_id
        named = acts.standing_claims(connection, batch, places, of)
        commitments = _with_their_likes(connection, case_id, named.values())
        _refuse_continued(connection, batch.key, frozenset(commitments))
        new = ctx.vault.add_epoch(case_id, batch.key.epoch + 1)
        for commitment in commitments:
            batch.end(Action.ERASED, commitment, why)
        head = batch.close()
        _remove(connection, commitments)
        _rewrap(connection, batch.key, new, frozenset(commitments))
    return Erased(head, len(commitments), finish(ctx, case_id).left)


def erase_case(ctx: NotaryContext, case_id: str, why: str = "") -> Erased:
    """Erase all claims of a case, in whichever log, and its key: title, parties and custody entries are gone as well.

    Again does no harm.  Raises as `erase`.
    """
    head, commitments = None, []
    try:
        cases.case_key(ctx, case_id)  # nobody is asked for a password where nothing is left to sign
        with writing(ctx) as connection:
            batch = CaseBatch(ctx, connection, case_id)
            of_case = sa.select(claims.c.commitment).where(claims.c.case_id == case_id, claims.c.secret.is_not(None))
            commitments = list(connection.execute(of_case.order_by(claims.c.custody_seq)).scalars())
            if commitments:
                _refuse_unless_open(batch)
                for commitment in commitments:
                    batch.end(Action.ERASED, commitment, why)
                head = batch.close()
                _remove(connection, commitments)
            _forget_case(connection, batch.key, frozenset(commitments))
    except CaseErased:
        head, commitments = None, []
    return Erased(head, len(commitments), finish(ctx, case_id).left)


def finish(ctx: NotaryContext, case_id: str) -> Finished:
    """Do what an erasure that was cut off left undone.

    Raises CaseUnknown, VaultLocked, VaultDamaged, LogBusy, DatabaseUnwritable.
    """
    with ledger.write(ctx.engine) as connection:
        try:
            key = cases.lock_case(ctx, case_id, connection)
        except CaseErased:
            destroyed = ctx.vault.erase_case(case_id)
        else:
            destroyed = ctx.vault.keep_epoch(case_id, key.epoch)
    deleted, cids = _delete_documents(ctx)
    return Finished(destroyed or deleted > 0, Left(cids, not _empty_log(ctx)))


def unfinished(ctx: NotaryContext) -> list[str]:
    """Cases with an erasure that was cut off, by name: a key of theirs still opens what was erased, or ciphertext of it
    is still stored.

    Raises VaultLocked, VaultDamaged.
    """
    with ctx.engine.connect() as connection:
        rows = connection.execute(sa.select(case_rows.c.id, case_rows.c.epoch, case_rows.c.sealed)).all()
        stored = sa.select(claims.c.case_id).join(stored_documents).where(claims.c.secret.is_(None)).distinct()
        found = set(connection.execute(stored).scalars())
    for row in rows:
        if ctx.vault.epochs(row.id) not in ([], [row.epoch] if row.sealed else []):
            found.add(row.id)
    if ctx.vault.leftovers() and rows:
        found.add(rows[0].id)  # any case's `finish` sees to them
    return sorted(found)


def _refuse_unless_open(batch: CaseBatch) -> None:
    if batch.log.state != LOG_OPEN:
        raise LogNotOpen(batch.log.origin, batch.log.state)


def _with_their_likes(connection: Connection, case_id: str, named: Iterable[bytes]) -> list[bytes]:
    """Commitments of the claims named and of all that are the same ones sealed again, in the order they were sealed;
    without those that are erased already.
    """
    rows = connection.execute(
        sa.select(claims.c.id, claims.c.commitment, claims.c.again_of, claims.c.secret.is_not(None).label("there"))
        .where(claims.c.case_id == case_id)
        .order_by(claims.c.id)
    ).all()
    first: dict[int, int] = {}  # row id -> row id of the first that it is, or is again; that one is the older row
    for row in rows:
        first[row.id] = row.id if row.again_of is None else first[row.again_of]
    wanted = frozenset(named)
    gone = {first[row.id] for row in rows if row.commitment in wanted}
    return [row.commitment for row in rows if row.there and first[row.id] in gone]


def _refuse_continued(connection: Connection, key: CaseKey, erased: AbstractSet[bytes]) -> None:
    """A later version names the claim that it continues, so both must go. The later one may be in a later log.

    erased  commitments of the claims that go
    """
    query = sa.select(claims.c.leaf_index, claims.c.commitment, claims.c.superseded_by).where(
        claims.c.case_id == key.case_id, claims.c.superseded_by.is_not(None)
    )
    for row in connection.execute(query):
        if row.commitment not in erased:
            continue
        leaf = merkle.leaf_hash(claim_entry(row.commitment)).hex()
        later = sa.select(claims.c.leaf_index, claims.c.commitment, claims.c.secret).where(
            claims.c.case_id == key.case_id, claims.c.leaf_index == row.superseded_by, claims.c.secret.is_not(None)
        )
        for one in connection.execute(later):
            if one.commitment in erased:
                continue
            if cases.unwrap_claim(key, one.commitment, one.secret)[0].get("continues") == leaf:
                raise ActRefused(
                    f"entry {one.leaf_index} is a later version of entry {row.leaf_index} and names it: "
                    "erase both, or neither"
                )


def _remove(connection: Connection, commitments: Iterable[bytes]) -> None:
    """Remove what stands behind the claims: secrets, tags, and what opens their documents."""
    rows = [
        {"of": commitment, "of_path": secrets.token_bytes(32), "of_content": secrets.token_bytes(32)}
        for commitment in commitments
    ]
    claim = sa.select(claims.c.id).where(claims.c.commitment == sa.bindparam("of")).scalar_subquery()
    connection.execute(
        sa.update(stored_documents)
        .where(stored_documents.c.claim_id == claim)
        .values(wrapped_key=_NOTHING, cipher_sha256=_NOTHING, cipher_size=0),
        [{"of": row["of"]} for row in rows],
    )
    connection.execute(
        sa.update(claims)
        .where(claims.c.commitment == sa.bindparam("of"))
        .values(secret=None, path_tag=sa.bindparam("of_path"), content_tag=sa.bindparam("of_content")),
        rows,
    )


def _forget_case(connection: Connection, key: CaseKey, erased: AbstractSet[bytes]) -> None:
    """Remove what is left of a case whose claims are erased: no key is needed for that, nor left."""
    record_rows.forget(connection, key, key, erased)
    of_custody, of_batches = custody.c.case_id == key.case_id, custody_batches.c.case_id == key.case_id
    connection.execute(sa.update(custody).where(of_custody).values(entry=None))
    connection.execute(sa.update(custody_batches).where(of_batches).values(signatures=None))
    connection.execute(sa.update(case_rows).where(case_rows.c.id == key.case_id).values(sealed=_NOTHING))


def _rewrap(connection: Connection, old: CaseKey, new: CaseKey, erased: AbstractSet[bytes]) -> None:
    """Wrap all that is left of the case under its new key, and begin its next epoch."""
    case = case_rows.c.id == old.case_id
    sealed = connection.execute(sa.select(case_rows.c.sealed).where(case)).scalar_one()
    context = old.case_id.encode()
    about = new.wrap("case", context, old.unwrap("case", context, sealed))
    connection.execute(sa.update(case_rows).where(case).values(sealed=about, epoch=new.epoch))
    _rewrap_claims(connection, old, new)
    _rewrap_custody(connection, old, new, erased)
    record_rows.forget(connection, old, new, erased)


def _rewrap_claims(connection: Connection, old: CaseKey, new: CaseKey) -> None:
    rows = connection.execute(
        sa.select(claims.c.id, claims.c.commitment, claims.c.secret).where(
            claims.c.case_id == old.case_id, claims.c.secret.is_not(None)
        )
    ).all()
    changed = []
    for row in rows:
        claim, secret, path = cases.unwrap_claim(old, row.commitment, row.secret)
        tag = content_tag(new, bytes.fromhex(str(claim.get("sha256"))), _size(claim), name_on_disk(claim))
        changed.append(
            {
                "row": row.id,
                "wrapped": cases.wrap_claim(new, row.commitment, claim, secret, path),
                "of_path": path_tag(new, path),
                "of_content": tag,
            }
        )
    if changed:
        connection.execute(
            sa.update(claims)
            .where(claims.c.id == sa.bindparam("row"))
            .values(
                secret=sa.bindparam("wrapped"), path_tag=sa.bindparam("of_path"), content_tag=sa.bindparam("of_content")
            ),
            changed,
        )
    documents = connection.execute(
        sa.select(stored_documents.c.claim_id, stored_documents.c.wrapped_key, claims.c.commitment)
        .join(claims)
        .where(claims.c.case_id == old.case_id, claims.c.secret.is_not(None))
    ).all()
    for document in documents:
        key = old.unwrap("content-key", document.commitment, document.wrapped_key)
        connection.execute(
            sa.update(stored_documents)
            .where(stored_documents.c.claim_id == document.claim_id)
            .values(wrapped_key=new.wrap("content-key", document.commitment, key))
        )


def _rewrap_custody(connection: Connection, old: CaseKey, new: CaseKey, erased: AbstractSet[bytes]) -> None:
    """Of an erased claim only the entry that it was erased is kept; the hashes of the others hold the chain."""
    rows = connection.execute(
        sa.select(custody.c.seq, custody.c.entry).where(custody.c.case_id == old.case_id, custody.c.entry.is_not(None))
    ).all()
    changed = []
    for row in rows:
        context = row.seq.to_bytes(8, "big")
        data = old.unwrap("custody", context, row.entry)
        entry = acts.read_entry(data)
        gone = entry.subject in erased and entry.action is not Action.ERASED
        changed.append({"number": row.seq, "wrapped": None if gone else new.wrap("custody", context, data)})
    connection.execute(
        sa.update(custody)
        .where(custody.c.case_id == old.case_id, custody.c.seq == sa.bindparam("number"))
        .values(entry=sa.bindparam("wrapped")),
        changed,
    )
    signed = connection.execute(
        sa.select(custody_batches.c.last, custody_batches.c.signatures).where(
            custody_batches.c.case_id == old.case_id, custody_batches.c.signatures.is_not(None)
        )
    ).all()
    for batch in signed:
        context = batch.last.to_bytes(8, "big")
        signatures = new.wrap("signatures", context, old.unwrap("signatures", context, batch.signatures))
        connection.execute(
            sa.update(custody_batches)
            .where(custody_batches.c.case_id == old.case_id, custody_batches.c.last == batch.last)
            .values(signatures=signatures)
        )


def _size(claim: Claim) -> int:
    size = claim.get("size")
    assert isinstance(size, int)  # a claim's rules
    return size


def name_on_disk(claim: Claim) -> bytes:
    """The bytes of the file's name that the claim was made for."""
    raw = claim.get("name_bytes")
    return bytes.fromhex(str(raw)) if raw is not None else str(claim.get("name")).encode()


def _delete_documents(ctx: NotaryContext) -> tuple[int, tuple[str, ...]]:
    """Delete the ciphertext of erased claims: (how many are gone now, CIDs that could not be unpinned)."""
    with ctx.engine.connect() as connection:
        rows = connection.execute(
            sa.select(stored_documents.c.claim_id, stored_documents.c.cid, stored_documents.c.status)
            .join(claims)
            .where(claims.c.secret.is_(None))
        ).all()
    left = []
    for row in rows:
        if ctx.blobs is not None:
            _delete_blob(ctx.blobs / row.cid)
        if row.status == DOCUMENT_STORED and not _unpin(ctx, row.cid):
            left.append(row.cid)
            continue
        with ledger.write(ctx.engine) as connection:
            connection.execute(sa.delete(stored_documents).where(stored_documents.c.claim_id == row.claim_id))
    return len(rows) - len(left), tuple(left)


def _delete_blob(path: Path) -> None:
    with suppress(FileNotFoundError):  # another process that finishes the same erasure was faster
        overwrite(path)
        path.unlink()
        sync_folder(path.parent)


def _unpin(ctx: NotaryContext, cid: str) -> bool:
    if ctx.ipfs is None:
        return False
    try:
        ctx.ipfs.unpin(Cid.parse(cid))
    except (StorageUnreachable, StorageRefused):
        return False
    return True


def _empty_log(ctx: NotaryContext) -> bool:
    """Empty SQLite's write-ahead log, which holds older pages; whether that is done. It is not while another process
    reads older ones.

    PostgreSQL's own log is its operator's matter: it holds blobs that no key opens any more.
    """
    if ctx.engine.dialect.name != "sqlite":
        return True
    try:
        with ctx.engine.connect() as connection:
            busy: int = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    except OperationalError as exc:
        ledger.raise_named(exc)
        raise
    return busy == 0
