"""When which part of a debt is due: closed forms, no loops, integers only.

    S(k)         = floor(total * k / n)                    owed after k installments; S(0) = 0, S(n) = total
    cleared(P)   = max k with S(k) <= P
    due_at(k)    = first + (k-1) * interval                by seconds, or the anchor day (k-1) * interval months later
    due(t)       = number of k with due_at(k) <= t         owed now
    overdue(t)   = number of k with due_at(k) <  t
    late(t)      = number of k with due_at(k) + grace < t

The same formulas stand in contracts/src/settlement/libraries; `tests/reference/plan_reference.py` computes them by
counting days.  Calendar arithmetic is proleptic Gregorian: years as the contract can store them go beyond `datetime`.
"""

from __future__ import annotations

from settlement.errors import InstallmentUnknown
from settlement.terms import Calendar, Terms

DAY = 86_400
"""Seconds."""

_DAYS_PER_ERA = 146_097  # 400 Gregorian years
_EPOCH_SHIFT = 719_468  # days from 0000-03-01 to 1970-01-01


def cumulative(terms: Terms, k: int) -> int:
    """Return S(k), the principal owed once installment k is due, rounded down.

    k  0..installments

    Raises InstallmentUnknown.
    """
    if not 0 <= k <= terms.installments:
        raise InstallmentUnknown(k=k, installments=terms.installments)
    return terms.total * k // terms.installments


def cleared(terms: Terms, principal_paid: int) -> int:
    """Return how many installments `principal_paid` covers entirely: the greatest k with S(k) <= principal_paid."""
    n = terms.installments
    return min(n, ((principal_paid + 1) * n - 1) // terms.total)


def due_at(terms: Terms, k: int) -> int:
    """Return the due date of installment k; paid at that very second is on time.

    k  1..installments

    Raises InstallmentUnknown.
    """
    if not 1 <= k <= terms.installments:
        raise InstallmentUnknown(k=k, installments=terms.installments)
    return _nominal_due_at(terms, k)


def last_due_at(terms: Terms) -> int:
    """Return the due date of the last installment."""
    return due_at(terms, terms.installments)


def count_due(terms: Terms, at: int) -> int:
    """Return how many installments have due_at(k) <= at."""
    if at < terms.first_due_at:
        return 0
    if terms.calendar is Calendar.SECONDS:
        return min(terms.installments, (at - terms.first_due_at) // terms.interval + 1)
    months = _month_of(at + terms.utc_offset) - _month_of(terms.first_due_at + terms.utc_offset)
    k = min(terms.installments, months // terms.interval + 1)
    return k if _nominal_due_at(terms, k) <= at else k - 1


def count_overdue(terms: Terms, at: int) -> int:
    """Return how many installments have due_at(k) < at."""
    return count_due(terms, at - 1)


def count_late(terms: Terms, at: int) -> int:
    """Return how many installments have due_at(k) + grace < at."""
    return count_overdue(terms, at - terms.grace_seconds)


def _nominal_due_at(terms: Terms, k: int) -> int:
    if terms.calendar is Calendar.SECONDS:
        return terms.first_due_at + (k - 1) * terms.interval
    local = terms.first_due_at + terms.utc_offset
    month = _month_of(local) + (k - 1) * terms.interval
    day = min(terms.anchor_day, days_in_month(month))
    return days_before_month(month) * DAY + (day - 1) * DAY + local % DAY - terms.utc_offset


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Return (year, month 1..12, day 1..31) of a count of days since 1970-01-01.

    The year is counted from March, so that the leap day comes last; 153 days are five months from March on.
    """
    era, day_of_era = divmod(days + _EPOCH_SHIFT, _DAYS_PER_ERA)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    month = march_month + 3 if march_month < 10 else march_month - 9
    year = era * 400 + year_of_era + (1 if month <= 2 else 0)
    return year, month, day_of_year - (153 * march_month + 2) // 5 + 1


def days_from_civil(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date; the inverse of `civil_from_days`."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * _DAYS_PER_ERA + 365 * year_of_era + year_of_era // 4 - year_of_era // 100 + day_of_year - _EPOCH_SHIFT


def days_before_month(month: int) -> int:
    """Return the days from 1970-01-01 to the first of a month, given as year * 12 + month - 1."""
    return days_from_civil(month // 12, month % 12 + 1, 1)


def days_in_month(month: int) -> int:
    """Return the length of a month, given as year * 12 + month - 1."""
    return days_before_month(month + 1) - days_before_month(month)


def local_day(at: int, utc_offset: int) -> int:
    """Return the day of the month, 1..31, that clocks `utc_offset` seconds east of UTC show at `at`."""
    return civil_from_days((at + utc_offset) // DAY)[2]


def _month_of(local: int) -> int:
    """Return year * 12 + month - 1 of a local time in seconds."""
    year, month, _ = civil_from_days(local // DAY)
    return year * 12 + month - 1
