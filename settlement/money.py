"""Amounts of money: decimal text on the outside, whole numbers of the token's smallest unit inside.

Nothing is ever rounded: an amount that the token cannot express is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal

from settlement.errors import AmountMalformed, AmountTooLarge, AmountTooPrecise, DecimalsOutOfRange

MAX_AMOUNT = 2**112 - 1
"""Largest amount in smallest units; the contracts pack two of them into one storage slot."""

MAX_DECIMALS = 36
"""Most decimals accepted; tokens in use have 0 to 24, and 36 digits still fit MAX_AMOUNT's magnitude in text."""

MAX_AMOUNT_TEXT = 80
"""Longest amount text read: 34 digits of MAX_AMOUNT, 36 decimals, a point, and room for leading zeros."""

_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)


def parse_amount(text: str | Decimal, decimals: int) -> int:
    """Return the smallest units that a decimal amount means.

    text      digits with at most one point ("1200.50"), or a Decimal
    decimals  the token's decimals, 0 to MAX_DECIMALS

    Raises AmountMalformed, AmountTooPrecise (more digits after the point than the token has), AmountTooLarge,
    DecimalsOutOfRange.
    """
    _check_decimals(decimals)
    if isinstance(text, Decimal):
        if not text.is_finite() or abs(text.adjusted()) > MAX_AMOUNT_TEXT:
            raise AmountMalformed(text=str(text)[:MAX_AMOUNT_TEXT])
        text = format(text, "f")
    match = _AMOUNT.fullmatch(text) if len(text) <= MAX_AMOUNT_TEXT else None
    if match is None:
        raise AmountMalformed(text=text[:MAX_AMOUNT_TEXT])
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > decimals:
        raise AmountTooPrecise(text=text, got=len(fraction), decimals=decimals)
    units = int(whole + fraction.ljust(decimals, "0"))
    if units > MAX_AMOUNT:
        raise AmountTooLarge(units=units, allowed=MAX_AMOUNT)
    return units


def format_amount(units: int, decimals: int) -> str:
    """Return the decimal text of an amount, with all of the token's decimals ("1200.500000").

    units     >= 0
    decimals  0 to MAX_DECIMALS

    Raises DecimalsOutOfRange, AmountMalformed (negative).  `parse_amount` reads it back to the same units.
    """
    _check_decimals(decimals)
    if units < 0:
        raise AmountMalformed(text=str(units))
    if decimals == 0:
        return str(units)
    digits = str(units).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def _check_decimals(decimals: int) -> None:
    if isinstance(decimals, bool) or not 0 <= decimals <= MAX_DECIMALS:
        raise DecimalsOutOfRange(decimals=decimals, allowed=MAX_DECIMALS)
