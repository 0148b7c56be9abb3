"""Bytes of OpenTimestamps proofs, written by hand: so that tests can write what our own writer never would."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors" / "ots_mainnet.json"
MAGIC = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294")
PENDING = bytes.fromhex("83dfe30d2ef90c8e")
BITCOIN = bytes.fromhex("0588960d73d71901")
LITECOIN = bytes.fromhex("06869a0d73d71b45")
ETHEREUM = bytes.fromhex("30fe8087b5c7ead7")
STRANGE = bytes.fromhex("0001020304050607")  # a tag that nobody has given a meaning
DOCUMENT = b"what was sealed"
DIGEST = hashlib.sha256(DOCUMENT).digest()


def uint(value: int) -> bytes:
    """LEB128."""
    out = b""
    while value > 0x7F:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def var(data: bytes) -> bytes:
    return uint(len(data)) + data


def append(data: bytes) -> bytes:
    return b"\xf0" + var(data)


def prepend(data: bytes) -> bytes:
    return b"\xf1" + var(data)


SHA256 = b"\x08"


def pending(uri: str = "https://a.example") -> bytes:
    return b"\x00" + PENDING + var(var(uri.encode()))


def at_height(height: int, tag: bytes = BITCOIN) -> bytes:
    return b"\x00" + tag + var(uint(height))


def strange(payload: bytes = b"payload") -> bytes:
    return b"\x00" + STRANGE + var(payload)


def fork(*branches: bytes) -> bytes:
    """A node of these branches, in this order."""
    return b"".join(b"\xff" + branch for branch in branches[:-1]) + branches[-1]


def file(tree: bytes, digest: bytes = DIGEST, tag: int = 0x08) -> bytes:
    return MAGIC + bytes([1, tag]) + digest + tree


@dataclass(frozen=True)
class Mainnet:
    """Real proofs and headers, see `source` in the file."""

    hello: bytes
    incomplete: bytes
    answer: bytes
    merkle2: bytes
    plaintext: bytes
    headers: dict[int, bytes]


def mainnet() -> Mainnet:
    data = json.loads(VECTORS.read_text())
    return Mainnet(
        bytes.fromhex(data["hello-world"]["proof"]),
        bytes.fromhex(data["incomplete"]["proof"]),
        bytes.fromhex(data["incomplete"]["answer"]),
        bytes.fromhex(data["merkle2"]["proof"]),
        bytes.fromhex(data["plaintext"]["proof"]),
        {int(height): bytes.fromhex(header) for height, header in data["headers"].items()},
    )
