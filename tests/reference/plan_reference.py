"""A second, slow implementation of a repayment plan, to hold the fast one and the contract to.

Nothing is shared with `settlement`: due dates are found by walking the calendar one day at a time, installments are
separate heaps of money that fill up in order, late days are counted one by one, and default is found by asking its rule
at every moment at which anything can change.  Every question replays the whole history from the opening.

Terms may be any object with the attributes of `settlement.terms.Terms`; enums are read as integers (calendar 1 =
months, allocation 1 = charges first).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

ONE_DAY = 24 * 60 * 60


def installment_amounts(terms: Any) -> list[int]:
    """What each installment costs: exact shares, rounded down in sum, so that the last one brings the whole total."""
    share = Fraction(terms.total, terms.installments)
    amounts, so_far = [], 0
    for number in range(1, terms.installments + 1):
        reached = floor(share * number)
        amounts.append(reached - so_far)
        so_far = reached
    return amounts


def due_dates(terms: Any) -> list[int]:
    """All due dates, found by walking from day to day (months) or from interval to interval (seconds)."""
    dates: list[int] = []
    if int(terms.calendar) == 0:
        moment = terms.first_due_at
        while len(dates) < terms.installments:
            dates.append(moment)
            moment += terms.interval
        return dates

    local = datetime.fromtimestamp(terms.first_due_at, UTC) + timedelta(seconds=terms.utc_offset)
    moment, months_passed = terms.first_due_at, 0
    while len(dates) < terms.installments:
        length = calendar.monthrange(local.year, local.month)[1]
        if months_passed % terms.interval == 0 and local.day == min(terms.anchor_day, length):
            dates.append(moment)
        if local.day == length:
            months_passed += 1
        local += timedelta(days=1)
        moment += ONE_DAY
    return dates


def whole_days(start: int, end: int) -> int:
    """How many whole days lie between two moments, counted one by one."""
    days = 0
    while start + ONE_DAY <= end:
        start += ONE_DAY
        days += 1
    return days


@dataclass
class Heap:
    """One installment: what it costs, what is on it, and the late charge that was fixed when it was full."""

    due: int
    amount: int
    paid: int = 0
    fixed_charge: int | None = None

    @property
    def full(self) -> bool:
        return self.paid == self.amount


@dataclass
class Plan:
    """A plan as it is after replaying its history up to a moment."""

    terms: Any
    opened_at: int
    heaps: list[Heap] = field(default_factory=list)
    charges_paid: int = 0
    withdrawn: int = 0
    defaulted_at: int = 0
    noted: int = 0
    completed: bool = False

    # --- questions -------------------------------------------------------------------------------------------------

    def charge(self, heap: Heap, at: int) -> int:
        if heap.fixed_charge is not None:
            return heap.fixed_charge
        if at <= heap.due + self.terms.grace_seconds:
            return 0
        charge = self.terms.late_flat + self.terms.late_daily * whole_days(heap.due, at)
        return min(charge, self.terms.late_cap)

    def assessed(self, at: int) -> int:
        return sum(self.charge(heap, at) for heap in self.heaps)

    def owed_charges(self, at: int) -> int:
        return self.assessed(at) - self.charges_paid

    def principal_paid(self) -> int:
        return sum(heap.paid for heap in self.heaps)

    def owed_total(self, at: int) -> int:
        return sum(heap.amount - heap.paid for heap in self.heaps) + self.owed_charges(at)

    def owed_now(self, at: int) -> int:
        return sum(heap.amount - heap.paid for heap in self.heaps if heap.due <= at) + self.owed_charges(at)

    def late(self, at: int) -> list[Heap]:
        return [heap for heap in self.heaps if at > heap.due + self.terms.grace_seconds]

    def in_default_by_rule(self, at: int) -> bool:
        missed = sum(1 for heap in self.late(at) if not heap.full)
        if self.terms.default_missed and missed >= self.terms.default_missed:
            return True
        unpaid = [heap for heap in self.heaps if not heap.full]
        return bool(self.terms.default_seconds and unpaid and at > unpaid[0].due + self.terms.default_seconds)

    # --- the passing of time and of money --------------------------------------------------------------------------

    def observe(self, at: int) -> None:
        """Somebody looks at the plan at a moment and writes down what holds."""
        late = self.late(at)
        if any(not heap.full for heap in late):
            self.noted = max(self.noted, len(late))
        if not self.completed and not self.defaulted_at and self.in_default_by_rule(at):
            self.defaulted_at = at

    def pay(self, at: int, amount: int) -> tuple[int, int]:
        """Put money on the plan; returns the principal and the charges that it paid."""
        left = min(amount, self.owed_total(at))
        charges = 0
        if int(self.terms.allocation) == 1:
            charges = min(left, self.owed_charges(at))
            left -= charges
        principal = 0
        for heap in self.heaps:
            drop = min(left, heap.amount - heap.paid)
            if drop:
                heap.paid += drop
                left -= drop
                principal += drop
                if heap.full:
                    heap.fixed_charge = None
                    heap.fixed_charge = self.charge(heap, at)
        charges += left
        self.charges_paid += charges
        if self.defaulted_at and all(heap.full for heap in self.heaps if heap.due <= at):
            self.defaulted_at = 0
        if self.owed_total(at) == 0:
            self.completed = True
        return principal, charges


def replay(terms: Any, opened_at: int, history: list[tuple[int, str, int]], until: int) -> Plan:
    """The plan at `until`, after everybody looked at it at every moment at which anything could have changed.

    history  (moment, "pay" or "withdraw", amount), in order, none after `until`
    """
    plan = Plan(terms, opened_at)
    plan.heaps = [Heap(due, amount) for due, amount in zip(due_dates(terms), installment_amounts(terms), strict=True)]
    moments = {until}
    for heap in plan.heaps:
        moments.add(heap.due + terms.grace_seconds + 1)
        moments.add(heap.due + terms.default_seconds + 1)
    looks = sorted(moment for moment in moments if moment <= until)

    for at, what, amount in history:
        while looks and looks[0] <= at:
            plan.observe(looks.pop(0))
        if what == "pay":
            plan.observe(at)
            plan.pay(at, amount)
        else:
            plan.withdrawn += amount
    while looks:
        plan.observe(looks.pop(0))
    return plan


def stored(plan: Plan) -> dict[str, int]:
    """What the book must hold after a poke at the moment up to which the plan was replayed."""
    return {
        "principal_paid": plan.principal_paid(),
        "charges_paid": plan.charges_paid,
        "status": 3 if plan.completed else 2 if plan.defaulted_at else 1,
        "withdrawn": plan.withdrawn,
        "charges_frozen": sum(heap.fixed_charge or 0 for heap in plan.heaps),
        "opened_at": plan.opened_at,
        "defaulted_at": plan.defaulted_at,
        "noted": plan.noted,
    }


def view(plan: Plan, at: int) -> dict[str, int]:
    """What the book must show at the moment up to which the plan was replayed."""
    unpaid = [heap for heap in plan.heaps if not heap.full]
    if plan.completed:
        state = 5
    elif plan.defaulted_at:
        state = 4
    elif any(not heap.full for heap in plan.late(at)):
        state = 3
    elif any(heap.due < at for heap in unpaid):
        state = 2
    else:
        state = 1
    return {
        "state": state,
        "cleared": sum(1 for heap in plan.heaps if heap.full),
        "due": sum(1 for heap in plan.heaps if heap.due <= at),
        "overdue": sum(1 for heap in plan.heaps if heap.due < at),
        "late": len(plan.late(at)),
        "principal_paid": plan.principal_paid(),
        "charges_paid": plan.charges_paid,
        "charges_assessed": plan.assessed(at),
        "owed_now": plan.owed_now(at),
        "owed_total": plan.owed_total(at),
        "withdrawable": plan.principal_paid() + plan.charges_paid - plan.withdrawn,
        "defaulted_at": plan.defaulted_at,
        "next_due_at": unpaid[0].due if unpaid else 0,
    }
