"""The e-signature of a person on the agreement itself: a PDF signed elsewhere (PAdES), beside the record that names it.

What is asked of the file:

1  It begins with the agreement's own bytes: nothing that was signed replaced them.
2  The file shows what the agreement shows, page by page (notary/report/checking.py): what was added are signatures.
   A signature that is drawn on a page may cover something: that is for people to look at.
3  The last signature covers the whole file and is its key's; every other one is intact.
4  The certificate leads to a root of the verifier's and was valid at the time that the record's receipt proves.

The PDF and its signatures are read by pyHanko (the extra `sign`); revocation is not looked at, as for all certificates
here. Opens no file, socket or clock.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from notary.verdicts.verdict import Status
from portal.signing.check import Outcome
from portal.signing.verdict import RecordReason

MAX_BYTES: Final = 32 * 1024 * 1024  # an agreement has about 200 KiB
MAX_REVISIONS: Final = 32  # a signature adds one, its proofs another
MAX_IDENTITY: Final = 256  # characters shown of a subject
_END: Final = b"%%EOF"

INVALID: Final = (Status.FAILED, RecordReason.E_SIGNATURE_INVALID)


def check_agreed(pdf: bytes, agreement: bytes, roots: Sequence[bytes], at: int | None) -> list[Outcome]:
    """One outcome for each signature in the PDF; one that says why, where the file is not that agreement, signed.

    pdf        at most MAX_BYTES bytes
    agreement  32 bytes, the SHA-256 of the agreement
    roots      DER, what the verifier trusts
    at         Unix seconds; None: nothing proves a time

    Raises nothing: whatever is wrong is in the outcome.
    """
    try:
        from pyhanko.pdf_utils.reader import PdfFileReader
    except ImportError:
        return [(Status.INDETERMINATE, RecordReason.SIGNATURE_UNSUPPORTED, "pyHanko")]
    begin = next((end for end in _ends(pdf) if hashlib.sha256(pdf[:end]).digest() == agreement), None)
    if begin is None:
        return [(Status.FAILED, RecordReason.AGREEMENT_DIFFERS, agreement.hex())]
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it logs what it finds; here that is an outcome
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = reader.embedded_regular_signatures
        if not signatures:
            return [(*INVALID, "PAdES")]
        added = _added(pdf, pdf[:begin])
        if added is not None:
            return [added]
        last = len(signatures) - 1
        return [_judged(one, place == last, roots, at) for place, one in enumerate(signatures)]
    except Exception as exc:  # a PDF from outside: pyHanko lets errors of many kinds through, and all mean the same
        return [(*INVALID, type(exc).__name__)]


def _ends(pdf: bytes) -> Iterator[int]:
    """Where a revision of the file may end: behind each end mark, with the line break that may follow."""
    place = -1
    for _ in range(MAX_REVISIONS):
        place = pdf.find(_END, place + 1)
        if place < 0:
            return
        end = place + len(_END)
        yield end
        for line in (b"\r\n", b"\n", b"\r"):
            if pdf.startswith(line, end):
                yield end + len(line)


def _added(pdf: bytes, agreement: bytes) -> Outcome | None:
    """What speaks against the signed file showing the agreement and nothing else; None: nothing does."""
    from notary.report.checking import ReportReason, compare

    compared = compare(pdf, agreement, same_edition=True)
    if compared.status is Status.PASSED:
        return None
    detail = compared.differences[0].detail if compared.differences else ""
    if compared.reason is ReportReason.COVERED:  # a visible signature, or worse: eyes can tell, this cannot
        return Status.INDETERMINATE, RecordReason.SIGNATURE_UNSUPPORTED, detail
    return Status.FAILED, RecordReason.AGREEMENT_DIFFERS, detail


def _judged(signature: Any, last: bool, roots: Sequence[bytes], at: int | None) -> Outcome:
    from asn1crypto import x509
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    moment = datetime.fromtimestamp(at or 0, UTC)  # without a time only the signature itself is asked about
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots], allow_fetching=False, moment=moment
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    status = validate_pdf_signature(signature, context, key_usage_settings=usage)
    who = "".join(c for c in signature.signer_cert.subject.human_friendly[:MAX_IDENTITY] if c.isprintable())
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    revision = status.coverage is SignatureCoverageLevel.ENTIRE_REVISION
    if not (status.intact and status.valid and (whole or (revision and not last)) and status.docmdp_ok):
        return *INVALID, who
    if at is None:
        return Status.INDETERMINATE, RecordReason.SIGNER_UNDATED, who
    certificate = signature.signer_cert["tbs_certificate"]["validity"]
    if not certificate["not_before"].native <= moment <= certificate["not_after"].native:
        return Status.INDETERMINATE, RecordReason.SIGNER_EXPIRED, who
    if not status.trusted:
        return Status.INDETERMINATE, RecordReason.SIGNER_UNTRUSTED, who
    return Status.PASSED, None, who
