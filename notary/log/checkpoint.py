"""Checkpoints of the log: C2SP tlog-checkpoint in a C2SP signed note, with Ed25519.

    origin LF size LF base64(root) LF [extension LF]... LF
    "— " key name " " base64(key id of 4 bytes || signature of 64 bytes) LF ...

The key name of the log's own signature is its origin; key id = SHA-256(key name || 0A || 01 || public key)[:4]. Further
signatures (witnesses) are kept and count for nothing here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from notary.errors import CheckpointInvalid, SignatureInvalid
from notary.log.merkle import HASH_SIZE, MAX_SIZE

MAX_BYTES = 16 * 1024  # room for dozens of witness signatures
MAX_SIGNATURES = 64
MAX_EXTENSIONS = 16
PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64
_ED25519 = b"\x01"  # the algorithm byte of C2SP signed-note

_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE = re.compile(r"— ([^\s+]{1,255}) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log that its key signs.

    origin      unique name of the log; no spaces, no plus sign
    size        entries
    root        32 bytes
    extensions  further lines, usually none
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.origin):
            raise CheckpointInvalid(
                f"the origin {self.origin[:60]!r} must be 1 to 255 characters without space or plus sign"
            )
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise CheckpointInvalid("a checkpoint has a size from 0 and a root hash of 32 bytes")
        if len(self.extensions) > MAX_EXTENSIONS or any(not line or "\n" in line for line in self.extensions):
            raise CheckpointInvalid(f"a checkpoint has at most {MAX_EXTENSIONS} extension lines, none of them empty")

    def body(self) -> str:
        """The text that is signed, with its last newline."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line of a note: the key's name, its 4-byte id, and the signature's bytes (64 for Ed25519)."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signature lines, none of them checked yet."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def to_text(self) -> str:
        lines = "".join(
            f"— {line.name} {base64.b64encode(line.key_id + line.signature).decode()}\n" for line in self.signatures
        )
        return f"{self.checkpoint.body()}\n{lines}"

    @classmethod
    def from_text(cls, text: str) -> SignedCheckpoint:
        """Read a signed checkpoint.  Raises CheckpointInvalid unless `text` is exactly what `to_text` gives."""
        if len(text) > MAX_BYTES or _CONTROL.search(text):
            raise CheckpointInvalid(f"a checkpoint has at most {MAX_BYTES} characters and no control characters")
        body, blank, rest = text.rpartition("\n\n")
        lines = body.split("\n")
        if not blank or len(lines) < 3 or not _SIZE.fullmatch(lines[1]):
            raise CheckpointInvalid("a checkpoint has the lines origin, size, root, a blank line, and signatures")
        checkpoint = Checkpoint(lines[0], int(lines[1]), _unbase64(lines[2]), tuple(lines[3:]))
        signatures = rest.removesuffix("\n").split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise CheckpointInvalid(f"a checkpoint has at most {MAX_SIGNATURES} signatures")
        note = cls(checkpoint, tuple(_parse_signature(line) for line in signatures))
        if note.to_text() != text:
            raise CheckpointInvalid("the checkpoint is not in its one canonical form")
        return note


def _parse_signature(line: str) -> NoteSignature:
    match = _SIGNATURE.fullmatch(line)
    data = _unbase64(match[2]) if match else b""
    if not match or len(data) < 5:
        raise CheckpointInvalid(f"not a signature line: {line[:60]!r}")
    return NoteSignature(match[1], data[:4], data[4:])


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as exc:  # binascii.Error is one; other letters than ASCII's give a plain one
        raise CheckpointInvalid(f"not base64: {text[:60]!r}") from exc


def key_id(name: str, public_key: bytes) -> bytes:
    """The 4-byte id of an Ed25519 note key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def sign(checkpoint: Checkpoint, public_key: bytes, sign_message: Callable[[bytes], bytes]) -> SignedCheckpoint:
    """Sign as the log itself: the key's name is the origin.

    public_key    32 bytes, Ed25519
    sign_message  gives the 64-byte Ed25519 signature of a message, e.g. `Ed25519PrivateKey.sign`
    """
    signature = sign_message(checkpoint.body().encode())
    line = NoteSignature(checkpoint.origin, key_id(checkpoint.origin, public_key), signature)
    return SignedCheckpoint(checkpoint, (line,))


def verify(note: SignedCheckpoint, public_key: bytes) -> None:
    """Check that the log's own key signed this checkpoint.

    public_key  32 bytes, Ed25519; which keys are good is what `cryptography` says

    Says nothing about who holds the key, nor whether the log is honest.  Raises SignatureInvalid.
    Source: C2SP signed-note and tlog-checkpoint.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    origin = note.checkpoint.origin
    wanted = key_id(origin, public_key)
    mine = [line for line in note.signatures if line.name == origin and line.key_id == wanted]
    if len(mine) != 1:
        raise SignatureInvalid(
            f"the checkpoint has {len(mine)} signatures of {origin} with key id {wanted.hex()}, not one"
        )
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(mine[0].signature, note.checkpoint.body().encode())
    except (InvalidSignature, ValueError) as exc:
        raise SignatureInvalid(f"the signature of {origin} with key id {wanted.hex()} is not valid") from exc
