"""The proof that a time-stamp token carries in itself: who signed it, and that the signature is that certificate's.

Source: RFC 3161, section 2.3 and 2.4.2; RFC 5652, section 5.4 and 5.6; RFC 5816; RFC 8419 (Ed25519).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from notary.errors import TokenInvalid
from notary.timestamps.tsp_values import SignerInfo, Token

MIN_RSA_BITS = 2048
MIN_EC_BITS = 256

# What reading a hostile certificate can let out of cryptography; ValueError holds its encoding errors as well
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
_RSA, _RSA_PSS, _ECDSA, _ED25519 = "RSA", "RSA-PSS", "ECDSA", "Ed25519"
# Signature algorithms with the hash that belongs to each; None: the signature's own digest algorithm says it
_ALGORITHMS: dict[str, tuple[str, str | None]] = {
    "1.2.840.113549.1.1.1": (_RSA, None),
    "1.2.840.113549.1.1.11": (_RSA, "sha256"),
    "1.2.840.113549.1.1.12": (_RSA, "sha384"),
    "1.2.840.113549.1.1.13": (_RSA, "sha512"),
    "2.16.840.1.101.3.4.3.14": (_RSA, "sha3_256"),
    "2.16.840.1.101.3.4.3.15": (_RSA, "sha3_384"),
    "2.16.840.1.101.3.4.3.16": (_RSA, "sha3_512"),
    "1.2.840.113549.1.1.10": (_RSA_PSS, None),
    "1.2.840.10045.2.1": (_ECDSA, None),
    "1.2.840.10045.4.3.2": (_ECDSA, "sha256"),
    "1.2.840.10045.4.3.3": (_ECDSA, "sha384"),
    "1.2.840.10045.4.3.4": (_ECDSA, "sha512"),
    "2.16.840.1.101.3.4.3.10": (_ECDSA, "sha3_256"),
    "2.16.840.1.101.3.4.3.11": (_ECDSA, "sha3_384"),
    "2.16.840.1.101.3.4.3.12": (_ECDSA, "sha3_512"),
    "1.3.101.112": (_ED25519, None),
}
_WEAK = {
    "1.2.840.113549.1.1.2": "MD2 with RSA",
    "1.2.840.113549.1.1.4": "MD5 with RSA",
    "1.2.840.113549.1.1.5": "SHA-1 with RSA",
    "1.3.14.3.2.29": "SHA-1 with RSA",
    "1.2.840.113549.1.1.14": "SHA-224 with RSA",
    "1.2.840.10045.4.1": "SHA-1 with ECDSA",
    "1.2.840.10045.4.3.1": "SHA-224 with ECDSA",
    "1.2.840.10040.4.3": "SHA-1 with DSA",
}

PublicKey: TypeAlias = CertificatePublicKeyTypes


def check_signature(token: Token, certificates: Sequence[bytes]) -> bytes:
    """As notary.timestamps.tsp.check_signature."""
    # 1. The signed attributes are about this content.
    info = token.signer
    content_digest = hashlib.new(info.digest, token.content).digest()
    if content_digest != info.message_digest:
        raise TokenInvalid(
            "token-signature-invalid",
            f"the time stamp's digest is {content_digest.hex()[:16]}..., signed is {info.message_digest.hex()[:16]}...",
        )

    # 2. The signer's certificate is at hand, and is the one that the attributes name.
    signer = _signer_certificate(info, (*token.certificates, *certificates))

    # 3. Its key signed the attributes.
    certificate = load(signer, "the signer's certificate")
    try:
        key = certificate.public_key()
    except UNREADABLE as exc:
        raise _invalid(f"the key of the signer's certificate cannot be used: {exc}") from exc
    _verify(info, key)

    # 4. It is for time stamps, and for nothing else.
    check_leaf(certificate)
    return signer


def load(der: bytes, what: str) -> x509.Certificate:
    """Raises TokenInvalid when it is no certificate."""
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as exc:
        raise _invalid(f"{what} cannot be read: {str(exc)[:200]}") from exc


def check_leaf(certificate: x509.Certificate) -> None:
    """That a certificate is for time stamps alone and of no authority.  Raises TokenInvalid (token-key-usage).

    Its extended key usage is critical and says id-kp-timeStamping alone (RFC 3161, section 2.3); where it states a key
    usage, that is signing (digitalSignature, nonRepudiation) and nothing else; it may not issue certificates.
    """
    try:
        extensions = certificate.extensions
    except UNREADABLE as exc:
        raise _invalid(f"the extensions of the signer's certificate cannot be read: {str(exc)[:200]}") from exc
    found = {extension.oid: extension for extension in extensions}

    usage = found.get(x509.ExtendedKeyUsage.oid)
    if usage is None:
        raise _usage("its signer's certificate has no extended key usage, so it is not for time stamps")
    kinds = [kind.dotted_string for kind in usage.value]
    if kinds != [ExtendedKeyUsageOID.TIME_STAMPING.dotted_string]:
        listed = ", ".join(kinds)[:200]
        raise _usage(f"its signer's certificate is for {listed or 'nothing'}, and not for time stamps alone")
    if not usage.critical:
        raise _usage("its signer's certificate does not mark its use for time stamps as critical")

    basic = found.get(x509.BasicConstraints.oid)
    if basic is not None and basic.value.ca:
        raise _usage("its signer's certificate is an authority's (CA), not one for time stamps")
    keys = found.get(x509.KeyUsage.oid)
    if keys is not None:
        value: x509.KeyUsage = keys.value
        others = value.key_encipherment or value.data_encipherment or value.key_agreement
        others = others or value.key_cert_sign or value.crl_sign
        if others or not (value.digital_signature or value.content_commitment):
            raise _usage("the key usage of its signer's certificate is not signing alone")


def _signer_certificate(info: SignerInfo, certificates: Sequence[bytes]) -> bytes:
    """The certificate that the signature names, by issuer and number or by key identifier, and by its digest."""
    named = [der for der in dict.fromkeys(certificates) if _is_named(der, info)]
    if not named:
        wanted = f"number {info.serial:x}" if info.serial is not None else f"key {(info.key_id or b'').hex()[:40]}"
        raise TokenInvalid(
            "token-certificate-missing",
            f"the signer's certificate ({wanted}) is not among the {len(certificates)} at hand",
        )
    for der in named:
        if all(_is_identified(der, *identity) for identity in info.certificate_ids):
            return der
    raise TokenInvalid(
        "token-certificate-differs",
        "the certificate of the signer's name is not the one that the signed attributes name by digest",
    )


def _is_named(der: bytes, info: SignerInfo) -> bool:
    """Whether the signature names this certificate; one that cannot be read is nobody's."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        if info.key_id is not None:
            extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            return extension.value.digest == info.key_id
        return certificate.serial_number == info.serial and _same_name(certificate.issuer, info.issuer)
    except (*UNREADABLE, x509.ExtensionNotFound):
        return False


def _is_identified(der: bytes, name: str, digest: bytes, issuer: bytes | None, serial: int | None) -> bool:
    """Whether ESSCertID or ESSCertIDv2 means this certificate.  SHA-1 is what ESSCertID has (RFC 2634)."""
    if hashlib.new(name, der, usedforsecurity=False).digest() != digest:
        return False
    if issuer is None:
        return True
    certificate = load(der, "the signer's certificate")
    return certificate.serial_number == serial and _same_name(certificate.issuer, issuer)


def _same_name(name: x509.Name, der: bytes | None) -> bool:
    """Names are equal by their parts and texts; whether a text is written as UTF8String does not matter."""
    return der is not None and (name.public_bytes() == der or name == x509.Name.from_bytes(der))


def _verify(info: SignerInfo, key: PublicKey) -> None:
    """That `key` signed one of the two encodings of the attributes."""
    if info.algorithm in _WEAK:
        raise TokenInvalid("token-algorithm-weak", f"the signature is {_WEAK[info.algorithm]}, which is broken")
    if info.algorithm not in _ALGORITHMS:
        raise _invalid(f"the signature's algorithm {info.algorithm[:80]} is unknown")
    kind, hash_name = _ALGORITHMS[info.algorithm]
    if info.pss is not None:
        hash_name = info.pss[0]
    if hash_name is not None and hash_name != info.digest:
        raise _invalid(f"the signature is over {hash_name}, but its digest is {info.digest}")
    for signed in info.signed:
        try:
            _verify_bytes(info, kind, key, signed)
        except InvalidSignature:
            continue
        except UNREADABLE as exc:
            raise _invalid(f"the signature cannot be checked: {str(exc)[:200]}") from exc
        return
    raise TokenInvalid(
        "token-signature-invalid", f"the {kind} signature was not made by the key of the signer's certificate"
    )


def _verify_bytes(info: SignerInfo, kind: str, key: PublicKey, signed: bytes) -> None:
    """Raises InvalidSignature, TokenInvalid when key and algorithm are of different kinds or the key is weak."""
    algorithm = _HASHES[info.digest]
    if kind in (_RSA, _RSA_PSS) and isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise _weak_key(key.key_size, MIN_RSA_BITS)
        if info.pss is None:
            key.verify(info.signature, signed, padding.PKCS1v15(), algorithm)
        else:
            _, mask, salt = info.pss
            key.verify(info.signature, signed, padding.PSS(padding.MGF1(_HASHES[mask]), salt), algorithm)
    elif kind == _ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
        if key.key_size < MIN_EC_BITS:
            raise _weak_key(key.key_size, MIN_EC_BITS)
        key.verify(info.signature, signed, ec.ECDSA(algorithm))
    elif kind == _ED25519 and isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(info.signature, signed)
    else:
        raise TokenInvalid(
            "token-signature-invalid", f"the signature is {kind}, the signer's key is {type(key).__name__}"
        )


def _weak_key(bits: int, least: int) -> TokenInvalid:
    return TokenInvalid("token-algorithm-weak", f"the signer's key has {bits} bits, at least {least} are needed")


def _usage(detail: str) -> TokenInvalid:
    return TokenInvalid("token-key-usage", detail)


def _invalid(detail: str) -> TokenInvalid:
    return TokenInvalid("token-invalid", detail)
