"""The plan's closed forms against a slow second implementation that counts days and fills heaps."""

from __future__ import annotations

import dataclasses

from hypothesis import event, given, settings
from hypothesis import strategies as st
from reference import plan_reference as reference
from support.settlement_strategies import START, THIRD, moments, steps, terms

from settlement.plan import Account, apply_open, apply_pay, apply_poke, apply_withdraw, view_at
from settlement.schedule import count_due, count_late, count_overdue, cumulative, due_at, last_due_at
from settlement.terms import Terms


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_account_and_view_equal_the_reference_after_every_step(data: st.DataObject) -> None:
    plan = data.draw(terms())
    account, _ = apply_open(plan, at=START)
    history: list[tuple[int, str, int]] = []
    now = START
    for step in data.draw(steps(plan, max_steps=8)):
        now = step.at
        view = view_at(plan, account, now)
        amount = step.amount(plan, account)
        if step.what == "pay" and view.owed_total > 0:
            account, _ = apply_pay(plan, account, at=now, amount=amount, payer=THIRD)
            history.append((now, "pay", amount))
        elif step.what == "withdraw" and view.withdrawable > 0:
            account, _ = apply_withdraw(plan, account, amount=view.withdrawable, caller=plan.creditor, to=THIRD)
            history.append((now, "withdraw", view.withdrawable))
        _check(plan, account, history, now)
        event(f"state {view_at(plan, account, now).state.name}")
    _check(plan, account, history, now + data.draw(st.integers(0, 10**8)))


def _check(plan: Terms, account: Account, history: list[tuple[int, str, int]], now: int) -> None:
    expected = reference.replay(plan, START, history, now)
    poked, _ = apply_poke(plan, account, at=now)
    assert dataclasses.asdict(poked) == reference.stored(expected)
    assert dataclasses.asdict(view_at(plan, account, now)) == reference.view(expected, now)


@given(terms(max_installments=120), st.data())
@settings(max_examples=60, deadline=None)
def test_dates_sums_and_counts_equal_the_reference_for_long_schedules(plan: Terms, data: st.DataObject) -> None:
    dates, amounts = reference.due_dates(plan), reference.installment_amounts(plan)
    assert [due_at(plan, k) for k in range(1, plan.installments + 1)] == dates
    assert [cumulative(plan, k) - cumulative(plan, k - 1) for k in range(1, plan.installments + 1)] == amounts
    for at in data.draw(st.lists(moments(plan), min_size=1, max_size=20)):
        assert count_due(plan, at) == sum(1 for date in dates if date <= at)
        assert count_overdue(plan, at) == sum(1 for date in dates if date < at)
        assert count_late(plan, at) == sum(1 for date in dates if date + plan.grace_seconds < at)
    assert last_due_at(plan) == dates[-1]
