"""Salted commitments: what the chain may hold for ever about things that are nobody else's business.

A plain hash of an agreement or of a tag like "BR-consumer" could be guessed and compared; with 32 secret random bytes
it says nothing, and whoever holds salt and original can show that it belongs to the plan.
"""

from __future__ import annotations

import hashlib

from settlement.errors import FieldOutOfRange

AGREEMENT_TAG = b"tallystick/agreement/v1\0"
JURISDICTION_TAG = b"tallystick/jurisdiction/v1\0"

MAX_JURISDICTION_BYTES = 64
"""Longest jurisdiction tag in UTF-8; tags are short names such as BR-consumer."""


def agreement_commitment(salt: bytes, digest: bytes) -> bytes:
    """Return the 32 bytes of SHA-256(tag || salt || digest).

    salt    32 random bytes, kept by both parties
    digest  32 bytes, the agreement's SHA-256

    Raises FieldOutOfRange.
    """
    return hashlib.sha256(AGREEMENT_TAG + _exactly_32("salt", salt) + _exactly_32("digest", digest)).digest()


def jurisdiction_commitment(salt: bytes, tag: str) -> bytes:
    """Return the 32 bytes of SHA-256(tag || salt || jurisdiction in UTF-8).

    salt  32 random bytes, another than the agreement's
    tag   1 to MAX_JURISDICTION_BYTES bytes in UTF-8, such as "BR-consumer"

    Raises FieldOutOfRange.
    """
    try:
        encoded = tag.encode()
    except UnicodeEncodeError:
        encoded = b""
    if not 1 <= len(encoded) <= MAX_JURISDICTION_BYTES:
        raise FieldOutOfRange(
            field="jurisdiction", abi="utf-8", reason=f"{len(encoded)} bytes, not 1 to {MAX_JURISDICTION_BYTES}"
        )
    return hashlib.sha256(JURISDICTION_TAG + _exactly_32("salt", salt) + encoded).digest()


def _exactly_32(field: str, value: bytes) -> bytes:
    if len(value) != 32:
        raise FieldOutOfRange(field=field, abi="bytes32", reason=f"{len(value)} bytes, not 32")
    return value
