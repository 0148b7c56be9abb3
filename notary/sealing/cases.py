"""Cases: open one, list them, show what one holds. Titles, parties and claims are read with the case's key only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notary import jcs
from notary.custody.vault import CaseKey, check_case_name
from notary.errors import ClaimInvalid
from notary.log import ledger
from notary.log.standing import State
from notary.sealing.claim import Claim
from notary.service_errors import CaseErased, CaseExists, CaseUnknown, ClaimUnknown, VaultDamaged
from notary.store import case_heads, cases, claims, ended_claims, stored_documents

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext

MAX_TITLE_CHARACTERS = 500  # a heading, not a document
MAX_PARTIES = 64


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its owner sees it.

    id       its name
    title    None when the case was erased
    parties  who is involved, in the owner's words
    count    claims ever sealed in it
    current  those that stand: not superseded, revoked or erased
    """

    id: str
    title: str | None
    parties: tuple[str, ...]
    created_at: int
    count: int
    current: int


@dataclass(frozen=True, slots=True)
class SealedClaim:
    """A claim of a case with its secrets.

    id             row id, what receipts are asked for by
    leaf_index     place in the log
    heads_index    place of the heads leaf that ended its batch
    commitment     32 bytes
    secret         32 bytes; opens the commitment
    path           of the file when it was sealed, absolute, as bytes
    custody_seq    number of the custody entry that sealed it
    superseded_by  leaf index of the claim that continues this one
    cid            where its ciphertext is, if it was stored
    """

    id: int
    case_id: str
    leaf_index: int
    heads_index: int
    commitment: bytes
    claim: Claim
    secret: bytes
    path: bytes
    custody_seq: int
    log_id: int
    superseded_by: int | None
    cid: str | None
    created_at: int

    def __repr__(self) -> str:
        return f"SealedClaim(id={self.id}, case_id={self.case_id!r}, leaf_index={self.leaf_index})"


def create_case(ctx: NotaryContext, case_id: str, title: str = "", parties: tuple[str, ...] = ()) -> Case:
    """Open a case.

    case_id  1 to 63 of a-z, 0-9, "-"
    title    up to 500 characters; the name when empty
    parties  up to 64 names; kept encrypted

    Raises CaseNameInvalid, CaseExists, CaseErased, ClaimInvalid (title or parties too long), VaultLocked.
    """
    check_case_name(case_id)
    title = title or case_id
    if max(map(len, (title, *parties))) > MAX_TITLE_CHARACTERS or len(parties) > MAX_PARTIES:
        raise ClaimInvalid(
            f"a case has a title and up to {MAX_PARTIES} parties of at most {MAX_TITLE_CHARACTERS} characters each"
        )
    if _exists(ctx, case_id):
        raise CaseExists(case_id)
    key = ctx.vault.create_case(case_id)
    sealed = key.wrap("case", case_id.encode(), jcs.dumps({"title": title, "parties": list(parties)}))
    now = ctx.clock()
    try:
        with ledger.write(ctx.engine) as connection:
            connection.execute(
                sa.insert(cases).values(id=case_id, blinded=key.blinded, sealed=sealed, epoch=key.epoch, created_at=now)
            )
    except IntegrityError as exc:
        raise CaseExists(case_id) from exc
    return Case(case_id, title, parties, now, 0, 0)


def _exists(ctx: NotaryContext, case_id: str) -> bool:
    with ctx.engine.connect() as connection:
        return connection.execute(sa.select(cases.c.id).where(cases.c.id == case_id)).first() is not None


def case_key(ctx: NotaryContext, case_id: str, connection: Connection | None = None) -> CaseKey:
    """The key of a case that exists, in the epoch that its rows are in.

    connection  the transaction that writes with it; default: one of its own

    Raises CaseNameInvalid, CaseUnknown, CaseErased, VaultLocked, VaultDamaged.
    """
    check_case_name(case_id)
    asked = None
    while True:
        with nullcontext(connection) if connection is not None else ctx.engine.connect() as reading:
            row = reading.execute(_KEY_ROW.where(cases.c.id == case_id)).first()
        try:
            return _key(ctx, case_id, row)
        except VaultDamaged:
            if connection is not None or row == asked:
                raise
            asked = row  # another process may have erased since the row was read: its key went with the old epoch


def lock_case(ctx: NotaryContext, case_id: str, connection: Connection) -> CaseKey:
    """As `case_key`; the case stays in this epoch until the transaction ends. Whoever wraps anything under a case's key
    or decides about its keys comes through here, in whichever log it writes. The log, if at all, is locked before.
    """
    check_case_name(case_id)
    row = connection.execute(_KEY_ROW.where(cases.c.id == case_id).with_for_update(key_share=True)).first()
    return _key(ctx, case_id, row)


_KEY_ROW = sa.select(cases.c.blinded, cases.c.epoch, cases.c.sealed)


def _key(ctx: NotaryContext, case_id: str, row: sa.Row[*tuple[Any, ...]] | None) -> CaseKey:
    if row is None:
        raise CaseUnknown(case_id)
    if not row.sealed:
        raise CaseErased(case_id)  # its key file says so, too, unless the erasure was cut off
    key = ctx.vault.case(case_id, row.epoch)
    if key.blinded != row.blinded:
        raise VaultDamaged(f"key of case {case_id}", "is not the one that the case was opened with")
    return key


def list_cases(ctx: NotaryContext) -> list[Case]:
    """All cases, by name."""
    counts = sa.select(case_heads.c.blinded, sa.func.max(case_heads.c.count).label("ever")).group_by(
        case_heads.c.blinded
    )
    ever = counts.subquery()
    of_case = (claims.c.case_id == cases.c.id, claims.c.superseded_by.is_(None), claims.c.secret.is_not(None))
    standing = sa.select(sa.func.count()).select_from(claims).where(*of_case).scalar_subquery()
    gone = (
        sa.select(sa.func.count(ended_claims.c.claim.distinct()))
        .select_from(ended_claims.join(claims, claims.c.commitment == ended_claims.c.claim))
        .where(*of_case, ended_claims.c.blinded == cases.c.blinded, ended_claims.c.state == State.REVOKED)
        .scalar_subquery()
    )
    query = (
        sa.select(cases, sa.func.coalesce(ever.c.ever, 0).label("ever"), (standing - gone).label("current"))
        .select_from(cases.outerjoin(ever, ever.c.blinded == cases.c.blinded))
        .order_by(cases.c.id)
    )
    with ctx.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [_case(ctx, row) for row in rows]


def show_case(ctx: NotaryContext, case_id: str) -> Case:
    """One case.  Raises CaseUnknown, VaultLocked, VaultDamaged."""
    check_case_name(case_id)
    found = next((case for case in list_cases(ctx) if case.id == case_id), None)
    if found is None:
        raise CaseUnknown(case_id)
    return found


def _case(ctx: NotaryContext, row: sa.Row[*tuple[Any, ...]]) -> Case:
    erased = Case(row.id, None, (), row.created_at, row.ever, row.current)
    if not row.sealed:
        return erased
    try:
        key = ctx.vault.case(row.id, row.epoch)
    except CaseErased:
        return erased
    try:
        about = json.loads(key.unwrap("case", row.id.encode(), row.sealed))
        return Case(row.id, about["title"], tuple(about["parties"]), row.created_at, row.ever, row.current)
    except (ValueError, KeyError, TypeError) as exc:
        raise VaultDamaged(f"case {row.id}", "what was kept of it is not readable") from exc


_CLAIM_COLUMNS = (
    claims.c.id,
    claims.c.case_id,
    claims.c.leaf_index,
    claims.c.heads_index,
    claims.c.commitment,
    claims.c.secret,
    claims.c.custody_seq,
    claims.c.log_id,
    claims.c.superseded_by,
    stored_documents.c.cid,
    claims.c.created_at,
)  # in the order of SealedClaim; `secret` holds three of its members
_CLAIMS = sa.select(*_CLAIM_COLUMNS).select_from(claims.outerjoin(stored_documents)).where(claims.c.secret.is_not(None))
_PAGE = 500  # claims read at a time


def claims_of(
    ctx: NotaryContext,
    case_id: str,
    *,
    current_only: bool = False,
    connection: Connection | None = None,
    below: tuple[int, int] | None = None,
) -> Iterator[SealedClaim]:
    """The claims of a case in the order they were sealed, read page by page.

    connection  where to read, for one snapshot of all pages; default: one of its own for each page
    below       (log's row id, size): of that log only what a head of this size covers; default: all claims

    Raises CaseUnknown, CaseErased, VaultLocked, VaultDamaged.
    """
    of_snapshot = None if connection is None else case_key(ctx, case_id, connection)
    last = -1
    while True:
        query = _CLAIMS.where(claims.c.case_id == case_id, claims.c.custody_seq > last)
        if current_only:
            query = query.where(claims.c.superseded_by.is_(None))
        if below is not None:
            query = query.where(sa.or_(claims.c.log_id != below[0], claims.c.heads_index < below[1]))
        with nullcontext(connection) if connection is not None else ctx.engine.connect() as reading:
            # Of the epoch that these rows are in: another process may erase between two pages.
            key = of_snapshot or case_key(ctx, case_id, reading)
            rows = reading.execute(query.order_by(claims.c.custody_seq).limit(_PAGE)).all()
        yield from (_sealed_claim(key, row) for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].custody_seq


def claim_by_id(ctx: NotaryContext, claim_id: int) -> SealedClaim:
    """One claim.  Raises ClaimUnknown, CaseErased, VaultLocked, VaultDamaged."""
    with ctx.engine.connect() as connection:
        row = connection.execute(_CLAIMS.where(claims.c.id == claim_id)).first()
    if row is None:
        raise ClaimUnknown(claim_id)
    return _sealed_claim(case_key(ctx, row.case_id), row)


def is_there(connection: Connection, claim_id: int) -> bool:
    """Whether the claim is there and not erased."""
    query = sa.select(claims.c.id).where(claims.c.id == claim_id, claims.c.secret.is_not(None))
    return connection.execute(query).first() is not None


def claims_at(connection: Connection, key: CaseKey, log_id: int, leaf_indexes: list[int]) -> list[SealedClaim]:
    """The claims of one case at these places of the log, in the order of their places."""
    found: list[SealedClaim] = []
    for start in range(0, len(leaf_indexes), _PAGE):
        page = leaf_indexes[start : start + _PAGE]
        query = _CLAIMS.where(claims.c.case_id == key.case_id, claims.c.log_id == log_id, claims.c.leaf_index.in_(page))
        found += (_sealed_claim(key, row) for row in connection.execute(query))
    return sorted(found, key=lambda sealed: sealed.leaf_index)


def wrap_claim(key: CaseKey, commitment: bytes, claim: Claim, secret: bytes, path: bytes) -> bytes:
    """What `claims.secret` holds: the claim's secret, fields and file, for the row of this commitment only."""
    fields = ",".join([f'["{name}",{jcs.scalar(value)}]' for name, value in claim.fields])
    kept = f'{{"fields":[{fields}],"path":"{path.hex()}","secret":"{secret.hex()}"}}'
    return key.wrap("claim", commitment, jcs.encode(kept))


def unwrap_claim(key: CaseKey, commitment: bytes, blob: bytes) -> tuple[Claim, bytes, bytes]:
    """(claim, secret, path).  Raises VaultDamaged."""
    try:
        kept = jcs.loads_kept(key.unwrap("claim", commitment, blob))
        claim = Claim.from_kept(tuple(map(tuple, kept["fields"])))
        return claim, bytes.fromhex(kept["secret"]), bytes.fromhex(kept["path"])
    except (ValueError, KeyError, TypeError) as exc:
        raise VaultDamaged("a claim's secrets", "are not readable") from exc


def _sealed_claim(key: CaseKey, row: sa.Row[*tuple[Any, ...]]) -> SealedClaim:
    """Of a row with _CLAIM_COLUMNS."""
    row_id, case_id, leaf_index, heads_index, commitment, blob, *rest = row
    opened = unwrap_claim(key, commitment, blob)
    return SealedClaim(row_id, case_id, leaf_index, heads_index, commitment, *opened, *rest)
