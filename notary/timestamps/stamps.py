"""Time stamps of heads besides the chain's: tokens of RFC 3161 authorities, .ots proofs of calendars.

    rfc3161   (none) ──request──► wanted ──an authority's token verifies──► obtained, for good
                                   │  ▲
                                   └──┘ all of them failed: the error, and when to ask again

    ots       (none) ──request──► wanted ──a calendar answered──► pending ──a Bitcoin block is named──► upgraded
                                   │  ▲                           │  ▲                                  │  ▲
                                   └──┘ none did: as above        └──┘ more answers are added, none     └──┘
                                                                       is ever dropped

What is stamped is the signed note of the head, byte for byte as receipts carry it: anybody can check it with
`openssl ts -verify -data` and `ots verify`.

Who moves it: `advance` alone, as often as anybody likes; it asks outside of any transaction, writes what came, and
never raises for what happens outside. So sealing and anchoring wait for nobody here, a process may die between any two
lines, and two may do the same at once. A head gets as many tokens as configured, each from another authority; an
authority that fails is followed by the next one. A proof that names a block is still asked for at the other calendars,
until as many as are needed have taken and kept it, or ASK_SECONDS have passed.

What must never happen: a token stored that does not verify over this very note; an attestation of a proof lost, also
when two processes upgrade it at once; a pending proof shown as proven; two rows for one head, kind and slot, or two
tokens of one authority for one head.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notary.errors import NotaryError
from notary.log import ledger
from notary.proofs.receipt import OtsAnchor, TimestampAnchor
from notary.service_errors import CalendarRefused, CalendarUnavailable, HeadUnknown
from notary.store import (
    STAMP_OBTAINED,
    STAMP_OTS,
    STAMP_PENDING,
    STAMP_RFC3161,
    STAMP_UPGRADED,
    STAMP_WANTED,
    stamps,
)
from notary.timestamps import calendars, ots, tsp_client
from notary.timestamps.calendars import State, Upgrade
from notary.timestamps.ots import OtsProof
from notary.timestamps.ots_tree import check_bounds, merge
from notary.timestamps.stamp_rows import ORDER, SELECT, StampRow, find_row, ids_of, row_of, rows_of_size
from notary.timestamps.stamp_sources import Authority, TimestampSources

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.timestamps.tsp_client import Given

WANTED_SECONDS = (60, 6 * 3600)  # first and longest pause after everybody failed; doubled from one to the next
PENDING_SECONDS = (1800, 6 * 3600)  # the same while Bitcoin is waited for: calendars write every few hours
ASK_SECONDS = 30 * 86_400  # how long the other calendars are asked once a proof names a block
MAX_ERROR = 500  # characters kept of the last error
MAX_DUE = 100  # rows of one round; the rest is due in the next


def request(ctx: NotaryContext) -> list[StampRow]:
    """The time stamps of the log's newest head as configured: those there are, and the missing ones, wanted.

    Nobody is asked yet; `advance` does that. Empty: the log is empty, or nobody is configured.  Raises LogUnknown.
    """
    sources = ctx.timestamps or TimestampSources()
    wanted = [(STAMP_RFC3161, slot + 1) for slot in range(min(sources.tokens, len(sources.authorities)))]
    if sources.calendars:
        wanted.append((STAMP_OTS, 1))
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
        head = ledger.head(connection, log.id)
    if head is None:
        return []
    now = ctx.clock()
    try:
        with ledger.write(ctx.engine) as connection:
            known = {(row.kind, row.slot) for row in rows_of_size(connection, log.id, head.size)}
            for kind, slot in wanted:
                if (kind, slot) not in known:
                    connection.execute(
                        sa.insert(stamps).values(
                            log_id=log.id,
                            size=head.size,
                            kind=kind,
                            slot=slot,
                            status=STAMP_WANTED,
                            nonce=secrets.token_bytes(ots.NONCE_BYTES) if kind == STAMP_OTS else None,
                            attempts=0,
                            next_at=now,
                            created_at=now,
                            updated_at=now,
                        )
                    )
    except IntegrityError:  # another process asked for the same at the same time
        pass
    with ctx.engine.connect() as connection:
        return rows_of_size(connection, log.id, head.size)


def get(ctx: NotaryContext, stamp_id: int) -> StampRow:
    """One time stamp.  Raises StampUnknown."""
    with ctx.engine.connect() as connection:
        return find_row(connection, stamp_id)


def list_stamps(ctx: NotaryContext) -> list[StampRow]:
    """All time stamps of this workspace's log, those of the newest head first."""
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
        query = SELECT.where(stamps.c.log_id == log.id).order_by(stamps.c.size.desc(), *ORDER)
        return [row_of(row) for row in connection.execute(query)]


def due(ctx: NotaryContext, now: int) -> list[int]:
    """Ids of the time stamps that are to be asked for now, at most MAX_DUE, those that wait longest first.

    A time further off than any pause was written by a clock that has been set back since: then it is now, too.
    """
    longest = max(WANTED_SECONDS[1], PENDING_SECONDS[1]) * 5 // 4
    return ids_of(ctx, sa.or_(stamps.c.next_at <= now, stamps.c.next_at > now + longest), MAX_DUE)


def unfinished(ctx: NotaryContext) -> list[int]:
    """Ids of all time stamps that something is left to ask for, whenever that is due."""
    return ids_of(ctx, stamps.c.next_at.is_not(None), None)


def of_head(ctx: NotaryContext, size: int) -> list[StampRow]:
    """The time stamps of the head of `size` entries of this workspace's log."""
    with ctx.engine.connect() as connection:
        return rows_of_size(connection, ledger.log_of(connection, ctx.note_key).id, size)


def advance(ctx: NotaryContext, stamp_id: int, now: int) -> StampRow:
    """Ask for what this time stamp lacks, once, and write down what came; harmless to repeat.

    Whoever is asked and fails is in the row's error.  Raises StampUnknown, LogDamaged, LogBusy, HeadUnknown.
    """
    row = get(ctx, stamp_id)
    if row.next_at is None:
        return row
    with ctx.engine.connect() as connection:
        head = ledger.head(connection, row.log_id, row.size)
    if head is None:
        raise HeadUnknown(row.size, "no checkpoint was signed there")
    note = head.note.encode()
    sources = ctx.timestamps or TimestampSources()
    return _obtain(ctx, sources, row, note, now) if row.kind == STAMP_RFC3161 else _follow(ctx, sources, row, note, now)


def postpone(ctx: NotaryContext, stamp_id: int, error: str, now: int) -> None:
    """Write down what `advance` raised, and let the row wait: what cannot be read today is not tried without a pause.

    Raises LogBusy.
    """
    with ledger.write(ctx.engine) as connection:
        waiting = sa.and_(stamps.c.id == stamp_id, stamps.c.next_at.is_not(None))
        attempts = connection.execute(sa.select(stamps.c.attempts).where(waiting)).scalar()
        if attempts is not None:
            next_at = now + pause(stamp_id, attempts + 1, WANTED_SECONDS)
            values = {"error": error[:MAX_ERROR], "attempts": attempts + 1, "next_at": next_at, "updated_at": now}
            connection.execute(sa.update(stamps).where(waiting).values(values))


def anchors_of(connection: Connection, log_id: int, size: int) -> list[TimestampAnchor | OtsAnchor]:
    """The time stamps of one head as its receipts show them."""
    shown = (row.as_anchor() for row in rows_of_size(connection, log_id, size))
    return [anchor for anchor in shown if anchor is not None]


def stamped_sizes(connection: Connection, log_id: int) -> list[int]:
    """Sizes of the heads with a token or with a proof that names a block, smallest first."""
    query = (
        sa.select(stamps.c.size)
        .where(stamps.c.log_id == log_id, stamps.c.status.in_((STAMP_OBTAINED, STAMP_UPGRADED)))
        .distinct()
        .order_by(stamps.c.size)
    )
    return list(connection.execute(query).scalars())


# --- RFC 3161 --------------------------------------------------------------------------------------------------------


def _obtain(ctx: NotaryContext, sources: TimestampSources, row: StampRow, note: bytes, now: int) -> StampRow:
    """Ask one authority after the other until a token verifies over the note."""
    for _ in range(len(sources.authorities) + 1):
        left = _left(sources.authorities, row, _taken(ctx, row))
        if not left:
            break
        try:
            given = tsp_client.stamp_any(left, note, now)
        except NotaryError as exc:
            return _fail(ctx, row, str(exc), now)
        try:
            return _keep(ctx, row, given, now)
        except IntegrityError:  # another slot of this head has got one of the same authority meanwhile
            continue
    reasons = "; ".join(("no authority is left to ask", *sources.unusable))
    return _fail(ctx, row, reasons, now)


def _taken(ctx: NotaryContext, row: StampRow) -> set[str]:
    with ctx.engine.connect() as connection:
        return {other.authority for other in rows_of_size(connection, row.log_id, row.size) if other.authority}


def _left(authorities: Sequence[Authority], row: StampRow, taken: set[str]) -> list[Authority]:
    """Those that gave this head no token yet; each slot begins with another one."""
    turned = [*authorities[row.slot - 1 :], *authorities[: row.slot - 1]]
    return [authority for authority in turned if authority.name not in taken]


def _keep(ctx: NotaryContext, row: StampRow, given: Given, now: int) -> StampRow:
    """Write a verified token, unless another process has written one meanwhile.  Raises IntegrityError."""
    before = "; ".join(str(error) for _, error in given.failures)
    with ledger.write(ctx.engine) as connection:
        connection.execute(
            sa.update(stamps)
            .where(stamps.c.id == row.id, stamps.c.status == STAMP_WANTED)
            .values(
                status=STAMP_OBTAINED,
                data=given.token,
                authority=given.authority,
                error=before[:MAX_ERROR] or None,
                attempts=0,
                next_at=None,
                updated_at=now,
            )
        )
        return find_row(connection, row.id)


def _fail(ctx: NotaryContext, row: StampRow, error: str, now: int) -> StampRow:
    """Write down why nobody gave anything, and when to ask again; not over what another process has got meanwhile."""
    attempts = row.attempts + 1
    with ledger.write(ctx.engine) as connection:
        connection.execute(
            sa.update(stamps)
            .where(stamps.c.id == row.id, stamps.c.status == STAMP_WANTED)
            .values(
                error=error[:MAX_ERROR],
                attempts=attempts,
                next_at=now + pause(row.id, attempts, WANTED_SECONDS),
                updated_at=now,
            )
        )
        return find_row(connection, row.id)


# --- OpenTimestamps --------------------------------------------------------------------------------------------------


def _follow(ctx: NotaryContext, sources: TimestampSources, row: StampRow, note: bytes, now: int) -> StampRow:
    """Submit the head where that is missing, ask for the rest of what was promised, and add what came."""
    assert row.nonce is not None  # a rule of the table
    begun, commitment = ots.stamp(hashlib.sha256(note).digest(), row.nonce)
    proof = begun if row.data is None else ots.check_proof(row.data, note)
    errors = ["no calendar is configured"] if row.data is None and not sources.calendars else []
    taken: tuple[str, ...] = ()
    try:
        missing = _missing(sources, row.asked)
        if missing:
            proof, taken, said = _submitted(proof, commitment, missing)
            errors += said
        upgraded = calendars.upgrade(proof, sources.allowed)
    except NotaryError as exc:  # a calendar's address in the configuration is none
        return _write(ctx, sources, row, note, proof, taken, [*errors, str(exc)], now)
    return _write(ctx, sources, row, note, upgraded.proof, taken, [*errors, *_reasons(upgraded)], now)


def _submitted(
    proof: OtsProof, commitment: bytes, missing: Sequence[str]
) -> tuple[OtsProof, tuple[str, ...], tuple[str, ...]]:
    """The proof with the calendars' answers, who has given one, and what went wrong.  Raises CalendarNotConfigured."""
    try:
        submission = calendars.submit(commitment, missing)
    except (CalendarUnavailable, CalendarRefused) as exc:
        return proof, (), (str(exc),)
    grafted = calendars.graft((proof,), commitment, submission)
    return grafted.proofs[0], tuple(answer.calendar for answer in grafted.taken), grafted.errors


def _missing(sources: TimestampSources, asked: Sequence[str]) -> list[str]:
    """Calendars that the head is still to be submitted to; none once enough have taken it.

    What their promises call themselves does not matter: pools answer under the name of one of their members.
    """
    if len(asked) >= sources.calendars_needed:
        return []
    return [url for url in sources.calendars if url.rstrip("/") not in asked]


def _reasons(upgraded: Upgrade) -> list[str]:
    """What went wrong where the rest was asked for; that Bitcoin is waited for is no error."""
    told = (State.FAILED, State.UNLISTED)
    return [
        outcome.reason if outcome.state is State.FAILED else f"calendar {outcome.calendar}: {outcome.reason}"
        for outcome in upgraded.outcomes
        if outcome.state in told
    ]


def _write(
    ctx: NotaryContext,
    sources: TimestampSources,
    row: StampRow,
    note: bytes,
    proof: OtsProof,
    taken: Sequence[str],
    errors: Sequence[str],
    now: int,
) -> StampRow:
    """Write what came, together with all that another process has written meanwhile.

    taken  calendars whose answers to the submission are new in `proof`
    """
    error = "; ".join(errors)[:MAX_ERROR] or None
    with ledger.write(ctx.engine) as connection:
        current = find_row(connection, row.id, lock=True)
        if current.data is not None and current.data != row.data:
            theirs = ots.check_proof(current.data, note)
            both = _merged(theirs, proof)
            if both is None:  # theirs is stored already; ours is asked for again
                proof, taken = theirs, ()
            else:
                proof = both
        asked = tuple(dict.fromkeys((*current.asked, *taken)))
        if not proof.attestations():
            status, data = STAMP_WANTED, None
        else:
            status, data = STAMP_UPGRADED if proof.is_complete() else STAMP_PENDING, proof.to_bytes()
            ots.check_proof(data, note)  # what is written can be read, and is of this note
        changed = data != current.data
        left = bool(proof.awaited() or _missing(sources, asked))
        attempts = 1 if changed else current.attempts + 1
        connection.execute(
            sa.update(stamps)
            .where(stamps.c.id == row.id)
            .values(
                status=status,
                data=data,
                asked=json.dumps(asked),
                error=error,
                attempts=attempts,
                next_at=_next(row, status, left, attempts, now),
                updated_at=now,
            )
        )
        return find_row(connection, row.id)


def _merged(theirs: OtsProof, ours: OtsProof) -> OtsProof | None:
    """All that the two proofs of one note say; None if both together would be too large."""
    tree = merge(theirs.tree, ours.tree)
    if tree is theirs.tree:
        return theirs
    try:
        check_bounds(tree)
        both = OtsProof(theirs.hash_tag, theirs.digest, tree)
        both.to_bytes()
    except NotaryError:
        return None
    return both


def _next(row: StampRow, status: str, left: bool, attempts: int, now: int) -> int | None:
    """When to ask again; None: a block is named, and nobody is left to ask, or that was tried for long enough."""
    if status == STAMP_WANTED:
        return now + pause(row.id, attempts, WANTED_SECONDS)
    if status == STAMP_UPGRADED and (not left or now >= row.created_at + ASK_SECONDS):
        return None
    return now + pause(row.id, attempts, PENDING_SECONDS)


def pause(stamp_id: int, attempts: int, bounds: tuple[int, int]) -> int:
    """Seconds until the next attempt: doubled each time up to the longest, and up to a quarter more, by the row and the
    attempt, so that many rows which failed together do not come back together.

    attempts  made so far, at least 1
    bounds    first and longest
    """
    first, longest = bounds
    plain = min(longest, first << min(attempts - 1, 20))
    spread = int.from_bytes(hashlib.sha256(b"%d:%d" % (stamp_id, attempts)).digest()[:4], "big")
    return plain + (plain // 4) * spread // 2**32
