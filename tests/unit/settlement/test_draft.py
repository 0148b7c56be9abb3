"""Terms from decimal amounts and dates: what comes out, and what is refused before anybody signs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.settlement_samples import BOOK, COLLATERAL, CREDITOR, DAY, DEBTOR, MODULE, NOW, TOKEN, utc

from settlement import terms_errors as wrong
from settlement.draft import draft, draft_collateral, draft_escrow, end_of_day, parse_utc_offset
from settlement.errors import (
    AmountMalformed,
    AmountTooPrecise,
    DateInvalid,
    FieldOutOfRange,
    LateCapMissing,
    SettlementError,
    UtcOffsetInvalid,
)
from settlement.rules import validate
from settlement.schedule import due_at
from settlement.terms import Allocation, Calendar, Terms, collateral_terms_hash

REQUIRED: dict[str, Any] = {
    "now": NOW,
    "debtor": DEBTOR,
    "creditor": CREDITOR,
    "token": TOKEN,
    "decimals": 6,
    "total": "1200.50",
    "installments": 12,
    "first_due": "2027-01-31",
    "agreement": b"\x01" * 32,
    "jurisdiction": b"\x02" * 32,
    "salt": b"\x03" * 32,
}


def drafted(**changes: Any) -> Terms:
    return draft(**(REQUIRED | changes))


class TestDraft:
    def test_fills_in_defaults_that_are_valid_terms(self) -> None:
        terms = drafted()
        assert terms == Terms(
            debtor=DEBTOR,
            creditor=CREDITOR,
            token=TOKEN,
            total=1_200_500_000,
            calendar=Calendar.MONTHS,
            first_due_at=utc("2027-01-31 23:59:59"),
            interval=1,
            installments=12,
            anchor_day=31,
            utc_offset=0,
            grace_seconds=7 * DAY,
            late_flat=0,
            late_daily=0,
            late_cap=0,
            allocation=Allocation.PRINCIPAL_FIRST,
            default_missed=3,
            default_seconds=90 * DAY,
            collateral="0x" + "00" * 20,
            collateral_terms=bytes(32),
            agreement=b"\x01" * 32,
            jurisdiction=b"\x02" * 32,
            salt=b"\x03" * 32,
            sign_by=NOW + 14 * DAY,
        )
        validate(terms, now=NOW, book=BOOK)

    def test_ends_the_due_day_where_the_debtor_lives(self) -> None:
        terms = drafted(utc_offset="+08:00")
        assert terms.first_due_at == utc("2027-01-31 15:59:59")
        assert (terms.utc_offset, terms.anchor_day) == (28_800, 31)
        assert due_at(terms, 2) == utc("2027-02-28 15:59:59")

    def test_takes_a_date_a_moment_and_a_decimal_too(self) -> None:
        assert drafted(first_due=date(2027, 1, 31), total=Decimal("1200.50")) == drafted()
        assert drafted(first_due=utc("2027-01-31 23:59:59")) == drafted()

    def test_keeps_a_wanted_anchor_day_when_the_first_month_is_short(self) -> None:
        terms = drafted(first_due="2027-02-28", anchor_day=31)
        assert due_at(terms, 2) == utc("2027-03-31 23:59:59")

    def test_by_seconds_has_no_calendar(self) -> None:
        terms = drafted(calendar=Calendar.SECONDS, interval=7 * DAY, first_due=NOW + 60, utc_offset="+08:00")
        assert (terms.anchor_day, terms.utc_offset, terms.first_due_at) == (0, 0, NOW + 60)

    def test_asks_for_default_rules_that_fit_few_installments_and_long_grace(self) -> None:
        assert drafted(installments=2).default_missed == 2
        assert drafted(grace_seconds=100 * DAY).default_seconds == 100 * DAY

    def test_takes_the_flat_charge_as_the_cap_unless_one_is_given(self) -> None:
        assert drafted(late_flat="2.5").late_cap == 2_500_000
        assert drafted(late_flat="2.5", late_daily="0.1", late_cap="5").late_cap == 5_000_000

    def test_can_be_signed_until_the_first_due_date_at_most(self) -> None:
        assert drafted(first_due=NOW + 60, anchor_day=1).sign_by == NOW + 60

    def test_commits_to_the_collateral_terms(self) -> None:
        terms = drafted(collateral=MODULE, collateral_terms=COLLATERAL)
        assert (terms.collateral, terms.collateral_terms) == (MODULE, collateral_terms_hash(COLLATERAL))

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"total": "1200.5000001"}, AmountTooPrecise),
            ({"total": "1.5", "decimals": 0}, AmountTooPrecise),
            ({"total": "12OO"}, AmountMalformed),
            ({"total": "-5"}, AmountMalformed),
            ({"total": "0"}, wrong.TotalOutOfRange),
            ({"total": "0.000011"}, wrong.TotalOutOfRange),
            ({"installments": 0}, wrong.InstallmentsOutOfRange),
            ({"installments": 601}, wrong.InstallmentsOutOfRange),
            ({"installments": -1}, FieldOutOfRange),
            ({"installments": 2**16}, FieldOutOfRange),
            ({"first_due": "2026-12-31"}, wrong.FirstDuePast),
            ({"first_due": NOW - 1, "sign_by": NOW}, wrong.FirstDuePast),
            ({"first_due": "2027-02-30"}, DateInvalid),
            ({"first_due": "31.1.2027"}, DateInvalid),
            ({"first_due": "20270131"}, DateInvalid),
            ({"utc_offset": "+8"}, UtcOffsetInvalid),
            ({"utc_offset": "+08:60"}, UtcOffsetInvalid),
            ({"utc_offset": "+15:00"}, wrong.UtcOffsetOutOfRange),
            ({"creditor": DEBTOR}, wrong.PartiesSame),
            ({"debtor": BOOK, "book": BOOK}, wrong.PartyReserved),
            ({"token": "0x" + "00" * 20}, wrong.PartyMissing),
            ({"token": "EURC"}, FieldOutOfRange),
            ({"late_daily": "0.1"}, LateCapMissing),
            ({"late_flat": "1", "late_cap": "0.5"}, wrong.LateFlatAboveCap),
            ({"late_daily": "0.1", "late_cap": "100"}, wrong.LateCapUnreachable),
            ({"anchor_day": 30}, wrong.FirstDueOffCalendar),
            ({"interval": 0}, wrong.IntervalOutOfRange),
            ({"default_missed": 13}, wrong.DefaultMissedOutOfRange),
            ({"collateral": MODULE}, wrong.CollateralMismatch),
            ({"collateral_terms": COLLATERAL}, wrong.CollateralMismatch),
            (
                {"collateral": MODULE, "collateral_terms": COLLATERAL, "default_seconds": 0},
                wrong.CollateralWithoutDefaultSeconds,
            ),
            ({"sign_by": NOW - 1}, wrong.SignByPassed),
            ({"salt": b"short"}, FieldOutOfRange),
        ],
    )
    def test_refuses_what_cannot_become_terms(self, changes: dict[str, Any], error: type[SettlementError]) -> None:
        with pytest.raises(error) as refused:
            drafted(**changes)
        assert type(refused.value) is error
        assert refused.value.hint


class TestEndOfDay:
    @given(st.dates(date(1971, 1, 1), date(9998, 12, 31)), st.integers(-50_400, 50_400))
    def test_is_the_last_second_that_a_local_clock_shows_for_the_day(self, day: date, offset: int) -> None:
        at = end_of_day(day, offset)
        local = datetime.fromtimestamp(0, UTC).replace(year=day.year, month=day.month, day=day.day)
        assert at == int(local.timestamp()) + DAY - 1 - offset


class TestParseUtcOffset:
    @pytest.mark.parametrize(
        ("text", "seconds"), [("+00:00", 0), ("-00:00", 0), ("+08:00", 28_800), ("-03:30", -12_600), ("+14:00", 50_400)]
    )
    def test_reads_hours_and_minutes(self, text: str, seconds: int) -> None:
        assert parse_utc_offset(text) == seconds

    @pytest.mark.parametrize("text", ["", "Z", "08:00", "+8:00", "+08:60", "+0800", "+08:00 "])
    def test_refuses_other_texts(self, text: str) -> None:
        with pytest.raises(UtcOffsetInvalid):
            parse_utc_offset(text)


class TestDraftCollateral:
    def test_reads_amount_and_reserve_each_in_its_own_token(self) -> None:
        terms = draft_collateral(token=TOKEN, decimals=18, amount="1.5", reserve="900", payment_decimals=6)
        assert (terms.amount, terms.reserve) == (15 * 10**17, 900_000_000)
        assert (terms.start_bps, terms.auction_seconds) == (15_000, 3 * DAY)

    @pytest.mark.parametrize(
        "changes", [{"amount": "0"}, {"reserve": "0"}, {"start_bps": 9_999}, {"auction_seconds": 59}]
    )
    def test_refuses_what_the_contract_would_refuse(self, changes: dict[str, Any]) -> None:
        arguments = {"token": TOKEN, "decimals": 18, "amount": "1", "reserve": "1", "payment_decimals": 6} | changes
        with pytest.raises(wrong.CollateralTermsInvalid):
            draft_collateral(**arguments)


class TestDraftEscrow:
    def test_returns_valid_terms(self) -> None:
        terms = draft_escrow(
            now=NOW,
            payer=DEBTOR,
            payee=CREDITOR,
            token=TOKEN,
            decimals=6,
            amount="10",
            fund_by=NOW + 5,
            expires_at=NOW + 6,
            agreement=bytes(32),
            salt=bytes(32),
        )
        assert (terms.amount, terms.fund_by, terms.expires_at) == (10_000_000, NOW + 5, NOW + 6)

    def test_refuses_a_funding_date_in_the_past(self) -> None:
        with pytest.raises(wrong.SignByPassed):
            draft_escrow(
                now=NOW,
                payer=DEBTOR,
                payee=CREDITOR,
                token=TOKEN,
                decimals=6,
                amount="10",
                fund_by=NOW - 1,
                expires_at=NOW + 6,
                agreement=bytes(32),
                salt=bytes(32),
            )
