"""portal/agreement/values, figures and verdicts: what an agreement takes, and what it works out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support import agreements, papers, reports

from notary.report.checking import ReportReason
from notary.verdicts.reasons import LOCALES
from notary.verdicts.verdict import Status
from portal.agreement.checking import _REASONS
from portal.agreement.drafting import Wanted, agree
from portal.agreement.facts import build
from portal.agreement.figures import Figures
from portal.agreement.render import agreement_digest, commitment_of
from portal.agreement.values import LANGUAGES, MAX_NAME, Agreement, Jurisdiction
from portal.agreement.verdict import AgreementCheck, AgreementReason, AgreementVerdict
from portal.agreement.verdict_words import WORDS
from portal.agreement.words import Sayer
from portal.cli import plan_agreement
from portal.errors import AgreementInvalid, ArgumentInvalid
from portal.papers import Opening
from settlement.commitments import agreement_commitment
from settlement.schedule import DAY, due_at
from settlement.terms import Allocation
from settlement.token import TokenInfo


def figures(given: Agreement) -> Figures:
    return Figures(given, Sayer(given.languages))


class TestAgreement:
    def test_it_is_read_back_as_it_was_written(self) -> None:
        for given in (agreements.agreement(), agreements.agreement(agreements.terms(), jurisdiction=None)):
            assert Agreement.from_bytes(given.to_bytes()) == given

    def test_terms_that_already_carry_a_commitment_are_refused(self) -> None:
        with pytest.raises(AgreementInvalid, match="without one"):
            agreements.agreement(agreements.secured(agreement=b"\1" * 32))

    @pytest.mark.parametrize(
        ("languages", "prevails"),
        [((), "en"), (("en", "en"), "en"), (("en", "de", "vi"), "en"), (("en", "xx"), "en"), (("en", "de"), "vi")],
        ids=str,
    )
    def test_languages_are_one_or_two_different_ones_and_one_of_them_prevails(
        self, languages: tuple[str, ...], prevails: str
    ) -> None:
        with pytest.raises(AgreementInvalid):
            agreements.agreement(languages=languages, prevails=prevails)

    def test_a_name_has_at_most_so_many_characters(self) -> None:
        agreements.agreement(debtor_name="n" * MAX_NAME)
        with pytest.raises(AgreementInvalid, match="201 characters"):
            agreements.agreement(debtor_name="n" * (MAX_NAME + 1))

    @pytest.mark.parametrize(
        "more",
        [
            {"book": papers.DEBTOR},
            {"collateral": None},
            {"jurisdiction": Jurisdiction("BR-business", papers.TAG.salt)},
            {"drawn_at": -1},
            {"drawn_at": 2**60},
        ],
        ids=lambda more: next(iter(more)),
    )
    def test_what_contradicts_the_terms_is_refused(self, more: dict[str, Any]) -> None:
        with pytest.raises(AgreementInvalid):
            agreements.agreement(**more)

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 70_000, b'{"format":"tallystick/agreement"}'])
    def test_what_is_no_agreement_is_refused(self, data: bytes) -> None:
        with pytest.raises(AgreementInvalid):
            Agreement.from_bytes(data)


class TestFigures:
    def test_the_late_example_has_both_sides_of_each_change_up_to_the_cap(self) -> None:
        given = agreements.agreement()
        due = due_at(given.terms, 1)
        assert figures(given).late_example() == [
            (due, 0, 0),
            (due + 7 * DAY, 7, 0),
            (due + 7 * DAY + 1, 7, 8_500_000),
            (due + 8 * DAY, 8, 9_000_000),
            (due + 70 * DAY, 70, 40_000_000),
        ]

    def test_the_late_example_of_a_flat_charge_reaches_its_cap_at_once(self) -> None:
        given = agreements.agreement(agreements.terms(late_daily="0", late_cap="5"))
        assert [charge for _, _, charge in figures(given).late_example()] == [0, 0, 5_000_000, 5_000_000]

    @pytest.mark.parametrize(
        ("allocation", "principal", "charges"),
        [(Allocation.PRINCIPAL_FIRST, 92_307_692, 0), (Allocation.CHARGES_FIRST, 83_307_692, 9_000_000)],
    )
    def test_the_payment_example_follows_the_order_that_was_agreed(
        self, allocation: Allocation, principal: int, charges: int
    ) -> None:
        paid = figures(agreements.agreement(agreements.secured(allocation=allocation))).payment_example()
        assert (paid.amount, paid.principal, paid.charges) == (92_307_692, principal, charges)
        assert paid.left == 1_200_000_000 - principal + 9_000_000 - charges

    def test_the_sale_example_begins_in_the_first_second_of_default(self) -> None:
        given = agreements.agreement()
        sale = figures(given).sale_example()
        assert sale.at == due_at(given.terms, 3) + 7 * DAY + 1  # three installments late, before 90 days are over
        assert sale.start == -(-sale.debt * 15_000 // 10_000)
        assert sale.least == 300_000_000

    def test_no_rule_of_default_means_never(self) -> None:
        never = figures(agreements.agreement(agreements.terms(default_missed=0, default_seconds=0)))
        assert never.default_at is None

    def test_moments_are_told_in_utc_and_by_the_agreed_clocks_of_any_year(self) -> None:
        here = figures(agreements.agreement())
        (utc, local) = here.moment(2**40 - 1)
        assert (utc.text, local.text) == ("36812-02-20 00:36:15 UTC", "36812-02-19 21:36:15 UTC-03:00")
        assert len(figures(agreements.agreement(agreements.secured(utc_offset="+00:00"))).moment(0)) == 1


class TestBuild:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(
        "terms",
        [
            agreements.secured(),
            agreements.terms(late_flat="0", late_daily="0", late_cap="0", grace_seconds=0),
            agreements.terms(default_missed=0, default_seconds=0, allocation=Allocation.CHARGES_FIRST),
        ],
        ids=["secured", "bare", "no-default"],
    )
    def test_every_kind_of_terms_can_be_said_in_every_language(self, language: str, terms: Any) -> None:
        report = build(agreements.agreement(terms, languages=(language,), prevails=language))
        assert reports.texts(report).count("\n") > 60

    def test_the_clause_that_says_which_text_prevails_is_in_both_languages(self) -> None:
        report = build(agreements.agreement(languages=("vi", "en"), prevails="vi"))
        assert "bản tiếng Việt được ưu tiên áp dụng" in reports.texts(report, 0)
        assert "the text in Vietnamese prevails" in reports.texts(report, 1)


class TestAgree:
    def test_the_terms_commit_to_the_agreement_that_was_made_from_them(self) -> None:
        terms = agreements.secured()
        made, opened, pdf = agree(
            Wanted(("en",), "en", debtor="Aurora"),
            terms,
            chain=(31338, "dev"),
            book=papers.BOOK,
            token=TokenInfo(papers.TOKEN, "TEST", 6),
            pledged=agreements.pledged(),
            pledged_token=TokenInfo(papers.PLEDGED, "PLG", 8),
            jurisdiction=Opening(papers.TAG.text, papers.TAG.salt),
            drawn_at=papers.NOW,
            fonts_of=reports.fonts,
        )
        assert replace(made, agreement=bytes(32)) == terms
        assert opened.text == agreement_digest(pdf).hex()
        assert made.agreement == commitment_of(pdf, opened.salt)
        assert made.agreement == agreement_commitment(opened.salt, agreement_digest(pdf))


class TestVerdict:
    def test_every_reason_and_every_check_has_words_in_every_language_of_a_verdict(self) -> None:
        assert set(WORDS) == set(LOCALES)
        for words in WORDS.values():
            assert set(words.meanings) == set(AgreementReason)
            assert len(words.titles) == 5

    def test_every_difference_that_a_comparison_finds_has_a_reason_of_its_own(self) -> None:
        of_text_or_none = {ReportReason.TEXT_DIFFERS, ReportReason.RECEIPTS_INVALID, ReportReason.RENDERER_DIFFERS}
        assert set(_REASONS) | of_text_or_none == set(ReportReason)

    def test_a_failed_check_decides_before_one_that_is_open(self) -> None:
        checks = (
            AgreementCheck(1, Status.INDETERMINATE, "", AgreementReason.MAKER_DIFFERS),
            AgreementCheck(2, Status.FAILED, "", AgreementReason.DIGEST_DIFFERS),
        )
        verdict = AgreementVerdict(bytes(32), None, checks)
        assert (verdict.status, verdict.reason) == (Status.FAILED, AgreementReason.DIGEST_DIFFERS)
        assert verdict.to_json()["reason"] == "agreement-digest-differs"


class TestOptions:
    def test_the_command_line_offers_the_languages_that_there_are(self) -> None:
        assert plan_agreement.LANGUAGES == LANGUAGES

    @pytest.mark.parametrize(
        "given",
        [
            ("file", ("en",), None, "", ""),
            (None, ("en", "de"), None, "", ""),
            (None, (), "en", "", ""),
            (None, (), None, "Aurora", ""),
            (None, (), None, "", "Hailian"),
        ],
        ids=str,
    )
    def test_options_that_do_not_fit_each_other_are_refused(self, given: Any) -> None:
        with pytest.raises(ArgumentInvalid):
            plan_agreement.wanted(*given)

    def test_one_language_prevails_by_itself(self) -> None:
        assert plan_agreement.wanted(None, ("de",), None, "", "") == Wanted(("de",), "de")
        assert plan_agreement.wanted(None, (), None, "", "") is None
