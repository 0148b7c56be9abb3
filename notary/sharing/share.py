"""Put sealed documents into storage, encrypted, and get them back, every byte checked.

    store   read the file, check that it still is what was sealed, encrypt it into the workspace's blobs,
            write the row (its key wrapped), put the ciphertext on the node, mark the row
    fetch   read the ciphertext block by block against its CID, check its digest, decrypt, check the plaintext's digest

    (none) ──row and blob written──► local ──the node has pinned it──► stored

A run that was cut off is made again: a row that says local is pushed as it is, a stored one is left alone. The content
key is wrapped by HPKE for the workspace's recipient key, and that again by the case key, so erasing the case takes the
documents with it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notary.context import Progress, silent
from notary.files import sync_folder
from notary.log import ledger
from notary.sealing import cases
from notary.sealing.cases import SealedClaim
from notary.sealing.hashing import unhashable
from notary.sealing.seal import SealResult
from notary.service_errors import (
    ClaimUnknown,
    DocumentNotStored,
    InputsRefused,
    OutputExists,
    Refusal,
    SourceChanged,
    StorageMismatch,
    StorageNotConfigured,
)
from notary.sharing import envelope
from notary.sharing.cid import CHUNK_BYTES, Cid, Dag, DagBuilder
from notary.store import DOCUMENT_LOCAL, DOCUMENT_STORED, stored_documents

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.custody.vault import CaseKey
    from notary.sharing.ipfs import IpfsNode


HALF_WRITTEN_SECONDS = 86_400  # no document takes a day to encrypt


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """Where a claim's ciphertext is. cipher_sha256 has 32 bytes; wrapped_key opens with the case key."""

    claim_id: int
    status: str
    cid: str
    cipher_sha256: bytes
    cipher_size: int
    wrapped_key: bytes


@dataclass(frozen=True, slots=True)
class StoreResult:
    """stored: claims whose documents went to the node in this call; kept: those that were there already."""

    stored: tuple[int, ...]
    kept: tuple[int, ...]


def node_of(ctx: NotaryContext) -> IpfsNode:
    """The configured node, after it has answered.

    Raises StorageNotConfigured, StorageUnreachable, StorageRefused.
    """
    if ctx.ipfs is None or ctx.blobs is None:
        raise StorageNotConfigured
    ctx.ipfs.info()
    return ctx.ipfs


def store_sealed(ctx: NotaryContext, result: SealResult, *, progress: Progress = silent) -> StoreResult:
    """Put all files of a `seal` call on the node, new and unchanged ones alike.

    Raises StorageNotConfigured, StorageUnreachable, StorageRefused, StorageMismatch, SourceChanged, InputsRefused (a
    file that has become unreadable). What was stored before the error stays; run the same call again.
    """
    node = node_of(ctx)
    _sweep(ctx)
    key = cases.case_key(ctx, result.case_id)
    path_of = {(file.log_id, file.leaf_index): file.path for file in result.files}
    sealed: list[SealedClaim] = []
    with ctx.engine.connect() as connection:
        for log_id in sorted({log_id for log_id, _ in path_of}):
            places = [place for of_log, place in path_of if of_log == log_id]
            sealed += cases.claims_at(connection, key, log_id, places)
    stored: list[int] = []
    kept: list[int] = []
    for claim in sealed:
        (stored if _store(ctx, node, claim, path_of[claim.log_id, claim.leaf_index]) else kept).append(claim.id)
        progress("store", len(stored) + len(kept), len(sealed), "files")
    return StoreResult(tuple(stored), tuple(kept))


def fetch(ctx: NotaryContext, claim_id: int, target: str | os.PathLike[str], *, progress: Progress = silent) -> Path:
    """Get a stored document back to `target`, which must not exist yet.

    Raises ClaimUnknown, DocumentNotStored, StorageNotConfigured, StorageUnreachable, StorageRefused, StorageMismatch,
    EnvelopeInvalid, OutputExists, CaseErased, VaultLocked, VaultDamaged, OSError (the target cannot be written).
    """
    path = Path(target)
    sealed = cases.claim_by_id(ctx, claim_id)
    with ctx.engine.connect() as connection:
        document = storage_of(connection, claim_id)
    if document is None:
        raise DocumentNotStored(claim_id)
    if path.exists():
        raise OutputExists(str(path))
    key = cases.case_key(ctx, sealed.case_id)
    sha256 = bytes.fromhex(str(sealed.claim.get("sha256")))
    content_key = _unwrap(ctx, key, sealed, document.wrapped_key, sha256)
    node = node_of(ctx)
    cipher, done = hashlib.sha256(), 0

    def ciphertext() -> Iterator[bytes]:
        nonlocal done
        for block in node.read(Cid.parse(document.cid), document.cipher_size):
            cipher.update(block)
            done += len(block)
            progress("fetch", done, document.cipher_size, "bytes")
            yield block

    with _new_file(path) as file:
        plain = hashlib.sha256()
        for chunk in envelope.decrypt(content_key, ciphertext()):
            plain.update(chunk)
            file.write(chunk)
        if cipher.digest() != document.cipher_sha256:
            raise StorageMismatch(document.cid, "the ciphertext's SHA-256 is not the recorded one")
        if plain.digest() != sha256:
            raise StorageMismatch(document.cid, "the document's SHA-256 is not the sealed one")
    return path


def storage_of(connection: Connection, claim_id: int) -> StoredDocument | None:
    """Where a claim's document is, if it was encrypted for storage."""
    row = connection.execute(
        sa.select(
            stored_documents.c.claim_id,
            stored_documents.c.status,
            stored_documents.c.cid,
            stored_documents.c.cipher_sha256,
            stored_documents.c.cipher_size,
            stored_documents.c.wrapped_key,
        ).where(stored_documents.c.claim_id == claim_id)
    ).first()
    return None if row is None else StoredDocument(*tuple(row))


def _sweep(ctx: NotaryContext) -> None:
    """Remove ciphertext that a killed run left half-written; younger ones another process may still be writing."""
    assert ctx.blobs is not None  # node_of
    for path in ctx.blobs.glob(".*") if ctx.blobs.is_dir() else ():
        try:
            if path.stat().st_mtime < ctx.clock() - HALF_WRITTEN_SECONDS:
                path.unlink()
        except FileNotFoundError:  # another process has finished it meanwhile
            continue


def _store(ctx: NotaryContext, node: IpfsNode, sealed: SealedClaim, source: str) -> bool:
    """Whether anything had to be done."""
    with ctx.engine.connect() as connection:
        document = storage_of(connection, sealed.id)
    if document is not None and document.status == DOCUMENT_STORED:
        return False
    if document is None or not _blob(ctx, document.cid).exists():
        document = _encrypt(ctx, sealed, source)
    blob = _blob(ctx, document.cid)
    dag = _dag_of(blob)
    if str(dag.root) != document.cid or dag.size != document.cipher_size:
        raise StorageMismatch(document.cid, "the blob in the workspace is not the one that was encrypted; delete it")
    node.push(dag, lambda: _pieces(blob, CHUNK_BYTES))
    with ledger.write(ctx.engine) as connection:
        connection.execute(
            sa.update(stored_documents)
            .where(stored_documents.c.claim_id == sealed.id, stored_documents.c.cid == document.cid)
            .values(status=DOCUMENT_STORED, updated_at=ctx.clock())
        )
    return True


def _encrypt(ctx: NotaryContext, sealed: SealedClaim, source: str) -> StoredDocument:
    """Encrypt the file into a blob, and write its row; if another process was first, its row and blob count."""
    expected = bytes.fromhex(str(sealed.claim.get("sha256")))
    content_key = envelope.new_content_key()
    assert ctx.blobs is not None  # node_of
    ctx.blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = ctx.blobs / f".{secrets.token_hex(16)}"
    try:
        dag, cipher_sha256 = _write_ciphertext(temporary, content_key, source, expected)
        temporary.replace(_blob(ctx, str(dag.root)))
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(ctx.blobs)
    try:
        with ledger.write(ctx.engine) as connection:
            key = cases.lock_case(ctx, sealed.case_id, connection)  # as it is now: a claim may have been erased
            document = StoredDocument(
                sealed.id,
                DOCUMENT_LOCAL,
                str(dag.root),
                cipher_sha256,
                dag.size,
                _wrap(ctx, key, sealed, content_key, expected),
            )
            if not cases.is_there(connection, sealed.id):
                raise ClaimUnknown(sealed.id)
            connection.execute(sa.delete(stored_documents).where(*_same_local(sealed.id)))
            connection.execute(
                sa.insert(stored_documents).values(
                    claim_id=sealed.id,
                    status=document.status,
                    cid=document.cid,
                    cipher_sha256=cipher_sha256,
                    cipher_size=dag.size,
                    chunk_size=CHUNK_BYTES,
                    wrapped_key=document.wrapped_key,
                    updated_at=ctx.clock(),
                )
            )
    except IntegrityError:  # another process has stored it meanwhile
        with ctx.engine.connect() as connection:
            standing = storage_of(connection, sealed.id)
        if standing is None:
            raise
        if standing.cid != str(dag.root):
            _blob(ctx, str(dag.root)).unlink()
        return standing
    return document


def _same_local(claim_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """A row whose blob was lost before it reached the node gives way."""
    return stored_documents.c.claim_id == claim_id, stored_documents.c.status == DOCUMENT_LOCAL


def _write_ciphertext(target: Path, content_key: bytes, source: str, expected: bytes) -> tuple[Dag, bytes]:
    """Encrypt `source` into `target`, reading it once.  Raises SourceChanged, InputsRefused."""
    plain, cipher, builder = hashlib.sha256(), hashlib.sha256(), DagBuilder()

    def document() -> Iterator[bytes]:
        for piece in _source_pieces(source):
            plain.update(piece)
            yield piece

    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for sealed in envelope.encrypt(content_key, document()):
            cipher.update(sealed)
            builder.update(sealed)
            file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    if plain.digest() != expected:
        raise SourceChanged(source, expected, plain.digest())
    return builder.finish(), cipher.digest()


def _source_pieces(source: str) -> Iterator[bytes]:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            yield from _read_pieces(file, envelope.CHUNK_BYTES)
    except OSError as exc:
        why = unhashable(exc)
        raise InputsRefused([Refusal(source, why.code, why.reason)]) from exc


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _read_pieces(file, size)


def _read_pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece


def _dag_of(blob: Path) -> Dag:
    builder = DagBuilder()
    for piece in _pieces(blob, envelope.CHUNK_BYTES):
        builder.update(piece)
    return builder.finish()


def _blob(ctx: NotaryContext, cid: str) -> Path:
    assert ctx.blobs is not None  # node_of
    return ctx.blobs / cid


def _wrap(ctx: NotaryContext, key: CaseKey, sealed: SealedClaim, content_key: bytes, sha256: bytes) -> bytes:
    to = envelope.recipient(ctx.vault.recipient_seed())
    return key.wrap("content-key", sealed.commitment, envelope.wrap_key(to, content_key, sha256))


def _unwrap(ctx: NotaryContext, key: CaseKey, sealed: SealedClaim, wrapped: bytes, sha256: bytes) -> bytes:
    inner = key.unwrap("content-key", sealed.commitment, wrapped)
    return envelope.unwrap_key(ctx.vault.recipient_seed(), inner, sha256)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only when all of it is there and right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(16)}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError as exc:  # it appeared meanwhile
            raise OutputExists(str(path)) from exc
    finally:
        temporary.unlink(missing_ok=True)
