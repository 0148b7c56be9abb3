"""Amounts: decimal text and whole units."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import AmountMalformed, AmountTooLarge, AmountTooPrecise, DecimalsOutOfRange, MoneyInvalid
from settlement.money import MAX_AMOUNT, MAX_DECIMALS, format_amount, parse_amount


class TestParseAmount:
    @pytest.mark.parametrize(
        ("text", "decimals", "units"),
        [
            ("0", 6, 0),
            ("1200.50", 6, 1_200_500_000),
            ("1200.5", 2, 120_050),
            ("0.000001", 6, 1),
            ("007", 0, 7),
            (Decimal("12.30"), 2, 1_230),
            (Decimal("1E+3"), 2, 100_000),
            (str(MAX_AMOUNT), 0, MAX_AMOUNT),
        ],
    )
    def test_returns_units_of_a_plain_decimal_amount(self, text: str | Decimal, decimals: int, units: int) -> None:
        assert parse_amount(text, decimals) == units

    @pytest.mark.parametrize(
        "text",
        ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1 000", "0x10", " 1", "1\n", "١٢", "NaN", "1.2.3", "9" * 81],
    )
    def test_refuses_what_is_no_plain_decimal_number(self, text: str) -> None:
        with pytest.raises(AmountMalformed):
            parse_amount(text, 6)

    @pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-1"), Decimal("1E+999999")])
    def test_refuses_decimals_that_are_no_amount(self, value: Decimal) -> None:
        with pytest.raises(AmountMalformed):
            parse_amount(value, 6)

    def test_refuses_one_digit_more_than_the_token_has(self) -> None:
        assert parse_amount("1.234567", 6) == 1_234_567
        with pytest.raises(AmountTooPrecise) as refused:
            parse_amount("1.2345670", 6)
        assert refused.value.values == {"text": "1.2345670", "got": 7, "decimals": 6}

    def test_refuses_one_unit_more_than_the_contracts_hold(self) -> None:
        with pytest.raises(AmountTooLarge) as refused:
            parse_amount(str(MAX_AMOUNT + 1), 0)
        assert refused.value.values["units"] == 2**112

    @pytest.mark.parametrize("decimals", [-1, MAX_DECIMALS + 1, True])
    def test_refuses_decimals_of_no_honest_token(self, decimals: int) -> None:
        with pytest.raises(DecimalsOutOfRange):
            parse_amount("1", decimals)

    @given(st.text(max_size=100), st.integers(0, MAX_DECIMALS))
    def test_any_text_gives_units_or_a_named_refusal(self, text: str, decimals: int) -> None:
        with suppress(MoneyInvalid):
            assert 0 <= parse_amount(text, decimals) <= MAX_AMOUNT


class TestFormatAmount:
    @pytest.mark.parametrize(
        ("units", "decimals", "text"),
        [(0, 6, "0.000000"), (1, 6, "0.000001"), (1_200_500_000, 6, "1200.500000"), (7, 0, "7"), (123, 2, "1.23")],
    )
    def test_writes_all_decimals_of_the_token(self, units: int, decimals: int, text: str) -> None:
        assert format_amount(units, decimals) == text

    def test_refuses_a_negative_amount(self) -> None:
        with pytest.raises(AmountMalformed):
            format_amount(-1, 6)

    @given(st.integers(0, MAX_AMOUNT), st.integers(0, MAX_DECIMALS))
    def test_parse_reads_it_back(self, units: int, decimals: int) -> None:
        assert parse_amount(format_amount(units, decimals), decimals) == units
