"""Whether a time-stamp token's signer leads to the one root that the verifier configured.

The path is judged at the token's own time (genTime); whether its certificates are valid may be asked of a later one,
until which the token is needed. Checked of the signer and of each certificate up to the root:

    1 it was issued and signed by the next one, with neither MD5, SHA-1 nor SHA-224, nor with a key too short
    2 it was valid at genTime, or at the time asked for; the root as well
    3 it has no critical extension that is not read here (name and policy constraints are among these)
    4 it was not revoked at genTime, as far as the revocation lists given say
    5 whoever issued is an authority (CA) that may sign certificates, with room in its pathLen; an intermediate one
      whose use is limited (extended key usage) is for time stamps

Certificates in the token only help to find the way: it ends at the configured root or nowhere.

Revocation. A list counts for a certificate when its issuer is the certificate's and the issuer's key signed it. Revoked
at genTime or before: refused. Revoked later: refused, too, for the authority could have stamped any time with a stolen
key, unless the list gives a reason that leaves older tokens whole: unspecified (said, not left out),
affiliationChanged, superseded, cessationOfOperation (RFC 3161, section 4). No list is demanded, and how old one is does
not matter: a list can only speak against a certificate. One that cannot be read, is indirect, or has other critical
extensions refuses everything.
Source: RFC 5280, section 6.1; RFC 3161, sections 2.3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from notary.errors import TokenUntrusted
from notary.timestamps.tsp import URGENCY
from notary.timestamps.tsp_signature import MIN_EC_BITS, MIN_RSA_BITS, UNREADABLE
from notary.timestamps.tsp_values import Token
from notary.verdicts.trust import TrustedAuthority

MAX_PATH = 8  # certificates from the signer to the root; authorities have two to four
MAX_SIGNATURES = 64  # certificates' signatures looked at, whatever a token carries along

_WEAK = frozenset({"md5", "sha1", "sha224", "sha3-224"})
_KNOWN_CRITICAL = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.SubjectAlternativeName.oid,
        x509.IssuerAlternativeName.oid,
        x509.CRLDistributionPoints.oid,
    }
)
_FOR_STAMPS = frozenset({ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
_HARMLESS_LATER = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)


def judge(token: Token, signer: bytes, authority: TrustedAuthority, valid_at: int) -> tuple[tuple[str, int], ...]:
    """As notary.timestamps.tsp.judge_token."""
    if authority.policies and token.policy not in authority.policies:
        raise TokenUntrusted(
            "policy-untrusted",
            f"the token was made under policy {token.policy[:80]}, which is not one of the "
            f"{len(authority.policies)} accepted of {authority.name}",
        )
    path = _Path(token, authority, valid_at).climb(_load(signer, "the signer's certificate"), ())
    return tuple((_title(one), int(one.not_valid_after_utc.timestamp())) for one in path)


class _Path:
    """The search for a path of one token."""

    def __init__(self, token: Token, authority: TrustedAuthority, valid_at: int) -> None:
        self._time = datetime.fromtimestamp(token.gen_time, UTC)
        self._valid_at = datetime.fromtimestamp(valid_at, UTC)
        self._name = authority.name
        self._root = _load(authority.root, f"the root configured for {authority.name}")
        given = dict.fromkeys((*authority.certificates, *token.certificates))
        self._others = tuple(_readable(der for der in given if der != authority.root))
        self._crls = tuple(self._load_crl(der, number) for number, der in enumerate(authority.crls, 1))
        self._signatures = 0

    def climb(self, certificate: x509.Certificate, below: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
        """A path from the signer by `below` and `certificate` to the root.

        Raises TokenUntrusted when there is none.
        """
        self._check_alone(certificate)
        failures: list[TokenUntrusted] = []
        for issuer in (self._root, *self._others):
            if issuer.subject != certificate.issuer or issuer in below or issuer == certificate:
                continue
            try:
                self._check_issued(certificate, issuer)
                self._check_issuer(issuer, below, certificate)
                if issuer is self._root:
                    self._check_alone(issuer)
                    return *below, certificate, issuer
                if len(below) + 3 > MAX_PATH:  # this one, the issuer and the root
                    raise self._untrusted(f"its path has more than {MAX_PATH} certificates")
                return self.climb(issuer, (*below, certificate))
            except TokenUntrusted as exc:
                failures.append(exc)
        if failures:  # the one that came closest to a path that holds
            raise min(failures, key=lambda failure: URGENCY.index(failure.reason))
        raise self._untrusted(f"nobody at hand issued {_title(certificate)}: its issuer is {_name(certificate.issuer)}")

    def _check_issued(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        """That `issuer` signed `certificate` and has not revoked it."""
        self._signatures += 1
        if self._signatures > MAX_SIGNATURES:
            raise self._untrusted(f"no path was found within {MAX_SIGNATURES} signatures")
        try:
            algorithm = certificate.signature_hash_algorithm
            certificate.verify_directly_issued_by(issuer)
            key = issuer.public_key()
        except (*UNREADABLE, InvalidSignature) as exc:
            detail = f"{_title(certificate)} was not signed by {_title(issuer)}"
            raise self._untrusted(detail) from exc
        if algorithm is not None and algorithm.name in _WEAK:
            raise self._untrusted(f"{_title(certificate)} was signed with {algorithm.name}, which is broken")
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            least = MIN_RSA_BITS if isinstance(key, rsa.RSAPublicKey) else MIN_EC_BITS
            if key.key_size < least:
                raise self._untrusted(f"the key of {_title(issuer)} has {key.key_size} bits, {least} are needed")
        for crl in self._crls:
            self._check_revoked(certificate, issuer, crl)

    def _check_alone(self, certificate: x509.Certificate) -> None:
        """What a certificate must fulfil wherever it stands: valid at the time asked for, nothing critical unread."""
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begins <= self._valid_at <= ends:
            later = f", needed at {self._valid_at:%Y-%m-%d %H:%M:%S}" if self._valid_at != self._time else ""
            raise TokenUntrusted(
                "authority-expired",
                f"{_title(certificate)} was valid from {begins:%Y-%m-%d %H:%M:%S} to {ends:%Y-%m-%d %H:%M:%S}, "
                f"the token is of {self._time:%Y-%m-%d %H:%M:%S} UTC{later}",
            )
        for extension in self._extensions(certificate):
            if extension.critical and extension.oid not in _KNOWN_CRITICAL:
                oid = extension.oid.dotted_string
                raise self._untrusted(f"{_title(certificate)} has the critical extension {oid}, which is not read here")

    def _check_issuer(
        self, issuer: x509.Certificate, below: tuple[x509.Certificate, ...], certificate: x509.Certificate
    ) -> None:
        """That `issuer` may issue `certificate`, with the ones `below` it."""
        found = {extension.oid: extension.value for extension in self._extensions(issuer)}
        basic = found.get(x509.BasicConstraints.oid)
        if not isinstance(basic, x509.BasicConstraints) or not basic.ca:
            raise self._untrusted(f"{_title(issuer)} issued a certificate, but is no authority (CA)")
        # Self-issued ones do not count, and neither does the signer's own
        between = [lower for lower in (*below, certificate)[1:] if lower.subject != lower.issuer]
        if basic.path_length is not None and len(between) > basic.path_length:
            raise self._untrusted(
                f"{_title(issuer)} allows {basic.path_length} authorities below it, there are {len(between)}"
            )
        usage = found.get(x509.KeyUsage.oid)
        if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
            raise self._untrusted(f"{_title(issuer)} issued a certificate, but may not sign any")
        extended = found.get(x509.ExtendedKeyUsage.oid)
        if not isinstance(extended, x509.ExtendedKeyUsage) or issuer is self._root:
            return
        if not _FOR_STAMPS & set(extended):
            raise self._untrusted(f"{_title(issuer)} is not for time stamps")

    def _check_revoked(
        self, certificate: x509.Certificate, issuer: x509.Certificate, crl: x509.CertificateRevocationList
    ) -> None:
        if crl.issuer != certificate.issuer:
            return
        try:
            usage = [extension.value for extension in issuer.extensions if extension.oid == x509.KeyUsage.oid]
            if any(isinstance(value, x509.KeyUsage) and not value.crl_sign for value in usage):
                return
            if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]  # other keys: TypeError
                return
            entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is None:
                return
            when, reason = entry.revocation_date_utc, _revocation_reason(entry)
        except UNREADABLE as exc:
            raise self._untrusted(f"a revocation list of {_name(crl.issuer)} cannot be used: {str(exc)[:200]}") from exc
        if reason == x509.ReasonFlags.remove_from_crl or (when > self._time and reason in _HARMLESS_LATER):
            return
        raise TokenUntrusted(
            "authority-revoked",
            f"{_title(certificate)} was revoked at {when:%Y-%m-%d %H:%M:%S} "
            f"({'no reason given' if reason is None else reason.value}), the token is of "
            f"{self._time:%Y-%m-%d %H:%M:%S} UTC",
        )

    def _load_crl(self, der: bytes, number: int) -> x509.CertificateRevocationList:
        try:
            crl = x509.load_der_x509_crl(der)
            _ = crl.issuer
            unread = [extension.oid.dotted_string for extension in crl.extensions if _changes_meaning(extension)]
        except UNREADABLE as exc:
            raise self._untrusted(f"revocation list {number} of {self._name} cannot be read: {str(exc)[:200]}") from exc
        if unread:
            raise self._untrusted(f"revocation list {number} of {self._name} is of an unknown kind ({unread[0]})")
        return crl

    def _extensions(self, certificate: x509.Certificate) -> x509.Extensions:
        try:
            return certificate.extensions
        except UNREADABLE as exc:
            detail = f"the extensions of {_title(certificate)} cannot be read: {str(exc)[:200]}"
            raise self._untrusted(detail) from exc

    def _untrusted(self, detail: str) -> TokenUntrusted:
        return TokenUntrusted("authority-untrusted", f"not of {self._name}: {detail}")


def _changes_meaning(extension: x509.Extension[x509.ExtensionType]) -> bool:
    """Whether a list's entries mean something else than in a plain one; lists of a part, or of changes, do not."""
    if isinstance(extension.value, x509.IssuingDistributionPoint):
        return extension.value.indirect_crl
    return extension.critical and not isinstance(extension.value, x509.DeltaCRLIndicator)


def _revocation_reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            return extension.value.reason
    return None


def _load(der: bytes, what: str) -> x509.Certificate:
    try:
        return _whole(der)
    except UNREADABLE as exc:
        raise TokenUntrusted("authority-untrusted", f"{what} cannot be read: {str(exc)[:200]}") from exc


def _whole(der: bytes) -> x509.Certificate:
    """A certificate, read with those parts that cryptography otherwise reads, and finds broken, when they are used."""
    certificate = x509.load_der_x509_certificate(der)
    _ = certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def _readable(given: Iterator[bytes]) -> Iterator[x509.Certificate]:
    """Those that can be read; the others cannot be part of a path."""
    for der in given:
        try:
            yield _whole(der)
        except UNREADABLE:
            continue


def _title(certificate: x509.Certificate) -> str:
    return f"the certificate of {_name(certificate.subject)}"


def _name(name: x509.Name) -> str:
    text = name.rfc4514_string() or "an empty name"
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:200])
