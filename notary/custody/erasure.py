"""Erase claims: the entries in the log stay, and nobody can tell any more what they stood for.

A claim's fields, salts and secret are in our database only, under the case's key. Erasing writes a custody entry,
removes them, and gives the case a new key, so that older copies of the database (backups, the file system) hold nothing
that a key still opens:

    1  a key of the next epoch stands beside the old one in the case's key file
    2  one transaction: custody entries `erased`; the claims' secrets, tags, stored documents and what was written about
       them are removed; everything else of the case is wrapped under the new key; the case is in the next epoch
    3  the old key is destroyed
    4  ciphertext of the erased claims is deleted here and unpinned on the node; the write-ahead log is emptied

A process may die between any two: `finish` (also the same command, made again) does 3 and 4 for whatever is left.
What must never happen: a case whose rows are in an epoch whose key is gone; an erased claim that some key still opens.

What this cannot reach is named by the command: receipts and documents that were given away, the original files, and
whatever storage keeps of overwritten blocks.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
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
    """Erase the claims at these places of the log.

    why     the legal ground, say; stands in the custody chain, so it should not say what was erased
    log_id  row id of the log that the claims are in; default: the present one

    Raises ClaimNotInCase, ActRefused, LogNotOpen, CaseUnknown, CaseErased, VaultLocked, VaultDamaged, LogBusy,
    LogDamaged. After each of them nothing has been erased.
    """
    places = sorted(set(leaf_indexes))
    if not places:
        raise ActRefused("no claim was named")
    finish(ctx, case_id)
    old = cases.case_key(ctx, case_id)
    new = ctx.vault.add_epoch(case_id, old.epoch + 1)
    with writing(ctx) as connection:
        batch = CaseBatch(ctx, connection, case_id)
        if batch.log.state != LOG_OPEN:
            raise LogNotOpen(batch.log.origin, batch.log.state)
        if batch.key.epoch != old.epoch:
            raise ActRefused("the case was changed at the same time by another process: run the command again")
        of = batch.log.id if log_id is None else log_id
        commitments = acts.standing_claims(connection, batch, places, of)
        _refuse_continued(connection, old, of, commitments)
        for place in places:
            batch.end(Action.ERASED, commitments[place], why)
        head = batch.close()
        _remove(connection, of, places)
        _rewrap(connection, old, new, frozenset(commitments.values()))
    return Erased(head, len(places), finish(ctx, case_id))


def erase_case(ctx: NotaryContext, case_id: str, why: str = "") -> Erased:
    """Erase all claims of a case, then its key: title, parties and custody entries are gone as well.

    Again does no harm.  Raises as `erase`.
    """
    with ctx.engine.connect() as connection:
        query = sa.select(claims.c.log_id, claims.c.leaf_index).where(
            claims.c.case_id == case_id, claims.c.secret.is_not(None)
        )
        places: dict[int, list[int]] = {}
        for row in connection.execute(query.order_by(claims.c.log_id.desc())):  # later versions before earlier ones
            places.setdefault(row.log_id, []).append(row.leaf_index)
    try:
        parts = [erase(ctx, case_id, of_log, why, log_id=log_id) for log_id, of_log in places.items()]
        left = parts[-1].left if parts else finish(ctx, case_id)
        done = Erased(parts[-1].head if parts else None, sum(part.claims for part in parts), left)
    except CaseErased:
        return Erased(None, 0, Left())
    with ledger.write(ctx.engine) as connection:
        connection.execute(sa.update(case_rows).where(case_rows.c.id == case_id).values(sealed=_NOTHING))
        connection.execute(sa.update(custody).where(custody.c.case_id == case_id).values(entry=None))
        connection.execute(
            sa.update(custody_batches).where(custody_batches.c.case_id == case_id).values(signatures=None)
        )
    ctx.vault.erase_case(case_id)
    _empty_log(ctx)
    return done


def finish(ctx: NotaryContext, case_id: str) -> Left:
    """Do what an erasure that was cut off left undone; returns what is left still.

    Raises CaseUnknown, CaseErased, VaultLocked, VaultDamaged, DatabaseUnwritable.
    """
    key = cases.case_key(ctx, case_id)
    ctx.vault.keep_epoch(case_id, key.epoch)
    cids = _delete_documents(ctx)
    return Left(cids, not _empty_log(ctx))


def _refuse_continued(connection: Connection, key: CaseKey, log_id: int, erased: Mapping[int, bytes]) -> None:
    """A later version names the claim that it continues, so both must go. The later one may be in a later log.

    erased  commitments of the claims that go, by their places in the log
    """
    query = sa.select(claims.c.leaf_index, claims.c.commitment, claims.c.superseded_by).where(
        claims.c.case_id == key.case_id, claims.c.log_id == log_id, claims.c.superseded_by.is_not(None)
    )
    for row in connection.execute(query):
        if row.leaf_index not in erased:
            continue
        leaf = merkle.leaf_hash(claim_entry(row.commitment)).hex()
        later = sa.select(claims.c.log_id, claims.c.leaf_index, claims.c.commitment, claims.c.secret).where(
            claims.c.case_id == key.case_id, claims.c.leaf_index == row.superseded_by, claims.c.secret.is_not(None)
        )
        for one in connection.execute(later):
            if one.log_id == log_id and one.leaf_index in erased:
                continue
            if cases.unwrap_claim(key, one.commitment, one.secret)[0].get("continues") == leaf:
                raise ActRefused(
                    f"entry {one.leaf_index} is a later version of entry {row.leaf_index} and names it: "
                    "erase both, or neither"
                )


def _remove(connection: Connection, log_id: int, places: Sequence[int]) -> None:
    """Remove what stands behind the claims: secrets, tags, and what opens their documents."""
    for place in places:
        row = connection.execute(
            sa.select(claims.c.id).where(claims.c.log_id == log_id, claims.c.leaf_index == place)
        ).one()
        connection.execute(
            sa.update(stored_documents)
            .where(stored_documents.c.claim_id == row.id)
            .values(wrapped_key=_NOTHING, cipher_sha256=_NOTHING, cipher_size=0)
        )
        connection.execute(
            sa.update(claims)
            .where(claims.c.id == row.id)
            .values(secret=None, path_tag=secrets.token_bytes(32), content_tag=secrets.token_bytes(32))
        )


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


def _delete_documents(ctx: NotaryContext) -> tuple[str, ...]:
    """Delete the ciphertext of erased claims; the CIDs that could not be unpinned."""
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
    return tuple(left)


def _delete_blob(path: Path) -> None:
    if path.exists():
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
        raise ledger.named(exc) from exc
    return busy == 0
