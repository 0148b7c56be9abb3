"""The RepaymentBook on a real chain against its mirror: equal accounts, views and events after every step.

Hypothesis draws schedules, payments, pokes, withdrawals and clocks; each plan begins on the same snapshot.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.devchain import dev_chain
from support.settlement_chain import (
    CREDITOR,
    DEBTOR,
    THIRD,
    Refused,
    Sent,
    SettlementChain,
    account_of,
    plan_events,
    view_of,
    wire,
)
from support.settlement_strategies import START, Step, moments, steps, terms

from settlement.errors import (
    AmountZero,
    NothingOwed,
    NothingToWithdraw,
    SettlementError,
    WithdrawTooLarge,
)
from settlement.events import Event
from settlement.history import fold
from settlement.plan import Account, apply_open, apply_pay, apply_poke, apply_withdraw, view_at
from settlement.schedule import cumulative, due_at
from settlement.terms import Terms, plan_id

FAST_PLANS, DEEP_PLANS = 120, 3000
STEPS_A_PLAN = 14

REFUSALS: dict[type[SettlementError], str] = {
    NothingOwed: "RepaymentBook_NothingOwed",
    AmountZero: "RepaymentBook_ZeroAmount",
    NothingToWithdraw: "RepaymentBook_NothingToWithdraw",
    WithdrawTooLarge: "RepaymentBook_WithdrawExceeds",
}


@pytest.fixture(scope="module")
def chain() -> Iterator[SettlementChain]:
    with dev_chain() as dev:
        yield SettlementChain(dev, START)


def test_book_equals_the_mirror_after_every_step_of_random_plans(chain: SettlementChain) -> None:
    counted = _compare_random_plans(chain, FAST_PLANS)
    assert counted["plans"] >= 30
    assert counted["steps"] >= 300
    assert {"Paid", "Withdrawn", "InstallmentsMissed", "Defaulted", "Completed"} <= counted.keys()


@pytest.mark.deep
def test_book_equals_the_mirror_after_every_step_of_very_many_random_plans(chain: SettlementChain) -> None:
    counted = _compare_random_plans(chain, DEEP_PLANS)
    assert counted["steps"] >= 5 * DEEP_PLANS
    assert "Cured" in counted


def _compare_random_plans(chain: SettlementChain, plans: int) -> Counter[str]:
    counted: Counter[str] = Counter()

    @settings(max_examples=plans, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        plan = data.draw(_terms(chain))
        # Two draws of steps and one order of time: short lists alone would hardly reach a default and its cure.
        life = data.draw(steps(plan, max_steps=STEPS_A_PLAN)) + data.draw(steps(plan, max_steps=STEPS_A_PLAN))
        life.sort(key=lambda step: step.at)
        glances = data.draw(st.lists(moments(plan), min_size=1, max_size=2))
        with chain.restored():
            _compare(chain, plan, life, glances, counted)

    compare()
    return counted


def _terms(chain: SettlementChain) -> st.SearchStrategy[Terms]:
    """Mostly plans that are walked through to their end, some with very many installments."""
    return st.sampled_from([18, 18, 18, 600]).flatmap(
        lambda most: terms(
            max_installments=most,
            debtor=chain.accounts[DEBTOR],
            creditor=chain.accounts[CREDITOR],
            token=chain.token.address,
        )
    )


def _compare(chain: SettlementChain, plan: Terms, life: list[Step], glances: list[int], counted: Counter[str]) -> None:
    signatures = [chain.sign(index, plan, chain.domain) for index in (DEBTOR, CREDITOR)]
    opened = chain.send(THIRD, chain.book, "open", wire(plan), *signatures, at=START)
    account, expected = apply_open(plan, at=START, book=chain.book.address)
    assert isinstance(opened, Sent)
    assert plan_events(opened) == expected
    history: list[tuple[int, Event]] = [(START, event) for event in expected]
    identifier = plan_id(plan, chain.domain)
    counted["plans"] += 1

    now = START
    for step in life:
        now = max(step.at, now + 1)  # a block's time lies after its parent's
        step = dataclasses.replace(step, at=now)
        account, happened = _step(chain, plan, account, step)
        history += [(now, event) for event in happened]
        counted["steps"] += 1
        counted.update(type(event).__name__ for event in happened)

        seen = [now, now + 1, *glances]
        found = chain.read(
            (chain.book, "accountOf", (identifier,)),
            *((chain.book, "statusAt", (wire(plan), at)) for at in seen),
        )
        assert account_of(found[0]) == account
        for at, view in zip(seen, found[1:], strict=True):
            assert view_of(view) == view_at(plan, account, at), at
    assert fold(plan, history) == account


def _step(chain: SettlementChain, plan: Terms, account: Account, step: Step) -> tuple[Account, list[Event]]:
    """One step on both; returns the mirror's account and the events that both agree on."""
    call: tuple[Any, ...]
    amount = step.amount(plan, account)
    payer = chain.accounts[THIRD]
    try:
        match step.what:
            case "pay":
                call = (THIRD, chain.book, "pay", wire(plan), amount)
                after, events = apply_pay(plan, account, at=step.at, amount=amount, payer=payer)
            case "withdraw":
                call = (CREDITOR, chain.book, "withdraw", wire(plan), payer, amount)
                after, events = apply_withdraw(plan, account, amount=amount, caller=plan.creditor, to=payer)
            case _:
                call = (THIRD, chain.book, "poke", wire(plan))
                after, events = apply_poke(plan, account, at=step.at)
    except SettlementError as refused:
        assert chain.send(*call, at=step.at) == Refused(REFUSALS[type(refused)])
        return account, []
    sent = chain.send(*call, at=step.at)
    assert isinstance(sent, Sent), sent
    assert plan_events(sent) == events
    return after, events


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_identifier_dates_and_sums_equal_the_mirror(chain: SettlementChain, data: st.DataObject) -> None:
    plan = data.draw(terms(max_installments=600, debtor=chain.accounts[DEBTOR], creditor=chain.accounts[CREDITOR]))
    numbers = [1, plan.installments, *data.draw(st.lists(st.integers(1, plan.installments), max_size=6))]
    found = chain.read(
        (chain.book, "planIdOf", (wire(plan),)),
        *((chain.book, "dueAt", (wire(plan), k)) for k in numbers),
        *((chain.book, "cumulative", (wire(plan), k)) for k in numbers),
        (chain.book, "dueAt", (wire(plan), 0)),
        (chain.book, "dueAt", (wire(plan), plan.installments + 1)),
    )
    assert found[0] == plan_id(plan, chain.domain)
    assert found[1 : 1 + len(numbers)] == [due_at(plan, k) for k in numbers]
    assert found[1 + len(numbers) : -2] == [cumulative(plan, k) for k in numbers]
    assert found[-2:] == [Refused("Schedule_NoSuchInstallment")] * 2
