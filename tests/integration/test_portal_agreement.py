"""Agreements as PDF: made, read back, checked by making them again, and held against the plan that was signed."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from eth_account import Account
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject
from support import agreements, papers, reports
from support.tsa_chain import chain

from notary.report.embedded import files
from notary.report.render import compile_pdf, page_of
from notary.report.signing import SigningKey, sign
from notary.report.text import BREAK
from notary.verdicts.verdict import Status
from portal.agreement.beside import plan_of
from portal.agreement.checking import agreement_of, carries_agreement, check_agreement
from portal.agreement.facts import build
from portal.agreement.render import agreement_digest, edition
from portal.agreement.values import FILE, Agreement
from portal.agreement.verdict import AgreementReason, AgreementVerdict
from portal.errors import AgreementInvalid, PaperInvalid
from portal.papers import Opening, Paper
from settlement.schedule import cumulative

KEYS = {name: Account.from_key(bytes([number]) * 32) for number, name in ((1, "debtor"), (2, "creditor"))}


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages).replace(BREAK, "")


def check(pdf: bytes, paper: Paper | None = None) -> AgreementVerdict:
    return check_agreement(pdf, reports.fonts, paper)


def outcome(verdict: AgreementVerdict) -> tuple[Status, AgreementReason | None]:
    return verdict.status, verdict.reason


def changed(pdf: bytes, change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    """The PDF as another program writes it after `change`."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def forged(says: Agreement, carries: Agreement, **page: Any) -> bytes:
    """An agreement whose pages say one thing and whose terms say another."""
    fonts = reports.fonts(says.languages)
    laid, _ = page_of(build(says), fonts, frozenset())
    stated = replace(carries, edition=edition()).to_bytes()
    return compile_pdf({**laid, **page}, {FILE: stated}, fonts, says.drawn_at)


def signed(paper: Paper) -> Paper:
    """With the signatures of the parties' own keys."""
    for role, key in KEYS.items():
        data = key.sign_typed_data(full_message=paper.typed_data).signature
        paper = paper.with_signature(role, bytes(data))
    return paper


def own_keys(**more: Any) -> Agreement:
    terms = agreements.secured(debtor=KEYS["debtor"].address, creditor=KEYS["creditor"].address, **more)
    return agreements.agreement(terms)


@pytest.fixture(scope="module")
def given() -> Agreement:
    return own_keys()


@pytest.fixture(scope="module")
def pdf(given: Agreement) -> bytes:
    return agreements.pdf_of(given)


@pytest.fixture(scope="module")
def plan(given: Agreement, pdf: bytes) -> Paper:
    return signed(agreements.plan_of(given, pdf))


class TestAgreementPdf:
    def test_the_same_terms_give_the_same_bytes(self, given: Agreement, pdf: bytes) -> None:
        assert agreements.pdf_of(given) == pdf

    def test_it_calls_itself_pdf_a_3a_and_pdf_ua_1_and_is_tagged(self, pdf: bytes) -> None:
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        assert reader.xmp_metadata is not None
        xml = reader.xmp_metadata.stream.get_data().decode()
        assert re.search(r"<pdfaid:part>3<.*<pdfaid:conformance>A<", xml, re.DOTALL)
        assert "<pdfuaid:part>1<" in xml
        assert "/StructTreeRoot" in reader.root_object

    def test_it_carries_the_terms_it_was_made_from_and_nothing_else(self, given: Agreement, pdf: bytes) -> None:
        assert set(files(pdf)) == {FILE}
        assert replace(agreement_of(pdf), edition="") == given

    @pytest.mark.parametrize("languages", agreements.PAIRS, ids="+".join)
    def test_each_pair_of_languages_passes_and_prints_no_placeholder(self, languages: tuple[str, ...]) -> None:
        made = agreements.pdf_of(agreements.agreement(languages=languages, prevails=languages[-1]))
        text = text_of(made)
        assert "[U+" not in text
        assert not re.search(r"\{[a-z]+\}", text)
        assert outcome(check(made)) == (Status.PASSED, None)

    def test_every_installment_and_every_field_of_the_terms_is_on_the_pages(self, given: Agreement, pdf: bytes) -> None:
        text = "".join(text_of(pdf).split())
        for k in range(1, 14):
            part = cumulative(given.terms, k) - cumulative(given.terms, k - 1)
            assert f"{part // 10**6}.{part % 10**6:06}TEST" in text
        for label, value in given.terms.to_dict().items():
            if label not in ("kind", "version", "calendar", "allocation", "agreement"):
                assert f"Terms.{label}{value}" in text
        assert given.collateral is not None
        for label, value in given.collateral.terms.to_dict().items():
            if label not in ("kind", "version"):
                assert f"CollateralTerms.{label}{value}" in text

    def test_six_hundred_installments_and_hostile_names_are_printed_whole(self) -> None:
        name = "a\u202eb<b>#show</b>$x$\n" + "n" * 180
        own = agreements.agreement(
            agreements.secured(installments=600), languages=("de",), prevails="de", debtor_name=name
        )
        made = agreements.pdf_of(own)
        text = "".join(text_of(made).split())
        assert "a[U+202E]b<b>#show</b>$x$[U+000A]" + "n" * 180 in text
        assert "1200.000000TEST" in text
        assert outcome(check(made)) == (Status.PASSED, None)

    def test_characters_that_no_font_has_are_written_out_and_passed_again(self) -> None:
        made = agreements.pdf_of(agreements.agreement(languages=("en",), prevails="en", debtor_name="ᏣᎳᎩ"))
        assert "[U+13E3][U+13B3][U+13A9]" in text_of(made)
        assert agreement_of(made).unshown == {0x13E3, 0x13B3, 0x13A9}
        assert outcome(check(made)) == (Status.PASSED, None)


class TestCheckAgreementAlone:
    def test_check_passes_the_agreement_itself(self, pdf: bytes) -> None:
        verdict = check(pdf)
        assert [one.status for one in verdict.checks] == [Status.PASSED] * 2
        assert verdict.sha256 == agreement_digest(pdf)
        assert carries_agreement(pdf)

    @pytest.mark.parametrize(
        "more",
        [{"total": "1201"}, {"late_daily": "0.6"}, {"first_due": "2027-02-27"}, {"default_missed": 4}],
        ids=lambda more: next(iter(more)),
    )
    def test_a_changed_number_is_named_as_one(self, given: Agreement, more: dict[str, Any]) -> None:
        made = forged(own_keys(**more), given)
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.NUMBER_DIFFERS)

    def test_a_changed_word_is_named_as_one(self, given: Agreement) -> None:
        made = forged(replace(given, prevails="zh-Hans"), given)
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.WORDS_DIFFER)

    def test_a_changed_name_of_a_party_is_a_changed_word(self, given: Agreement) -> None:
        made = forged(replace(given, creditor_name="海联机械有眼公司"), given)
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.WORDS_DIFFER)

    def test_a_missing_page_fails(self, pdf: bytes) -> None:
        made = changed(pdf, lambda writer: writer.remove_page(1))
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.PAGES_DIFFER)

    def test_a_covering_annotation_fails(self, pdf: bytes) -> None:
        note = FreeText(text="120.000000 TEST", rect=(100, 600, 300, 640), background_color="ffffff")
        made = changed(pdf, lambda writer: writer.add_annotation(0, note))
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.COVERED)

    def test_a_script_that_was_added_fails(self, pdf: bytes) -> None:
        def script(writer: pypdf.PdfWriter) -> None:
            action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('')")}
            writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)

        made = changed(pdf, script)
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.ADDED)

    def test_a_number_that_is_painted_over_fails(self, pdf: bytes) -> None:
        def paint(writer: pypdf.PdfWriter) -> None:
            page, stream = writer.pages[0], DecodedStreamObject()
            drawn = page.get_contents()
            assert drawn is not None
            stream.set_data(drawn.get_data() + b"\nq 1 1 1 rg 150 500 300 40 re f Q\n")
            page[NameObject("/Contents")] = writer._add_object(stream)

        assert outcome(check(changed(pdf, paint))) == (Status.FAILED, AgreementReason.DRAWN_DIFFERENTLY)

    def test_another_edition_is_not_called_false_and_never_passes(self, given: Agreement) -> None:
        fonts = reports.fonts(given.languages)
        laid, _ = page_of(build(own_keys(total="1201")), fonts, frozenset())
        made = compile_pdf(laid, {FILE: replace(given, edition="ab" * 32).to_bytes()}, fonts, given.drawn_at)
        assert outcome(check(made)) == (Status.INDETERMINATE, AgreementReason.MAKER_DIFFERS)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"total":"1200000000"', b'"total":"12"'),  # below one unit an installment
            (b'"tag":"BR-consumer"', b'"tag":"BR-business"'),
            (b'"prevails":"pt-BR"', b'"prevails":"vi"'),
            (b'"version":1}\n', b'"version":2}\n'),
        ],
        ids=["rules", "jurisdiction", "prevails", "version"],
    )
    def test_terms_that_cannot_be_are_told_as_such(self, given: Agreement, pdf: bytes, old: bytes, new: bytes) -> None:
        data = given.to_bytes()
        assert old in data
        fonts = reports.fonts(given.languages)
        laid, _ = page_of(build(given), fonts, frozenset())
        made = compile_pdf(laid, {FILE: data.replace(old, new, 1)}, fonts, given.drawn_at)
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.TERMS_INVALID)

    def test_an_agreement_with_another_file_beside_its_terms_fails(self, given: Agreement) -> None:
        fonts = reports.fonts(given.languages)
        laid, _ = page_of(build(given), fonts, frozenset())
        made = compile_pdf(laid, {FILE: given.to_bytes(), "more.json": b"{}"}, fonts, given.drawn_at)
        assert outcome(check(made)) == (Status.FAILED, AgreementReason.TERMS_INVALID)

    def test_files_that_are_no_agreement_are_refused_and_not_taken_for_one(self) -> None:
        for data in (b"", b"%PDF-1.7\nnothing", pypdf_blank()):
            assert not carries_agreement(data)
            with pytest.raises(AgreementInvalid):
                agreement_of(data)

    def test_a_bomb_is_refused(self, given: Agreement) -> None:
        fonts = reports.fonts(given.languages)
        laid, _ = page_of(build(given), fonts, frozenset())
        made = compile_pdf(laid, {FILE: b'{"a":"' + b" " * 80_000 + b'"}'}, fonts, given.drawn_at)
        with pytest.raises(AgreementInvalid, match="more than"):
            agreement_of(made)

    def test_a_file_with_any_changed_byte_raises_nothing_and_never_says_more(self, pdf: bytes, plan: Paper) -> None:
        chance = random.Random(4)
        for _ in range(12):
            place = chance.randrange(len(pdf))
            broken = pdf[:place] + bytes([pdf[place] ^ (1 << chance.randrange(8))]) + pdf[place + 1 :]
            verdict = check(broken, plan)
            if verdict.status is Status.PASSED:  # its pages and terms are the same ones
                assert replace(agreement_of(broken), edition="") == replace(agreement_of(pdf), edition="")


def pypdf_blank() -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return out.getvalue()


class TestCheckAgreementWithItsPlan:
    def test_check_passes_with_the_plan_that_was_signed(self, pdf: bytes, plan: Paper) -> None:
        verdict = check(pdf, plan)
        assert [one.status for one in verdict.checks] == [Status.PASSED] * 5
        assert verdict.plan_id == plan.id

    def test_check_passes_a_file_that_something_was_added_behind(self, pdf: bytes, plan: Paper) -> None:
        incremental = pypdf.PdfWriter(io.BytesIO(pdf), incremental=True)
        incremental.add_metadata({"/Keywords": "signed"})
        out = io.BytesIO()
        incremental.write(out)
        verdict = check(out.getvalue(), plan)
        assert verdict.checks[3].status is Status.PASSED
        assert agreement_digest(pdf).hex() in verdict.checks[3].detail

    def test_check_passes_an_agreement_that_a_person_signed(self, pdf: bytes, plan: Paper) -> None:
        made = chain()
        secret = made.leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        verdict = check(sign(pdf, SigningKey(made.leaf.der, secret, made.certificates[1:])), plan)
        assert [one.status for one in verdict.checks] == [Status.PASSED] * 5
        assert verdict.sha256 != agreement_digest(pdf)

    def test_a_plan_of_other_terms_fails(self, pdf: bytes) -> None:
        other = own_keys(total="1201")
        plan = signed(agreements.plan_of(other, pdf))
        verdict = check(pdf, plan)
        assert outcome(verdict) == (Status.FAILED, AgreementReason.PLAN_DIFFERS)
        assert verdict.checks[2].detail == "total: 1200000000 in the agreement, 1201000000 in the plan"

    @pytest.mark.parametrize("more", [{"decimals": 5}, {"symbol": "USDC"}, {"chain_id": 1}], ids=str)
    def test_a_plan_whose_money_or_chain_is_another_fails(self, given: Agreement, pdf: bytes, more: Any) -> None:
        plan = signed(replace(agreements.plan_of(given, pdf), **more))
        assert outcome(check(pdf, plan)) == (Status.FAILED, AgreementReason.PLAN_DIFFERS)

    def test_another_salt_is_named_as_one(self, given: Agreement, pdf: bytes) -> None:
        plan = agreements.plan_of(given, pdf)
        assert plan.agreement is not None
        wrong = signed(replace(plan, agreement=Opening(plan.agreement.text, b"\5" * 32)))
        with pytest.raises(PaperInvalid):
            Paper.from_bytes(wrong.to_bytes())
        read = plan_of(wrong.to_bytes(), "plan")
        assert outcome(check(pdf, read)) == (Status.FAILED, AgreementReason.SALT_DIFFERS)

    def test_a_plan_that_commits_to_another_file_fails(self, given: Agreement, pdf: bytes) -> None:
        plan = signed(agreements.plan_of(given, b"another file"))
        assert outcome(check(pdf, plan)) == (Status.FAILED, AgreementReason.DIGEST_DIFFERS)

    def test_the_same_terms_in_other_languages_are_another_agreement(self, given: Agreement, plan: Paper) -> None:
        made = agreements.pdf_of(replace(given, languages=("en",), prevails="en"))
        assert outcome(check(made, plan)) == (Status.FAILED, AgreementReason.DIGEST_DIFFERS)

    def test_a_plan_without_its_salt_leaves_it_open(self, pdf: bytes, plan: Paper) -> None:
        verdict = check(pdf, replace(plan, agreement=None))
        assert outcome(verdict) == (Status.INDETERMINATE, AgreementReason.SALT_MISSING)

    def test_a_plan_that_a_party_has_not_signed_leaves_it_open(self, pdf: bytes, plan: Paper) -> None:
        verdict = check(pdf, replace(plan, signatures=(plan.signatures[0], None)))
        assert outcome(verdict) == (Status.INDETERMINATE, AgreementReason.UNSIGNED)

    def test_a_signature_of_somebody_else_fails_and_a_wallets_stays_open(self, pdf: bytes, plan: Paper) -> None:
        first, _ = plan.signatures
        stolen = replace(plan, signatures=(first, first))
        assert outcome(check(pdf, stolen)) == (Status.FAILED, AgreementReason.SIGNATURE_INVALID)
        wallet = replace(plan, signatures=(first, b"\1" * 96))
        assert outcome(check(pdf, wallet)) == (Status.INDETERMINATE, AgreementReason.WALLET_UNASKED)

    def test_an_escrow_beside_is_refused(self) -> None:
        with pytest.raises(PaperInvalid, match="escrow"):
            plan_of(papers.escrow_paper().to_bytes(), "beside")
