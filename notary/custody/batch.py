"""One batch in one case: what is entered in the log and in the case's custody chain within one transaction.

    lock the log  ->  claims and custody entries, one after the other  ->  signatures over the custody entries
                  ->  the heads leaf, which commits to all of it  ->  append, commit

Whoever seals, hands over, revokes or erases writes through this, so a batch is there whole or not at all, and nothing
is ever edited: what ends a claim is an entry more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from notary import jcs
from notary.custody.chain import SALT_BYTES, Action, CustodyEntry, entry_hash
from notary.custody.signatures import Statement, batch_digest, write_signatures
from notary.log import head_rows, ledger, merkle
from notary.log.heads import CaseHead, HeadMap
from notary.log.ledger import Head, LogRow
from notary.log.standing import Ended, State
from notary.sealing import cases, commitment
from notary.sealing.claim import Claim
from notary.store import case_heads, claims, custody, custody_batches, heads

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext

_ENDS = {Action.SUPERSEDED: State.SUPERSEDED, Action.REVOKED: State.REVOKED, Action.ERASED: State.ERASED}

_CLAIM_COLUMNS = (
    "heads_index",
    "case_id",
    "log_id",
    "leaf_index",
    "commitment",
    "path_tag",
    "content_tag",
    "custody_seq",
    "secret",
    "superseded_by",
    "again_of",
    "created_at",
)


@contextmanager
def writing(ctx: NotaryContext) -> Iterator[Connection]:
    """A writing transaction for batches.

    The keys that sign are opened before it holds the log's lock: a keystore takes a second, a person longer.
    """
    ctx.signers()
    with ledger.write(ctx.engine) as connection:
        yield connection


class CaseBatch:
    """A batch of one case. Use it within one writing transaction: read, `enter` and `act`, then `close` it once."""

    def __init__(self, ctx: NotaryContext, connection: Connection, case_id: str) -> None:
        """Lock the log and the case, and read how it stands.

        Raises LogUnknown, LogDamaged, CaseUnknown, CaseErased, VaultLocked, VaultDamaged.
        """
        self.ctx, self.connection = ctx, connection
        self.log: LogRow = ledger.lock(connection, ctx.note_key)
        self.key = cases.lock_case(ctx, case_id, connection)
        self.now = ctx.clock()
        self._count, self._next, self._last = self._state()
        self._first = self._next
        self._entries: list[bytes] = []
        self._hashes: list[bytes] = []
        self._claims: list[tuple[object, ...]] = []  # in the order of _CLAIM_COLUMNS, but for the first
        self._custody: list[tuple[object, ...]] = []
        self._ended: list[Ended] = []
        self._known: dict[bytes, Ended] | None = None

    @property
    def custody_head(self) -> bytes | None:
        """32 bytes, hash of the case's last custody entry so far; None: there is none."""
        return self._last

    @property
    def next_index(self) -> int:
        """Place in the log of the next claim that is entered."""
        return self.log.size + len(self._entries)

    def ended(self, subject: bytes) -> State | None:
        """What has ended the claim with commitment `subject` so far; None: nothing has."""
        known = self._standing().get(subject)
        return None if known is None else known.state

    def _standing(self) -> dict[bytes, Ended]:
        if self._known is None:
            tree = head_rows.ended_at(self.connection, self.key.blinded, self._first)
            self._known = {one.claim: one for one in tree.ended}
        return self._known

    def enter(
        self,
        claim: Claim,
        secret: bytes,
        path: bytes,
        tags: tuple[bytes, bytes],
        *,
        superseded_by: int | None = None,
        again_of: int | None = None,
    ) -> bytes:
        """Enter a claim in the log; the caller acts on it right after. Returns its commitment, 32 bytes.

        path           the file's absolute path; tags  (of path, of content)
        superseded_by  place of the claim that continues it; None: it is the file's newest
        again_of       row id of the lost claim that is sealed again by this one
        """
        committed = commitment.commit_claim(claim, secret)
        self._claims.append(
            (
                self.key.case_id,
                self.log.id,
                self.next_index,
                committed,
                *tags,
                self._next,
                cases.wrap_claim(self.key, committed, claim, secret, path),
                superseded_by,
                again_of,
                self.now,
            )
        )
        self._entries.append(commitment.claim_entry(committed))
        return committed

    def act(self, action: Action, subject: bytes, about: str = "") -> CustodyEntry:
        """Write a custody entry about the claim with commitment `subject`.  Raises LogEntryInvalid."""
        salt = secrets.token_bytes(SALT_BYTES)
        entry = CustodyEntry(
            self.key.blinded, self._next, self._last, action, subject, self.now, self.ctx.actor, salt, about
        )
        data = entry.to_bytes()
        self._last = entry_hash(data)
        self._next += 1
        self._hashes.append(self._last)
        wrapped = self.key.wrap("custody", entry.seq.to_bytes(8, "big"), data)
        self._custody.append((self.key.case_id, entry.seq, self._last, wrapped))
        return entry

    def end(self, action: Action, subject: bytes, about: str = "") -> CustodyEntry:
        """As `act`, for what ends the claim `subject`: superseded, revoked, erased."""
        entry = self.act(action, subject, about)
        self.mark_ended(_ENDS[action], subject, entry.seq)
        return entry

    def mark_ended(self, state: State, subject: bytes, seq: int) -> None:
        """Note that the custody entry `seq` of this batch ends the claim with commitment `subject`.

        What ended in a state as grave before stays as it is: a newer version does not undo a revocation.
        """
        new, known = Ended(subject, state, seq), self._standing()
        if new.follows(known.get(subject)):
            known[subject] = new
            self._ended.append(new)

    def close(self) -> Head:
        """Sign, end the batch with its heads leaf, append all of it to the log.  Raises LogNotOpen, LogDamaged."""
        assert self._last is not None and self._hashes  # a batch has at least one custody entry
        heads_index = self.next_index
        statement = Statement(
            self.key.blinded, self._first, self._next - 1, self._last, merkle.root(merkle.leaf_hashes(self._hashes))
        )
        signatures = tuple(signer.sign(statement) for signer in self.ctx.signers())
        if self._claims:
            rows = [(heads_index, *row) for row in self._claims]
            ledger.insert_rows(self.connection, claims, rows, _CLAIM_COLUMNS)
        ledger.insert_rows(self.connection, custody, self._custody)
        context = statement.last.to_bytes(8, "big")
        self.connection.execute(
            sa.insert(custody_batches).values(
                case_id=self.key.case_id,
                last=statement.last,
                first=statement.first,
                log_id=self.log.id,
                heads_index=heads_index,
                signatures=self.key.wrap("signatures", context, jcs.dumps(write_signatures(signatures)))
                if signatures
                else None,
            )
        )
        leaf = self._heads_leaf(heads_index, batch_digest(statement, signatures))
        return ledger.append(self.connection, self.log, self.ctx.note_key, [*self._entries, leaf], self.now)

    def _state(self) -> tuple[int, int, bytes | None]:
        """(claims ever sealed in the case, number of its next custody entry, hash of the last one)."""
        row = self.connection.execute(
            sa.select(case_heads.c.count, case_heads.c.custody, case_heads.c.head)
            .where(case_heads.c.blinded == self.key.blinded)
            .order_by(case_heads.c.custody.desc())
            .limit(1)
        ).first()
        return (0, 0, None) if row is None else (row[0], row[1], row[2])

    def _heads_leaf(self, index: int, batch: bytes) -> bytes:
        """Write down the case's new head; the bytes of the heads leaf at `index`."""
        assert self._last is not None
        head_rows.write_ended(self.connection, self.key.blinded, self._ended)
        ended = head_rows.ended_at(self.connection, self.key.blinded, self._next)
        changed = CaseHead(
            self.key.blinded, self._count + len(self._claims), self._last, self._next, len(ended.ended), ended.root
        )
        others = [head for head in head_rows.heads_at(self.connection, self.log.id, index) if head.case != changed.case]
        previous: int | None = self.connection.execute(
            sa.select(sa.func.max(heads.c.idx)).where(heads.c.log_id == self.log.id)
        ).scalar()
        leaf = HeadMap([*others, changed]).leaf(previous, batch).to_bytes()
        head_rows.write(self.connection, self.log.id, index, leaf, [changed])
        return leaf
