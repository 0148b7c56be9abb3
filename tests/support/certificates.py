"""Certificates for tests, made on the spot: a root, what it issues, and every fault that a chain can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BEGIN = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
_BY_KIND: tuple[str, ...] = ("by kind",)
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True)
class Certified:
    """A key and its certificate."""

    key: Any  # a private key of cryptography
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def certify(
    name: str | x509.Name,
    issuer: Certified | None = None,
    *,
    key: Any = None,
    ca: bool = False,
    path_length: int | None = None,
    usage: Iterable[str] | None = _BY_KIND,
    begin: int = BEGIN,
    end: int = END,
    critical: x509.ExtensionType | None = None,
    hash_: hashes.HashAlgorithm | None = None,
) -> Certified:
    """A certificate for `name`, signed by `issuer`, by itself without one.

    key    the subject's; a new P-256 one by default
    usage  names of key usages; by default what signs certificates or statements; None: no such extension
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if isinstance(name, str) else name
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begin, UTC))
        .not_valid_after(datetime.fromtimestamp(end, UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    )
    if usage is not None:
        names = ("key_cert_sign" if ca else "digital_signature",) if usage is _BY_KIND else usage
        used = {**_NO_USAGE, **dict.fromkeys(names, True)}
        builder = builder.add_extension(x509.KeyUsage(**used), critical=True)
    if critical is not None:
        builder = builder.add_extension(critical, critical=True)
    signer = issuer.key if issuer else key
    by_itself = type(signer).__name__.startswith("Ed")  # Ed25519 and Ed448 hash by themselves
    return Certified(key, builder.sign(signer, None if by_itself else hash_ or hashes.SHA256()))
