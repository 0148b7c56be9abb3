"""Agreements signed as PDF (PAdES): the person's own signature on the agreement's bytes, and what passes for it."""

from __future__ import annotations

import hashlib
import io
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import BEGIN, END, Certified, certify

from notary.report.signing import SigningKey, sign
from notary.verdicts.verdict import Status
from portal.demo.files import make_files
from portal.signing.agreed import MAX_REVISIONS, check_agreed
from portal.signing.check import Outcome
from portal.signing.verdict import RecordReason

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
ROOT = certify("Root", ca=True)
PERSON = certify("Li Wei", ROOT)
AT = int(time.time())
INVALID = (FAILED, RecordReason.E_SIGNATURE_INVALID)


def papers() -> list[bytes]:
    """PDFs of one page each."""
    with TemporaryDirectory() as folder:
        made = list(make_files(Path(folder), 15))
        return [path.read_bytes() for path in made if path.suffix == ".pdf"]


AGREEMENT, ANOTHER = papers()
DIGEST = hashlib.sha256(AGREEMENT).digest()


def key(person: Certified) -> SigningKey:
    made = person.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(person.der, made)


def signed_by(person: Certified, pdf: bytes = AGREEMENT) -> bytes:
    return sign(pdf, key(person))


def outcome(
    pdf: bytes, *, roots: tuple[bytes, ...] = (ROOT.der,), at: int | None = AT, digest: bytes = DIGEST
) -> Outcome:
    (only,) = check_agreed(pdf, digest, roots, at)
    return only


@pytest.fixture(scope="module")
def signed() -> bytes:
    return signed_by(PERSON)


class TestCheckAgreed:
    def test_passes_with_the_persons_name_under_a_root_of_the_verifiers(self, signed: bytes) -> None:
        status, reason, who = outcome(signed)
        assert (status, reason) == (PASSED, None)
        assert "Li Wei" in who

    def test_root_time_and_validity_are_the_verifiers(self, signed: bytes) -> None:
        assert outcome(signed, roots=())[:2] == (INDETERMINATE, RecordReason.SIGNER_UNTRUSTED)
        other = certify("Root", ca=True)
        assert outcome(signed, roots=(other.der,))[:2] == (INDETERMINATE, RecordReason.SIGNER_UNTRUSTED)
        assert outcome(signed, at=None)[:2] == (INDETERMINATE, RecordReason.SIGNER_UNDATED)
        for at in (BEGIN - 1, END + 1):
            assert outcome(signed, at=at)[:2] == (INDETERMINATE, RecordReason.SIGNER_EXPIRED)

    def test_another_agreement_signed_is_not_this_one(self, signed: bytes) -> None:
        differs = (FAILED, RecordReason.AGREEMENT_DIFFERS)
        assert outcome(signed_by(PERSON, ANOTHER))[:2] == differs
        assert outcome(signed, digest=b"\0" * 32)[:2] == differs
        for nothing in (b"", b"%%EOF" * (MAX_REVISIONS + 1), b"no PDF"):
            assert outcome(nothing)[:2] == differs

    def test_agreement_without_a_signature_fails(self) -> None:
        assert outcome(AGREEMENT)[:2] == INVALID

    def test_page_added_before_signing_fails_though_the_agreement_is_in_the_file(self) -> None:
        writer = pypdf.PdfWriter(io.BytesIO(AGREEMENT), incremental=True)
        writer.add_blank_page(100, 100)
        out = io.BytesIO()
        writer.write(out)
        assert out.getvalue().startswith(AGREEMENT)
        found = outcome(signed_by(PERSON, out.getvalue()))
        assert found[:2] == (FAILED, RecordReason.AGREEMENT_DIFFERS)

    def test_what_is_drawn_over_the_agreement_is_for_people_to_look_at(self) -> None:
        from pypdf.annotations import FreeText

        writer = pypdf.PdfWriter(io.BytesIO(AGREEMENT), incremental=True)
        writer.add_annotation(0, FreeText(text="nothing is owed", rect=(0, 0, 100, 100)))
        out = io.BytesIO()
        writer.write(out)
        found = outcome(signed_by(PERSON, out.getvalue()))
        assert found[:2] == (INDETERMINATE, RecordReason.SIGNATURE_UNSUPPORTED)

    def test_anything_added_after_signing_fails(self, signed: bytes) -> None:
        writer = pypdf.PdfWriter(io.BytesIO(signed), incremental=True)
        writer.add_blank_page(100, 100)
        out = io.BytesIO()
        writer.write(out)
        assert outcome(out.getvalue())[0] is FAILED
        assert outcome(signed + b"\n%%EOF\n")[:2] == INVALID

    def test_no_changed_byte_behind_the_agreement_passes(self, signed: bytes) -> None:
        contents = signed.index(b"/Contents <", len(AGREEMENT)) + 11
        end = signed.index(b">", contents)
        good = outcome(signed)
        outside = [place for place in range(len(AGREEMENT) + 7, len(signed)) if not contents <= place < end]
        for place in (*outside[::29], *range(contents, contents + 4_000, 251)):
            altered = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
            found = check_agreed(altered, DIGEST, (ROOT.der,), AT)
            # A CMS signature has parts that it does not cover itself; the record's digest of the file covers them.
            assert all(status is not PASSED for status, _, _ in found) or (contents <= place < end and found == [good])
