"""X.509 signatures over custody statements: the leaf's key, the chain of certificates, and trust in its root.

Two questions that are kept apart:

    verify_x509  the leaf's key signed, may sign, and each certificate was issued by the next. That is true of any
                 chain, also of one that its maker invented
    judge        one of the verifier's own roots stands behind the chain, and all of it was valid at a time

What a chain may look like is RFC 5280, section 6, less policies, name constraints and revocation: a certificate that
makes one of these critical is not trusted, as that section asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from notary.custody.signatures import Signable, Signer, X509Signature, check_ed25519
from notary.errors import CustodySignatureInvalid, SignerUnproven

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_IDENTITY: Final = 256  # characters shown of a subject
MIN_RSA_BITS: Final = 2048  # SP 800-131A: shorter ones protect nothing any more
MAX_RSA_BITS: Final = 16_384  # bounds the cost of one check
_WEAK: Final = frozenset({"md5", "sha1"})
_USAGE, _NAMES, _CONSTRAINTS, _PURPOSES = "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"


@dataclass(frozen=True, slots=True)
class _Link:
    """One certificate, with what its extensions say.

    subject      printable, at most MAX_IDENTITY characters
    may_sign     digitalSignature or nonRepudiation, or no key usage at all
    may_issue    a CA, whose key may sign certificates
    path_length  how many CAs may come between it and the leaf; None: any number
    weak_hash    the hash that its issuer signed, if that can be forged; else ""
    critical     identifiers of its critical extensions that are not understood here
    """

    certificate: Certificate
    subject: str
    may_sign: bool
    may_issue: bool
    path_length: int | None
    weak_hash: str
    critical: tuple[str, ...]


def verify_x509(signature: X509Signature, statement: Signable) -> Signer:
    """Who signed, by the leaf's subject.  Raises CustodySignatureInvalid."""
    links = _links(signature)
    leaf = links[0]
    if not leaf.may_sign:
        raise _invalid(f"the key of {leaf.subject} may not sign (key usage)")
    _check(leaf, signature, statement.message())
    return Signer("x509", leaf.subject, hashlib.sha256(signature.chain[0]).digest())


def judge(signature: X509Signature, roots: Sequence[bytes], at: int) -> None:
    """Whether a root of the verifier's stands behind the chain at the time `at`: `signatures.judge_x509`."""
    links = _links(signature)
    subject = links[0].subject
    error = SignerUnproven("signer-untrusted", f"no root of yours stands behind the certificate of {subject}")
    for path in _paths(links, signature.chain, roots):
        try:
            return _judge(path, at)
        except SignerUnproven as exc:
            error = exc
    raise error


def _judge(path: Sequence[_Link], at: int) -> None:
    for link in path:
        if link.critical:
            detail = f"the certificate of {link.subject} has the critical extension {link.critical[0]}, unknown here"
            raise SignerUnproven("signer-untrusted", detail)
    for link in path:
        begin, end = link.certificate.not_valid_before_utc, link.certificate.not_valid_after_utc
        if not begin.timestamp() <= at <= end.timestamp():
            detail = f"the certificate of {link.subject} is valid from {begin} to {end}, not at {at} (Unix seconds)"
            raise SignerUnproven("signer-expired", detail)


def _paths(links: Sequence[_Link], chain: Sequence[bytes], roots: Sequence[bytes]) -> Iterator[Sequence[_Link]]:
    """The ways from the leaf to a root, the root last. A root that cannot be read stands behind nothing."""
    for place, der in enumerate(chain):
        if der in roots:
            yield links[: place + 1]
    for der in roots:
        with suppress(CustodySignatureInvalid):
            root = _link(der)
            if _fault(links[-1], root, len(links) - 1) is None:
                yield [*links, root]


def _links(signature: X509Signature) -> list[_Link]:
    """The certificates, each issued by the next.  Raises CustodySignatureInvalid."""
    links = [_link(der) for der in signature.chain]
    for place, (link, issuer) in enumerate(pairwise(links)):
        fault = _fault(link, issuer, place)
        if fault is not None:
            raise _invalid(fault)
    return links


def _fault(link: _Link, issuer: _Link, between: int) -> str | None:
    """What speaks against `issuer` having issued `link`, with `between` certificates of CAs below the issuer."""
    names = f"the certificates of {link.subject} and {issuer.subject}"
    if not issuer.may_issue:
        return f"{names}: the second is not a CA's that may sign certificates"
    if issuer.path_length is not None and between > issuer.path_length:
        return f"{names}: the second allows {issuer.path_length} CAs below it, there are {between}"
    if link.weak_hash:
        return f"the certificate of {link.subject} is signed with {link.weak_hash}, which can be forged"
    try:
        link.certificate.verify_directly_issued_by(issuer.certificate)
    except Exception:  # names that differ, a false signature, an algorithm unknown: ValueError, TypeError and others
        return f"{names}: the first was not issued by the second"
    return None


def _link(der: bytes) -> _Link:
    """Read one certificate.  Raises CustodySignatureInvalid."""
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = {extension.oid.dotted_string: extension for extension in certificate.extensions}
        usage, constraints = (extensions[oid].value if oid in extensions else None for oid in (_USAGE, _CONSTRAINTS))
        assert usage is None or isinstance(usage, x509.KeyUsage)
        assert constraints is None or isinstance(constraints, x509.BasicConstraints)
        algorithm = certificate.signature_hash_algorithm  # None: Ed25519 and its like, which hash by themselves
        link = _Link(
            certificate=certificate,
            subject=_printable(certificate.subject.rfc4514_string()),
            may_sign=usage is None or usage.digital_signature or usage.content_commitment,
            may_issue=constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign),
            path_length=None if constraints is None else constraints.path_length,
            weak_hash=algorithm.name if algorithm is not None and algorithm.name in _WEAK else "",
            critical=tuple(
                oid
                for oid, extension in extensions.items()
                if extension.critical and oid not in (_USAGE, _NAMES, _CONSTRAINTS, _PURPOSES)
            ),
        )
        _bound(certificate)
        # The signature is a bit string of whole bytes; the library does not look at the count of unused bits.
        if not der.endswith(b"\0" + certificate.signature):
            raise _invalid(f"the certificate of {link.subject} does not end in whole bytes")
    except CustodySignatureInvalid:
        raise
    except Exception as exc:  # the library reads lazily and lets errors of many kinds through; all mean the same
        raise _invalid(f"a certificate of {len(der)} bytes cannot be read ({type(exc).__name__})") from exc
    return link


def _bound(certificate: Certificate) -> None:
    """Refuse RSA keys that protect nothing, or cost too much to use.  Raises CustodySignatureInvalid."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise _invalid(f"an RSA key has {key.key_size} bits, not {MIN_RSA_BITS} to {MAX_RSA_BITS}")


def _check(leaf: _Link, signature: X509Signature, message: bytes) -> None:
    """Check the signature under the leaf's key.  Raises CustodySignatureInvalid."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    key, algorithm, data = leaf.certificate.public_key(), signature.algorithm, signature.signature
    try:
        if isinstance(key, Ed25519PublicKey) and algorithm == "ed25519":
            check_ed25519("x509", key.public_bytes_raw(), data, message)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ecdsa-sha256":
            key.verify(data, message, ec.ECDSA(SHA256()))
        elif isinstance(key, RSAPublicKey) and algorithm == "rsa-pkcs1-sha256":
            key.verify(data, message, padding.PKCS1v15(), SHA256())
        elif isinstance(key, RSAPublicKey) and algorithm == "rsa-pss-sha256":
            # MGF1 with SHA-256; the salt may have any length, as signers differ and nothing hangs on it
            key.verify(data, message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO), SHA256())
        else:
            raise _invalid(f"the key of {leaf.subject} is none for {algorithm}")
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as exc:
        raise _invalid(f"the key of {leaf.subject} did not sign this") from exc


def _printable(text: str) -> str:
    """`text`, safe to show: control, format and unassigned characters as escapes, cut at MAX_IDENTITY characters."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:MAX_IDENTITY])
    return shown[:MAX_IDENTITY]


def _invalid(detail: str) -> CustodySignatureInvalid:
    return CustodySignatureInvalid("x509", detail)
