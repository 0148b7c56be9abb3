"""Collateral arithmetic with exact values: release in proportion, lot, falling price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.settlement_samples import COLLATERAL, MONTHLY, but

from settlement.auction import entitled, floor_price, is_running, lot_for_sale, price_at, releasable, start_price
from settlement.errors import AuctionNotRunning
from settlement.plan import Account, Status


def paid(principal: int, status: Status = Status.ACTIVE) -> Account:
    return Account(principal_paid=principal, status=status)


class TestRelease:
    @pytest.mark.parametrize(("principal", "units"), [(0, 0), (1, 0), (2, 1), (166, 116), (999, 699), (1000, 700)])
    def test_is_in_proportion_to_principal_rounded_down(self, principal: int, units: int) -> None:
        assert entitled(MONTHLY, COLLATERAL, paid(principal)) == units

    def test_of_a_completed_plan_is_everything(self) -> None:
        assert entitled(MONTHLY, COLLATERAL, paid(1000, Status.COMPLETED)) == 700

    def test_leaves_out_what_was_released_before(self) -> None:
        assert releasable(MONTHLY, COLLATERAL, paid(166), released=100) == 16
        assert releasable(MONTHLY, COLLATERAL, paid(166), released=116) == 0

    def test_after_a_sale_is_what_was_not_sold(self) -> None:
        assert releasable(MONTHLY, COLLATERAL, paid(1000), released=100, sold=584) == 16

    @given(st.integers(0, 1000), st.integers(0, 1000))
    def test_grows_with_principal_and_lot_and_release_are_the_whole(self, one: int, other: int) -> None:
        less, more = sorted((one, other))
        before, after = (entitled(MONTHLY, COLLATERAL, paid(principal)) for principal in (less, more))
        assert 0 <= before <= after <= COLLATERAL.amount
        assert lot_for_sale(MONTHLY, COLLATERAL, paid(more), released=before) + after == COLLATERAL.amount


class TestPrice:
    def test_floor_is_the_reserve_in_proportion_rounded_up(self) -> None:
        assert [floor_price(COLLATERAL, lot) for lot in (0, 1, 350, 699, 700)] == [0, 1, 250, 500, 500]

    def test_starts_at_a_multiple_of_the_debt_rounded_up(self) -> None:
        assert start_price(COLLATERAL, 401, 700) == 602

    def test_never_starts_below_the_floor(self) -> None:
        assert start_price(COLLATERAL, 333, 700) == 500
        assert start_price(COLLATERAL, 334, 700) == 501

    @pytest.mark.parametrize(("elapsed", "price"), [(0, 1_500), (1, 1_490), (50, 1_000), (99, 510), (100, 500)])
    def test_falls_in_a_straight_line_to_the_floor_in_the_last_second(self, elapsed: int, price: int) -> None:
        assert price_at(COLLATERAL, started_at=1_000, start=1_500, lot=700, at=1_000 + elapsed) == price

    def test_rounds_up(self) -> None:
        assert price_at(COLLATERAL, started_at=0, start=501, lot=700, at=99) == 501
        assert price_at(COLLATERAL, started_at=0, start=501, lot=700, at=100) == 500

    @pytest.mark.parametrize("at", [999, 1_101])
    def test_is_refused_outside_the_window(self, at: int) -> None:
        with pytest.raises(AuctionNotRunning) as refused:
            price_at(COLLATERAL, started_at=1_000, start=1_500, lot=700, at=at)
        assert refused.value.values == {"started_at": 1_000, "ends_at": 1_101, "now": at}

    @given(st.integers(0, 2**112), st.integers(1, 700), st.integers(0, 99))
    def test_never_rises_and_stays_between_floor_and_start(self, debt: int, lot: int, elapsed: int) -> None:
        start = start_price(COLLATERAL, debt, lot)
        earlier, later = (
            price_at(COLLATERAL, started_at=0, start=start, lot=lot, at=at) for at in (elapsed, elapsed + 1)
        )
        assert start >= earlier >= later >= floor_price(COLLATERAL, lot)

    def test_two_units_of_time_are_enough(self) -> None:
        short = but(COLLATERAL, auction_seconds=60)
        assert price_at(short, started_at=0, start=900, lot=700, at=59) == 500


class TestIsRunning:
    def test_from_its_start_to_the_second_before_its_end(self) -> None:
        end = 1_000 + COLLATERAL.auction_seconds
        found = [is_running(COLLATERAL, started_at=1_000, defaulted_at=900, at=at) for at in (999, 1_000, end - 1, end)]
        assert found == [False, True, True, False]

    def test_only_in_the_default_that_it_was_started_in(self) -> None:
        found = [is_running(COLLATERAL, started_at=1_000, defaulted_at=d, at=1_001) for d in (0, 1_000, 1_001)]
        assert found == [False, True, False]

    def test_not_when_none_was_started(self) -> None:
        assert not is_running(COLLATERAL, started_at=0, defaulted_at=0, at=0)
