"""Due dates, sums and counts, with exact values and both sides of each border."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.settlement_samples import DAY, MONTHLY, NOW, WEEKLY, but, utc

from settlement.errors import InstallmentUnknown
from settlement.schedule import (
    civil_from_days,
    cleared,
    count_due,
    count_late,
    count_overdue,
    cumulative,
    days_from_civil,
    days_in_month,
    due_at,
    last_due_at,
    local_day,
)


def dates(terms: object, count: int) -> list[str]:
    return [f"{datetime.fromtimestamp(due_at(terms, k), UTC):%Y-%m-%d}" for k in range(1, count + 1)]  # type: ignore[arg-type]


class TestCumulative:
    def test_rounds_down_and_ends_at_the_total(self) -> None:
        assert [cumulative(MONTHLY, k) for k in range(7)] == [0, 166, 333, 500, 666, 833, 1000]

    @pytest.mark.parametrize("k", [-1, 7])
    def test_refuses_an_installment_outside_the_schedule(self, k: int) -> None:
        with pytest.raises(InstallmentUnknown):
            cumulative(MONTHLY, k)


class TestCleared:
    @pytest.mark.parametrize(("paid", "count"), [(0, 0), (165, 0), (166, 1), (332, 1), (333, 2), (999, 5), (1000, 6)])
    def test_counts_installments_that_are_entirely_paid(self, paid: int, count: int) -> None:
        assert cleared(MONTHLY, paid) == count

    def test_counts_all_when_every_installment_is_one_unit(self) -> None:
        tiny = but(MONTHLY, total=6)
        assert [cleared(tiny, paid) for paid in range(7)] == [0, 1, 2, 3, 4, 5, 6]


class TestDueAt:
    def test_clips_the_anchor_day_to_short_months_and_returns_to_it(self) -> None:
        assert dates(MONTHLY, 6) == [
            "2027-01-31",
            "2027-02-28",
            "2027-03-31",
            "2027-04-30",
            "2027-05-31",
            "2027-06-30",
        ]
        assert all((due_at(MONTHLY, k) + 1) % DAY == 0 for k in range(1, 7))

    def test_uses_the_leap_day(self) -> None:
        leap = but(MONTHLY, first_due_at=utc("2028-01-30"), anchor_day=30)
        assert dates(leap, 3) == ["2028-01-30", "2028-02-29", "2028-03-30"]

    def test_has_no_leap_day_in_2100_and_one_in_2400(self) -> None:
        assert dates(but(MONTHLY, first_due_at=utc("2100-01-31")), 2)[1] == "2100-02-28"
        assert dates(but(MONTHLY, first_due_at=utc("2400-01-31")), 2)[1] == "2400-02-29"

    def test_yearly_on_a_leap_day_falls_back_to_the_28th(self) -> None:
        yearly = but(MONTHLY, first_due_at=utc("2028-02-29"), anchor_day=29, interval=12, installments=5)
        assert dates(yearly, 5) == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]

    def test_reads_the_calendar_at_the_offset(self) -> None:
        """The 31st at 02:00 in Shanghai is the 30th at 18:00 UTC; a month later the 28th at 02:00 there."""
        shanghai = but(MONTHLY, first_due_at=utc("2027-01-30 18:00:00"), utc_offset=8 * 3600)
        assert due_at(shanghai, 2) == utc("2027-02-27 18:00:00")
        assert due_at(shanghai, 3) == utc("2027-03-30 18:00:00")

    def test_by_seconds_adds_intervals(self) -> None:
        assert [due_at(WEEKLY, k) for k in (1, 2, 20)] == [NOW + 7 * DAY, NOW + 14 * DAY, NOW + 140 * DAY]
        assert last_due_at(WEEKLY) == NOW + 140 * DAY

    @pytest.mark.parametrize("k", [0, 7])
    def test_refuses_an_installment_outside_the_schedule(self, k: int) -> None:
        with pytest.raises(InstallmentUnknown) as refused:
            due_at(MONTHLY, k)
        assert refused.value.values == {"k": k, "installments": 6}


class TestCounts:
    @pytest.mark.parametrize("terms", [MONTHLY, WEEKLY])
    def test_due_includes_and_overdue_excludes_the_due_second(self, terms: object) -> None:
        for k in range(1, 7):
            due = due_at(terms, k)  # type: ignore[arg-type]
            found = [(count_due(terms, at), count_overdue(terms, at)) for at in (due - 1, due, due + 1)]  # type: ignore[arg-type]
            assert found == [(k - 1, k - 1), (k, k - 1), (k, k)]

    @pytest.mark.parametrize("terms", [MONTHLY, WEEKLY])
    def test_late_begins_one_second_after_grace(self, terms: object) -> None:
        for k in (1, 2, 6):
            end = due_at(terms, k) + 5 * DAY  # type: ignore[arg-type]
            assert [count_late(terms, at) for at in (end, end + 1)] == [k - 1, k]  # type: ignore[arg-type]

    def test_nothing_is_due_before_the_first_date_and_all_long_after_the_last(self) -> None:
        for terms in (MONTHLY, WEEKLY):
            assert count_due(terms, 0) == count_late(terms, 0) == 0
            assert count_due(terms, 2**40) == terms.installments


class TestCalendar:
    @given(st.dates())
    def test_civil_dates_are_those_of_the_standard_library(self, day: date) -> None:
        days = (day - date(1970, 1, 1)).days
        assert civil_from_days(days) == (day.year, day.month, day.day)
        assert days_from_civil(day.year, day.month, day.day) == days

    @given(st.integers(-(10**7), 10**8))
    def test_civil_dates_round_trip_far_beyond_the_standard_library(self, days: int) -> None:
        assert days_from_civil(*civil_from_days(days)) == days

    @pytest.mark.parametrize(("year", "month", "length"), [(2027, 2, 28), (2028, 2, 29), (2100, 2, 28), (2027, 12, 31)])
    def test_days_in_month(self, year: int, month: int, length: int) -> None:
        assert days_in_month(year * 12 + month - 1) == length

    @given(st.datetimes(datetime(1971, 1, 1), datetime(9990, 1, 1)), st.integers(-50_400, 50_400))
    def test_local_day_is_what_a_clock_at_that_offset_shows(self, moment: datetime, offset: int) -> None:
        at = int(moment.replace(microsecond=0, tzinfo=UTC).timestamp())
        assert local_day(at, offset) == (moment.replace(microsecond=0) + timedelta(seconds=offset)).day
