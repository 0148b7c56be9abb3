"""Assemble receipts from rows, one by one or many, and write them out.

A receipt stands under the earliest head that has a final anchor on a chain, with its whole proof, and covers its claim:
that one is proven to whoever trusts only the chain. An earlier head may have been time-stamped, and proves an earlier
time to whoever trusts the authority: ask for it by its size. (What happened to the case since then is the matter of a
newer receipt: ask for it by the head's size, too, or add the newest head to it.) Without an anchor that proves anything
offline it stands under the earliest head that was time-stamped, else under the newest head, and says what is pending.
"""

from __future__ import annotations

import bisect
import itertools
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from notary import jcs
from notary.context import Progress, silent
from notary.custody.chain import CustodyEntry
from notary.custody.signatures import Signature, Statement, read_signatures
from notary.errors import LogEntryInvalid
from notary.evm import anchors
from notary.evm.evm_proof import EvmAnchor
from notary.files import stays_below, write_whole
from notary.jcs import Json
from notary.log import ledger, merkle
from notary.log.checkpoint import SignedCheckpoint
from notary.log.head_rows import ended_at, heads_at
from notary.log.heads import HeadMap, HeadsLeaf
from notary.log.ledger import LogRow
from notary.log.standing import EndedTree, Placed
from notary.memory import no_cycle_search
from notary.proofs import bundle
from notary.proofs.receipt import (
    MAX_BYTES,
    Anchor,
    CaseHeadProof,
    CustodyProof,
    Inclusion,
    IpfsStorage,
    Later,
    LogRef,
    Receipt,
    SignedBatch,
)
from notary.reading import Reader
from notary.sealing import cases
from notary.sealing.cases import SealedClaim
from notary.sealing.commitment import open_claim
from notary.service_errors import HeadUnknown, LogDamaged, VaultDamaged
from notary.sharing.cid import CHUNK_BYTES
from notary.sharing.share import storage_of
from notary.store import DOCUMENT_STORED, custody, custody_batches
from notary.timestamps import stamps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.custody.vault import CaseKey

RECEIPT_SUFFIX = ".receipt.json"
BUNDLE_RECEIPTS = 10_000  # in one bundle file: a reader holds them all (about 100 MB)
_KEPT_HEADS = 8  # heads of which the shared parts are kept


@dataclass(frozen=True, slots=True)
class _Shared:
    """What receipts under one head have in common."""

    note: SignedCheckpoint
    anchors: tuple[Anchor, ...]
    leaf: HeadsLeaf
    leaf_entry: Inclusion
    heads: HeadMap
    paths: merkle.InclusionPaths
    proven: dict[bytes, CaseHeadProof]  # by blinded case


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch of custody entries.

    row      of custody_batches
    entries  wrapped
    paths    of each entry in the batch's tree, whose root is `root`
    head     32 bytes, hash of the last entry
    """

    row: sa.Row[Any]
    key: CaseKey
    first: int
    last: int
    entries: list[bytes]
    paths: list[tuple[bytes, ...]]
    root: bytes
    head: bytes


class Assembler:
    """Makes receipts within one reading transaction; shared parts are read once.

    log  of the heads; default: the workspace's present one. Claims of an earlier log get receipts of that log.
    """

    def __init__(self, ctx: NotaryContext, connection: Connection, log: LogRow | None = None) -> None:
        self._ctx, self._connection = ctx, connection
        self.log: LogRow = ledger.log_of(connection, ctx.note_key) if log is None else log
        self._others: dict[int, Assembler] = {}
        self._node_at = ledger.node_reader(connection, self.log.id)
        self._anchored = anchors.anchored_sizes(connection, self.log.id)
        self._proven: set[int] = set()
        self._stamped = stamps.stamped_sizes(connection, self.log.id)
        self._newest = ledger.head(connection, self.log.id)
        self.size: int | None = None if self._newest is None else self._newest.size  # of the newest head it knows
        self._shared: OrderedDict[int, _Shared] = OrderedDict()
        self._ended: dict[tuple[bytes, int], EndedTree] = {}
        self._blinded: dict[str, bytes] = {}
        self._batch: tuple[str, _Batch] | None = None  # the last one that a receipt was of, and its case
        self._log_ref = LogRef(self.log.chain_log_id, self.log.origin, self.log.note_key)
        self._signed: dict[tuple[str, int, int], SignedBatch] = {}

    def receipt(self, sealed: SealedClaim, size: int | None = None) -> Receipt:
        """The receipt of one claim, under the head that the module's text says or the one of `size` entries.

        Raises HeadUnknown, LogDamaged.
        """
        if sealed.log_id != self.log.id:
            return self._other(sealed.log_id).receipt(sealed, size)
        size = self._size_for(sealed) if size is None else size
        if size <= sealed.heads_index:
            raise HeadUnknown(size, f"the claim is entry {sealed.leaf_index}, its batch ends at {sealed.heads_index}")
        shared = self._of_head(size)
        if sealed.case_id not in self._blinded:
            self._blinded[sealed.case_id] = bytes.fromhex(str(sealed.claim.get("case_blinded")))
        case_head = self._case_head(shared, size, self._blinded[sealed.case_id], sealed.case_id)
        return Receipt(
            opening=open_claim(sealed.claim, sealed.secret),
            log=self._log_ref,
            entry=Inclusion(sealed.leaf_index, size, shared.paths.of(sealed.leaf_index)),
            note=shared.note,
            case_head=case_head,
            standing=self._standing(case_head, sealed.commitment),
            anchors=shared.anchors,
            custody=self._custody(sealed, size),
            storage=self._storage(sealed),
        )

    def _other(self, log_id: int) -> Assembler:
        if log_id not in self._others:
            self._others[log_id] = Assembler(self._ctx, self._connection, ledger.log_by_id(self._connection, log_id))
        return self._others[log_id]

    def later(self, blinded: bytes, claim: bytes, old: int) -> Later | None:
        """The newest head, as a receipt under the head of `old` entries carries it; None: there is no newer one.

        blinded  32 bytes, the claim's case; claim  32 bytes, its commitment

        Raises LogDamaged.
        """
        new = self.size
        if new is None or new <= old:
            return None
        shared = self._of_head(new)
        case_head = self._case_head(shared, new, blinded, blinded.hex())
        return Later(
            note=shared.note,
            path=tuple(merkle.consistency_path(old, new, self._node_at)),
            case_head=case_head,
            standing=self._standing(case_head, claim),
            anchors=shared.anchors,
        )

    def _case_head(self, shared: _Shared, size: int, blinded: bytes, name: str) -> CaseHeadProof:
        if blinded not in shared.proven:
            try:
                head, place, path = shared.heads.prove(blinded)
            except KeyError as exc:
                raise LogDamaged(size, f"its map of cases has no entry for case {name}") from exc
            place_of = Inclusion(place, len(shared.heads.heads), tuple(path))
            shared.proven[blinded] = CaseHeadProof(shared.leaf_entry, shared.leaf, head, place_of)
        return shared.proven[blinded]

    def _standing(self, case_head: CaseHeadProof, claim: bytes) -> tuple[Placed, ...]:
        head = case_head.head
        key = (head.case, head.custody)
        if key not in self._ended:
            tree = ended_at(self._connection, head.case, head.custody)
            if (len(tree.ended), tree.root) != (head.ended, head.ended_root):
                raise LogDamaged(case_head.entry.size, "the rows of its ended claims are not those it commits to")
            self._ended[key] = tree
        return self._ended[key].prove(claim)

    def _custody(self, sealed: SealedClaim, size: int) -> CustodyProof:
        batch = self._batch_of(sealed)
        place = sealed.custody_seq - batch.first
        entry = batch.key.unwrap("custody", sealed.custody_seq.to_bytes(8, "big"), batch.entries[place])
        signed = self._signed.get((sealed.case_id, batch.last, size))
        if signed is None:
            signed = self._signed[sealed.case_id, batch.last, size] = self._signed_batch(batch, size)
        where = Inclusion(place, len(batch.entries), batch.paths[place])
        return CustodyProof(_custody_entry(entry), where, signed)

    def _batch_of(self, sealed: SealedClaim) -> _Batch:
        if self._batch is not None:
            case_id, known = self._batch
            if case_id == sealed.case_id and known.first <= sealed.custody_seq <= known.last:
                return known
        batches = custody_batches
        row = self._connection.execute(
            sa.select(batches)
            .where(batches.c.case_id == sealed.case_id, batches.c.last >= sealed.custody_seq)
            .order_by(batches.c.last)
            .limit(1)
        ).first()
        rows = [] if row is None else self._connection.execute(_entries_of(sealed.case_id, row.first, row.last)).all()
        if row is None or len(rows) != row.last - row.first + 1:
            raise LogDamaged(self.size or 0, f"custody entries of case {sealed.case_id} are missing")
        key = cases.case_key(self._ctx, sealed.case_id, self._connection)
        tree = merkle.Tree(merkle.leaf_hashes(one.hash for one in rows))
        entries, paths = [one.entry for one in rows], list(tree.inclusion_paths())
        batch = _Batch(row, key, row.first, row.last, entries, paths, tree.root, rows[-1].hash)
        self._batch = (sealed.case_id, batch)
        return batch

    def _signed_batch(self, batch: _Batch, size: int) -> SignedBatch:
        row = batch.row
        signatures: tuple[Signature, ...] = ()
        if row.signatures is not None:
            data = batch.key.unwrap("signatures", row.last.to_bytes(8, "big"), row.signatures)
            value: dict[str, Json] = {"signatures": jcs.loads(data, max_bytes=MAX_BYTES, what="custody signatures")}
            signatures = read_signatures(Reader(value, "stored custody", LogEntryInvalid), "signatures")
        (leaf,) = ledger.entries(self._connection, self.log.id, row.heads_index, row.heads_index + 1) or [b""]
        return SignedBatch(
            statement=Statement(batch.key.blinded, row.first, row.last, batch.head, batch.root),
            leaf=HeadsLeaf.from_bytes(leaf),
            leaf_entry=self._inclusion(row.heads_index, size),
            signatures=signatures,
        )

    def _size_for(self, sealed: SealedClaim) -> int:
        anchored, stamped = self._anchored, self._stamped
        place = bisect.bisect_right(anchored, sealed.heads_index)
        while place < len(anchored):
            if self._is_proven(anchored[place]):
                return anchored[place]
            del anchored[place]  # asked once, however many receipts there are
        place = bisect.bisect_right(stamped, sealed.heads_index)
        if place < len(stamped):
            return stamped[place]
        if self._newest is None:
            raise LogDamaged(0, "a claim is there without a checkpoint")
        return self._newest.size

    def _is_proven(self, size: int) -> bool:
        """Whether an anchor of this head can be verified offline: not so on a chain whose receipts no root covers."""
        if size not in self._proven:
            shown = anchors.anchors_of(self._connection, self.log.id, size)
            if any(isinstance(anchor, EvmAnchor) for anchor in shown):
                self._proven.add(size)
        return size in self._proven

    def _inclusion(self, index: int, size: int) -> Inclusion:
        return Inclusion(index, size, tuple(merkle.inclusion_path(index, size, self._node_at)))

    def _of_head(self, size: int) -> _Shared:
        if size in self._shared:
            self._shared.move_to_end(size)
            return self._shared[size]
        head = ledger.head(self._connection, self.log.id, size)
        if head is None:
            raise HeadUnknown(size, "no checkpoint was signed there")
        (leaf,) = ledger.entries(self._connection, self.log.id, size - 1, size) or [b""]
        shared = _Shared(
            note=SignedCheckpoint.from_text(head.note),
            anchors=(
                *anchors.anchors_of(self._connection, self.log.id, size),
                *stamps.anchors_of(self._connection, self.log.id, size),
            ),
            leaf=HeadsLeaf.from_bytes(leaf),
            leaf_entry=self._inclusion(size - 1, size),
            heads=HeadMap(heads_at(self._connection, self.log.id, size - 1)),
            paths=merkle.InclusionPaths(size, self._node_at),
            proven={},
        )
        if shared.heads.root != shared.leaf.map_root:
            raise LogDamaged(size, "the rows of its case heads are not those that its last entry commits to")
        self._shared[size] = shared
        if len(self._shared) > _KEPT_HEADS:
            self._shared.popitem(last=False)
        return shared

    def _storage(self, sealed: SealedClaim) -> tuple[IpfsStorage, ...]:
        stored = None if sealed.cid is None else storage_of(self._connection, sealed.id)
        if stored is None or stored.status != DOCUMENT_STORED:
            return ()
        return (IpfsStorage(stored.cid, stored.cipher_sha256, stored.cipher_size, CHUNK_BYTES),)


def _entries_of(case_id: str, first: int, last: int) -> sa.Select[tuple[bytes, bytes]]:
    return (
        sa.select(custody.c.hash, custody.c.entry)
        .where(custody.c.case_id == case_id, custody.c.seq >= first, custody.c.seq <= last)
        .order_by(custody.c.seq)
    )


def _custody_entry(data: bytes) -> CustodyEntry:
    try:
        return CustodyEntry.from_kept(data)
    except (ValueError, KeyError, TypeError) as exc:
        raise VaultDamaged("a custody entry", "is not readable") from exc


def receipt_for(ctx: NotaryContext, claim_id: int, size: int | None = None) -> Receipt:
    """The receipt of one claim.

    size  of the head that it shall stand under; default: see the module's text

    Raises ClaimUnknown, HeadUnknown, CaseErased, VaultLocked, VaultDamaged, LogUnknown, LogDamaged.
    """
    sealed = cases.claim_by_id(ctx, claim_id)
    with ctx.engine.connect() as connection:
        return Assembler(ctx, connection).receipt(sealed, size)


def receipts_of(
    ctx: NotaryContext, case_id: str, *, current_only: bool = False
) -> Iterator[tuple[SealedClaim, Receipt]]:
    """All receipts of a case, in the order of sealing, a few at a time in memory.

    Claims that are sealed meanwhile are left out: all receipts are of one state of the log.

    Raises CaseUnknown, CaseErased, VaultLocked, VaultDamaged, LogDamaged.
    """
    with ctx.engine.connect() as connection:
        assembler = Assembler(ctx, connection)
        below = (assembler.log.id, assembler.size or 0)
        for sealed in cases.claims_of(ctx, case_id, current_only=current_only, connection=connection, below=below):
            yield sealed, assembler.receipt(sealed)


def export(
    ctx: NotaryContext,
    case_id: str,
    folder: str | os.PathLike[str],
    *,
    as_bundle: bool = False,
    progress: Progress = silent,
) -> list[Path]:
    """Write a case's receipts into `folder`; returns the files written.

    as_bundle  CASE.receipts.json (CASE-2.receipts.json, ... from 10,001 receipts on) instead of one file for each

    A receipt lies at its file's name and ".receipt.json"; one that a later version supersedes at
    ".superseded-<place in the log>.receipt.json". Of several claims of one name, the first sealed has that file and the
    later ones ".entry-<place in the log>.receipt.json". Files are replaced whole. Raises as `receipts_of`, and OSError.
    """
    total = cases.show_case(ctx, case_id).count
    root, written, done = Path(folder), list[Path](), 0

    def counted() -> Iterator[tuple[SealedClaim, Receipt]]:
        nonlocal done
        for pair in receipts_of(ctx, case_id):
            yield pair
            done += 1
            progress("export", done, total, "files")

    if not as_bundle:
        taken: set[Path] = set()
        for sealed, receipt in counted():
            path = root / _free_name(sealed, taken)
            write_whole(path, receipt.to_bytes())
            written.append(path)
        return written
    left = (receipt for _, receipt in counted())
    for first in left:
        number = f"-{len(written) + 1}" if written else ""
        path = root / f"{case_id}{number}.receipts.json"
        with no_cycle_search():
            data = bundle.dumps(itertools.chain((first,), itertools.islice(left, BUNDLE_RECEIPTS - 1)))
        write_whole(path, data)
        written.append(path)
    return written


def _free_name(sealed: SealedClaim, taken: set[Path]) -> Path:
    """Its receipt's name, or the next one that no other claim has taken; takes it."""
    marks = itertools.chain(
        ("", f".entry-{sealed.leaf_index}"), (f".entry-{sealed.leaf_index}-{n}" for n in itertools.count(2))
    )
    name = next(name for mark in marks if (name := receipt_name(sealed, mark)) not in taken)
    taken.add(name)
    return name


def receipt_name(sealed: SealedClaim, again: str = "") -> Path:
    """Where a claim's receipt lies below the folder of receipts: like the file, never outside that folder.

    again  before ".receipt.json"; tells it from receipts of other claims of that name
    """
    raw = sealed.claim.get("name_bytes")
    name = os.fsdecode(bytes.fromhex(str(raw))) if raw is not None else str(sealed.claim.get("name"))
    mark = "" if sealed.superseded_by is None else f".superseded-{sealed.leaf_index}"
    suffix = f"{mark}{again}{RECEIPT_SUFFIX}"
    if not stays_below(name, suffix):
        return Path(f"entry-{sealed.leaf_index}{suffix}")
    return Path(name + suffix)
