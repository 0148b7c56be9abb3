"""OpenTimestamps' detached proof, read a second time: recursive, plain, no code shared with `notary`.

Bounds: 64 KiB a file, 4096 bytes a message, 256 messages a path, 4096 operations, 256 attestations, payloads of 8192.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from Crypto.Hash import RIPEMD160, keccak

MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01"
CALENDAR = "83dfe30d2ef90c8e"
CHAINS = ("0588960d73d71901", "06869a0d73d71b45", "30fe8087b5c7ead7")
LEGAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:"


@dataclass
class Reading:
    """digest; and tag, payload and message of each attestation, sorted."""

    digest: bytes
    attestations: list[tuple[bytes, bytes, bytes]]


class Bad(Exception):
    pass


def read(data: bytes) -> Reading | None:
    """The proof, None if it is none."""
    try:
        return _file(data)
    except (Bad, IndexError):
        return None


def _file(data: bytes) -> Reading:
    sizes = {0x02: 20, 0x03: 20, 0x08: 32, 0x67: 32}
    if len(data) > 65536 or not data.startswith(MAGIC) or data[32] not in sizes:
        raise Bad
    size = sizes[data[32]]
    digest, rest = data[33 : 33 + size], data[33 + size :]
    if len(digest) != size:
        raise Bad
    found: list[tuple[bytes, bytes, bytes]] = []
    counts = [0]
    if _node(rest, digest, 1, found, counts) != b"" or counts[0] > 4096 or len(found) > 256:
        raise Bad
    return Reading(digest, sorted(found))


def _node(data: bytes, message: bytes, depth: int, found: list[tuple[bytes, bytes, bytes]], counts: list[int]) -> bytes:
    """Reads one node; what is left of the data."""
    if depth > 256:
        raise Bad
    while data[0] == 0xFF:
        data = _branch(data[1:], message, depth, found, counts)
    return _branch(data, message, depth, found, counts)


def _branch(
    data: bytes, message: bytes, depth: int, found: list[tuple[bytes, bytes, bytes]], counts: list[int]
) -> bytes:
    tag, data = data[0], data[1:]
    if tag == 0:
        payload, rest = _var(data[8:], 0, 8192)
        _check(data[:8].hex(), payload)
        found.append((data[:8], payload, message))
        return rest
    counts[0] += 1
    if tag in (0xF0, 0xF1):
        argument, data = _var(data, 1, 4096)
        result = message + argument if tag == 0xF0 else argument + message
    elif tag == 0xF2:
        result = bytes(reversed(message))
    elif tag == 0xF3:
        result = message.hex().encode()
    elif tag == 0x02:
        result = hashlib.new("sha1", message).digest()
    elif tag == 0x03:
        result = RIPEMD160.new(message).digest()
    elif tag == 0x08:
        result = hashlib.new("sha256", message).digest()
    elif tag == 0x67:
        result = keccak.new(digest_bits=256, data=message).digest()
    else:
        raise Bad
    if len(result) > 4096:
        raise Bad
    return _node(data, result, depth + 1, found, counts)


def _check(tag: str, payload: bytes) -> None:
    if tag == CALENDAR:
        uri, rest = _var(payload, 0, 1000)
        if rest or any(char not in LEGAL for char in uri):
            raise Bad
    elif tag in CHAINS and _number(payload)[1]:
        raise Bad


def _var(data: bytes, least: int, most: int) -> tuple[bytes, bytes]:
    size, data = _number(data)
    if not least <= size <= most or size > len(data):
        raise Bad
    return data[:size], data[size:]


def _number(data: bytes) -> tuple[int, bytes]:
    length = 1
    while data[length - 1] >= 128:
        length += 1
    if length > 9:
        raise Bad
    return sum((byte % 128) * 128**place for place, byte in enumerate(data[:length])), data[length:]
