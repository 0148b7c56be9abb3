"""Audit a whole log from public things alone: its exported entries and the events of its chain.

    1  checkpoint   the newest checkpoint is signed by the log's key
    2  entries      every entry is there and is a claim's commitment or a heads leaf; the last one is a heads leaf
    3  signed       every checkpoint that is known to be signed is the root of the entries that it covers
    4  heads        every head on chain is the root of the entries that it covers, so each one continues the one before
    5  chain        the log was created with this name and key; its events lead to what the contract holds now
    6  cases        the maps of case heads are those that the leaves commit to, and no case ever goes back
    7  appenders    who could append, and since when
    8  closure      open, or ended, and where it goes on
    9  others       all logs of its owner in this contract; others may exist elsewhere, nobody can list them

The first two together with any receipt make every later rewriting visible: a receipt's checkpoint (given as `signed`)
that is not the root of the entries shown proves that two histories were told. Each finding is PASSED, FAILED or
INDETERMINATE with a stable reason code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from notary.errors import CheckpointInvalid, FormatInvalid, SignatureInvalid
from notary.jcs import Json
from notary.log import log_source, merkle
from notary.log.case_changes import CaseChange, CaseWalk
from notary.log.checkpoint import SignedCheckpoint, verify
from notary.log.heads import HeadsLeaf
from notary.log.log_events import NOBODY, Appended, ChainSide, Closed, Created, Handed, LogHistory, Present
from notary.log.log_source import LogSource
from notary.log.merkle import Frontier
from notary.log.tiles import WIDTH
from notary.store import checkpoints
from notary.verdicts.verdict import Status

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MAX_LISTED = 20  # appenders and logs that a sentence names; all are in the JSON


class Code(StrEnum):
    """Why a finding did not simply pass."""

    LOG_EMPTY = "log-empty"
    CHECKPOINT_INVALID = "checkpoint-invalid"
    SIGNATURE_INVALID = "signature-invalid"
    KEY_UNKNOWN = "key-unknown"
    ENTRIES_MISSING = "entries-missing"
    ENTRY_INVALID = "entry-invalid"
    ROOT_DIFFERS = "root-differs"
    HEAD_BEYOND = "head-beyond-entries"
    ROWS_DAMAGED = "rows-damaged"
    NO_CHAIN = "no-chain"
    NOT_ON_CHAIN = "not-on-chain"
    NAME_DIFFERS = "name-differs"
    EVENTS_DIFFER = "events-differ"
    CASE_HEADS_MISSING = "case-heads-missing"
    CASE_HEADS_INVALID = "case-heads-invalid"
    APPENDER_CHANGED = "appender-changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `reason` is empty where it simply passed."""

    number: int
    name: str
    status: Status
    reason: str
    detail: str

    def to_json(self) -> dict[str, Json]:
        return {
            "number": self.number,
            "name": self.name,
            "status": self.status.value,
            "reason": self.reason,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that somebody holds: `where` names it; its signature was checked by whoever gives it."""

    size: int
    root: bytes
    where: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. size and root are of the entries that were read."""

    origin: str
    size: int
    root: bytes
    findings: tuple[Finding, ...]
    chain: ChainSide | None = None

    @property
    def status(self) -> Status:
        """FAILED if anything failed, else INDETERMINATE if anything could not be checked, else PASSED."""
        found = {finding.status for finding in self.findings}
        return next((s for s in (Status.FAILED, Status.INDETERMINATE) if s in found), Status.PASSED)

    def finding(self, name: str) -> Finding:
        return next(finding for finding in self.findings if finding.name == name)

    def to_json(self) -> dict[str, Json]:
        chain = self.chain
        logs: list[Json] = [] if chain is None else [_log_json(one) for one in chain.others]
        return {
            "status": self.status.value,
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "log": None if chain is None else "0x" + chain.history.log_id.hex(),
            "heads": 0 if chain is None else len(chain.history.heads),
            "owner": None if chain is None else chain.present.owner,
            "appender": None if chain is None else chain.present.appender,
            "logs_of_owner": logs,
            "findings": [finding.to_json() for finding in self.findings],
        }


def _log_json(one: Created) -> Json:
    return {"log": "0x" + one.log_id.hex(), "origin": one.origin, "block": one.place.block}


@dataclass
class _Walk:
    """The entries, read once from first to last."""

    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    problem: tuple[Status, Code, str] | None = None
    cases: CaseWalk = field(default_factory=CaseWalk)
    cases_problem: tuple[Status, Code, str] | None = None
    heads_leaves: int = 0
    claims: int = 0
    batch: int = 0  # claims since the last heads leaf


def audit(
    source: LogSource,
    *,
    key: bytes | None,
    chain: ChainSide | None,
    signed: Sequence[Signed] = (),
    rows: Iterable[str] = (),
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Audit:
    """Audit the log in `source`.

    key      32 bytes, the log's note key as the auditor knows it; None: the one that the chain's creation event names
    chain    what a node says; None: nobody was asked
    signed   further checkpoints that are known to be signed: of receipts, of our own rows
    rows     what is wrong with how the entries are stored (ledger.audit); only for our own log
    advance  told (done, total) entries

    Raises LogSourceUnreadable, LogSourceUnreachable; whatever is wrong with the log itself is a finding.
    """
    if key is None and chain is not None and chain.history.created is not None:
        key = chain.history.created.note_key
    note, first = _checkpoint(source, key)
    size = 0 if note is None else note.checkpoint.size
    held = [] if note is None else [Signed(size, note.checkpoint.root, "the newest checkpoint"), *signed]
    on_chain = () if chain is None else chain.history.heads
    walk = _read(source, size, {*(one.size for one in held), *(head.size for head in on_chain)}, advance)
    findings = [first, _entries(walk, size), _signed(walk, held, list(rows))]
    findings += [_heads(walk, chain), _chain(note, key, chain), _cases(walk), _appenders(chain)]
    findings += [_closure(chain), _others(chain)]
    origin = "" if note is None else note.checkpoint.origin
    return Audit(origin, walk.frontier.size, walk.frontier.root, tuple(findings), chain)


def own_checkpoints(connection: Connection, log_id: int) -> list[Signed]:
    """Every checkpoint that our rows say we signed."""
    query = sa.select(checkpoints.c.size, checkpoints.c.root).where(checkpoints.c.log_id == log_id)
    return [Signed(row.size, row.root, "a checkpoint of ours") for row in connection.execute(query)]


def _checkpoint(source: LogSource, key: bytes | None) -> tuple[SignedCheckpoint | None, Finding]:
    # 1
    def said(status: Status, reason: str, detail: str) -> Finding:
        return Finding(1, "checkpoint", status, reason, detail)

    try:
        text = source.note()
        if text is None:
            return None, said(Status.INDETERMINATE, Code.LOG_EMPTY, f"there is no checkpoint in {source.name}")
        note = SignedCheckpoint.from_text(text)
    except CheckpointInvalid as exc:
        return None, said(Status.FAILED, Code.CHECKPOINT_INVALID, str(exc))
    if key is None:
        return note, said(Status.INDETERMINATE, Code.KEY_UNKNOWN, "nobody said which key signs for this log")
    try:
        verify(note, key)
    except SignatureInvalid as exc:
        return note, said(Status.FAILED, Code.SIGNATURE_INVALID, str(exc))
    return note, said(Status.PASSED, "", f"{note.checkpoint.origin}, {note.checkpoint.size} entries")


def _read(source: LogSource, size: int, stops: set[int], advance: Callable[[int, int], None]) -> _Walk:
    walk = _Walk()
    try:
        for index, entry, said, before in log_source.walk(source, size):
            if isinstance(said, HeadsLeaf):
                walk.heads_leaves += 1
                walk.batch = 0
                _follow_cases(walk, source, index, said, before)
            else:
                walk.claims += 1
                walk.batch = before + 1
            walk.frontier.extend([merkle.leaf_hash(entry)])
            done = index + 1
            if done in stops:
                walk.roots[done] = walk.frontier.root
            if done % WIDTH == 0 or done == size:
                advance(done, size)
    except FormatInvalid as exc:
        walk.problem = (Status.FAILED, Code.ENTRY_INVALID, str(exc))
        return walk
    if walk.frontier.size < size:
        told = f"entries from {walk.frontier.size} of {size} are not there"
        walk.problem = (Status.INDETERMINATE, Code.ENTRIES_MISSING, told)
    elif walk.batch:
        walk.problem = (Status.FAILED, Code.ENTRY_INVALID, f"the last {walk.batch} entries end with no heads leaf")
    return walk


def _follow_cases(walk: _Walk, source: LogSource, index: int, leaf: HeadsLeaf, claims: int) -> None:
    """Look at what a heads leaf changed, as long as all before it could be followed."""
    if walk.cases_problem is not None:
        return
    data = source.case_change(index)
    if data is None:
        told = f"nobody shows what the heads leaf at {index} changed"
        walk.cases_problem = (Status.INDETERMINATE, Code.CASE_HEADS_MISSING, told)
        return
    try:
        walk.cases.apply(index, leaf, CaseChange.from_bytes(data), claims)
    except (FormatInvalid, ValueError) as exc:
        walk.cases_problem = (Status.FAILED, Code.CASE_HEADS_INVALID, str(exc))


def _entries(walk: _Walk, size: int) -> Finding:
    # 2
    if walk.problem is not None:
        return Finding(2, "entries", *walk.problem)
    if size == 0:
        return Finding(2, "entries", Status.INDETERMINATE, Code.LOG_EMPTY, "the log has no entries")
    told = f"{walk.claims} claims and {walk.heads_leaves} heads leaves, root {walk.frontier.root.hex()}"
    return Finding(2, "entries", Status.PASSED, "", told)


def _signed(walk: _Walk, held: Sequence[Signed], rows: Sequence[str]) -> Finding:
    # 3
    def said(status: Status, reason: str, detail: str) -> Finding:
        return Finding(3, "signed", status, reason, detail)

    if rows:
        return said(Status.FAILED, Code.ROWS_DAMAGED, "; ".join(rows))
    beyond = 0
    for one in held:
        root = walk.roots.get(one.size)
        if root is None:
            beyond = max(beyond, one.size)
        elif root != one.root:
            told = f"{one.where} of {one.size} entries has root {one.root.hex()}, the entries have {root.hex()}"
            return said(Status.FAILED, Code.ROOT_DIFFERS, told)
    if beyond:
        told = f"a checkpoint of {beyond} entries is signed, {walk.frontier.size} were read"
        return said(Status.INDETERMINATE, Code.HEAD_BEYOND, told)
    if not held:
        return said(Status.INDETERMINATE, Code.LOG_EMPTY, "no checkpoint is known")
    return said(Status.PASSED, "", f"{len(held)} signed checkpoint(s) of one history")


def _heads(walk: _Walk, chain: ChainSide | None) -> Finding:
    # 4
    def said(status: Status, reason: str, detail: str) -> Finding:
        return Finding(4, "heads", status, reason, detail)

    if chain is None:
        return said(Status.INDETERMINATE, Code.NO_CHAIN, "no node was asked")
    heads = chain.history.heads
    for head in heads:
        root = walk.roots.get(head.size)
        if root is None:
            told = (
                f"the chain holds a head of {head.size} entries since block {head.place.block}, "
                f"{walk.frontier.size} were read"
            )
            return said(Status.INDETERMINATE, Code.HEAD_BEYOND, told)
        if root != head.root:
            told = (
                f"at {head.size} entries the chain has root {head.root.hex()} (block {head.place.block}), "
                f"the entries have {root.hex()}"
            )
            return said(Status.FAILED, Code.ROOT_DIFFERS, told)
    newest = heads[-1].size if heads else 0
    told = f"{len(heads)} head(s) on chain, each continues the one before; {walk.frontier.size - newest} entries behind"
    return said(Status.PASSED, "", told)


def _chain(note: SignedCheckpoint | None, key: bytes | None, chain: ChainSide | None) -> Finding:
    # 5
    def said(status: Status, reason: str, detail: str) -> Finding:
        return Finding(5, "chain", status, reason, detail)

    if chain is None:
        return said(Status.INDETERMINATE, Code.NO_CHAIN, "no node was asked")
    created, present = chain.history.created, chain.present
    if created is None or created is not chain.history.events[0]:
        return said(Status.FAILED, Code.NOT_ON_CHAIN, "the node shows no creation of this log in this contract")
    if note is not None and (created.origin, created.note_key) != (note.checkpoint.origin, key):
        told = f"it was created as {created.origin!r}, the checkpoint is of {note.checkpoint.origin!r}"
        if created.origin == note.checkpoint.origin:
            told = "it was created with another note key than the one that is known for it"
        return said(Status.FAILED, Code.NAME_DIFFERS, told)
    wrong = _contradiction(chain.history, present)
    if wrong:
        return said(Status.FAILED, Code.EVENTS_DIFFER, wrong)
    told = f"created in block {created.place.block} of chain {chain.chain_id}; owner {present.owner}"
    return said(Status.PASSED, "", told)


def _contradiction(history: LogHistory, present: Present) -> str:
    """Where the events contradict each other or the contract's present state; empty: nowhere."""
    size, root, ended = 0, bytes(32), False
    for event in history.events[1:]:
        where = f"block {event.place.block}"
        if ended:
            return f"an event in {where} comes after the log was closed"
        match event:
            case Created():
                return f"it is created again in {where}"
            case Appended():
                if event.size <= size:
                    return f"the head of {where} has {event.size} entries after one of {size}"
                size, root = event.size, event.root
            case Closed():
                if (event.size, event.root) != (size, root):
                    return f"it was closed at {event.size} entries in {where}, its last head has {size}"
                ended = True
            case Handed():
                pass
    told = (size, root, history.appender, history.owner, ended)
    if told != (present.size, present.root, present.appender, present.owner, present.closed):
        return f"the events lead to {size} entries, the contract holds {present.size}: the node leaves something out"
    return ""


def _cases(walk: _Walk) -> Finding:
    # 6
    if walk.cases_problem is not None:
        return Finding(6, "cases", *walk.cases_problem)
    if not walk.heads_leaves:
        return Finding(6, "cases", Status.INDETERMINATE, Code.LOG_EMPTY, "the log has no heads leaf")
    told = f"{len(walk.cases.heads)} case(s) through {walk.heads_leaves} heads leaves, none went back"
    return Finding(6, "cases", Status.PASSED, "", told)


def _appenders(chain: ChainSide | None) -> Finding:
    # 7
    if chain is None:
        return Finding(7, "appenders", Status.INDETERMINATE, Code.NO_CHAIN, "no node was asked")
    events = chain.history.events
    changes = [event for event in events if isinstance(event, Handed) and event.kind == "appender"]
    created = chain.history.created
    told = [] if created is None else [f"{_account(created.appender)} from block {created.place.block}"]
    told += [f"{_account(change.address)} from block {change.place.block}" for change in changes[-MAX_LISTED:]]
    reason = Code.APPENDER_CHANGED if changes else ""
    return Finding(7, "appenders", Status.PASSED, reason, ", ".join(told) or "nobody is known")


def _account(address: str) -> str:
    return "nobody" if address == NOBODY else address


def _closure(chain: ChainSide | None) -> Finding:
    # 8
    if chain is None:
        return Finding(8, "closure", Status.INDETERMINATE, Code.NO_CHAIN, "no node was asked")
    closed = chain.history.closed
    if closed is None:
        return Finding(8, "closure", Status.PASSED, "", "the log is open")
    heir = "nothing continues it" if closed.successor is None else f"it goes on in log 0x{closed.successor.hex()}"
    told = f"closed in block {closed.place.block} at {closed.size} entries; {heir}"
    return Finding(8, "closure", Status.PASSED, Code.CLOSED, told)


def _others(chain: ChainSide | None) -> Finding:
    # 9
    if chain is None:
        return Finding(9, "others", Status.INDETERMINATE, Code.NO_CHAIN, "no node was asked")
    named = [f"0x{one.log_id.hex()} ({one.origin or 'created earlier'})" for one in chain.others[:MAX_LISTED]]
    more = f" and {len(chain.others) - MAX_LISTED} more" if len(chain.others) > MAX_LISTED else ""
    told = (
        f"{len(chain.others)} log(s) of {chain.present.owner} in this contract: {', '.join(named)}{more}. "
        "Other logs of the same person may exist under other keys, in other contracts and on other chains."
    )
    return Finding(9, "others", Status.PASSED, "", told)
