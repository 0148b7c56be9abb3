"""Keys of cases: one small file each, so that erasing a case is overwriting one file.

    case-keys/workspace.key   32 random bytes; wraps the case keys, so that a copied case file alone opens nothing
    case-keys/CASE.key        the case's identity and keys, 32 bytes each, wrapped; after erasing, the word that it was
    case-keys/recipient.key   the private half of the HPKE key that stored documents are encrypted for, wrapped

All of a case's secrets in the database (claims, salts, titles, content keys, custody entries) are encrypted under keys
that derive from its case key. Backups leave this folder out or let it expire. The identity only names the case in the
log, so it outlives a change of the key: a case has a key for each epoch, one at a time but for the moment of a change.

A wrapped secret is  version (1 byte, 1) || nonce (12) || AES-256-GCM(key, nonce, plaintext, aad)  with
aad = purpose || 0x00 || context, so that no blob can be put in another's place. Nonces are random: 2^32 blobs for each
key keep the chance of a repeat below 2^-32.  Derived keys: HMAC-SHA256(case key, "tallystick/" || use || "/v1").
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from notary.files import change_private, leftovers, read_private, status_of, write_private_once
from notary.keyed import HmacKey
from notary.log.heads import blinded_case
from notary.service_errors import CaseErased, CaseNameInvalid, VaultDamaged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
WRAP_VERSION = 1
CASE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

_ERASED: Final = "erased"


def check_case_name(name: str) -> str:
    """`name` if it can name a case (and its key file).  Raises CaseNameInvalid."""
    if not CASE_NAME.fullmatch(name):
        raise CaseNameInvalid(name)
    return name


class WrappingKey:
    """An AES-256-GCM key that wraps short secrets. It has no repr of its bytes and is never pickled."""

    def __init__(self, key: bytes) -> None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) != KEY_BYTES:
            raise ValueError(f"a wrapping key has {KEY_BYTES} bytes, not {len(key)}")
        self._aead: AESGCM = AESGCM(key)
        self._altered: type[Exception] = InvalidTag  # here: importing it costs more than unwrapping a claim

    def wrap(self, purpose: str, context: bytes, plaintext: bytes) -> bytes:
        """Encrypt `plaintext` for this place only: `purpose` and `context` must be the same to unwrap it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return bytes((WRAP_VERSION,)) + nonce + self._aead.encrypt(nonce, plaintext, _aad(purpose, context))

    def unwrap(self, purpose: str, context: bytes, blob: bytes) -> bytes:
        """The plaintext.  Raises VaultDamaged if the blob is altered, of another place, or of another key."""
        if len(blob) < 1 + NONCE_BYTES + TAG_BYTES or blob[0] != WRAP_VERSION:
            raise VaultDamaged(purpose, f"{len(blob)} bytes are no wrapped secret of version {WRAP_VERSION}")
        nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, sealed, _aad(purpose, context))
        except self._altered as exc:
            raise VaultDamaged(purpose, "does not decrypt under this key") from exc

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("keys are not pickled")


def _aad(purpose: str, context: bytes) -> bytes:
    return purpose.encode("ascii") + b"\0" + context


class CaseKey(WrappingKey):
    """A case's key, with what derives from it.

    case_id   the name it was made for
    epoch     counts the keys that the case has had; erasing one claim makes a new one (notary/custody/erasure.py)
    blinded   32 bytes: the case's name in the log (notary/log/heads.py), telling nothing; the same in every epoch
    """

    def __init__(self, case_id: str, epoch: int, identity: bytes, key: bytes) -> None:
        """identity, key: 32 bytes each"""
        super().__init__(_derive(key, "case-wrap"))
        self.case_id, self.epoch = case_id, epoch
        self.blinded = blinded_case(identity)
        self._tag_key = HmacKey(_derive(key, "case-tag"))

    def tag(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that find `data` again in the database and tell nothing without the case key."""
        return self._tag_key.digest(_aad(purpose, data))


def _derive(key: bytes, use: str) -> bytes:
    return hmac.digest(key, f"tallystick/{use}/v1".encode(), "sha256")


class Vault:
    """The folder of key files. `Vault.create` makes it once; every file is 0600 and must stay so."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Open an existing vault.  Raises VaultLocked, VaultDamaged."""
        self.folder = Path(folder)
        key = read_private(self.folder / "workspace.key")
        if len(key) != KEY_BYTES:
            raise VaultDamaged("workspace.key", f"has {len(key)} bytes instead of {KEY_BYTES}")
        self._workspace = WrappingKey(_derive(key, "workspace"))
        self._cases: dict[tuple[str, int], tuple[tuple[int, int, int], CaseKey]] = {}

    @classmethod
    def create(cls, folder: str | os.PathLike[str]) -> Vault:
        """Make the folder and its workspace key where they are missing, then open it."""
        path = Path(folder)
        write_private_once(path / "workspace.key", secrets.token_bytes(KEY_BYTES))
        return cls(path)

    def create_case(self, case_id: str) -> CaseKey:
        """The key for a new case; one that is left is taken up again, in its newest epoch: of a creation that was cut
        off, or of a case whose database was lost.

        Raises CaseNameInvalid, CaseErased (the name stays burnt), VaultLocked, VaultDamaged.
        """
        check_case_name(case_id)
        identity, key = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        write_private_once(self._path(case_id), self._case_file(case_id, identity, {0: key}))
        return self.case(case_id, max(self._open(case_id, read_private(self._path(case_id)))[1]))

    def case(self, case_id: str, epoch: int) -> CaseKey:
        """The key of an existing case in this epoch.

        Raises CaseNameInvalid, CaseErased, VaultLocked, VaultDamaged.
        """
        path = self._path(check_case_name(case_id))
        status = status_of(path)
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        known = self._cases.get((case_id, epoch))
        if known and known[0] == stamp:
            return known[1]
        identity, keys = self._open(case_id, read_private(path))
        key = CaseKey(case_id, epoch, identity, _key_of(case_id, keys, epoch))
        self._cases[case_id, epoch] = (stamp, key)
        return key

    def add_epoch(self, case_id: str, epoch: int) -> CaseKey:
        """A fresh key for the case, beside the one of the epoch before; any other is destroyed.

        The caller holds the case's row, which says that it is in the epoch before: two processes that decide about a
        case's keys without that destroy the key which the rows are under.

        Raises CaseNameInvalid, CaseErased, VaultLocked, VaultDamaged.
        """

        def add(data: bytes) -> bytes:
            identity, keys = self._open(case_id, data)
            now = {epoch - 1: _key_of(case_id, keys, epoch - 1), epoch: secrets.token_bytes(KEY_BYTES)}
            return self._case_file(case_id, identity, now)

        change_private(self._path(check_case_name(case_id)), add)
        return self.case(case_id, epoch)

    def keep_epoch(self, case_id: str, epoch: int) -> bool:
        """Destroy all keys of the case but that of `epoch`: what they wrapped is noise. Again does no harm.

        The caller holds the case's row, which says that it is in `epoch`.  Returns whether there was anything to do.

        Raises CaseNameInvalid, CaseErased, VaultLocked, VaultDamaged.
        """

        def keep(data: bytes) -> bytes:
            identity, keys = self._open(case_id, data)
            key = _key_of(case_id, keys, epoch)
            return data if len(keys) == 1 else self._case_file(case_id, identity, {epoch: key})

        self._forget(case_id)
        return change_private(self._path(check_case_name(case_id)), keep)

    def erase_case(self, case_id: str) -> bool:
        """Destroy the case's keys: from then on its secrets are noise. Doing it again does no harm.

        The file that says so stands before the old one is overwritten and flushed, so there is no moment at which the
        file is neither; on a copy-on-write file system or a flash disk old blocks may outlive this, which the user's
        guide says.  Returns whether there was anything to do.

        Raises CaseNameInvalid, VaultLocked, VaultDamaged.
        """
        erased = json.dumps({"version": 1, "case": case_id, "state": _ERASED}).encode() + b"\n"
        self._forget(case_id)
        return change_private(self._path(check_case_name(case_id)), lambda _: erased)

    def epochs(self, case_id: str) -> list[int]:
        """Of which epochs the case has keys: one, but for the moment of a change and after one that was cut off; none
        once it is erased.

        Raises CaseNameInvalid, VaultLocked, VaultDamaged.
        """
        try:
            return sorted(self._open(case_id, read_private(self._path(check_case_name(case_id))))[1])
        except CaseErased:
            return []

    def leftovers(self) -> int:
        """How many files are left of changes that were cut off; they hold keys until the next change."""
        return len(leftovers(self.folder))

    def _forget(self, case_id: str) -> None:
        for known in [known for known in self._cases if known[0] == case_id]:
            del self._cases[known]

    def _case_file(self, case_id: str, identity: bytes, keys: Mapping[int, bytes]) -> bytes:
        wrapped = {
            str(epoch): self._workspace.wrap("case-key", f"{case_id}:{epoch}".encode(), key).hex()
            for epoch, key in keys.items()
        }
        who = self._workspace.wrap("case-identity", case_id.encode(), identity).hex()
        value = {"version": 1, "case": case_id, "state": "wrapped", "identity": who, "keys": wrapped}
        return json.dumps(value).encode() + b"\n"

    def _open(self, case_id: str, data: bytes) -> tuple[bytes, dict[int, bytes]]:
        """(identity, key of each epoch) from the bytes of a case's file."""
        document = _parse(case_id, data)
        try:
            who = bytes.fromhex(document["identity"])
            wrapped = {int(epoch): bytes.fromhex(key) for epoch, key in document["keys"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise VaultDamaged(f"key file of {case_id}", f"is not readable: {exc}") from exc
        keys = {
            epoch: self._workspace.unwrap("case-key", f"{case_id}:{epoch}".encode(), key)
            for epoch, key in wrapped.items()
        }
        return self._workspace.unwrap("case-identity", case_id.encode(), who), keys

    def recipient_seed(self) -> bytes:
        """96 bytes: the seeds of this workspace's ML-KEM-768 (64) and X25519 (32) private keys; made when first needed.

        Raises VaultLocked, VaultDamaged.
        """
        path = self.folder / "recipient.key"
        if not path.exists():
            from notary.sharing.envelope import new_recipient_seed

            wrapped = self._workspace.wrap("recipient-key", b"", new_recipient_seed())
            document = {"version": 1, "case": "recipient", "state": "wrapped", "key": wrapped.hex()}
            write_private_once(path, json.dumps(document).encode() + b"\n")
        try:
            blob = bytes.fromhex(_parse("recipient", read_private(path))["key"])
        except (ValueError, KeyError, TypeError) as exc:
            raise VaultDamaged("key file of recipient", f"is not readable: {exc}") from exc
        return self._workspace.unwrap("recipient-key", b"", blob)

    def _path(self, case_id: str) -> Path:
        return self.folder / f"case-{case_id}.key"


def _key_of(case_id: str, keys: Mapping[int, bytes], epoch: int) -> bytes:
    if epoch not in keys:
        raise VaultDamaged(f"key file of {case_id}", f"has no key of epoch {epoch}")
    return keys[epoch]


def _parse(name: str, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
        if document["version"] != 1 or document["case"] != name:
            raise ValueError(f"is of version {document['version']} and for {document['case']!r}")
        if document["state"] == _ERASED:
            raise CaseErased(name)
    except (ValueError, KeyError, TypeError) as exc:
        raise VaultDamaged(f"key file of {name}", f"is not readable: {exc}") from exc
    assert isinstance(document, dict)  # it has members
    return document
