"""The log's signing key: Ed25519, in a file of its own, in the text form of C2SP signed notes.

    PRIVATE+KEY+<origin>+<key id, 8 hex>+<base64(0x01 || 32-byte seed)>

It signs checkpoints only. What is not signed by it is not this log's; who holds it can claim heads for the log, but the
chain still refuses a head that rewrites an anchored one.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from notary.files import read_private, write_private_once
from notary.log import checkpoint
from notary.log.checkpoint import Checkpoint, SignedCheckpoint
from notary.service_errors import VaultDamaged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32
_PREFIX = "PRIVATE+KEY"
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class NoteKey:
    """The key of one log.

    origin   the log's name, and the key's
    public   32 bytes
    """

    origin: str
    public: bytes
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def create(cls, path: str | os.PathLike[str], origin: str) -> NoteKey:
        """Make a key at `path`, unless there is one already; then open it.  Raises VaultLocked, VaultDamaged."""
        Checkpoint(origin, 0, bytes(32))  # the origin's form is a checkpoint's business
        seed = secrets.token_bytes(SEED_BYTES)
        key_id = checkpoint.key_id(origin, _private_key(seed).public_key().public_bytes_raw())
        text = f"{_PREFIX}+{origin}+{key_id.hex()}+{base64.b64encode(_ED25519 + seed).decode()}\n"
        write_private_once(Path(path), text.encode())
        return cls.load(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> NoteKey:
        """Raises VaultLocked, VaultDamaged."""
        name = Path(path).name
        try:
            kind, kind_too, origin, key_id, secret = read_private(Path(path)).decode().strip().split("+", 4)
            data = base64.b64decode(secret, validate=True)
        except (ValueError, binascii.Error) as exc:
            raise VaultDamaged(name, "is not the private key of a signed note") from exc
        if f"{kind}+{kind_too}" != _PREFIX or data[:1] != _ED25519 or len(data) != 1 + SEED_BYTES:
            raise VaultDamaged(name, "is not an Ed25519 private key of a signed note")
        private = _private_key(data[1:])
        public = private.public_key().public_bytes_raw()
        if checkpoint.key_id(origin, public).hex() != key_id:
            raise VaultDamaged(name, f"its key id is not that of {origin} and this key")
        return cls(origin, public, private)

    def sign(self, size: int, root: bytes) -> SignedCheckpoint:
        """The signed checkpoint of this log at `size` entries under `root` (32 bytes)."""
        return checkpoint.sign(Checkpoint(self.origin, size, root), self.public, self._private.sign)


def _private_key(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)
