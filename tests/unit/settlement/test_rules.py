# ruff: noqa: E501  # the table of borders reads best with one rule a line
"""The rules of terms: the last value that passes and the first that fails, each with its own error."""

from __future__ import annotations

from typing import Any

import pytest
from support.settlement_samples import (
    BOOK,
    COLLATERAL,
    CREDITOR,
    DAY,
    DEBTOR,
    ESCROW,
    MODULE,
    MONTHLY,
    NOW,
    TOKEN,
    WEEKLY,
    ZERO,
    but,
    utc,
)

from settlement import terms_errors as wrong
from settlement.errors import TermsInvalid
from settlement.rules import validate, validate_collateral, validate_collateral_form, validate_escrow
from settlement.terms import Calendar, Terms, collateral_terms_hash

HUGE = 2**112 - 1
PLEDGED: Terms = but(MONTHLY, collateral=MODULE, collateral_terms=collateral_terms_hash(COLLATERAL))


def check(terms: Terms, now: int = NOW) -> None:
    validate(terms, now=now, book=BOOK)


def refused(terms: Terms, error: type[TermsInvalid], now: int = NOW) -> dict[str, int | str]:
    with pytest.raises(error) as caught:
        check(terms, now)
    assert type(caught.value) is error
    return caught.value.values


@pytest.mark.parametrize("terms", [MONTHLY, WEEKLY, PLEDGED])
def test_validate_accepts_sound_terms(terms: Terms) -> None:
    check(terms)


class TestParties:
    @pytest.mark.parametrize("role", ["debtor", "creditor", "token"])
    def test_zero_address(self, role: str) -> None:
        assert refused(but(MONTHLY, **{role: ZERO}), wrong.PartyMissing) == {"role": role}

    def test_one_party_on_both_sides(self) -> None:
        assert refused(but(MONTHLY, creditor=DEBTOR), wrong.PartiesSame) == {"address": DEBTOR}

    @pytest.mark.parametrize(
        ("role", "address", "what"),
        [
            ("debtor", BOOK, "book"),
            ("creditor", BOOK, "book"),
            ("token", BOOK, "book"),
            ("debtor", TOKEN, "token"),
            ("creditor", TOKEN, "token"),
        ],
    )
    def test_book_or_token_as_a_party(self, role: str, address: str, what: str) -> None:
        found = refused(but(MONTHLY, **{role: address}), wrong.PartyReserved)
        assert found == {"role": role, "address": address, "what": what}

    def test_book_is_recognised_in_any_spelling(self) -> None:
        with pytest.raises(wrong.PartyReserved):
            validate(but(MONTHLY, debtor=BOOK), now=NOW, book=BOOK.lower())


BORDERS: list[tuple[str, Terms, dict[str, Any], dict[str, Any], type[TermsInvalid]]] = [
    ("installments at least 1", MONTHLY, {"installments": 1, "default_missed": 1}, {"installments": 0}, wrong.InstallmentsOutOfRange),
    ("installments at most 600", MONTHLY, {"installments": 600}, {"installments": 601}, wrong.InstallmentsOutOfRange),
    ("total at least one unit each", MONTHLY, {"total": 6}, {"total": 5}, wrong.TotalOutOfRange),
    ("total at most 2^112 - 1", but(MONTHLY, late_flat=0, late_daily=0, late_cap=0), {"total": HUGE}, {"total": HUGE + 1}, wrong.TotalOutOfRange),
    ("months at least 1", MONTHLY, {"interval": 1}, {"interval": 0}, wrong.IntervalOutOfRange),
    ("months at most 120", MONTHLY, {"interval": 120}, {"interval": 121}, wrong.IntervalOutOfRange),
    ("seconds at least 60", but(WEEKLY, late_daily=0, late_flat=40), {"interval": 60}, {"interval": 59}, wrong.IntervalOutOfRange),
    ("anchor day of months at least 1", but(MONTHLY, first_due_at=utc("2027-02-01")), {"anchor_day": 1}, {"anchor_day": 0}, wrong.AnchorDayOutOfRange),
    ("anchor day of months at most 31", MONTHLY, {"anchor_day": 31}, {"anchor_day": 32}, wrong.AnchorDayOutOfRange),
    ("anchor day of seconds 0", WEEKLY, {"anchor_day": 0}, {"anchor_day": 1}, wrong.AnchorDayOutOfRange),
    ("offset of seconds 0", WEEKLY, {"utc_offset": 0}, {"utc_offset": 1}, wrong.UtcOffsetOutOfRange),
    ("offset at least -14 h", MONTHLY, {"utc_offset": -50_400}, {"utc_offset": -50_401}, wrong.UtcOffsetOutOfRange),
    ("offset at most +14 h", but(MONTHLY, first_due_at=utc("2027-01-31 01:00:00")), {"utc_offset": 50_400}, {"utc_offset": 50_401}, wrong.UtcOffsetOutOfRange),
    ("grace at most 366 days", but(MONTHLY, default_seconds=0), {"grace_seconds": 366 * DAY}, {"grace_seconds": 366 * DAY + 1}, wrong.GraceTooLong),
    ("flat at most the cap", MONTHLY, {"late_flat": 40}, {"late_flat": 41}, wrong.LateFlatAboveCap),
    ("cap within a year of months", MONTHLY, {"late_cap": 10 + 365}, {"late_cap": 10 + 366}, wrong.LateCapUnreachable),
    ("cap within twelve weeks", WEEKLY, {"late_cap": 10 + 84}, {"late_cap": 10 + 85}, wrong.LateCapUnreachable),
    ("total and caps at most 2^112 - 1", MONTHLY, {"total": HUGE - 6 * 40}, {"total": HUGE - 6 * 40 + 1}, wrong.ChargesTooLarge),
    ("missed at most all", MONTHLY, {"default_missed": 6}, {"default_missed": 7}, wrong.DefaultMissedOutOfRange),
    ("default not before grace ends", MONTHLY, {"default_seconds": 5 * DAY}, {"default_seconds": 5 * DAY - 1}, wrong.DefaultBeforeGrace),
    ("default by time off", MONTHLY, {"default_seconds": 0}, {"default_seconds": 1}, wrong.DefaultBeforeGrace),
    ("collateral needs default by time", PLEDGED, {"default_missed": 0}, {"default_seconds": 0}, wrong.CollateralWithoutDefaultSeconds),
    ("collateral needs its terms", PLEDGED, {}, {"collateral_terms": bytes(32)}, wrong.CollateralMismatch),
    ("collateral terms need a module", PLEDGED, {}, {"collateral": ZERO}, wrong.CollateralMismatch),
]  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "good", "bad", "error"), [row[1:] for row in BORDERS], ids=[row[0] for row in BORDERS]
)
def test_validate_accepts_the_last_good_value_and_refuses_the_first_bad_one(
    terms: Terms, good: dict[str, Any], bad: dict[str, Any], error: type[TermsInvalid]
) -> None:
    check(but(terms, **good))
    refused(but(terms, **bad), error)


class TestDates:
    def test_first_due_may_be_now_and_not_a_second_earlier(self) -> None:
        due = MONTHLY.first_due_at
        late_to_sign = but(MONTHLY, sign_by=due + 10)
        check(late_to_sign, due)
        assert refused(late_to_sign, wrong.FirstDuePast, due + 1) == {"first_due_at": due, "late": 1, "now": due + 1}

    def test_sign_by_may_be_now_and_not_a_second_earlier(self) -> None:
        check(MONTHLY, MONTHLY.sign_by)
        refused(MONTHLY, wrong.SignByPassed, MONTHLY.sign_by + 1)

    @pytest.mark.parametrize("anchor", [28, 29, 30, 31])
    def test_first_due_on_the_last_of_february_goes_with_every_later_anchor(self, anchor: int) -> None:
        check(but(MONTHLY, first_due_at=utc("2027-02-28"), anchor_day=anchor))

    def test_first_due_off_the_anchor_day(self) -> None:
        found = refused(but(MONTHLY, first_due_at=utc("2027-01-30")), wrong.FirstDueOffCalendar)
        assert (found["day"], found["expected"]) == (30, 31)

    def test_first_due_is_read_at_the_offset(self) -> None:
        evening = utc("2027-01-30 16:00:00")  # midnight of the 31st in Shanghai
        check(but(MONTHLY, first_due_at=evening, utc_offset=8 * 3600))
        refused(but(MONTHLY, first_due_at=evening - 1, utc_offset=8 * 3600), wrong.FirstDueOffCalendar)

    def test_last_due_must_fit_into_forty_bits(self) -> None:
        far = but(WEEKLY, first_due_at=2**40 - 1 - 19 * 7 * DAY)
        check(far)
        refused(but(far, first_due_at=far.first_due_at + 1), wrong.LastDueTooLate)


class TestOrder:
    def test_the_first_broken_rule_in_the_contracts_order_is_named(self) -> None:
        everything = but(
            MONTHLY, sign_by=0, debtor=ZERO, installments=0, total=0, interval=0, late_flat=9**9, default_missed=99
        )
        refused(everything, wrong.SignByPassed)
        refused(but(everything, sign_by=MONTHLY.sign_by), wrong.PartyMissing)
        refused(but(everything, sign_by=MONTHLY.sign_by, debtor=DEBTOR), wrong.InstallmentsOutOfRange)

    def test_seconds_with_twelve_short_periods_reach_no_daily_charge(self) -> None:
        """Twelve periods shorter than a day in all: only the flat charge can be the cap."""
        short = but(WEEKLY, interval=7_199, late_daily=1_000)
        refused(short, wrong.LateCapUnreachable)
        check(but(short, late_cap=10))


class TestCollateral:
    def test_accepts_the_terms_that_were_signed(self) -> None:
        validate_collateral(COLLATERAL, PLEDGED)

    def test_refuses_other_terms_than_the_signed_ones(self) -> None:
        with pytest.raises(wrong.CollateralMismatch):
            validate_collateral(but(COLLATERAL, reserve=499), PLEDGED)

    @pytest.mark.parametrize(
        ("field", "good", "bad"),
        [
            ("amount", 1, 0),
            ("start_bps", 10_000, 9_999),
            ("start_bps", 1_000_000, 1_000_001),
            ("reserve", 1, 0),
            ("auction_seconds", 60, 59),
            ("token", TOKEN, ZERO),
        ],
    )
    def test_borders(self, field: str, good: object, bad: object) -> None:
        validate_collateral_form(but(COLLATERAL, **{field: good}))
        with pytest.raises(wrong.CollateralTermsInvalid) as caught:
            validate_collateral_form(but(COLLATERAL, **{field: bad}))
        assert caught.value.values["got"] == bad


class TestEscrow:
    def check(self, **changes: Any) -> None:
        validate_escrow(but(ESCROW, **changes), now=NOW, book=BOOK)

    def test_accepts_sound_terms_until_fund_by(self) -> None:
        validate_escrow(ESCROW, now=ESCROW.fund_by, book=BOOK)
        with pytest.raises(wrong.SignByPassed):
            validate_escrow(ESCROW, now=ESCROW.fund_by + 1, book=BOOK)

    def test_refuses_an_amount_of_zero(self) -> None:
        self.check(amount=1)
        with pytest.raises(wrong.EscrowTermsInvalid, match="amount"):
            self.check(amount=0)

    def test_refuses_an_expiry_that_does_not_lie_after_funding(self) -> None:
        self.check(expires_at=ESCROW.fund_by + 1)
        with pytest.raises(wrong.EscrowTermsInvalid, match="expiry"):
            self.check(expires_at=ESCROW.fund_by)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"payer": ZERO}, wrong.PartyMissing),
            ({"payee": ZERO}, wrong.PartyMissing),
            ({"payee": DEBTOR}, wrong.PartiesSame),
            ({"payer": CREDITOR}, wrong.PartiesSame),
            ({"payer": BOOK}, wrong.PartyReserved),
            ({"token": CREDITOR}, wrong.PartyReserved),
        ],
    )
    def test_refuses_impossible_parties(self, changes: dict[str, str], error: type[TermsInvalid]) -> None:
        with pytest.raises(error):
            self.check(**changes)


def test_calendar_is_an_enum_of_the_contracts_numbers() -> None:
    assert (Calendar.SECONDS, Calendar.MONTHS) == (0, 1)
