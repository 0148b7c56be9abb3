"""What an heir takes over: the part of a closed log that no head on the chain covers.

    lost      claims beyond the last common head, but for those that were revoked or erased
    sealed    each again, as a new claim in the heir; the lost claim is ended by it
    acted on  a case that has nothing to seal again is entered by its last act, said again

A file's lost versions go together, oldest first, each continuing the one before, in one batch; so what is still to do
is told by the rows alone (the newest version has no successor yet), and a call that was cut off is simply made again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
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
from notary.service_errors import CaseErased
from notary.store import case_heads, claims, custody, custody_batches, ended_claims, stored_documents

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext

BATCH_CLAIMS: Final = 500  # files sealed again in one transaction


def seal_again(ctx: NotaryContext, old: LogRow) -> tuple[int, int]:
    """(claims sealed again, claims that cannot be) of all cases."""
    again = lost = 0
    with ctx.engine.connect() as connection:
        acted_on = sa.select(custody_batches.c.case_id).where(
            custody_batches.c.log_id == old.id, custody_batches.c.heads_index >= _kept(old)
        )
        case_ids = sorted(connection.execute(acted_on.distinct()).scalars())
    for case_id in case_ids:
        try:
            while done := _seal_batch(ctx, old, case_id):
                again += done
            _act_again(ctx, old, case_id)
        except CaseErased:
            with ctx.engine.connect() as connection:
                lost += len(connection.execute(lost_claims(old, case_id)).all())
    return again, lost


@dataclass(frozen=True, slots=True)
class _Lost:
    """A claim that is under no head on the chain, with what is needed to seal it again."""

    id: int
    leaf_index: int
    commitment: bytes
    claim: Claim
    path: bytes
    tags: tuple[bytes, bytes]


def lost_claims(log: LogRow, case_id: str | None = None) -> sa.Select[tuple[int]]:
    """Statement for the ids of current claims of a closed log that are under no head on the chain, nor revoked."""
    query = _lost(log).where(claims.c.superseded_by.is_(None))
    return (query if case_id is None else query.where(claims.c.case_id == case_id)).order_by(claims.c.id)


def _lost(log: LogRow) -> sa.Select[tuple[int]]:
    revoked = sa.select(ended_claims.c.claim).where(ended_claims.c.state == State.REVOKED.value)
    return sa.select(claims.c.id).where(
        claims.c.log_id == log.id,
        claims.c.heads_index >= _kept(log),
        claims.c.secret.is_not(None),
        claims.c.commitment.not_in(revoked),
    )


def _kept(log: LogRow) -> int:
    return log.size if log.kept is None else log.kept


def _seal_batch(ctx: NotaryContext, old: LogRow, case_id: str) -> int:
    with writing(ctx) as connection:
        batch = CaseBatch(ctx, connection, case_id)
        ids = list(connection.execute(lost_claims(old, case_id).limit(BATCH_CLAIMS)).scalars())
        rows = connection.execute(sa.select(claims).where(claims.c.id.in_(ids)).order_by(claims.c.id)).all()
        moved: list[tuple[int, bytes, bytes]] = []
        for row in rows:
            moved += _seal_versions(connection, batch, old, _versions(connection, batch, old, row))
        if moved:
            batch.close()
            _move_documents(connection, batch, moved)
    return len(moved)


def _versions(connection: Connection, batch: CaseBatch, old: LogRow, row: sa.Row[Any]) -> list[_Lost]:
    """A lost claim with the lost ones that it continues, oldest first, as far back as none was revoked or erased."""
    claim, _, path = cases.unwrap_claim(batch.key, row.commitment, row.secret)
    found = [_Lost(row.id, row.leaf_index, row.commitment, claim, path, (row.path_tag, row.content_tag))]
    while (continued := found[0].claim.get("continues")) is not None:
        before = sa.select(claims).where(
            claims.c.id.in_(_lost(old)),
            claims.c.case_id == batch.key.case_id,
            claims.c.superseded_by == found[0].leaf_index,
        )
        for one in connection.execute(before).all():
            if merkle.leaf_hash(commitment.claim_entry(one.commitment)).hex() == continued:
                claim, _, path = cases.unwrap_claim(batch.key, one.commitment, one.secret)
                tags = (one.path_tag, one.content_tag)
                found.insert(0, _Lost(one.id, one.leaf_index, one.commitment, claim, path, tags))
                break
        else:
            break
    return found


def _seal_versions(
    connection: Connection, batch: CaseBatch, old: LogRow, versions: Sequence[_Lost]
) -> list[tuple[int, bytes, bytes]]:
    """Enter claims for the versions of one file, oldest first; (row id, commitment, new commitment) of each."""
    moved: list[tuple[int, bytes, bytes]] = []
    for number, lost in enumerate(versions, 1):
        before = moved[-1][2] if moved else None
        made = batch.enter(
            _anew(lost.claim, before, batch.custody_head),
            secrets.token_bytes(commitment.SECRET_SIZE),
            lost.path,
            lost.tags,
            superseded_by=batch.next_index + 1 if number < len(versions) else None,
        )
        replaced = sa.update(claims).where(claims.c.id == lost.id).values(superseded_by=batch.next_index - 1)
        connection.execute(replaced)
        about = f"sealed again: entry {lost.leaf_index} of {old.origin} is under no head on the chain"
        batch.act(Action.SEALED, made, about)
        if before is not None:
            batch.end(Action.SUPERSEDED, before)
        batch.end(Action.SUPERSEDED, lost.commitment, about)
        moved.append((lost.id, lost.commitment, made))
    return moved


def _anew(claim: Claim, before: bytes | None, last: bytes | None) -> Claim:
    """The same fields with the case's custody so far, continuing the claim with commitment `before` (None: none)."""
    fields = dict(claim.fields) | {
        "continues": "" if before is None else merkle.leaf_hash(commitment.claim_entry(before)).hex(),
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
