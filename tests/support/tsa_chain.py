"""Chains of certificates for tests of time stamps: good ones, and bad ones of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from notary.verdicts.trust import TrustedAuthority

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

AT = 1_700_000_000  # when tokens by hand are of, unless said otherwise
YEAR = 365 * 86_400
KINDS = ("ecdsa", "rsa", "rsa-pss", "ed25519")
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)

_keys: dict[str, Key] = {}


def key_of(kind: str, name: str = "") -> Key:
    """A key of that kind; the same one for the same name, since RSA keys take long to make."""
    made = _keys.get(f"{kind} {name}")
    if made is None:
        if kind == "ecdsa":
            made = ec.generate_private_key(ec.SECP256R1())
        elif kind == "ecdsa-192":
            made = ec.generate_private_key(ec.SECP192R1())
        elif kind == "ed25519":
            made = ed25519.Ed25519PrivateKey.generate()
        else:
            made = rsa.generate_private_key(65537, 1024 if kind == "rsa-1024" else 2048)
        _keys[f"{kind} {name}"] = made
    return made


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Member:
    """One certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Shape:
    """How a certificate is to be; the defaults are those of a good one.

    begins, ends  Unix seconds
    eku           extended key usage; None: without
    ca            basicConstraints; None: without the extension
    usage         names of keyUsage; None: without the extension
    """

    begins: int = AT - YEAR
    ends: int = AT + 20 * YEAR
    eku: tuple[x509.ObjectIdentifier, ...] | None = None
    eku_critical: bool = True
    ca: bool | None = False
    path_length: int | None = None
    usage: tuple[str, ...] | None = ("digital_signature",)
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    hash: hashes.SHA256 | hashes.SHA224 | hashes.SHA384 = field(default_factory=hashes.SHA256)


LEAF = Shape(eku=STAMPING)
ISSUER = Shape(ca=True, usage=("key_cert_sign", "crl_sign"))
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def member(title: str, issuer: Member | None, shape: Shape, key: Key, serial: int | None = None) -> Member:
    """A certificate for `key`, signed by `issuer`; by itself when that is None."""
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(title))
        .issuer_name(issuer.certificate.subject if issuer else name(title))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(shape.begins, UTC))
        .not_valid_after(datetime.fromtimestamp(shape.ends, UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if shape.ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(shape.ca, shape.path_length), critical=True)
    if shape.usage is not None:
        flags = {usage: usage in shape.usage for usage in _USAGES}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if shape.eku is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(shape.eku), critical=shape.eku_critical)
    for extension, critical in shape.extra:
        builder = builder.add_extension(extension, critical=critical)
    hash_used = None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else shape.hash
    return Member(builder.sign(signing_key, hash_used), key)


@dataclass(frozen=True)
class Chain:
    """An authority. kind: of the leaf's key; one of KINDS."""

    root: Member
    between: tuple[Member, ...]
    leaf: Member
    kind: str = "ecdsa"

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """DER of all but the root, leaf first."""
        return (self.leaf.der, *(one.der for one in reversed(self.between)))

    def trusted(self, **changes: Any) -> TrustedAuthority:
        """The authority as a verifier configures it."""
        return TrustedAuthority(**{"name": "Test TSA", "root": self.root.der, **changes})


def chain(
    kind: str = "ecdsa",
    *,
    title: str = "Test TSA",
    leaf: Shape = LEAF,
    root: Shape = ISSUER,
    between: Sequence[Shape] = (ISSUER,),
    issuers: str = "ecdsa",
) -> Chain:
    """A chain: root, one certificate for each of `between`, leaf. issuers: kind of the upper keys."""
    top = member(f"{title} root", None, root, key_of(issuers, f"{title} root"))
    above, middle = top, []
    for number, shape in enumerate(between, 1):
        above = member(f"{title} intermediate {number}", above, shape, key_of(issuers, f"{title} {number}"))
        middle.append(above)
    return Chain(top, tuple(middle), member(title, above, leaf, key_of(kind, title)), kind)


def crl(
    issuer: Member,
    revoked: Sequence[tuple[Member, int, x509.ReasonFlags | None]] = (),
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    key: Key | None = None,
) -> bytes:
    """DER of the issuer's revocation list: (certificate, when, why) each. key: another one signs."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(datetime.fromtimestamp(AT + YEAR, UTC))
        .next_update(datetime.fromtimestamp(AT + YEAR + 86_400, UTC))
    )
    for one, when, why in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(one.certificate.serial_number)
            .revocation_date(datetime.fromtimestamp(when, UTC))
        )
        if why is not None:
            entry = entry.add_extension(x509.CRLReason(why), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    signing_key = key or issuer.key
    hash_used = None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signing_key, hash_used).public_bytes(Encoding.DER)
