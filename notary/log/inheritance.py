"""What an heir takes over: the part of a closed log that no head on the chain covers.

    lost      claims beyond the last common head, but for those that were revoked or erased
    sealed    each again, as a new claim in the heir; the lost claim is ended by it
    acted on  a case that has nothing to seal again is entered by its last act, said again

Claims are sealed again oldest first, so a version finds the one that it continues there already; one that has a newer
version, whatever became of that, is entered as superseded. What is still to do is told by the rows alone
(`claims.again_of`), and a call that was cut off is simply made again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from notary.custody import acts
from notary.custody.batch import CaseBatch, writing
from notary.custody.chain import Action
from notary.log import merkle
from notary.log.ledger import LogRow
from notary.log.standing import State
from notary.sealing import cases, commitment
from notary.sealing.claim import Claim
from notary.service_errors import CaseErased, VaultDamaged, VaultLocked
from notary.store import case_heads, claims, custody, custody_batches, ended_claims, stored_documents

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext

BATCH_CLAIMS: Final = 500  # files sealed again in one transaction


def seal_again(ctx: NotaryContext, old: LogRow) -> tuple[int, int]:
    """(claims sealed again, claims that cannot be because their case's key was destroyed) of all cases.

    Raises VaultLocked or VaultDamaged for the first case whose key is not to be had, after all others were seen to;
    LogBusy, LogDamaged, LogNotOpen.
    """
    again = lost = 0
    with ctx.engine.connect() as connection:
        acted_on = sa.select(custody_batches.c.case_id).where(
            custody_batches.c.log_id == old.id, custody_batches.c.heads_index >= _kept(old)
        )
        case_ids = sorted(connection.execute(acted_on.distinct()).scalars())
    unopened: list[VaultLocked | VaultDamaged] = []
    for case_id in case_ids:
        try:
            while done := _seal_batch(ctx, old, case_id):
                again += done
            _act_again(ctx, old, case_id)
        except CaseErased:
            with ctx.engine.connect() as connection:
                lost += len(connection.execute(_lost(old, case_id)).all())
        except (VaultLocked, VaultDamaged) as exc:
            unopened.append(exc)
    if unopened:
        raise unopened[0]
    return again, lost


def _lost(log: LogRow, case_id: str) -> sa.Select[*tuple[Any, ...]]:
    """Statement for claims of the case under no head on the chain, neither revoked nor sealed again; oldest first."""
    revoked = sa.select(ended_claims.c.claim).where(ended_claims.c.state == State.REVOKED.value)
    again = claims.alias("again")
    return (
        sa.select(claims)
        .where(
            claims.c.case_id == case_id,
            claims.c.log_id == log.id,
            claims.c.heads_index >= _kept(log),
            claims.c.secret.is_not(None),
            claims.c.commitment.not_in(revoked),
            ~sa.exists().where(again.c.again_of == claims.c.id),
        )
        .order_by(claims.c.custody_seq)
    )


def _kept(log: LogRow) -> int:
    return log.size if log.kept is None else log.kept


def _seal_batch(ctx: NotaryContext, old: LogRow, case_id: str) -> int:
    with writing(ctx) as connection:
        batch = CaseBatch(ctx, connection, case_id)
        rows = connection.execute(_lost(old, case_id).limit(BATCH_CLAIMS)).all()
        if not rows:
            return 0
        by_leaf = _sealed_before(connection, old, case_id)
        newer: list[dict[str, object]] = []
        moved: list[tuple[int, bytes, bytes]] = []
        for row in rows:
            claim, _, path = cases.unwrap_claim(batch.key, row.commitment, row.secret)
            before = by_leaf.get(str(claim.get("continues")))
            place = batch.next_index
            made = batch.enter(
                _anew(claim, before, batch.custody_head),
                secrets.token_bytes(commitment.SECRET_SIZE),
                path,
                (row.path_tag, row.content_tag),
                superseded_by=row.superseded_by,
                again_of=row.id,
            )
            about = f"sealed again: entry {row.leaf_index} of {old.origin} is under no head on the chain"
            batch.act(Action.SEALED, made, about)
            batch.end(Action.SUPERSEDED, row.commitment, about)
            if row.superseded_by is None:
                connection.execute(sa.update(claims).where(claims.c.id == row.id).values(superseded_by=place))
            else:
                batch.end(Action.SUPERSEDED, made)
            if before is not None:
                newer.append({"of": before, "place": place})
            by_leaf[_leaf(row.commitment)] = made
            moved.append((row.id, row.commitment, made))
        batch.close()
        if newer:
            place_of = sa.update(claims).where(claims.c.commitment == sa.bindparam("of"))
            connection.execute(place_of.values(superseded_by=sa.bindparam("place")), newer)
        _move_documents(connection, batch, moved)
    return len(moved)


def _sealed_before(connection: Connection, old: LogRow, case_id: str) -> dict[str, bytes]:
    """Commitments of the case's claims that were sealed again, by hex leaf hash of the lost claim."""
    again = claims.alias("again")
    query = (
        sa.select(claims.c.commitment, again.c.commitment.label("made"))
        .join(again, again.c.again_of == claims.c.id)
        .where(claims.c.log_id == old.id, claims.c.case_id == case_id)
    )
    return {_leaf(row.commitment): row.made for row in connection.execute(query)}


def _leaf(committed: bytes) -> str:
    return merkle.leaf_hash(commitment.claim_entry(committed)).hex()


def _anew(claim: Claim, before: bytes | None, last: bytes | None) -> Claim:
    """The same fields with the case's custody so far, continuing the claim with commitment `before` (None: none)."""
    fields = dict(claim.fields) | {
        "continues": "" if before is None else _leaf(before),
        "custody": "" if last is None else last.hex(),
    }
    return Claim.of({name: value for name, value in fields.items() if value != ""})


def _act_again(ctx: NotaryContext, old: LogRow, case_id: str) -> None:
    """Enter the case in the heir, where nothing of it is there, by saying again what was done last."""
    with writing(ctx) as connection:
        batch = CaseBatch(ctx, connection, case_id)
        of_heir = (case_heads.c.log_id == batch.log.id, case_heads.c.blinded == batch.key.blinded)
        if connection.execute(sa.select(case_heads.c.idx).where(*of_heir).limit(1)).first() is not None:
            return
        query = sa.select(custody.c.seq, custody.c.entry).where(
            custody.c.case_id == case_id, custody.c.entry.is_not(None)
        )
        row = connection.execute(query.order_by(custody.c.seq.desc()).limit(1)).one()
        last = acts.read_entry(batch.key.unwrap("custody", row.seq.to_bytes(8, "big"), row.entry))
        batch.act(last.action, last.subject, f"again: entries of {old.origin} from {_kept(old)} on are under no head")
        batch.close()


def _move_documents(connection: Connection, batch: CaseBatch, moved: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Stored documents go with the claim that is sealed again; their keys are wrapped for it."""
    for old_id, old_commitment, new_commitment in moved:
        mine = stored_documents.c.claim_id == old_id
        blob = connection.execute(sa.select(stored_documents.c.wrapped_key).where(mine)).scalar()
        if blob is None:
            continue
        new_id = connection.execute(sa.select(claims.c.id).where(claims.c.commitment == new_commitment)).scalar_one()
        wrapped = batch.key.wrap("content-key", new_commitment, batch.key.unwrap("content-key", old_commitment, blob))
        connection.execute(sa.update(stored_documents).where(mine).values(claim_id=new_id, wrapped_key=wrapped))
