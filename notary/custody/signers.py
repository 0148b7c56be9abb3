"""The keys that sign custody entries: opened here, one class for each way to sign (notary/custody/signatures.py).

Key files are PEM (PKCS #8), their owner's alone. No key is ever shown: these values have none in their repr. Each
signature is checked before it is handed out, as a reader of the receipt will check it; a wallet's cannot be (only its
chain can tell), so there only its owner's part is known to be good.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from notary.custody.signatures import (
    MAX_CERTIFICATE,
    MAX_CHAIN,
    Ed25519Signature,
    Eip712Signature,
    Erc1271Signature,
    MlDsaSignature,
    Signable,
    Signature,
    Statement,
    X509Signature,
    verify_signature,
)
from notary.errors import CustodySignatureInvalid
from notary.files import read_private, write_private_once
from notary.service_errors import CustodyKeyInvalid, OutputExists

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    X509Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

KEY_KINDS: Final = ("ed25519", "ml-dsa-65")  # of key files that we make
MAX_CHAIN_FILE: Final = 2 * MAX_CHAIN * MAX_CERTIFICATE  # PEM is a third longer than DER, and may carry remarks
_TRIAL = Statement(bytes(32), 0, 0, bytes(32), bytes(32))  # of a case that cannot be: a keyed hash is not zero


class CustodySigner(Protocol):
    """Signs batches of custody entries for one person or organisation."""

    @property
    def kind(self) -> str:
        """The signature's type in receipts."""
        ...

    @property
    def identity(self) -> str:
        """Who signs, printable."""
        ...

    def sign(self, statement: Signable) -> Signature:
        """The signature over `statement`, checked.  Raises CustodySignatureInvalid and what the key's holder raises."""
        ...


class EthereumKey(Protocol):
    """An account's key, as `onchain.signer` opens it from a keystore, the environment or a dev chain."""

    @property
    def address(self) -> str: ...

    @property
    def public_key(self) -> bytes: ...

    def sign_statement(self, typed: Mapping[str, object]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Eip712Signer:
    """Signs as an externally owned account."""

    key: EthereumKey = field(repr=False)

    @property
    def kind(self) -> str:
        return "eip712"

    @property
    def identity(self) -> str:
        return self.key.address.lower()

    def sign(self, statement: Signable) -> Eip712Signature:
        """Raises SignerRefused, CustodySignatureInvalid."""
        address = bytes.fromhex(self.key.address[2:])
        signature = Eip712Signature(address, self.key.public_key, self.key.sign_statement(statement.typed_data()))
        verify_signature(signature, statement)
        return signature


@dataclass(frozen=True, slots=True)
class WalletSigner:
    """Signs as a wallet with code: its owner's key signs the same digest, and the wallet's code accepts it.

    owner     key of the wallet's owner
    chain_id  EIP-155 id of the chain that the wallet is on
    wallet    20 bytes, its address
    """

    owner: EthereumKey = field(repr=False)
    chain_id: int
    wallet: bytes

    @property
    def kind(self) -> str:
        return "erc1271"

    @property
    def identity(self) -> str:
        return f"0x{self.wallet.hex()} on chain {self.chain_id}"

    def sign(self, statement: Signable) -> Erc1271Signature:
        """Raises SignerRefused, CustodySignatureInvalid."""
        owners = Eip712Signer(self.owner).sign(statement)
        return Erc1271Signature(self.chain_id, self.wallet, owners.signature)


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """public 32 bytes."""

    public: bytes
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def open(cls, path: Path, password: str | None = None) -> Ed25519Signer:
        """From a PEM file.  Raises VaultLocked, CustodyKeyInvalid."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private = _load(path, password)
        if not isinstance(private, Ed25519PrivateKey):
            raise CustodyKeyInvalid(path.name, "is no Ed25519 key")
        return cls(private.public_key().public_bytes_raw(), private)

    @property
    def kind(self) -> str:
        return "ed25519"

    @property
    def identity(self) -> str:
        return self.public.hex()

    def sign(self, statement: Signable) -> Ed25519Signature:
        signature = Ed25519Signature(self.public, self._private.sign(statement.message()))
        verify_signature(signature, statement)
        return signature


@dataclass(frozen=True, slots=True)
class MlDsaSigner:
    """public 1952 bytes."""

    public: bytes = field(repr=False)
    _private: MLDSA65PrivateKey = field(repr=False)

    @classmethod
    def open(cls, path: Path, password: str | None = None) -> MlDsaSigner:
        """From a PEM file.  Raises VaultLocked, CustodyKeyInvalid."""
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

        private = _load(path, password)
        if not isinstance(private, MLDSA65PrivateKey):
            raise CustodyKeyInvalid(path.name, "is no ML-DSA-65 key")
        return cls(private.public_key().public_bytes_raw(), private)

    @property
    def kind(self) -> str:
        return "ml-dsa-65"

    @property
    def identity(self) -> str:
        import hashlib

        return f"sha256:{hashlib.sha256(self.public).hexdigest()}"

    def sign(self, statement: Signable) -> MlDsaSignature:
        signature = MlDsaSignature(self.public, self._private.sign(statement.message()))
        verify_signature(signature, statement)
        return signature


@dataclass(frozen=True, slots=True)
class X509Signer:
    """Signs with a certificate's key.

    chain      DER, leaf first
    algorithm  what the key allows: rsa-pss-sha256, ecdsa-sha256 or ed25519
    identity   the leaf's subject
    """

    chain: tuple[bytes, ...] = field(repr=False)
    algorithm: str
    identity: str
    _private: X509Key = field(repr=False)

    @classmethod
    def open(cls, key: Path, certificates: Path, password: str | None = None) -> X509Signer:
        """From a PEM key and a PEM file of certificates, leaf first; both are tried together.

        Raises VaultLocked, CustodyKeyInvalid.
        """
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        private = _load(key, password)
        if isinstance(private, RSAPrivateKey):
            algorithm = "rsa-pss-sha256"
        elif isinstance(private, EllipticCurvePrivateKey):
            algorithm = "ecdsa-sha256"
        elif isinstance(private, Ed25519PrivateKey):
            algorithm = "ed25519"
        else:
            raise CustodyKeyInvalid(key.name, "is neither an RSA, nor an ECDSA, nor an Ed25519 key")
        chain = _certificates(certificates)
        trial = X509Signature(chain, _sign_x509(private, _TRIAL.message()), algorithm)
        try:
            signer = verify_signature(trial, _TRIAL)
        except CustodySignatureInvalid as exc:
            raise CustodyKeyInvalid(certificates.name, f"does not fit {key.name}: {exc}") from exc
        return cls(chain, algorithm, signer.identity, private)

    @property
    def kind(self) -> str:
        return "x509"

    def sign(self, statement: Signable) -> X509Signature:
        signature = X509Signature(self.chain, _sign_x509(self._private, statement.message()), self.algorithm)
        verify_signature(signature, statement)
        return signature


def create_key(path: Path, kind: str) -> CustodySigner:
    """Make a key file of one of KEY_KINDS, never in the place of another.

    Raises OutputExists, VaultLocked, CustodyKeyInvalid.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made: Ed25519PrivateKey | MLDSA65PrivateKey
    if kind == "ed25519":
        made = Ed25519PrivateKey.generate()
    elif kind == "ml-dsa-65":
        try:
            made = MLDSA65PrivateKey.generate()
        except UnsupportedAlgorithm as exc:
            raise CustodyKeyInvalid(path.name, "this build of OpenSSL does not know ML-DSA-65") from exc
    else:
        raise CustodyKeyInvalid(path.name, f"keys of kind {kind!r} are not made here")
    if path.exists():
        raise OutputExists(str(path))
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private_once(path, pem)
    if read_private(path) != pem:  # somebody else was faster
        raise OutputExists(str(path))
    return open_key(path)


def open_key(path: Path, password: str | None = None) -> CustodySigner:
    """A key file that signs for itself, of whichever of KEY_KINDS it is.  Raises VaultLocked, CustodyKeyInvalid."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    kind = Ed25519Signer if isinstance(_load(path, password), Ed25519PrivateKey) else MlDsaSigner
    return kind.open(path, password)


def _load(path: Path, password: str | None) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem, word = read_private(path), password.encode() if password else None
    try:
        return load_pem_private_key(pem, word)
    except TypeError:  # said of a password where none is needed, and the other way round
        reason = "is not encrypted" if word else "is encrypted, and no password is configured"
        raise CustodyKeyInvalid(path.name, reason) from None
    except (ValueError, UnsupportedAlgorithm):  # their words are OpenSSL's, and none may carry key material
        reason = "does not open with the configured password" if word else "is no private key in PEM"
        raise CustodyKeyInvalid(path.name, reason) from None


def _certificates(path: Path) -> tuple[bytes, ...]:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    try:
        with path.open("rb") as file:
            pem = file.read(MAX_CHAIN_FILE + 1)
        if len(pem) > MAX_CHAIN_FILE:
            raise CustodyKeyInvalid(path.name, f"has more than {MAX_CHAIN_FILE} bytes")
        chain = tuple(certificate.public_bytes(Encoding.DER) for certificate in load_pem_x509_certificates(pem))
    except OSError as exc:
        raise CustodyKeyInvalid(path.name, os.strerror(exc.errno or 0)) from exc
    except ValueError as exc:
        raise CustodyKeyInvalid(path.name, "holds no certificates in PEM") from exc
    if len(chain) > MAX_CHAIN or max(map(len, chain)) > MAX_CERTIFICATE:
        limits = f"at most {MAX_CHAIN} of {MAX_CERTIFICATE} bytes are allowed"
        raise CustodyKeyInvalid(path.name, f"holds {len(chain)} certificates; {limits}")
    return chain


def _sign_x509(private: X509Key, message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(private, RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
        return private.sign(message, pss, SHA256())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(SHA256()))
    return private.sign(message)
