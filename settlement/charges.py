"""What lateness costs: one charge per installment, bounded, looked up in at most twelve steps.

    charge_k(t) = 0                                                         while t <= due_at(k) + grace
                = min(late_cap, late_flat + late_daily * whole days since due_at(k))   from then on

Signed terms reach the cap within twelve periods (`settlement.rules`), so of L late installments all but the last
twelve are at the cap and need no looking at.
"""

from __future__ import annotations

from settlement.schedule import DAY, count_late, due_at
from settlement.terms import Calendar, Terms

PERIODS_TO_CAP = 12
"""A late charge is at its cap when so many later installments are late too."""


def days_to_cap(terms: Terms) -> int:
    """Return the whole days that twelve periods have at least."""
    if terms.calendar is Calendar.MONTHS:
        return 365 * terms.interval
    return PERIODS_TO_CAP * terms.interval // DAY


def charge(terms: Terms, k: int, at: int) -> int:
    """Return the late charge of installment k while it is uncleared at `at`."""
    due = due_at(terms, k)
    if at <= due + terms.grace_seconds:
        return 0
    return min(terms.late_cap, terms.late_flat + terms.late_daily * ((at - due) // DAY))


def charge_sum(terms: Terms, first: int, last: int, at: int) -> int:
    """Return the sum of the late charges of installments first..last (both inclusive; none if first > last) at `at`."""
    late = count_late(terms, at)
    last = min(last, late)
    if first > last:
        return 0
    at_cap = max(0, min(last, late - PERIODS_TO_CAP) - first + 1)
    rising = (charge(terms, k, at) for k in range(first + at_cap, last + 1))
    return at_cap * terms.late_cap + sum(rising)
