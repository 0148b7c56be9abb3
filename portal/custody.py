"""The custody signers that tallystick.toml names, opened from the workspace's keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from portal.config import SignerPart, references, reveal
from portal.errors import KeyExists, KeyMissing, KeyNameInvalid
from portal.keys import CUSTODY_SUFFIX
from portal.workspace import safe_name

if TYPE_CHECKING:
    from notary.custody.signers import CustodySigner, EthereumKey
    from portal.keys import KeyRing


def open_signers(parts: tuple[SignerPart, ...], ring: KeyRing, root: Path) -> tuple[CustodySigner, ...]:
    """All of them, in the configuration's order.

    ring  the workspace's keys
    root  the workspace's folder, from which paths start

    Raises what `open_signer` raises.
    """
    return tuple(open_signer(part, ring, root) for part in parts)


def open_signer(part: SignerPart, ring: KeyRing, root: Path) -> CustodySigner:
    """One signer, with its key opened.

    Raises KeyMissing, PasswordMissing, SecretMissing, SignerError, VaultLocked, CustodyKeyInvalid.
    """
    from notary.custody.signers import Ed25519Signer, Eip712Signer, MlDsaSigner, WalletSigner, X509Signer

    password = reveal(part.password) or None
    if part.kind == "eip712":
        return Eip712Signer(_ethereum(part.key, ring))
    if part.kind == "erc1271":
        return WalletSigner(_ethereum(part.key, ring), part.chain_id, bytes.fromhex(part.wallet[2:]))
    if part.kind == "x509":
        return X509Signer.open(root / part.file, root / part.certificate, password)
    path = ring.folder / f"{part.key}{CUSTODY_SUFFIX}"
    if not path.exists():
        raise KeyMissing(part.key)
    return (Ed25519Signer if part.kind == "ed25519" else MlDsaSigner).open(path, password)


def create_key(ring: KeyRing, name: str, kind: str) -> CustodySigner:
    """Make a key called `name`, which no other key of the workspace has.

    kind  one of notary.custody.signers.KEY_KINDS

    Raises KeyNameInvalid, KeyExists, VaultLocked, CustodyKeyInvalid.
    """
    from notary.custody import signers
    from notary.service_errors import OutputExists

    if not safe_name(name):
        raise KeyNameInvalid(name)
    if name in ring.names():
        raise KeyExists(name)
    try:
        return signers.create_key(ring.folder / f"{name}{CUSTODY_SUFFIX}", kind)
    except OutputExists as exc:
        raise KeyExists(name) from exc


def names(folder: Path) -> tuple[str, ...]:
    """Names of the keys in `folder` that sign for themselves, sorted."""
    return tuple(sorted(file.stem for file in folder.glob(f"*{CUSTODY_SUFFIX}") if safe_name(file.stem)))


def _ethereum(key: str, ring: KeyRing) -> EthereumKey:
    from onchain.signer import EnvironmentSigner

    if not key.startswith("$"):
        return ring.signer(key)
    reveal(key)  # raises where it is not set, and keeps it out of the logs
    return EnvironmentSigner.open(references(key)[0])
