"""OpenTimestamps proofs: begun, merged, checked, judged.  Pure: calendars are asked in notary/timestamps/calendars.py.

    file = magic (31 bytes) version (01) hash function's tag (1) digest node     node: notary/timestamps/ots_tree.py

A proof leads from the digest of a document by operations to messages that somebody attests. A calendar's attestation
is a promise and proves nothing. Bitcoin's says: this message is the Merkle root of block N's header. Whether it is,
only a header from the verifier's side can tell (notary/timestamps/bitcoin.py); then the document is not younger than
the block.

    stamp, many ──commitment──► calendars ──answers──► graft      pending: promises only
                                    └──later──► graft            complete: a Bitcoin block is named
    check_proof (the document's?), judge (which block confirms it?)

The bytes of a proof that nobody changed are given back as they came. A graft adds and never drops; it sorts.
The attestations are facts of their own: one that a header contradicts is named in the result, but spoils no other, so
one lying calendar of several cannot take away what the others proved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notary.errors import OtsInvalid, OtsUnconfirmed
from notary.timestamps.bitcoin import BlockHeader, Headers
from notary.timestamps.ots_tree import (
    APPEND,
    DIGEST_SIZES,
    MAX_MESSAGE_BYTES,
    NAMES,
    OTS_INVALID,
    PREPEND,
    SHA256,
    Attestation,
    Kind,
    Node,
    Operation,
    Reader,
    check_bounds,
    hashed,
    invalid,
    merge,
    tidy,
    write,
)

__all__ = [
    "ATTESTATION_UNKNOWN",
    "DIGEST_DIFFERS",
    "HEADER_UNKNOWN",
    "MAX_ANSWER_BYTES",
    "MAX_PROOF_BYTES",
    "NONCE_BYTES",
    "OTS_INVALID",
    "OTS_PENDING",
    "ROOT_DIFFERS",
    "Attestation",
    "Confirmed",
    "Kind",
    "OtsProof",
    "bitcoin_root",
    "check_proof",
    "graft",
    "judge",
    "many",
    "read_answer",
    "stamp",
]

MAGIC = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294")
VERSION = 0x01
MAX_PROOF_BYTES = 64 * 1024  # of an .ots file; a complete one with leftovers has 2 KB
MAX_ANSWER_BYTES = 10_000  # of a calendar; as the peers
NONCE_BYTES = 16  # as the peers; hides from calendars what is stamped

# Reasons in errors, stable. OTS_INVALID: bytes that are no proof.
DIGEST_DIFFERS = "ots-digest-differs"  # a proof of another document
OTS_PENDING = "ots-pending"  # only calendars' promises so far
HEADER_UNKNOWN = "bitcoin-header-unknown"  # the verifier has no header of the blocks that are named
ROOT_DIFFERS = "bitcoin-root-differs"  # the verifier's header of that block has another Merkle root
ATTESTATION_UNKNOWN = "ots-attestation-unknown"  # nothing but attestations that are not judged here


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OtsProof:
    """A detached proof: that the document of `digest` existed when its attestations say.

    hash_tag  of the function that made the digest: a key of ots_tree.DIGEST_SIZES
    digest    of the document
    tree      from the digest to the attestations
    raw       the file as it was read; empty if the proof was made or grafted here
    """

    hash_tag: int
    digest: bytes
    tree: Node
    raw: bytes = b""

    @classmethod
    def from_bytes(cls, data: bytes) -> OtsProof:
        """Read an .ots file and recompute every message of it.  Raises OtsInvalid (ots-invalid)."""
        if len(data) > MAX_PROOF_BYTES:
            raise invalid(f"the proof has {len(data)} bytes, at most {MAX_PROOF_BYTES} are allowed")
        reader = Reader(data)
        if reader.take(len(MAGIC), "the beginning of an .ots file") != MAGIC:
            raise invalid("this does not begin like an .ots file")
        version = reader.take(1, "the version")[0]
        if version != VERSION:
            raise invalid(f"version {version} is unknown; this program reads version {VERSION}")
        tag = reader.take(1, "the hash function's tag")[0]
        if tag not in DIGEST_SIZES:
            raise invalid(f"hash function {tag:#04x} is unknown")
        digest = reader.take(DIGEST_SIZES[tag], "the digest")
        tree = reader.node(digest)
        reader.finish()
        return cls(tag, digest, tree, bytes(data))

    def to_bytes(self) -> bytes:
        """The .ots file: the bytes read, if nothing was changed.

        Raises OtsInvalid (ots-invalid): no calendar has answered yet, or the file would be too large.
        """
        if self.raw:
            return self.raw
        data = MAGIC + bytes([VERSION, self.hash_tag]) + self.digest + write(self.tree)
        if len(data) > MAX_PROOF_BYTES:
            raise invalid(f"the proof would have {len(data)} bytes, at most {MAX_PROOF_BYTES} are allowed")
        return data

    def attestations(self) -> tuple[Attestation, ...]:
        """All attestations: those of a message before those below it."""
        return tuple(attestation for node in self.tree.walk() for attestation in node.attestations)

    def awaited(self) -> tuple[Attestation, ...]:
        """Calendars' promises that are not kept yet: no Bitcoin block is named for their message or below it."""
        return tuple(
            attestation
            for node in self.tree.walk()
            for attestation in node.attestations
            if attestation.kind is Kind.PENDING and not any(_bitcoin(node))
        )

    def is_complete(self) -> bool:
        """Whether a Bitcoin block is named. Whether that block confirms it is for `judge`."""
        return any(_bitcoin(self.tree))


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The earliest Bitcoin block of the verifier's that a proof leads to.

    height       of the block
    time         Unix seconds, of its header: uncertain by bitcoin.UNCERTAINTY_SECONDS
    header_hash  32 bytes, in header order (shown reversed by explorers)
    differing    attestations that the verifier's headers contradict; none, unless a calendar lied or its block was
                 reorganised away
    """

    height: int
    time: int
    header_hash: bytes
    differing: tuple[Attestation, ...] = ()


def stamp(digest: bytes, nonce: bytes | None = None) -> tuple[OtsProof, bytes]:
    """Begin the proof of one document.

    digest  32 bytes, SHA-256 of the document
    nonce   NONCE_BYTES random bytes, by which calendars cannot tell what is stamped; None for none

    Returns the proof, still without attestations, and the commitment to send to calendars.
    """
    proofs, commitment = many([digest], [nonce])
    return proofs[0], commitment


def many(digests: Sequence[bytes], nonces: Sequence[bytes | None]) -> tuple[tuple[OtsProof, ...], bytes]:
    """Begin the proofs of many documents under one commitment, in their order. Arguments as of `stamp`.

    The tree pairs neighbours, SHA-256(left || right), and carries an odd last node up unchanged: as the OTS tools do.

    Raises ValueError: no digests, another number of nonces, or one of another length.
    """
    if not digests or len(digests) != len(nonces):
        raise ValueError(f"{len(digests)} digests with {len(nonces)} nonces")
    if any(len(digest) != DIGEST_SIZES[SHA256] for digest in digests):
        raise ValueError(f"a digest has {DIGEST_SIZES[SHA256]} bytes")
    if any(nonce is not None and len(nonce) != NONCE_BYTES for nonce in nonces):
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    starts = [
        [] if nonce is None else [Operation(APPEND, nonce), Operation(SHA256)]  # as the OTS tools do
        for nonce in nonces
    ]
    level = [_apply(digest, steps) for digest, steps in zip(digests, starts, strict=True)]
    places = list(range(len(level)))  # of each document's ancestor in the level
    while len(level) > 1:
        for document, place in enumerate(places):
            sibling = place ^ 1
            if sibling < len(level):
                side = PREPEND if place & 1 else APPEND
                starts[document] += [Operation(side, level[sibling]), Operation(SHA256)]
            places[document] = place // 2
        level = [
            hashed(SHA256, level[i] + level[i + 1]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)
        ]
    proofs = (OtsProof(SHA256, digest, _path(digest, steps)) for digest, steps in zip(digests, starts, strict=True))
    return tuple(proofs), level[0]


def read_answer(answer: bytes, message: bytes) -> Node:
    """What a calendar says of `message`: a tree below it, without a file's beginning.

    Raises OtsInvalid (ots-invalid).
    """
    if len(answer) > MAX_ANSWER_BYTES:
        raise invalid(f"the calendar's answer has {len(answer)} bytes, at most {MAX_ANSWER_BYTES} are allowed")
    if not 1 <= len(message) <= MAX_MESSAGE_BYTES:
        raise invalid(f"the message has {len(message)} bytes, not 1 to {MAX_MESSAGE_BYTES}")
    reader = Reader(answer)
    node = reader.node(message)
    reader.finish()
    return node


def graft(proof: OtsProof, message: bytes, answer: bytes) -> OtsProof:
    """Add what a calendar says of `message` wherever the proof has it. Nothing is dropped; twice is as once.

    Returns the same proof, bytes included, if the answer adds nothing.
    Raises OtsInvalid (ots-invalid): not an answer, the proof has no such message, or it would be too large.
    """
    addition = read_answer(answer, message)
    if not any(node.message == message for node in proof.tree.walk()):
        raise invalid(f"the proof does not lead to the message {message.hex()[:16]}... of {len(message)} bytes")
    before = tidy(proof.tree)
    tree = _grafted(before, addition)
    if tree is before:
        return proof
    check_bounds(tree)
    grown = OtsProof(proof.hash_tag, proof.digest, tree)
    grown.to_bytes()  # within its bound, too
    return grown


def check_proof(data: bytes, document: bytes) -> OtsProof:
    """Read an .ots file that must be of `document`, under SHA-256.

    Raises OtsInvalid (ots-invalid, ots-digest-differs).
    """
    proof = OtsProof.from_bytes(data)
    if proof.hash_tag != SHA256:
        raise OtsInvalid(DIGEST_DIFFERS, f"the proof is of a {NAMES[proof.hash_tag]} digest, not of SHA-256")
    digest = hashlib.sha256(document).digest()
    if proof.digest != digest:
        raise OtsInvalid(
            DIGEST_DIFFERS, f"the proof is of {proof.digest.hex()[:16]}..., the document is {digest.hex()[:16]}..."
        )
    return proof


def bitcoin_root(attestation: Attestation) -> bytes:
    """The Merkle root, 32 bytes in header order, that a Bitcoin attestation says its block has.

    Raises OtsInvalid (bitcoin-root-differs): its message has another length and cannot be one.
    """
    if len(attestation.message) != 32:
        raise OtsInvalid(
            ROOT_DIFFERS,
            f"Bitcoin block {attestation.height} is said to attest {len(attestation.message)} bytes; a root has 32",
        )
    return attestation.message


def check_attestation(attestation: Attestation, header: BlockHeader) -> None:
    """Check a Bitcoin attestation against its block's header.  Raises OtsInvalid (bitcoin-root-differs)."""
    root = bitcoin_root(attestation)
    if root != header.merkle_root:
        raise OtsInvalid(
            ROOT_DIFFERS,
            f"Bitcoin block {attestation.height} has the Merkle root {header.merkle_root[::-1].hex()[:16]}..., "
            f"the proof leads to {root[::-1].hex()[:16]}...",
        )


def judge(proof: OtsProof, headers: Headers) -> Confirmed:
    """The lowest block that a Bitcoin attestation of the proof fits, of those whose headers the verifier has.

    Attestations of other chains and unknown ones count for nothing.

    Raises OtsInvalid (bitcoin-root-differs) if headers contradict the proof and none confirms it; OtsUnconfirmed
    (bitcoin-header-unknown, ots-pending, ots-attestation-unknown) if nothing contradicts it and nothing confirms it.
    """
    found: list[tuple[int, BlockHeader]] = []
    differing: list[Attestation] = []
    unknown: set[int] = set()
    first_error: OtsInvalid | None = None
    attestations = proof.attestations()
    for attestation in attestations:
        if attestation.kind is not Kind.BITCOIN or attestation.height is None:
            continue
        header = headers.at(attestation.height)
        if header is None:
            unknown.add(attestation.height)
            continue
        try:
            check_attestation(attestation, header)
        except OtsInvalid as exc:
            differing.append(attestation)
            first_error = first_error or exc
        else:
            found.append((attestation.height, header))
    if found:
        height, header = min(found, key=lambda pair: pair[0])
        return Confirmed(height, header.time, header.hash, tuple(differing))
    if first_error is not None:
        raise first_error
    if unknown:
        heights = ", ".join(str(height) for height in sorted(unknown)[:5])
        raise OtsUnconfirmed(HEADER_UNKNOWN, f"no header is known here of Bitcoin block {heights}")
    calendars = sorted({a.uri for a in attestations if a.kind is Kind.PENDING})
    if calendars:
        raise OtsUnconfirmed(OTS_PENDING, f"only promised so far by {', '.join(calendars[:5])}")
    raise OtsUnconfirmed(
        ATTESTATION_UNKNOWN, f"none of the {len(attestations)} attestations is of a kind that is judged here"
    )


def _bitcoin(node: Node) -> Iterator[Attestation]:
    return (a for below in node.walk() for a in below.attestations if a.kind is Kind.BITCOIN)


def _apply(message: bytes, steps: Sequence[Operation]) -> bytes:
    for step in steps:
        message = step(message)
    return message


def _path(message: bytes, steps: Sequence[Operation]) -> Node:
    """A tree of one path without attestations."""
    messages = [message]
    for step in steps:
        messages.append(step(messages[-1]))
    node = Node(messages[-1])
    for step, before in zip(reversed(steps), reversed(messages[:-1]), strict=True):
        node = Node(before, (), ((step, node),))
    return node


def _grafted(node: Node, addition: Node) -> Node:
    """`node` itself if nothing below it changes."""
    if node.message == addition.message:
        return merge(node, addition)
    branches = tuple((operation, _grafted(child, addition)) for operation, child in node.branches)
    if all(new is old for (_, new), (_, old) in zip(branches, node.branches, strict=True)):
        return node
    return Node(node.message, node.attestations, branches)
