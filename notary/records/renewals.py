"""Evidence records of cases: make them, renew them, write them out. The rows are only ever added, but by an erasure.

    create          one record over each current claim's document, and over the receipts of the case as they are now
    renew_stamps    each record's last token is stamped anew, before its algorithms or its authority end
    renew_trees     each document is read and hashed anew with another hash, before the old hash ends
    export          each object's RFC 4998 record, which proves it without the others (notary/records/evidence_set.py)

Receipts grow with every anchor, so what was stamped cannot be made again later: the bundle's bytes are kept, compressed
and under the case key. Of documents only digests are kept; the files are their owner's.

The token is fetched first, outside of any transaction; then one transaction adds the row. A process that dies before
has lost a token and nothing else; two that renew at once: the second finds the place taken and says so. A record says
what was in the case when it was made; what is sealed later gets a record of its own with the next `create`.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from notary.context import Progress, silent
from notary.errors import TokenInvalid
from notary.proofs import bundle, receipts
from notary.records.algorithms import Policy, Use
from notary.records.evidence_record import MAX_CHAINS, MAX_STAMPS, der_token
from notary.records.evidence_set import AnyLeaf, EvidenceSet, Leaf, Stamped
from notary.records.hash_tree import HASH_SIZES, digest_of
from notary.records.record_rows import (
    Record,
    RecordObject,
    add_stamp,
    bundle_of,
    context_of,
    kept,
    object_json,
    records_of,
    wrap_list,
    writing,
)
from notary.sealing import cases
from notary.sealing.claim import DIGEST_SIZES
from notary.sealing.hashing import FileDigests, hash_files
from notary.sealing.intake import find_files
from notary.service_errors import DocumentsMissing, RecordBusy, RecordRefused, RecordUnknown, TimestampUnavailable
from notary.store import evidence_files, evidence_records
from notary.timestamps import tsp

if TYPE_CHECKING:
    import os

    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext

Stamp: TypeAlias = Callable[[bytes, str], bytes]
"""Has the given bytes time-stamped by their hash of the given name; returns the token, verified."""

FIRST_HASH = "sha256"  # every claim has it
TREE_HASHES = tuple(name for name in DIGEST_SIZES if name in HASH_SIZES)  # that files are hashed with


@dataclass(frozen=True, slots=True)
class Renewed:
    """What was done to one record.

    at        genTime of the new token, Unix seconds
    objects   how many it proves now
    left_out  names of documents whose record ends here
    """

    case_id: str
    number: int
    hash_name: str
    at: int
    objects: int
    left_out: tuple[str, ...] = ()


def configured(ctx: NotaryContext) -> Stamp:
    """Stamps by the first configured authority that does.  Raises TimestampUnavailable when none is configured."""
    authorities = () if ctx.timestamps is None else ctx.timestamps.authorities
    if not authorities:
        raise TimestampUnavailable("none", "no time-stamp authority is configured")

    def stamp(data: bytes, hash_name: str) -> bytes:
        from notary.timestamps import tsp_client

        asked = [replace(authority, hash=hash_name) for authority in authorities]
        return tsp_client.stamp_any(asked, data, ctx.clock()).token

    return stamp


def create(ctx: NotaryContext, case_id: str, stamp: Stamp, *, progress: Progress = silent) -> Renewed:
    """Make a record over the case as it is now.

    Raises RecordRefused (nothing is sealed in the case), RecordBusy, TokenInvalid, what `stamp` raises, CaseUnknown,
    CaseErased, VaultLocked, VaultDamaged, LogBusy, LogDamaged.
    """
    key, last = cases.case_key(ctx, case_id), _last_number(ctx, case_id)
    objects = [
        RecordObject(str(sealed.claim.get("name")), (sealed.commitment,), False, _sha256(sealed))
        for sealed in cases.claims_of(ctx, case_id, current_only=True)
    ]
    if not objects:
        raise RecordRefused(f"nothing is sealed in case {case_id!r}")
    bundles: list[bytes] = []
    for made, commitments in _bundles(ctx, case_id, progress):
        mark = f"-{len(bundles) + 1}" if bundles else ""
        name = f"{case_id}{mark}.receipts.json"
        objects.append(RecordObject(name, commitments, True, digest_of("sha256", made)))
        bundles.append(made)
    leaves = [_leaf(FIRST_HASH, one.sha256) for one in objects]
    token, at = _stamped(stamp, EvidenceSet().begins(FIRST_HASH, leaves), None)
    with writing(ctx, key) as connection:
        if _number_in(connection, case_id) != last:
            raise RecordBusy(case_id)  # another process made one over the same objects meanwhile
        number = last + 1
        sealed = wrap_list(key, "objects", number, 0, [object_json(one) for one in objects])
        values = {"case_id": case_id, "number": number, "objects": sealed, "created_at": ctx.clock()}
        (record_id,) = connection.execute(sa.insert(evidence_records).values(values)).inserted_primary_key or (0,)
        for place, data in enumerate(bundles, len(objects) - len(bundles)):
            file = key.wrap("evidence-file", context_of(key, number, place), zlib.compress(data))
            connection.execute(sa.insert(evidence_files).values(record_id=record_id, idx=place, data=file))
        add_stamp(ctx, connection, key, record_id, number, 0, FIRST_HASH, token, leaves)
    return Renewed(case_id, number, FIRST_HASH, at, len(objects))


def renew_stamps(ctx: NotaryContext, case_id: str, stamp: Stamp) -> list[Renewed]:
    """Have the last token of each record of the case stamped anew: a time-stamp renewal.

    Raises RecordUnknown, RecordRefused (it has as many as are read), RecordBusy, TokenInvalid, what `stamp` raises,
    CaseUnknown, CaseErased, VaultLocked, VaultDamaged, LogBusy. Records renewed before the error stay renewed.
    """
    done: list[Renewed] = []
    for record in _living(ctx, case_id):
        key = cases.case_key(ctx, case_id)
        token, at = _stamped(stamp, record.chains.renewal(), record.last_token)
        with writing(ctx, key) as connection:
            add_stamp(ctx, connection, key, record.id, record.number, record.stamps, record.hash_name, token, None)
        done.append(Renewed(case_id, record.number, record.hash_name, at, kept(record.chains.chains[-1].leaves)))
    return done


def renew_trees(
    ctx: NotaryContext,
    case_id: str,
    hash_name: str,
    paths: Sequence[str | os.PathLike[str]],
    stamp: Stamp,
    policy: Policy,
    *,
    leave_out: bool = False,
    progress: Progress = silent,
) -> list[Renewed]:
    """Hash every document of each record anew, and have the new trees stamped: a hash-tree renewal.

    hash_name  from TREE_HASHES, another than the records' last
    paths      files and folders that hold the documents; each counts only as far as it has the sealed SHA-256
    policy     by which the new hash has not ended
    leave_out  go on without documents that are not found: their records end with what they have; not where nothing of
               a record is left

    Raises RecordRefused, DocumentsMissing (nothing was changed), RecordUnknown, RecordBusy, TokenInvalid, what `stamp`
    raises, CaseUnknown, CaseErased, VaultLocked, VaultDamaged, LogBusy. Records renewed before the error stay renewed.
    """
    if hash_name not in TREE_HASHES:
        raise RecordRefused(f"{hash_name[:40]!r} is none of the hashes for trees: {', '.join(TREE_HASHES)}")
    ending = policy.ending(Use("hash", hash_name))
    if ending.ended(ctx.clock()):
        raise RecordRefused(f"{ending.what} has ended by the policy, so a tree of it would prove nothing")
    records = [record for record in _living(ctx, case_id) if record.hash_name != hash_name]
    if not records:
        raise RecordRefused(f"the records of case {case_id!r} use {hash_name} already")
    found = _digests_of(paths, hash_name, ctx.exclude, progress)
    planned: list[tuple[Record, list[AnyLeaf], tuple[str, ...]]] = []
    for record in records:
        leaves, missing = _rehashed(ctx, record, hash_name, found)
        if missing and not (leave_out and kept(leaves)):
            raise DocumentsMissing(missing)
        planned.append((record, leaves, tuple(missing)))
    done: list[Renewed] = []
    for record, leaves, missing_names in planned:
        key = cases.case_key(ctx, case_id)
        token, at = _stamped(stamp, record.chains.begins(hash_name, leaves), record.last_token)
        with writing(ctx, key) as connection:
            add_stamp(ctx, connection, key, record.id, record.number, record.stamps, hash_name, token, leaves)
        done.append(Renewed(case_id, record.number, hash_name, at, kept(leaves), missing_names))
    return done


def uncovered(ctx: NotaryContext, case_id: str) -> int:
    """How many current claims of the case have a document or a receipt that no record carries on.

    A document that was left out of a new tree, and the receipts of a bundle that an erasure took away, do not count.
    """
    documents, receipted = set[bytes](), set[bytes]()
    for record in records_of(ctx, case_id):
        for one, leaf in zip(record.objects, record.chains.chains[-1].leaves, strict=True):
            if one is not None and isinstance(leaf, Leaf):
                (receipted if one.bundle else documents).update(one.claims)
    covered = documents & receipted
    return sum(sealed.commitment not in covered for sealed in cases.claims_of(ctx, case_id, current_only=True))


def _last_number(ctx: NotaryContext, case_id: str) -> int:
    with ctx.engine.connect() as connection:
        return _number_in(connection, case_id)


def _number_in(connection: Connection, case_id: str) -> int:
    """The number of the case's newest record; 0 without any."""
    query = sa.select(sa.func.max(evidence_records.c.number)).where(evidence_records.c.case_id == case_id)
    return connection.execute(query).scalar() or 0


def _living(ctx: NotaryContext, case_id: str) -> list[Record]:
    """The records that still prove something.  Raises RecordUnknown when there are none, RecordRefused."""
    found = [record for record in records_of(ctx, case_id) if kept(record.chains.chains[-1].leaves)]
    if not found:
        raise RecordUnknown(case_id)
    for record in found:
        if record.stamps >= MAX_STAMPS or len(record.chains.chains) >= MAX_CHAINS:
            reached = f"{record.stamps} time-stamps in {len(record.chains.chains)} chains"
            raise RecordRefused(f"record {record.number} of case {case_id!r} has {reached}, as many as are ever read")
    return found


# What is hashed, and stamped.


def _sha256(sealed: cases.SealedClaim) -> bytes:
    return bytes.fromhex(str(sealed.claim.get("sha256")))


def _leaf(hash_name: str, digest: bytes) -> Leaf:
    return Leaf(digest, secrets.token_bytes(HASH_SIZES[hash_name]))


def _bundles(ctx: NotaryContext, case_id: str, progress: Progress) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """The receipts of the case, as files, each with the commitments that it holds."""
    left, done = receipts.receipts_of(ctx, case_id), 0
    while part := list(islice(left, receipts.BUNDLE_RECEIPTS)):
        done += len(part)
        progress("renew", done, 0, "receipts")
        yield bundle.dumps(receipt for _, receipt in part), tuple(sealed.commitment for sealed, _ in part)


def _stamped(stamp: Stamp, what: Stamped, before: bytes | None) -> tuple[bytes, int]:
    """A token over `what` in DER, and its time, which is not before that of the token it follows."""
    token = der_token(stamp(what.data, what.hash_name))
    read = tsp.read_token(token)
    if read.hash_name != what.hash_name:
        raise TokenInvalid("token-imprint-differs", f"the token stamps by {read.hash_name}, asked was {what.hash_name}")
    tsp.check_imprint(read, what.imprint)
    if before is not None and tsp.is_earlier(read, earlier := tsp.read_token(before)):
        detail = f"its time {read.gen_time} lies before {earlier.gen_time}, that of the token before"
        raise TokenInvalid("token-invalid", detail)
    return token, read.gen_time


def _digests_of(
    paths: Sequence[str | os.PathLike[str]],
    hash_name: str,
    exclude: Sequence[str | os.PathLike[str]],
    progress: Progress,
) -> Mapping[bytes, bytes]:
    """For each file that can be read: its digest under `hash_name`, by its SHA-256."""
    files = [(file.path, file.size) for file in find_files(paths, exclude=exclude).files] if paths else []
    total, done = sum(size for _, size in files), 0

    def advance(_files: int, size: int) -> None:
        nonlocal done
        done += size
        progress("hash", done, total, "bytes")

    outcomes = hash_files(files, () if hash_name == "sha256" else (hash_name,), advance=advance)
    return {one.sha256: dict(one.extra).get(hash_name, one.sha256) for one in outcomes if isinstance(one, FileDigests)}


def _rehashed(
    ctx: NotaryContext, record: Record, hash_name: str, found: Mapping[bytes, bytes]
) -> tuple[list[AnyLeaf], list[str]]:
    """The leaves of a record's next chain, and the names of documents that were not found."""
    leaves: list[AnyLeaf] = []
    missing: list[str] = []
    for place, (one, before) in enumerate(zip(record.objects, record.chains.chains[-1].leaves, strict=True)):
        digest = None
        if one is not None and isinstance(before, Leaf):
            bundled = bundle_of(ctx, record, place) if one.bundle else None
            digest = found.get(one.sha256) if bundled is None else digest_of(hash_name, bundled)
            if digest is None:
                missing.append(one.name)
        leaves.append(None if digest is None else _leaf(hash_name, digest))
    return leaves, missing
