"""Late charges, with exact values and both sides of each border."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.settlement_samples import DAY, MONTHLY, WEEKLY, but
from support.settlement_strategies import moments, terms

from settlement.charges import PERIODS_TO_CAP, charge, charge_sum, days_to_cap
from settlement.schedule import count_late, due_at
from settlement.terms import Terms


class TestCharge:
    @pytest.mark.parametrize(
        ("after_due", "expected"),
        [
            (0, 0),
            (5 * DAY, 0),  # the last second of grace
            (5 * DAY + 1, 10 + 5),
            (6 * DAY - 1, 15),
            (6 * DAY, 16),
            (30 * DAY - 1, 39),
            (30 * DAY, 40),
            (31 * DAY, 40),  # the cap
            (10_000 * DAY, 40),
        ],
    )
    def test_is_flat_plus_daily_up_to_the_cap_and_counts_whole_days_since_due(
        self, after_due: int, expected: int
    ) -> None:
        assert charge(MONTHLY, 1, due_at(MONTHLY, 1) + after_due) == expected

    def test_is_zero_before_the_due_date(self) -> None:
        assert charge(MONTHLY, 6, due_at(MONTHLY, 1)) == 0


class TestDaysToCap:
    def test_by_seconds_rounds_twelve_intervals_down_to_days(self) -> None:
        assert days_to_cap(WEEKLY) == 84
        assert days_to_cap(but(WEEKLY, interval=7_199)) == 0
        assert days_to_cap(but(WEEKLY, interval=7_200)) == 1

    def test_by_months_takes_the_short_year(self) -> None:
        assert days_to_cap(MONTHLY) == 365
        assert days_to_cap(but(MONTHLY, interval=3)) == 3 * 365


class TestChargeSum:
    def test_adds_what_is_late_only(self) -> None:
        at = due_at(MONTHLY, 2) + 5 * DAY + 1  # the first is at its cap, the second on its first late day
        assert charge_sum(MONTHLY, 1, 6, at) == 40 + 15
        assert charge_sum(MONTHLY, 2, 6, at) == 15
        assert charge_sum(MONTHLY, 3, 6, at) == 0
        assert charge_sum(MONTHLY, 4, 3, at) == 0

    def test_takes_the_cap_for_all_but_the_last_twelve_late_ones(self) -> None:
        daily = but(WEEKLY, interval=DAY, late_flat=0, late_daily=1, late_cap=12, grace_seconds=0)
        at = due_at(daily, 20) + 1
        assert count_late(daily, at) == 20
        assert charge_sum(daily, 1, 20, at) == 8 * 12 + sum(range(12))
        assert charge_sum(daily, 1, 8, at) == 8 * 12
        assert charge_sum(daily, 8, 9, at) == 12 + 11

    @given(terms(max_installments=60), st.data())
    def test_equals_the_sum_of_single_charges(self, plan: Terms, data: st.DataObject) -> None:
        at = data.draw(moments(plan))
        first, last = data.draw(st.integers(1, plan.installments)), data.draw(st.integers(1, plan.installments))
        assert charge_sum(plan, first, last, at) == sum(charge(plan, k, at) for k in range(first, last + 1))

    @given(terms(max_installments=60), st.data())
    def test_every_installment_twelve_periods_before_the_newest_late_one_is_at_its_cap(
        self, plan: Terms, data: st.DataObject
    ) -> None:
        at = data.draw(moments(plan))
        for k in range(1, count_late(plan, at) - PERIODS_TO_CAP + 1):
            assert charge(plan, k, at) == plan.late_cap
