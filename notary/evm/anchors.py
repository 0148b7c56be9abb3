"""Anchoring: bring the log's newest head onto the chain, and keep the whole proof of it.

    (none) ──request──► pending ──mined──► included ──its block is final──► final, with its proof
                          ▲ │                 │
                          │ │ refused for     │ the block was reorganised away
                          │ ▼ good            │
                          │ failed            │
                          └───────────────────┘

Who moves it: `advance` alone, one step at a time, as often as anybody likes. The transaction is named by the anchor's
key and stored before it is sent (onchain.send), so a process may die between any two lines, and two may do the same at
once. What must never happen: two transactions for one key; a head whose tree does not continue the one on the chain; an
anchor shown as final whose proof does not verify. Heads go up one after the other: an older one that was sent is seen
through first, one that was never sent gives way to the newer. A head that the chain holds already, because a copy of
the workspace or an earlier appender sent it, is not sent again: its anchor follows the transaction that recorded it.

Before anything is sent the chain's head is compared with the log. A chain that knows more than we do means that entries
were lost here (a backup was restored) or that a copy of the workspace was used: the log is marked, nothing is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notary.errors import ReceiptInvalid
from notary.evm import head_proof
from notary.evm.evidence_chain import ChainHead, EvidenceChain
from notary.evm.final_anchors import require_final_block
from notary.evm.head_proof import Mined
from notary.log import ledger
from notary.log.ledger import LogRow
from notary.proofs.receipt import MAX_BYTES, Anchor, PendingAnchor, read_anchors
from notary.reading import Reader
from notary.service_errors import (
    AnchorElsewhere,
    AnchorFailed,
    AnchoringUnavailable,
    AnchorUnknown,
    LogBehindChain,
    LogForked,
)
from notary.store import (
    ANCHOR_FAILED,
    ANCHOR_FINAL,
    ANCHOR_INCLUDED,
    ANCHOR_PENDING,
    LOG_BEHIND,
    LOG_CLOSED,
    LOG_FORKED,
    LOG_RECOVERED,
    anchors,
    logs,
)
from onchain.errors import ChainError, TransactionReverted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.log.log_events import LogHistory
    from onchain.records import TxRecord

CREATE_SECONDS = 120  # how long one call waits for the log's creation to be mined; the next call goes on waiting
MAX_ERROR = 500  # characters kept of the last error


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One head on one chain.

    key       names the transaction, too
    size      entries under the head
    contract  20 bytes
    status    store.ANCHOR_*
    tx        32 bytes, once mined; block_hash 32 bytes
    proof     once final: the anchor as receipts carry it
    error     of the last attempt, in words
    """

    id: int
    key: str
    log_id: int
    size: int
    chain_id: int
    contract: bytes
    status: str
    tx: bytes | None
    block_number: int | None
    block_hash: bytes | None
    proof: bytes | None
    error: str | None
    created_at: int
    updated_at: int

    @property
    def settled(self) -> bool:
        return self.status in (ANCHOR_FINAL, ANCHOR_FAILED)

    @property
    def mined(self) -> Mined | None:
        """Where the transaction is that recorded it; None: in no block."""
        if self.tx is None or self.block_number is None or self.block_hash is None:
            return None
        return Mined(self.tx, self.block_number, self.block_hash)

    def as_anchor(self) -> Anchor | None:
        """How a receipt shows it; None: not at all."""
        if self.proof is not None:
            (anchor,) = read_anchors(Reader.open(self.proof, MAX_BYTES, "stored anchor", ReceiptInvalid))
            return anchor
        if self.status == ANCHOR_FAILED:
            return None
        return PendingAnchor(self.chain_id, self.contract, self.tx)


def open_evidence(ctx: NotaryContext) -> EvidenceChain:
    """The chain that heads are anchored on.  Raises AnchoringUnavailable, ChainError."""
    if ctx.evidence is None:
        raise AnchoringUnavailable("no chain is configured for evidence")
    return ctx.evidence()


def request(ctx: NotaryContext, evidence: EvidenceChain | None = None) -> AnchorRow | None:
    """The anchor of the log's newest head: the one there is, or a new one, pending. None: the log is empty.

    Nothing is sent yet; `advance` does that.  Raises AnchoringUnavailable, AnchorElsewhere, ReorgDetected (what was
    final is gone), and as `compare`.
    """
    evidence = evidence or open_evidence(ctx)
    log = ensure_log(ctx, evidence)
    require_final_block(ctx, evidence, log.id)
    compare(ctx, evidence)
    if log.size == 0:
        return None
    return _anchor_of(ctx, evidence, log, log.size)


def _anchor_of(ctx: NotaryContext, evidence: EvidenceChain, log: LogRow, size: int) -> AnchorRow:
    """The anchor of the head of this size that has not failed: the one there is, or a new one, pending."""
    with ctx.engine.connect() as connection:
        known = _of_size(connection, log.id, size)
    standing = next((anchor for anchor in known if anchor.status != ANCHOR_FAILED), None)
    if standing is not None:
        return standing
    again = f":{len(known)}" if known else ""
    key, now = f"anchor:{_id_of(log).hex()}:{size}{again}", ctx.clock()
    try:
        with ledger.write(ctx.engine) as connection:
            connection.execute(
                sa.insert(anchors).values(
                    key=key,
                    log_id=log.id,
                    size=size,
                    chain_id=evidence.chain.chain_id,
                    contract=evidence.address,
                    status=ANCHOR_PENDING,
                    created_at=now,
                    updated_at=now,
                )
            )
    except IntegrityError:  # another process asked for the same at the same time
        pass
    with ctx.engine.connect() as connection:
        return _one(connection, anchors.c.key == key)


def adopt(ctx: NotaryContext, evidence: EvidenceChain, told: LogHistory) -> int:
    """Give every final head on the chain that our entries lead to its anchor with the whole proof; how many were new.

    told  what the node says of our present log

    For heads that a lost database, another copy or an earlier appender put there.

    Raises ChainError, LogDamaged; what was adopted before stays.
    """
    final, adopted = evidence.chain.final().number, 0
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
        known = set(anchored_sizes(connection, log.id))
        ours = [
            head
            for head in told.heads
            if head.size <= log.size
            and head.size not in known
            and head.place.block <= final
            and ledger.root_at(connection, log.id, head.size) == head.root
        ]
    for head in ours:
        mined = Mined.by_event(head)
        proof = head_proof.prove(evidence, _id_of(log), head.size, head.root, mined)
        anchor = _anchor_of(ctx, evidence, log, head.size)
        adopted += not anchor.settled
        _save(ctx, anchor, status=ANCHOR_FINAL, mined=mined, proof=proof)
    return adopted


def get(ctx: NotaryContext, anchor_id: int) -> AnchorRow:
    """One anchor.  Raises AnchorUnknown."""
    with ctx.engine.connect() as connection:
        return _one(connection, anchors.c.id == anchor_id)


def list_anchors(ctx: NotaryContext, *, every_log: bool = False) -> list[AnchorRow]:
    """All anchors of this workspace's present log, newest first.

    every_log  also those of logs that gave way to it
    """
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
        of = _SELECT if every_log else _SELECT.where(anchors.c.log_id == log.id)
        query = of.order_by(anchors.c.log_id.desc(), anchors.c.size.desc(), anchors.c.id.desc())
        return [_row(row) for row in connection.execute(query)]


def advance(ctx: NotaryContext, anchor_id: int) -> AnchorRow:
    """Do what this anchor needs now; harmless to repeat.

    Raises ChainError (node unreachable, no funds, refused by simulation: noted in the row, nothing lost), AnchorFailed,
    LogBehindChain, LogForked, LogDamaged, AnchorElsewhere, AnchoringUnavailable, AnchorUnknown.
    """
    anchor = get(ctx, anchor_id)
    if anchor.status == ANCHOR_FAILED:
        raise AnchorFailed(anchor.size, anchor.error or "no reason was kept")
    if anchor.settled:
        return anchor
    try:
        evidence = open_evidence(ctx)
        log = ensure_log(ctx, evidence)
        anchor = _step(ctx, evidence, log, anchor)
    except (ChainError, LogBehindChain, LogForked) as exc:
        _save(ctx, anchor, error=str(exc))
        if isinstance(exc, TransactionReverted):
            compare(ctx)  # a copy of this workspace may have been faster: then that is what there is to say
        raise
    if anchor.status == ANCHOR_FAILED:
        raise AnchorFailed(anchor.size, anchor.error or "no reason was kept")
    return anchor


def ensure_log(ctx: NotaryContext, evidence: EvidenceChain) -> LogRow:
    """The log's row once the log exists in the contract; created there when it does not.

    Raises AnchorElsewhere (it exists on another chain or contract), ChainError.
    """
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
    here = (evidence.chain.chain_id, evidence.address)
    if log.chain_log_id is not None:
        if (log.chain_id, log.contract) != here:
            raise AnchorElsewhere(log.chain_id or 0, log.contract or b"", *here)
        return log
    chain_log_id = evidence.log_id(log.chain_salt)
    key = _creation_key(log)
    try:
        evidence.create(key, log.chain_salt, log.origin, log.note_key)
        evidence.sender.wait(key, CREATE_SECONDS, between=evidence.between)
    except TransactionReverted as exc:
        if exc.name != "EvidenceLog_Exists" or evidence.head(chain_log_id).appender != evidence.sender.address:
            raise
    with ledger.write(ctx.engine) as connection:
        connection.execute(
            sa.update(logs)
            .where(logs.c.id == log.id, logs.c.chain_log_id.is_(None))
            .values(chain_log_id=chain_log_id, chain_id=here[0], contract=here[1])
        )
        return ledger.log_of(connection, ctx.note_key)


def compare(ctx: NotaryContext, evidence: EvidenceChain | None = None) -> ChainHead | None:
    """Compare the log with its head on the chain, and note the outcome in the log's state.

    None: the log is not on the chain yet.

    Raises LogBehindChain, LogForked, LogDamaged, AnchoringUnavailable, ChainError.
    """
    evidence = evidence or open_evidence(ctx)
    with ctx.engine.connect() as connection:
        log_id = ledger.log_of(connection, ctx.note_key).chain_log_id
    if log_id is None:
        return None
    head = evidence.head(log_id)
    with ctx.engine.connect() as connection:  # after the chain: what another process appended meanwhile is no fork
        log = ledger.log_of(connection, ctx.note_key)
        local = ledger.root_at(connection, log.id, head.size) if 0 < head.size <= log.size else None
    if head.size > log.size:
        _mark(ctx, log, LOG_BEHIND)
        raise LogBehindChain(log.size, head.size)
    if local is not None and local != head.root:
        _mark(ctx, log, LOG_FORKED)
        raise LogForked(head.size, local, head.root)
    if head.closed:
        _mark(ctx, log, LOG_CLOSED)
    elif log.state in (LOG_BEHIND, LOG_FORKED):
        # The chain took the other head back; whoever sent it may have signed others, so nothing more is signed here.
        _mark(ctx, log, LOG_RECOVERED)
    return head


def _mark(ctx: NotaryContext, log: LogRow, state: str) -> None:
    """Note what was seen, unless another process has noted something since; a closed log stays closed."""
    if log.state not in (state, LOG_CLOSED):
        with ledger.write(ctx.engine) as connection:
            seen = (logs.c.id == log.id, logs.c.state == log.state)
            connection.execute(sa.update(logs).where(*seen).values(state=state))


def _id_of(log: LogRow) -> bytes:
    """Its id in the contract: 32 bytes."""
    assert log.chain_log_id is not None  # ensure_log
    return log.chain_log_id


def _step(ctx: NotaryContext, evidence: EvidenceChain, log: LogRow, anchor: AnchorRow) -> AnchorRow:
    if evidence.sender.get(anchor.key) is not None:
        return _follow(ctx, evidence, log, anchor, evidence.sender.advance(anchor.key))
    if not _older_are_through(ctx, evidence, log, anchor):
        return _save(ctx, anchor, error="waits for an older head that is on its way")
    _see_creation_through(evidence, log)
    head = compare(ctx, evidence)
    assert head is not None  # ensure_log
    if head.size >= anchor.size:
        return _elsewhere(ctx, evidence, log, anchor, f"the chain holds a head of {head.size} entries already")
    if head.closed:
        return _save(ctx, anchor, status=ANCHOR_FAILED, error="the log was closed on the chain")
    with ctx.engine.connect() as connection:
        root = ledger.root_at(connection, log.id, anchor.size)
        proof = ledger.consistency(connection, log.id, head.size, anchor.size) if head.size else []
    sent = evidence.append(anchor.key, _id_of(log), head.size, anchor.size, root, proof)
    return _follow(ctx, evidence, log, anchor, sent)


def _older_are_through(ctx: NotaryContext, evidence: EvidenceChain, log: LogRow, anchor: AnchorRow) -> bool:
    """See that no older head is still on its way to a block: the next one must build on it."""
    query = _SELECT.where(
        anchors.c.log_id == log.id, anchors.c.size < anchor.size, anchors.c.status == ANCHOR_PENDING
    ).order_by(anchors.c.size)
    with ctx.engine.connect() as connection:
        older = [_row(row) for row in connection.execute(query)]
    for each in older:
        if evidence.sender.get(each.key) is None:
            _elsewhere(ctx, evidence, log, each, f"the head of {anchor.size} entries takes its place")
        elif _follow(ctx, evidence, log, each, evidence.sender.advance(each.key)).status == ANCHOR_PENDING:
            return False
    return True


def _see_creation_through(evidence: EvidenceChain, log: LogRow) -> None:
    """The log's creation may have been reorganised away with the block that held it: then it is sent again."""
    created = evidence.sender.get(_creation_key(log))
    if created is not None and not created.settled and created.sender == evidence.sender.address:
        evidence.sender.wait(_creation_key(log), CREATE_SECONDS, between=evidence.between)


def _follow(ctx: NotaryContext, evidence: EvidenceChain, log: LogRow, anchor: AnchorRow, record: TxRecord) -> AnchorRow:
    """Write down what became of the anchor's transaction."""
    mined = Mined.of(record)
    if record.status == "failed":
        why = record.error or "reverted"
        if record.settled:
            return _elsewhere(ctx, evidence, log, anchor, why)
        return _save(ctx, anchor, status=ANCHOR_PENDING, error=why, mined=mined)
    if record.status not in ("included", "final") or mined is None:
        return _save(ctx, anchor, status=ANCHOR_PENDING, error=record.error, mined=mined)
    return _arrived(ctx, evidence, log, anchor, mined, final=record.status == "final")


def _elsewhere(ctx: NotaryContext, evidence: EvidenceChain, log: LogRow, anchor: AnchorRow, why: str) -> AnchorRow:
    """Write down what became of an anchor that no transaction of its own can bring onto the chain any more: another's
    may have brought it there. Where none has, it failed.

    why  in words
    """
    mined = anchor.mined if anchor.status == ANCHOR_INCLUDED else None
    if mined is not None:
        block = evidence.chain.block(mined.block)
        mined = mined if block is not None and block.hash == mined.block_hash else None
    if mined is None:
        with ctx.engine.connect() as connection:
            root = ledger.root_at(connection, log.id, anchor.size)
        mined = head_proof.find(evidence, _id_of(log), anchor.size, root)
    if mined is None:
        failed = _save(ctx, anchor, status=ANCHOR_FAILED, error=why)
        compare(ctx, evidence)  # as in `advance`
        return failed
    return _arrived(ctx, evidence, log, anchor, mined, final=mined.block <= evidence.chain.final().number)


def _arrived(
    ctx: NotaryContext, evidence: EvidenceChain, log: LogRow, anchor: AnchorRow, mined: Mined, *, final: bool
) -> AnchorRow:
    """Write down that the chain holds the head, and where its block is final, the proof."""
    if not final:
        return _save(ctx, anchor, status=ANCHOR_INCLUDED, mined=mined)
    with ctx.engine.connect() as connection:
        root = ledger.root_at(connection, log.id, anchor.size)
    proof = head_proof.prove(evidence, _id_of(log), anchor.size, root, mined)
    return _save(ctx, anchor, status=ANCHOR_FINAL, mined=mined, proof=proof)


def _creation_key(log: LogRow) -> str:
    return f"log:create:{log.chain_salt.hex()}"


_SELECT = sa.select(anchors)  # its columns are those of AnchorRow


def _row(row: sa.Row[*tuple[Any, ...]]) -> AnchorRow:
    return AnchorRow(*tuple(row))


def _one(connection: Connection, condition: sa.ColumnElement[bool]) -> AnchorRow:
    row = connection.execute(_SELECT.where(condition)).first()
    if row is None:
        raise AnchorUnknown
    return _row(row)


def _of_size(connection: Connection, log_id: int, size: int) -> list[AnchorRow]:
    query = _SELECT.where(anchors.c.log_id == log_id, anchors.c.size == size).order_by(anchors.c.id)
    return [_row(row) for row in connection.execute(query)]


def anchors_of(connection: Connection, log_id: int, size: int) -> list[Anchor]:
    """The anchors of one head as its receipts show them."""
    shown = (anchor.as_anchor() for anchor in _of_size(connection, log_id, size))
    return [anchor for anchor in shown if anchor is not None]


def anchored_sizes(connection: Connection, log_id: int) -> list[int]:
    """Sizes of the heads with a final anchor, smallest first."""
    query = (
        sa.select(anchors.c.size)
        .where(anchors.c.log_id == log_id, anchors.c.status == ANCHOR_FINAL)
        .distinct()
        .order_by(anchors.c.size)
    )
    return list(connection.execute(query).scalars())


def _save(
    ctx: NotaryContext,
    anchor: AnchorRow,
    *,
    status: str | None = None,
    error: str | None = None,
    mined: Mined | None = None,
    proof: bytes | None = None,
) -> AnchorRow:
    """Write a step's outcome, unless another process has settled the anchor meanwhile."""
    values: dict[str, object] = {
        "status": status or anchor.status,
        "error": None if error is None else error[:MAX_ERROR],
        "updated_at": ctx.clock(),
    }
    if status is not None:
        values |= {
            "tx": None if mined is None else mined.tx,
            "block_number": None if mined is None else mined.block,
            "block_hash": None if mined is None else mined.block_hash,
            "proof": proof,
        }
    with ledger.write(ctx.engine) as connection:
        connection.execute(
            sa.update(anchors)
            .where(anchors.c.id == anchor.id, anchors.c.status.not_in((ANCHOR_FINAL, ANCHOR_FAILED)))
            .values(**values)
        )
        return _one(connection, anchors.c.id == anchor.id)
