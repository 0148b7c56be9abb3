"""Sign a finished report: PAdES by pyHanko, with a time stamp of the signature where an authority is named.

The signature is added behind the report's own bytes and shows on no page, so a signed report still passes
notary/report/checking.py. It certifies: PDF programs show any later change. Needs the extra `sign`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notary.errors import TokenInvalid
from notary.service_errors import ReportUnmade, TimestampRefused
from notary.timestamps import tsp, tsp_client

if TYPE_CHECKING:
    from notary.timestamps.stamp_sources import Authority

FIELD: Final = "Tallystick"
MAX_SIGNATURE_BYTES: Final = 16_000  # with certificates and a time stamp; PDF/A-3 has no strings above 32,767 bytes


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Who signs.

    certificate  DER of the signer's
    key          DER of its private key, PKCS #8, not encrypted
    chain        DER of the issuers' certificates
    """

    certificate: bytes
    key: bytes = field(repr=False)
    chain: tuple[bytes, ...] = ()


def sign(pdf: bytes, key: SigningKey, *, authority: Authority | None = None, reason: str = "") -> bytes:
    """The report with a signature added.

    authority  stamps the time of the signature; None: the time is only the signer's word
    reason     why it is signed, in the signer's words

    Raises ReportUnmade, TimestampUnavailable, TimestampRefused.
    """
    try:
        from asn1crypto import keys, x509
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.pdf_utils.misc import PdfError
        from pyhanko.sign import fields, signers
        from pyhanko.sign.general import SigningError
        from pyhanko_certvalidator.registry import SimpleCertificateStore
    except ImportError as exc:
        raise ReportUnmade("pyHanko is not installed: pip install 'tallystick[sign]'") from exc
    try:
        store = SimpleCertificateStore()
        store.register_multiple([x509.Certificate.load(der, strict=True) for der in (key.certificate, *key.chain)])
        signer = signers.SimpleSigner(
            x509.Certificate.load(key.certificate, strict=True), keys.PrivateKeyInfo.load(key.key, strict=True), store
        )
        meta = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            reason=reason or None,
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        out = io.BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            meta,
            signer,
            timestamper=None if authority is None else _stamper(authority),
            bytes_reserved=2 * MAX_SIGNATURE_BYTES,  # written in hexadecimal
            output=out,
        )
    except (PdfError, SigningError, ValueError, TypeError) as exc:
        raise ReportUnmade(f"pyHanko refused to sign it: {exc}") from exc
    return out.getvalue()


def _stamper(authority: Authority) -> Any:
    """pyHanko's idea of an authority, asked by our own client; it must answer this very request."""
    from asn1crypto import tsp as asn1
    from pyhanko.sign.timestamps import TimeStamper

    class Stamper(TimeStamper):  # type: ignore[misc]  # pyHanko has no types for readers from outside
        async def async_request_tsa_response(self, req: asn1.TimeStampReq) -> asn1.TimeStampResp:
            imprint, nonce = req["message_imprint"], req["nonce"].native
            answer = await tsp_client.post(authority, req.dump())
            hash_name, digest = imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
            try:
                tsp.accept_response(answer, digest, hash_name, nonce, None)
            except TokenInvalid as exc:
                raise TimestampRefused(authority.name, 200, f"{exc} ({exc.reason})") from exc
            return asn1.TimeStampResp.load(answer)

    return Stamper()
