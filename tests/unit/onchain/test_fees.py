"""Offers for gas: what is suggested, and what replaces a stuck one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onchain.fees import MAX_FEE_PER_GAS, MIN_PRIORITY_FEE, Fees, bump, suggest, suggest_legacy

PRICES = st.integers(0, 10**13)


def test_suggest_is_twice_the_base_fee_and_the_tip() -> None:
    assert suggest(10, 3) == Fees(23, 3)
    assert suggest(10, 0) == Fees(21, MIN_PRIORITY_FEE)


def test_no_suggestion_exceeds_the_limit_whatever_the_node_says() -> None:
    assert suggest(10**30, 10**30) == Fees(MAX_FEE_PER_GAS, MAX_FEE_PER_GAS)
    assert suggest_legacy(10**30).max_fee == MAX_FEE_PER_GAS


def test_legacy_is_a_quarter_above_the_price() -> None:
    assert suggest_legacy(100) == Fees(125, 125)


def test_bump_is_an_eighth_rounded_up() -> None:
    assert bump(Fees(80, 8), Fees(1, 1), 1000) == Fees(90, 9)
    assert bump(Fees(81, 1), Fees(1, 1), 1000) == Fees(92, 2)


def test_bump_takes_the_present_price_where_that_is_higher() -> None:
    assert bump(Fees(80, 8), Fees(500, 50), 1000) == Fees(500, 50)


def test_bump_stops_at_the_limit() -> None:
    assert bump(Fees(80, 8), Fees(1, 1), 90) == Fees(90, 9)
    assert bump(Fees(80, 8), Fees(1, 1), 89) is None


@given(PRICES, PRICES, PRICES, PRICES)
def test_a_replacement_always_offers_more_than_a_tenth_more(fee: int, tip: int, base: int, node_tip: int) -> None:
    old = Fees(max(fee, tip, 1), max(tip, 1))
    new = bump(old, suggest(base, node_tip, 10**15), 10**15)
    assert new is not None
    assert 10 * new.max_fee >= 11 * old.max_fee
    assert 10 * new.max_priority_fee >= 11 * old.max_priority_fee
    assert new.max_fee >= new.max_priority_fee
