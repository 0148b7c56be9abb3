"""Hypothesis strategies for settlements: terms that the book would open, and things that happen to a plan."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st

from settlement.charges import days_to_cap
from settlement.plan import ALL, Account, view_at
from settlement.schedule import DAY, due_at, last_due_at
from settlement.terms import Allocation, Calendar, Terms

DEBTOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CREDITOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
THIRD = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
ZERO = "0x" + "00" * 20

START = int(datetime(2096, 1, 1, tzinfo=UTC).timestamp())
"""Plans begin here or later: after a test chain's clock, before the leap day of 2096 and the missing one of 2100."""

MAX_INSTALLMENTS = 18
"""Most installments of a drawn plan that is walked through step by step."""


@dataclass(frozen=True)
class Step:
    """One thing that happens: `what` is pay, poke, withdraw; `how_much` says the amount in words or units."""

    at: int
    what: str
    how_much: str | int = 0

    def amount(self, terms: Terms, account: Account) -> int:
        """The units that the step means for a plan as it is."""
        if isinstance(self.how_much, int):
            return self.how_much
        view = view_at(terms, account, self.at)
        return {
            "installment": -(-terms.total // terms.installments),
            "owed now": max(1, view.owed_now),
            "owed total": max(1, view.owed_total),
            "too much": view.owed_total + 10**6,
            "half": max(1, view.owed_now // 2),
            "withdrawable": view.withdrawable,
            "all": ALL,
        }[self.how_much]


def seconds_near_days(most_days: int) -> st.SearchStrategy[int]:
    """Times whose boundaries matter: whole days, and one second beside them."""
    return st.builds(
        lambda days, beside: max(0, days * DAY + beside),
        st.integers(0, most_days),
        st.sampled_from([0, 0, -1, 1, 3600]),
    )


@st.composite
def first_due_dates(draw: st.DrawFn, start: int = START) -> tuple[int, int, int]:
    """(first due date, anchor day, UTC offset) of a calendar of months, at least a day after `start`."""
    begin = datetime.fromtimestamp(start, UTC)
    ahead = draw(st.sampled_from([0, 0, 0, 0, 3, 4, 304]))  # years
    month_index = (begin.year + ahead) * 12 + begin.month - 1 + draw(st.integers(1, 14))
    year, month = divmod(month_index, 12)
    anchor = draw(st.one_of(st.integers(1, 31), st.sampled_from([28, 29, 30, 31])))
    day = min(anchor, calendar.monthrange(year, month + 1)[1])
    offset = draw(st.one_of(st.just(0), st.integers(-56, 56).map(lambda quarters: quarters * 900)))
    time_of_day = draw(st.one_of(st.sampled_from([0, DAY - 1]), st.integers(0, DAY - 1)))
    local_midnight = int(datetime(year, month + 1, day, tzinfo=UTC).timestamp())
    first = local_midnight + time_of_day - offset
    return (first, anchor, offset) if first > start else (first + 31 * DAY, 0, offset)


@st.composite
def terms(
    draw: st.DrawFn,
    *,
    start: int = START,
    max_installments: int = MAX_INSTALLMENTS,
    debtor: str = DEBTOR,
    creditor: str = CREDITOR,
    token: str = TOKEN,
    max_total: int = 2**100,
) -> Terms:
    """Terms that the book opens at `start`."""
    installments = draw(st.integers(1, max_installments))
    total = draw(
        st.one_of(
            st.integers(installments, installments + 40),
            st.integers(installments, 10**12),
            st.integers(installments, max_total),
        )
    )
    calendar_kind = draw(st.sampled_from(list(Calendar)))
    if calendar_kind is Calendar.MONTHS:
        first, anchor, offset = draw(first_due_dates(start).filter(lambda drawn: drawn[1] > 0))
        interval = draw(st.sampled_from([1, 1, 1, 2, 3, 12]))
    else:
        first, anchor, offset = start + draw(st.integers(0, 40 * DAY)), 0, 0
        interval = draw(st.one_of(st.integers(60, 7200), st.integers(1, 40).map(lambda days: days * DAY)))

    grace = draw(seconds_near_days(40))
    flat, daily = draw(st.integers(0, 500)), draw(st.integers(0, 30))
    base = {"calendar": calendar_kind, "interval": interval}
    reach = flat + daily * days_to_cap(_Period(**base))
    cap = draw(st.one_of(st.just(reach), st.integers(flat, reach)))
    return Terms(
        debtor=debtor,
        creditor=creditor,
        token=token,
        total=total,
        calendar=calendar_kind,
        first_due_at=first,
        interval=interval,
        installments=installments,
        anchor_day=anchor,
        utc_offset=offset,
        grace_seconds=grace,
        late_flat=flat,
        late_daily=daily,
        late_cap=cap,
        allocation=draw(st.sampled_from(list(Allocation))),
        default_missed=draw(st.one_of(st.just(0), st.integers(1, min(4, installments)))),
        default_seconds=draw(
            st.one_of(st.just(0), st.just(grace or 1), seconds_near_days(60).map(lambda s: s + grace))
        ),
        collateral=ZERO,
        collateral_terms=bytes(32),
        agreement=draw(st.binary(min_size=32, max_size=32)),
        jurisdiction=bytes(32),
        salt=draw(st.binary(min_size=32, max_size=32)),
        sign_by=start + DAY,
    )


@dataclass(frozen=True)
class _Period:
    """As much of terms as `days_to_cap` reads."""

    calendar: Calendar
    interval: int


def moments(plan: Terms) -> st.SearchStrategy[int]:
    """Moments of a plan, most of them at a boundary or one second beside it."""

    def near(k: int, offset: int, days: int, beside: int) -> int:
        return max(START, due_at(plan, k) + offset + days * DAY + beside)

    boundaries = st.builds(
        near,
        st.integers(1, plan.installments),
        st.sampled_from([0, plan.grace_seconds, plan.default_seconds]),
        st.sampled_from([0, 0, 0, 1, 2, 30]),
        st.sampled_from([-1, 0, 0, 1, 1]),
    )
    return st.one_of(boundaries, boundaries, st.integers(START, last_due_at(plan) + 500 * DAY))


def steps(plan: Terms, *, max_steps: int = 12) -> st.SearchStrategy[list[Step]]:
    """What happens to a plan, in order of time."""
    amounts = st.one_of(
        st.sampled_from(["installment", "installment", "owed now", "owed now", "half", "owed total", "too much"]),
        st.integers(1, max(1, plan.total // 2)),
        st.just(1),
    )
    withdrawals = st.sampled_from(["withdrawable", "all"])
    kinds = st.one_of(
        st.tuples(st.just("pay"), amounts),
        st.tuples(st.just("pay"), amounts),
        st.tuples(st.just("poke"), st.just(0)),
        st.tuples(st.just("withdraw"), withdrawals),
    )
    drawn = st.lists(st.tuples(moments(plan), kinds), min_size=1, max_size=max_steps)
    return drawn.map(lambda found: [Step(at, what, how) for at, (what, how) in sorted(found, key=lambda step: step[0])])
