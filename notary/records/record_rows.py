"""The rows of evidence records: each is read with its case's key, written once, and rewritten only by an erasure.

    evidence_records  what a record is about, wrapped
    evidence_stamps   its tokens in order; where a chain begins, the leaves of its tree, wrapped
    evidence_files    bundles of receipts that it is about, compressed and wrapped

Tokens stand in the open: they hold the root of a tree whose every leaf is blinded (notary/records/evidence_set.py).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notary import jcs
from notary.errors import HashTreeInvalid
from notary.log import ledger
from notary.records.evidence_set import AnyLeaf, EvidenceSet, Gone, Leaf, SetChain
from notary.sealing import cases
from notary.service_errors import RecordBusy, VaultDamaged
from notary.store import evidence_files, evidence_records, evidence_stamps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.custody.vault import CaseKey


@dataclass(frozen=True, slots=True)
class RecordObject:
    """What a record is about: a claim's document, or a bundle of the case's receipts.

    name    of the file in the claim; of the bundle as it is written out
    claims  commitments: the claim's own; or those of all receipts in the bundle
    bundle  True: a bundle, whose bytes are kept
    sha256  32 bytes
    """

    name: str
    claims: tuple[bytes, ...]
    bundle: bool
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a case, with the chains of all its objects.

    number   among the case's records, from 1
    epoch    of the case's key that it was read with
    objects  None where one was erased
    stamps   how many tokens it has
    """

    id: int
    case_id: str
    number: int
    epoch: int
    created_at: int
    objects: tuple[RecordObject | None, ...]
    chains: EvidenceSet
    stamps: int

    @property
    def hash_name(self) -> str:
        """Of its last chain."""
        return self.chains.chains[-1].hash_name

    @property
    def last_token(self) -> bytes:
        return self.chains.chains[-1].tokens[-1]


def records_of(ctx: NotaryContext, case_id: str) -> list[Record]:
    """The records of a case, the oldest first.  Raises CaseUnknown, CaseErased, VaultLocked, VaultDamaged."""
    with ctx.engine.connect() as connection:
        key = cases.case_key(ctx, case_id, connection)
        rows = connection.execute(
            sa.select(evidence_records).where(evidence_records.c.case_id == case_id).order_by(evidence_records.c.number)
        ).all()
        return [_record(connection, key, row) for row in rows]


def bundle_of(ctx: NotaryContext, record: Record, place: int) -> bytes:
    """The bytes of a record's bundle of receipts.

    Raises RecordBusy (a claim in it was erased since the record was read), VaultDamaged, CaseErased, VaultLocked.
    """
    with ctx.engine.connect() as connection:
        key = cases.case_key(ctx, record.case_id, connection)
        kept = connection.execute(
            sa.select(evidence_files.c.data).where(
                evidence_files.c.record_id == record.id, evidence_files.c.idx == place
            )
        ).scalar()
    if kept is None or key.epoch != record.epoch:
        raise RecordBusy(record.case_id)
    return _unpack(key, record.number, place, kept)


def forget(connection: Connection, old: CaseKey, new: CaseKey, erased: AbstractSet[bytes]) -> None:
    """Wrap the case's records under its new key, without what was erased: claims, and bundles with their
    receipts.

    erased  commitments

    For notary/custody/erasure.py, in its transaction.  Raises VaultDamaged.
    """
    rows = connection.execute(sa.select(evidence_records).where(evidence_records.c.case_id == old.case_id)).all()
    for row in rows:
        record = _record(connection, old, row)
        gone = {
            place for place, one in enumerate(record.objects) if one is not None and not erased.isdisjoint(one.claims)
        }
        kept = [None if place in gone or one is None else object_json(one) for place, one in enumerate(record.objects)]
        sealed = wrap_list(new, "objects", record.number, 0, kept)
        connection.execute(sa.update(evidence_records).where(evidence_records.c.id == record.id).values(objects=sealed))
        seq = 0
        for chain in record.chains.without(gone).chains:
            leaves = wrap_list(new, "leaves", record.number, seq, [_leaf_json(leaf) for leaf in chain.leaves])
            connection.execute(
                sa.update(evidence_stamps)
                .where(evidence_stamps.c.record_id == record.id, evidence_stamps.c.seq == seq)
                .values(leaves=leaves)
            )
            seq += len(chain.tokens)
        of_record = evidence_files.c.record_id == record.id
        for file in connection.execute(sa.select(evidence_files).where(of_record)).all():
            here = sa.and_(of_record, evidence_files.c.idx == file.idx)
            if file.idx in gone:
                connection.execute(sa.delete(evidence_files).where(here))
                continue
            context = context_of(old, record.number, file.idx)
            data = new.wrap("evidence-file", context, old.unwrap("evidence-file", context, file.data))
            connection.execute(sa.update(evidence_files).where(here).values(data=data))


def kept(leaves: Sequence[AnyLeaf]) -> int:
    """How many objects a chain proves."""
    return sum(isinstance(leaf, Leaf) for leaf in leaves)


@contextmanager
def writing(ctx: NotaryContext, key: CaseKey) -> Iterator[Connection]:
    """A writing transaction in which the case is still in the epoch of `key`, and stays so.

    Raises RecordBusy, LogBusy, LogUnknown.
    """
    try:
        with ledger.write(ctx.engine) as connection:
            ledger.lock(connection, ctx.note_key)
            if cases.lock_case(ctx, key.case_id, connection).epoch != key.epoch:
                raise RecordBusy(key.case_id)
            yield connection
    except IntegrityError as exc:
        raise RecordBusy(key.case_id) from exc


def add_stamp(
    ctx: NotaryContext,
    connection: Connection,
    key: CaseKey,
    record_id: int,
    number: int,
    seq: int,
    hash_name: str,
    token: bytes,
    leaves: Sequence[AnyLeaf] | None,
) -> None:
    """Add the token of place `seq`; `leaves` where it begins a chain."""
    sealed = None if leaves is None else wrap_list(key, "leaves", number, seq, [_leaf_json(leaf) for leaf in leaves])
    connection.execute(
        sa.insert(evidence_stamps).values(
            record_id=record_id,
            seq=seq,
            hash_name=hash_name,
            token=token,
            leaves=sealed,
            created_at=ctx.clock(),
        )
    )


def _record(connection: Connection, key: CaseKey, row: sa.Row[*tuple[Any, ...]]) -> Record:
    stamps = connection.execute(
        sa.select(evidence_stamps).where(evidence_stamps.c.record_id == row.id).order_by(evidence_stamps.c.seq)
    ).all()
    chains: list[SetChain] = []
    try:
        objects = tuple(map(_read_object, _unwrap(key, "objects", row.number, 0, row.objects)))
        for stamp in stamps:
            if stamp.leaves is None:
                chains[-1] = replace(chains[-1], tokens=(*chains[-1].tokens, stamp.token))
            else:
                leaves = tuple(map(_read_leaf, _unwrap(key, "leaves", row.number, stamp.seq, stamp.leaves)))
                chains.append(SetChain(stamp.hash_name, leaves, (stamp.token,)))
        made = EvidenceSet(chains)
        _ = made.chains[-1]
    except (ValueError, KeyError, TypeError, IndexError, HashTreeInvalid) as exc:
        raise VaultDamaged(f"evidence record {row.number} of case {key.case_id}", "is not readable") from exc
    return Record(row.id, row.case_id, row.number, key.epoch, row.created_at, objects, made, len(stamps))


def context_of(key: CaseKey, number: int, place: int) -> bytes:
    """What binds a wrapped value of a record to its place."""
    return f"{key.case_id}:{number}:{place}".encode()


def wrap_list(key: CaseKey, what: str, number: int, place: int, value: list[jcs.Json]) -> bytes:
    """Wrap a list for its place only."""
    return key.wrap(f"evidence-{what}", context_of(key, number, place), jcs.dumps(value))


def _unwrap(key: CaseKey, what: str, number: int, place: int, blob: bytes) -> list[Any]:
    value = json.loads(key.unwrap(f"evidence-{what}", context_of(key, number, place), blob))
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _unpack(key: CaseKey, number: int, place: int, blob: bytes) -> bytes:
    try:
        return zlib.decompress(key.unwrap("evidence-file", context_of(key, number, place), blob))
    except zlib.error as exc:
        raise VaultDamaged(f"the bundle of evidence record {number} of case {key.case_id}", "is not readable") from exc


def object_json(one: RecordObject) -> jcs.Json:
    """As it stands in the list of objects."""
    return {
        "name": one.name,
        "claims": [claim.hex() for claim in one.claims],
        "bundle": one.bundle,
        "sha256": one.sha256.hex(),
    }


def _read_object(value: Any) -> RecordObject | None:
    if value is None:
        return None
    claims = tuple(bytes.fromhex(claim) for claim in value["claims"])
    return RecordObject(value["name"], claims, value["bundle"], bytes.fromhex(value["sha256"]))


def _leaf_json(leaf: AnyLeaf) -> jcs.Json:
    return None if leaf is None else [value.hex() for value in leaf]


def _read_leaf(value: Any) -> AnyLeaf:
    if value is None:
        return None
    parts = [bytes.fromhex(part) for part in value]
    return Gone(*parts) if len(parts) == 1 else Leaf(*parts)
