"""Encrypt one document with a key of its own, and that key for its recipients.

Ciphertext (format 1), made and read as a stream of chunks:

    header   "tallystick/sealed/v1" 0x00 (21 bytes) || chunk size (4, big endian) || nonce prefix (7 random bytes)
    chunk i  AES-256-GCM(content key, nonce, chunk, aad = header), each but the last of exactly the chunk size
             nonce = prefix || i (4 bytes, big endian) || last (1 byte: 1 for the last chunk, else 0)

An empty document is one empty last chunk.

So chunks cannot be reordered, repeated, dropped or cut off, and each is checked before a byte of it is used (the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). A content key encrypts one document only.

The content key is wrapped by HPKE (RFC 9180 in base mode; KEM MLKEM768-X25519, HKDF-SHA256, AES-256-GCM) with
info = "tallystick/content-key/v1" 0x00 || SHA-256 of the plaintext (32 bytes): safe against who records today and
decrypts with a quantum computer later. A recipient's private key is the 64-byte seed of ML-KEM-768, then 32 of X25519.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notary.service_errors import EnvelopeInvalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hpke
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

MAGIC = b"tallystick/sealed/v1\0"
CHUNK_BYTES = 1 << 20
MAX_CHUNK_BYTES = 16 << 20  # of a ciphertext made elsewhere: bounds the memory that reading it takes
MAX_CHUNKS = 1 << 32
KEY_BYTES = 32
TAG_BYTES = 16
PREFIX_BYTES = 7
HEADER_BYTES = len(MAGIC) + 4 + PREFIX_BYTES
MLKEM_SEED_BYTES, X25519_SEED_BYTES = 64, 32
SEED_BYTES = MLKEM_SEED_BYTES + X25519_SEED_BYTES
WRAPPED_KEY_BYTES = 1120 + KEY_BYTES + TAG_BYTES  # encapsulation of MLKEM768-X25519, then the sealed key


def new_content_key() -> bytes:
    """32 random bytes for one document."""
    return secrets.token_bytes(KEY_BYTES)


def ciphertext_size(plain_size: int, chunk_size: int = CHUNK_BYTES) -> int:
    """Bytes of ciphertext for a document of `plain_size` bytes."""
    chunks = max(1, -(-plain_size // chunk_size))
    return HEADER_BYTES + plain_size + chunks * TAG_BYTES


def encrypt(key: bytes, chunks: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Ciphertext of a document, piece by piece.

    key     32 bytes, never used before
    chunks  the document in pieces of CHUNK_BYTES; only the last may be shorter
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    aead, prefix = AESGCM(key), secrets.token_bytes(PREFIX_BYTES)
    header = MAGIC + CHUNK_BYTES.to_bytes(4, "big") + prefix
    yield header
    pieces = iter(chunks)
    piece, index = bytes(next(pieces, b"")), 0
    while True:
        following = next(pieces, None)
        if index >= MAX_CHUNKS or (following is not None and len(piece) != CHUNK_BYTES) or len(piece) > CHUNK_BYTES:
            raise ValueError(f"chunk {index} has {len(piece)} bytes; all but the last have {CHUNK_BYTES}")
        yield aead.encrypt(_nonce(prefix, index, following is None), piece, header)
        if following is None:
            return
        piece, index = bytes(following), index + 1


def decrypt(key: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The document, chunk by chunk, each authentic when it is yielded; complete only when the iterator ends.

    pieces  the ciphertext in pieces of any size

    Raises EnvelopeInvalid.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    aead, buffer, source = AESGCM(key), bytearray(), iter(pieces)
    if not _fill(buffer, source, HEADER_BYTES):
        raise EnvelopeInvalid(f"has {len(buffer)} bytes, less than its header of {HEADER_BYTES}")
    header = bytes(buffer[:HEADER_BYTES])
    del buffer[:HEADER_BYTES]
    if not header.startswith(MAGIC):
        raise EnvelopeInvalid("does not begin as an encrypted document of version 1")
    chunk_size, prefix = int.from_bytes(header[len(MAGIC) : len(MAGIC) + 4], "big"), header[-PREFIX_BYTES:]
    if not 0 < chunk_size <= MAX_CHUNK_BYTES:
        raise EnvelopeInvalid(f"has chunks of {chunk_size} bytes; 1 to {MAX_CHUNK_BYTES} are read")
    for index in range(MAX_CHUNKS):
        last = not _fill(buffer, source, chunk_size + TAG_BYTES + 1)
        sealed = bytes(buffer[: chunk_size + TAG_BYTES])
        del buffer[: len(sealed)]
        try:
            yield aead.decrypt(_nonce(prefix, index, last), sealed, header)
        except InvalidTag as exc:
            raise EnvelopeInvalid(f"chunk {index} is altered, cut off, or of another key") from exc
        if last:
            return
    raise EnvelopeInvalid(f"has more than {MAX_CHUNKS} chunks")


def _nonce(prefix: bytes, index: int, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + bytes((last,))


def _fill(buffer: bytearray, source: Iterator[bytes], size: int) -> bool:
    """Read until `buffer` holds `size` bytes; False when the source ended before."""
    while len(buffer) < size:
        piece = next(source, None)
        if piece is None:
            return False
        buffer += piece
    return True


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who can open a document: a public key, and its id (SHA-256 of both public keys, 32 bytes)."""

    key_id: bytes
    public_key: hpke.MLKEM768X25519PublicKey


def new_recipient_seed() -> bytes:
    """96 random bytes: a recipient's private key."""
    return secrets.token_bytes(SEED_BYTES)


def recipient(seed: bytes) -> Recipient:
    """The public side of a recipient's private key of 96 bytes."""
    from cryptography.hazmat.primitives import hpke

    mlkem_key, x25519_key = _private_parts(seed)
    mlkem_public, x25519_public = mlkem_key.public_key(), x25519_key.public_key()
    key_id = hashlib.sha256(mlkem_public.public_bytes_raw() + x25519_public.public_bytes_raw()).digest()
    return Recipient(key_id, hpke.MLKEM768X25519PublicKey(mlkem_public, x25519_public))


def wrap_key(to: Recipient, content_key: bytes, plain_sha256: bytes) -> bytes:
    """WRAPPED_KEY_BYTES that only `to` can open, and only for the document with this SHA-256."""
    return _suite().encrypt(content_key, to.public_key, info=_info(plain_sha256))


def unwrap_key(seed: bytes, wrapped: bytes, plain_sha256: bytes) -> bytes:
    """The content key of 32 bytes.  Raises EnvelopeInvalid."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hpke

    if len(wrapped) != WRAPPED_KEY_BYTES:
        raise EnvelopeInvalid(f"its wrapped key has {len(wrapped)} bytes instead of {WRAPPED_KEY_BYTES}")
    try:
        return _suite().decrypt(wrapped, hpke.MLKEM768X25519PrivateKey(*_private_parts(seed)), info=_info(plain_sha256))
    except (InvalidTag, ValueError) as exc:
        raise EnvelopeInvalid("its key was wrapped for another recipient or another document") from exc


def _private_parts(seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

    if len(seed) != SEED_BYTES:
        raise ValueError(f"a recipient's private key has {SEED_BYTES} bytes, not {len(seed)}")
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(seed[:MLKEM_SEED_BYTES]),
        x25519.X25519PrivateKey.from_private_bytes(seed[MLKEM_SEED_BYTES:]),
    )


def _suite() -> hpke.Suite:
    from cryptography.hazmat.primitives import hpke

    return hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _info(plain_sha256: bytes) -> bytes:
    return b"tallystick/content-key/v1\0" + plain_sha256
