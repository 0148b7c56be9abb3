"""Certificates and revocation lists as authorities hand them out: PEM with one or several, or one in DER."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509

_PEM: Final = b"-----BEGIN"
_END_OF_LIST: Final = b"-----END X509 CRL-----"


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """The certificates of a file.  Raises ValueError."""
    from cryptography import x509

    return x509.load_pem_x509_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]


def lists_in(data: bytes) -> list[x509.CertificateRevocationList]:
    """The revocation lists of a file.  Raises ValueError."""
    from cryptography import x509

    if _PEM not in data:
        return [x509.load_der_x509_crl(data)]
    return [x509.load_pem_x509_crl(part + _END_OF_LIST) for part in data.split(_END_OF_LIST)[:-1]]
