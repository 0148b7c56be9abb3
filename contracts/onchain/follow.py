"""Events of some contracts in two views: seen (up to the head, to look at) and final (for actions to rest on).

Each `sync` makes two passes, and each pass stands for itself:

    1. final   read all logs of newly final blocks: store them, mark those that are stored, remove stored ones that
    the final
               chain does not have. A final block whose hash changed is an error (ReorgDetected).
    2. seen    walk back from where the head view ended to a block that is still on the chain, drop what came after
    it, and
               read on to the head.

So an event that a lagging node withheld from the seen view still reaches the final one. A range of blocks is read in
one round trip that begins and ends with the hash of its last block and holds that of the block before its first: only
when nothing moved meanwhile are rows and cursor written, in one database transaction. Rows have natural keys:
repeating a range changes nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from onchain.abi import checksum_address
from onchain.connect import BlockRef, Chain, block_call, log_filter, parse_block, parse_logs
from onchain.decode import Abi, Event, Log, LogDecoder
from onchain.errors import ChainError, NodeMisbehaved, NodeRefused, ReorgDetected
from onchain.store import MAX_NAME, chain_blocks, chain_cursors, chain_events

DEFAULT_CHUNK = 2_000  # blocks asked for at once; halved where a node refuses, doubled again where it does not
MAX_CHUNK = 10_000
BATCH = 100  # headers in one round trip
MAX_RETRIES = 20  # reads of one range that a reorganisation or another process disturbed
RETRY_SECONDS = 0.05
UNKNOWN = bytes(32)  # hash of a block that was never looked at

EventKey = tuple[int, int]  # block number, log index: the order of events
_T = TypeVar("_T")


@dataclass(frozen=True)
class SyncResult:
    """What one `sync` brought.

    new_events     stored for the first time, in chain order
    new_final      became final, in chain order
    final_up_to    block up to which the final view is complete; -1 where nothing is
    seen_up_to     the same of the seen view
    reorg_depth    blocks that the seen view had to take back; 0 usually
    """

    new_events: tuple[Event, ...]
    new_final: tuple[Event, ...]
    final_up_to: int
    seen_up_to: int
    reorg_depth: int


@dataclass(frozen=True)
class _Cursor:
    seen: int
    final: int
    final_hash: bytes


class _MovedError(Exception):
    """The chain, or another process's cursor, moved while a range was read: read again."""


class Follower:
    """Follows `addresses` on one chain under a name of its own in the database behind `engine`.

    name        1 … 100 characters; followers with the same name share what they read
    abis        whose events are kept; logs of other events are not
    from_block  the first block that can hold events: usually the deployment's

    Changing addresses, events or from_block begins anew from `from_block`; final events that are stored stay.
    """

    def __init__(
        self,
        engine: Engine,
        chain: Chain,
        name: str,
        addresses: Sequence[str],
        abis: Sequence[Abi],
        from_block: int = 0,
        *,
        chunk: int = DEFAULT_CHUNK,
    ) -> None:
        if not 1 <= len(name) <= MAX_NAME or not addresses or from_block < 0 or not 1 <= chunk <= MAX_CHUNK:
            raise ChainError(f"a follower needs a name of 1 to {MAX_NAME} characters, addresses and a first block")
        self._engine, self._chain, self._name = engine, chain, name
        self._addresses = sorted({checksum_address(a) for a in addresses})
        self._decoder = LogDecoder(abis)
        self._from_block = from_block
        self._chunk = self._usual_chunk = chunk
        subject = [*self._addresses, *(t.hex() for t in self._decoder.topics), str(from_block), chain.genesis.hex()]
        self._subject = hashlib.sha256("\n".join(subject).encode("ascii")).hexdigest()

    # -- use -----------------------------------------------------------------------------------------------------------

    def events(self, *, final: bool, after: EventKey | None = None, limit: int | None = None) -> list[Event]:
        """Stored events in chain order, without asking the node. Raises AbiError.

        final  True: only final ones, which never change; False: all that are seen
        after  only those behind this (block number, log index)
        limit  at most so many
        """
        table = chain_events.c
        query = sa.select(chain_events).where(*self._mine(chain_events), table.address.in_(self._addresses))
        if final:
            query = query.where(table.final == sa.true())
        if after is not None:
            query = query.where(
                sa.or_(
                    table.block_number > after[0],
                    sa.and_(table.block_number == after[0], table.log_index > after[1]),
                )
            )
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.block_number, table.log_index).limit(limit)).all()
        return self._events([_log(row) for row in rows], {row.block_number: row.timestamp for row in rows})

    def sync(self) -> SyncResult:
        """Read what is new. Harmless to repeat, to run twice at once, and to die in.

        Raises ReorgDetected when a final block changed, NodeError, AbiError.
        """
        final, head = self._begin()
        new_final: list[Event] = []
        new_events: list[Event] = []
        cursor, depth = self._again(self._walk_back, head.number)
        while cursor.final < final.number:
            cursor, became_final, fresh = self._again(self._read_final, final.number)
            new_final += became_final
            new_events += fresh
        while cursor.seen < head.number:
            cursor, fresh, taken_back = self._again(self._walk_and_read, head.number)
            new_events += fresh
            depth = max(depth, taken_back)
        return SyncResult(
            new_events=tuple(sorted(new_events, key=lambda event: (event.block_number, event.log_index))),
            new_final=tuple(new_final),
            final_up_to=cursor.final,
            seen_up_to=cursor.seen,
            reorg_depth=depth,
        )

    # -- the passes ----------------------------------------------------------------------------------------------------

    def _begin(self) -> tuple[BlockRef, BlockRef]:
        """The final block and the head; the block that was final last must still be there."""
        cursor = self._load()
        if cursor is None:
            before = self._chain.block(self._from_block - 1) if self._from_block else None
            start = self._from_block - 1
            self._reset(_Cursor(start, start, UNKNOWN if before is None else before.hash))
            cursor = self._require()
        final, head = self._chain.final(), self._chain.head()
        if cursor.final_hash != UNKNOWN:
            last = final if final.number == cursor.final else self._chain.block(cursor.final)
            if last is not None and last.hash != cursor.final_hash:
                raise ReorgDetected(cursor.final, cursor.final_hash, last.hash)
        return final, head

    def _again(self, read: Callable[[_Cursor, int], _T], upto: int) -> _T:
        """Run one read, again where the chain or another process moved the ground under it."""
        problem: _MovedError | None = None
        for _ in range(MAX_RETRIES):
            try:
                return read(self._require(), upto)
            except _MovedError as exc:
                problem = exc
                time.sleep(RETRY_SECONDS)
        raise NodeMisbehaved(self._chain.url, f"{problem} again and again") from problem

    def _read_final(self, cursor: _Cursor, upto: int) -> tuple[_Cursor, list[Event], list[Event]]:
        """Make the next range of blocks final. Returns the cursor, events that became final, events that were new."""
        if cursor.final >= upto:  # another process did it
            return cursor, [], []
        first = cursor.final + 1
        before, last, logs = self._range(first, upto)
        if before is not None and cursor.final_hash not in (UNKNOWN, before.hash):
            raise ReorgDetected(cursor.final, cursor.final_hash, before.hash)
        times = self._times(logs)
        moved = _Cursor(max(cursor.seen, last.number), last.number, last.hash)
        table = chain_events.c
        in_range = (*self._mine(chain_events), table.block_number.between(first, last.number))
        with self._engine.begin() as connection:
            self._move(connection, cursor, moved)
            known = self._known(connection, first, last.number)
            fresh = [log for log in logs if (log.block_hash, log.log_index) not in known]
            became_final = [log for log in logs if not known.get((log.block_hash, log.log_index), False)]
            self._insert(connection, fresh, times, final=True)
            for log in became_final:
                is_log = (table.block_hash == log.block_hash, table.log_index == log.log_index)
                connection.execute(sa.update(chain_events).where(*in_range, *is_log).values(final=True))
            connection.execute(sa.delete(chain_events).where(*in_range, table.final == sa.false()))
            connection.execute(
                sa.delete(chain_blocks).where(*self._mine(chain_blocks), chain_blocks.c.number <= last.number)
            )
        return moved, self._events(became_final, times), self._events(fresh, times)

    def _walk_and_read(self, cursor: _Cursor, upto: int) -> tuple[_Cursor, list[Event], int]:
        cursor, depth = self._walk_back(cursor, upto)
        if cursor.seen >= upto:
            return cursor, [], depth
        return (*self._read_seen(cursor, upto), depth)

    def _walk_back(self, cursor: _Cursor, _upto: int) -> tuple[_Cursor, int]:
        """Take the seen view back to a block that is still on the chain.

        Returns the cursor and how many blocks went.
        """
        if cursor.seen <= cursor.final:
            return cursor, 0
        kept = self._kept(cursor)
        ancestor = cursor.final
        for part in (kept[:1], *(kept[start : start + BATCH] for start in range(1, len(kept), BATCH))):
            blocks = self._chain.blocks([number for number, _ in part])
            still = [number for (number, old), b in zip(part, blocks, strict=True) if b is not None and b.hash == old]
            if still:
                ancestor = still[0]
                break
        if ancestor == cursor.seen:
            return cursor, 0
        moved = _Cursor(ancestor, cursor.final, cursor.final_hash)
        with self._engine.begin() as connection:
            self._move(connection, cursor, moved)
            connection.execute(
                sa.delete(chain_events).where(
                    *self._mine(chain_events),
                    chain_events.c.block_number > ancestor,
                    chain_events.c.final == sa.false(),
                )
            )
            connection.execute(
                sa.delete(chain_blocks).where(*self._mine(chain_blocks), chain_blocks.c.number > ancestor)
            )
        return moved, cursor.seen - ancestor

    def _read_seen(self, cursor: _Cursor, upto: int) -> tuple[_Cursor, list[Event]]:
        """Read the next range of the seen view. Returns the cursor and the events that were new."""
        first = cursor.seen + 1
        before, last, logs = self._range(first, upto)
        expected = dict(self._kept(cursor)).get(cursor.seen, cursor.final_hash)
        if before is not None and expected not in (UNKNOWN, before.hash):
            raise _MovedError(f"block {cursor.seen} changed while it was read")
        times = self._times(logs)
        moved = _Cursor(last.number, cursor.final, cursor.final_hash)
        with self._engine.begin() as connection:
            self._move(connection, cursor, moved)
            known = self._known(connection, first, last.number)
            fresh = [log for log in logs if (log.block_hash, log.log_index) not in known]
            self._insert(connection, fresh, times, final=False)
            connection.execute(
                sa.insert(chain_blocks).values(
                    follower=self._name, chain_id=self._chain.chain_id, number=last.number, hash=last.hash
                )
            )
        return moved, self._events(fresh, times)

    # -- the node ------------------------------------------------------------------------------------------------------

    def _range(self, first: int, upto: int) -> tuple[BlockRef | None, BlockRef, list[Log]]:
        """The block before the range, its last block, and the logs of blocks `first` to `upto` or a chunk of them."""
        while True:
            last = min(upto, first + self._chunk - 1)
            answers = self._chain.batch(
                [
                    block_call(last),
                    ("eth_getLogs", [log_filter(first, last, self._addresses, self._decoder.topics)]),
                    block_call(last),
                    block_call(max(0, first - 1)),
                ]
            )
            found, *blocks = answers[1], answers[0], answers[2], answers[3]
            for answer in blocks:
                if isinstance(answer, NodeRefused):
                    raise answer
            if not isinstance(found, NodeRefused):
                break
            if self._chunk == 1:
                raise found
            self._chunk = max(1, self._chunk // 2)  # most refusals mean: too many blocks or logs at once
        self._chunk = min(self._usual_chunk, self._chunk * 2)
        early, late, before = (None if isinstance(b, NodeRefused) else parse_block(b) for b in blocks)
        if early is None or late is None or before is None or early != late or late.number != last:
            raise _MovedError(f"block {last} changed while it was read")
        logs = parse_logs(found)
        for log in logs:
            if not (first <= log.block_number <= last and log.address in self._addresses):
                raise NodeMisbehaved(self._chain.url, f"a log of {log.address} in block {log.block_number} unasked for")
        return (before if first else None), late, [log for log in logs if log.topics]

    def _times(self, logs: Sequence[Log]) -> dict[int, int]:
        """Time of each block that has a log; the blocks must be those that the logs name."""
        hashes = {log.block_number: log.block_hash for log in logs}
        numbers = sorted(hashes)
        times: dict[int, int] = {}
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            for number, block in zip(part, self._chain.blocks(part), strict=True):
                if block is None or block.hash != hashes[number]:
                    raise _MovedError(f"block {number} changed while it was read")
                times[number] = block.timestamp
        return times

    # -- the tables ----------------------------------------------------------------------------------------------------

    def _mine(self, table: sa.Table) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return table.c.follower == self._name, table.c.chain_id == self._chain.chain_id

    def _load(self) -> _Cursor | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(chain_cursors).where(*self._mine(chain_cursors))).first()
        if row is None or row.subject != self._subject:
            return None
        return _Cursor(row.seen_number, row.final_number, bytes(row.final_hash))

    def _require(self) -> _Cursor:
        cursor = self._load()
        if cursor is None:
            raise ChainError(f"follower {self._name!r} is used for two different things at once")
        return cursor

    def _reset(self, cursor: _Cursor) -> None:
        """Begin anew: a new cursor, no seen rows; final events stay."""
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(chain_cursors).where(*self._mine(chain_cursors)))
                connection.execute(sa.delete(chain_blocks).where(*self._mine(chain_blocks)))
                connection.execute(
                    sa.delete(chain_events).where(*self._mine(chain_events), chain_events.c.final == sa.false())
                )
                connection.execute(
                    sa.insert(chain_cursors).values(
                        follower=self._name,
                        chain_id=self._chain.chain_id,
                        subject=self._subject,
                        seen_number=cursor.seen,
                        final_number=cursor.final,
                        final_hash=cursor.final_hash,
                    )
                )
        except IntegrityError:  # another process began at the same time
            return

    def _move(self, connection: sa.Connection, old: _Cursor, new: _Cursor) -> None:
        """Move the cursor, first thing in a transaction: whoever comes second finds that it has moved."""
        table = chain_cursors.c
        moved = connection.execute(
            sa.update(chain_cursors)
            .where(
                *self._mine(chain_cursors),
                table.subject == self._subject,
                table.seen_number == old.seen,
                table.final_number == old.final,
            )
            .values(seen_number=new.seen, final_number=new.final, final_hash=new.final_hash)
        )
        if moved.rowcount != 1:
            raise _MovedError(f"the cursor of {self._name!r} moved")

    def _kept(self, cursor: _Cursor) -> list[tuple[int, bytes]]:
        """Blocks of the seen view whose hashes we kept, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(chain_blocks.c.number, chain_blocks.c.hash)
                .where(*self._mine(chain_blocks), chain_blocks.c.number > cursor.final)
                .order_by(chain_blocks.c.number.desc())
            ).all()
        return [(row.number, bytes(row.hash)) for row in rows]

    def _known(self, connection: sa.Connection, first: int, last: int) -> dict[tuple[bytes, int], bool]:
        """Stored logs of a range, and whether they are final."""
        table = chain_events.c
        rows = connection.execute(
            sa.select(table.block_hash, table.log_index, table.final).where(
                *self._mine(chain_events), table.block_number.between(first, last)
            )
        )
        return {(bytes(row.block_hash), row.log_index): bool(row.final) for row in rows}

    def _insert(self, connection: sa.Connection, logs: Iterable[Log], times: dict[int, int], *, final: bool) -> None:
        rows = [
            {
                "follower": self._name,
                "chain_id": self._chain.chain_id,
                "block_number": log.block_number,
                "block_hash": log.block_hash,
                "log_index": log.log_index,
                "tx_hash": log.tx_hash,
                "address": log.address,
                "topics": b"".join(log.topics),
                "data": log.data,
                "timestamp": times[log.block_number],
                "final": final,
            }
            for log in logs
        ]
        if rows:
            connection.execute(sa.insert(chain_events), rows)

    def _events(self, logs: Iterable[Log], times: dict[int, int]) -> list[Event]:
        decoded = (self._decoder.decode(log, times[log.block_number]) for log in logs)
        return [event for event in decoded if event is not None]


def _log(row: sa.Row[tuple[object, ...]]) -> Log:
    topics = bytes(row.topics)
    return Log(
        address=row.address,
        topics=tuple(topics[i : i + 32] for i in range(0, len(topics), 32)),
        data=bytes(row.data),
        block_number=row.block_number,
        block_hash=bytes(row.block_hash),
        tx_hash=bytes(row.tx_hash),
        log_index=row.log_index,
    )
