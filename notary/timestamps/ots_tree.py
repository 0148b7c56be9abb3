"""The tree inside an OpenTimestamps proof: read, recomputed, written, merged. All of it is bounded.

    node         = { ff branch } branch                 `ff`: another branch follows this one
    branch       = 00 attestation | operation node      the node below an operation has the operation's result
    attestation  = tag (8) varbytes(payload)
    operation    = f0 varbytes (append) | f1 varbytes (prepend) | f2 (reverse) | f3 (hexlify)
                 | 02 (SHA-1) | 03 (RIPEMD-160) | 08 (SHA-256) | 67 (Keccak-256)
    varbytes     = varuint(length) bytes                varuint: LEB128

The messages between the operations are not in the file: they are recomputed here, so a tree that was read holds.
Weak hashes are no danger: whoever makes two documents of one SHA-1 had both at the time that is attested.

Readers accept branches in any order, and lengths written longer than need be; what we write is sorted as the peers
sort it: attestations before operations, each by tag and content.  An attestation of an unknown tag is kept. An unknown
operation is refused: nothing below it could be computed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notary.errors import OtsInvalid
from notary.keccak import keccak256

MAX_MESSAGE_BYTES = 4096  # of an operation's argument and result; as the peers
MAX_PAYLOAD_BYTES = 8192  # of an attestation; as the peers
MAX_URI_BYTES = 1000  # of a calendar; as the peers
MAX_PATH = 256  # nodes from the document's digest to an attestation; as the peers
MAX_VARUINT_BYTES = 9  # 63 bits; the largest honest number is a block's height
MAX_OPERATIONS = 4096  # in one proof; a complete one has about 100, and each may hash MAX_MESSAGE_BYTES
MAX_ATTESTATIONS = 256  # in one proof; two a calendar are usual

APPEND, PREPEND, REVERSE, HEXLIFY = 0xF0, 0xF1, 0xF2, 0xF3
SHA1, RIPEMD160, SHA256, KECCAK256 = 0x02, 0x03, 0x08, 0x67
NAMES: Final = {
    APPEND: "append",
    PREPEND: "prepend",
    REVERSE: "reverse",
    HEXLIFY: "hexlify",
    SHA1: "sha1",
    RIPEMD160: "ripemd160",
    SHA256: "sha256",
    KECCAK256: "keccak256",
}
DIGEST_SIZES: Final = {SHA1: 20, RIPEMD160: 20, SHA256: 32, KECCAK256: 32}
_ATTESTATION, _ANOTHER = 0x00, 0xFF
_TAG_BYTES = 8
_URI_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:")

OTS_INVALID = "ots-invalid"  # a stable reason, see notary/timestamps/ots.py


class Kind(StrEnum):
    """What an attestation says of its message."""

    PENDING = "pending"  # a calendar promised to have it attested
    BITCOIN = "bitcoin"  # it is the Merkle root of a Bitcoin block's header
    LITECOIN = "litecoin"  # the same of Litecoin; not judged here
    ETHEREUM = "ethereum"  # it is the transactions root of an Ethereum block; not judged here
    UNKNOWN = "unknown"


PENDING_TAG = bytes.fromhex("83dfe30d2ef90c8e")
BITCOIN_TAG = bytes.fromhex("0588960d73d71901")
KINDS: Final = {
    PENDING_TAG: Kind.PENDING,
    BITCOIN_TAG: Kind.BITCOIN,
    bytes.fromhex("06869a0d73d71b45"): Kind.LITECOIN,
    bytes.fromhex("30fe8087b5c7ead7"): Kind.ETHEREUM,
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """That `message` existed at some time, as `kind` and `payload` say.

    tag      8 bytes
    payload  as in the file, up to MAX_PAYLOAD_BYTES
    message  what is attested: the result of the operations above it
    uri      of the calendar, if pending; else empty
    height   of the block, if of a chain; else None
    """

    tag: bytes
    payload: bytes
    message: bytes
    uri: str = ""
    height: int | None = None

    @property
    def kind(self) -> Kind:
        return KINDS.get(self.tag, Kind.UNKNOWN)

    @property
    def key(self) -> tuple[bytes, str, int, bytes]:
        """Two attestations of one message with the same key say the same; keys sort as the peers sort."""
        return self.tag, self.uri, self.height or 0, b"" if self.tag in KINDS else self.payload


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One step from a message to the next. argument: of append and prepend, else empty."""

    tag: int
    argument: bytes = b""

    def __call__(self, message: bytes) -> bytes:
        """The result for `message`.  Raises OtsInvalid: it would have more than MAX_MESSAGE_BYTES."""
        size = _result_size(self, len(message))
        if size > MAX_MESSAGE_BYTES:
            raise invalid(f"{NAMES[self.tag]} gives {size} bytes, at most {MAX_MESSAGE_BYTES} are allowed")
        match self.tag:
            case 0xF0:
                return message + self.argument
            case 0xF1:
                return self.argument + message
            case 0xF2:
                return message[::-1]
            case 0xF3:
                return message.hex().encode()
            case _:
                return hashed(self.tag, message)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """A message, who attests it, and what it leads to. Neither: nobody has attested it yet, and it cannot be written.

    Not compared or shown by value: a path of MAX_PATH nodes would meet the interpreter's recursion limit.
    """

    message: bytes
    attestations: tuple[Attestation, ...] = ()
    branches: tuple[tuple[Operation, Node], ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, a branch after the other."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(child for _, child in reversed(node.branches))


def invalid(detail: str) -> OtsInvalid:
    """The error for bytes that are no proof."""
    return OtsInvalid(OTS_INVALID, detail)


def hashed(tag: int, message: bytes) -> bytes:
    """`message` under the hash function of `tag`, a key of DIGEST_SIZES."""
    match tag:
        case 0x08:
            return hashlib.sha256(message).digest()
        case 0x67:
            return keccak256(message)
        case 0x02:
            return hashlib.sha1(message, usedforsecurity=False).digest()
        case _:
            from Crypto.Hash import RIPEMD160 as RIPEMD  # OpenSSL 3 has it among its legacy algorithms, often absent

            digest: bytes = RIPEMD.new(message).digest()
            return digest


class Reader:
    """Reads one file or one calendar's answer from its first byte on; counts what it has built."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._operations = self._attestations = 0

    def take(self, count: int, what: str) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise invalid(f"{what} of {count} bytes at byte {self._at} is cut off: {len(self._data)} bytes in all")
        piece, self._at = self._data[self._at : end], end
        return piece

    def finish(self) -> None:
        if self._at != len(self._data):
            raise invalid(f"{len(self._data) - self._at} bytes are left over after the end at byte {self._at}")

    def node(self, message: bytes, depth: int = 1) -> Node:
        """The node of `message` and all below it."""
        if depth > MAX_PATH:
            raise invalid(f"a path has more than {MAX_PATH} messages")
        attestations: list[Attestation] = []
        branches: list[tuple[Operation, Node]] = []
        more = True
        while more:
            tag = self.take(1, "a tag")[0]
            more = tag == _ANOTHER
            if more:
                tag = self.take(1, "a tag")[0]
            if tag == _ATTESTATION:
                attestations.append(self._attestation(message))
            else:
                operation = self._operation(tag)
                branches.append((operation, self.node(operation(message), depth + 1)))
        return Node(message, tuple(attestations), tuple(branches))

    def _operation(self, tag: int) -> Operation:
        if tag not in NAMES:
            raise invalid(f"operation {tag:#04x} at byte {self._at - 1} is unknown, nothing below it can be checked")
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            raise invalid(f"it has more than {MAX_OPERATIONS} operations")
        if tag not in (APPEND, PREPEND):
            return Operation(tag)
        return Operation(tag, self._varbytes(f"the argument of {NAMES[tag]}", 1, MAX_MESSAGE_BYTES))

    def _attestation(self, message: bytes) -> Attestation:
        self._attestations += 1
        if self._attestations > MAX_ATTESTATIONS:
            raise invalid(f"it has more than {MAX_ATTESTATIONS} attestations")
        tag = self.take(_TAG_BYTES, "an attestation's tag")
        payload = self._varbytes("an attestation", 0, MAX_PAYLOAD_BYTES)
        if tag not in KINDS:
            return Attestation(tag, payload, message)
        inner = Reader(payload)
        if tag == PENDING_TAG:
            uri = inner._varbytes("a calendar's address", 0, MAX_URI_BYTES)
            inner.finish()
            if not _URI_ALPHABET.issuperset(uri):
                raise invalid("a calendar's address has characters outside A-Z a-z 0-9 - . _ / :")
            return Attestation(tag, payload, message, uri=uri.decode())
        height = inner._varuint("a block's height")
        inner.finish()
        return Attestation(tag, payload, message, height=height)

    def _varbytes(self, what: str, least: int, most: int) -> bytes:
        size = self._varuint(f"the length of {what}")
        if not least <= size <= most:
            raise invalid(f"{what} has {size} bytes, not {least} to {most}")
        return self.take(size, what)

    def _varuint(self, what: str) -> int:
        value = 0
        for place in range(MAX_VARUINT_BYTES):
            byte = self.take(1, what)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return value
        raise invalid(f"{what} has more than {MAX_VARUINT_BYTES} bytes")


def check_bounds(tree: Node) -> None:
    """Check what was put together against the bounds of what is read.  Raises OtsInvalid."""
    operations = attestations = 0
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        operations += len(node.branches)
        attestations += len(node.attestations)
        if depth > MAX_PATH:
            raise invalid(f"a path would have more than {MAX_PATH} messages")
        if operations > MAX_OPERATIONS or attestations > MAX_ATTESTATIONS:
            raise invalid(
                f"it would have more than {MAX_OPERATIONS} operations or more than {MAX_ATTESTATIONS} attestations"
            )
        waiting.extend((child, depth + 1) for _, child in node.branches)


def write(node: Node) -> bytes:
    """The node's bytes, sorted.  Raises OtsInvalid: a message below it is attested by nobody yet."""
    out = bytearray()
    _write(node, out)
    return bytes(out)


def _write(node: Node, out: bytearray) -> None:
    last = len(node.attestations) + len(node.branches) - 1
    if last < 0:
        raise invalid("nobody has attested it yet, there is nothing to write")
    for place, attestation in enumerate(sorted(node.attestations, key=lambda attestation: attestation.key)):
        out += b"\xff\x00" if place < last else b"\x00"
        out += attestation.tag + varbytes(attestation.payload)
    for place, (operation, child) in enumerate(sorted(node.branches, key=lambda b: b[0]), len(node.attestations)):
        if place < last:
            out.append(_ANOTHER)
        out.append(operation.tag)
        if operation.argument:
            out += varbytes(operation.argument)
        _write(child, out)


def tidy(node: Node) -> Node:
    """The same without repetitions: a file may name one operation twice, or an attestation."""
    attestations = {attestation.key: attestation for attestation in node.attestations}
    branches: dict[Operation, Node] = {}
    for operation, child in node.branches:
        tidied = tidy(child)
        known = branches.get(operation)
        branches[operation] = tidied if known is None else _merge(known, tidied)
    return Node(node.message, tuple(attestations.values()), tuple(branches.items()))


def merge(ours: Node, theirs: Node) -> Node:
    """All that two trees say of one message, tidy; `ours` itself, as it is, if `theirs` adds nothing.

    Raises OtsInvalid: they are of different messages.
    """
    before = tidy(ours)
    merged = _merge(before, tidy(theirs))
    return ours if merged is before else merged


def _merge(ours: Node, theirs: Node) -> Node:
    """As `merge`, of two that are tidy."""
    if ours.message != theirs.message:
        raise invalid(f"trees of two messages, {ours.message.hex()[:16]}... and {theirs.message.hex()[:16]}...")
    known = {attestation.key for attestation in ours.attestations}
    added = tuple(attestation for attestation in theirs.attestations if attestation.key not in known)
    branches = dict(ours.branches)
    for operation, child in theirs.branches:
        before = branches.get(operation)
        branches[operation] = child if before is None else _merge(before, child)
    same = len(branches) == len(ours.branches) and all(branches[step] is child for step, child in ours.branches)
    if same and not added:
        return ours
    return Node(ours.message, ours.attestations + added, tuple(branches.items()))


def varuint(value: int) -> bytes:
    """LEB128, as short as can be."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def varbytes(data: bytes) -> bytes:
    return varuint(len(data)) + data


def _result_size(operation: Operation, size: int) -> int:
    if operation.tag in (APPEND, PREPEND):
        return size + len(operation.argument)
    return 2 * size if operation.tag == HEXLIFY else size
