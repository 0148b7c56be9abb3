"""The keeper's due actions over random plans, payments and clocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support import settlement_strategies as strategies
from support.plans import EVERYBODY, PLAN_ID

from settlement.errors import NothingOwed
from settlement.keeper.actions import Action, Kind, PlanSnapshot, Security, due_actions, still_due, wake_at
from settlement.keeper.ladder import rungs
from settlement.plan import Account, Status, apply_pay, apply_poke, view_at
from settlement.schedule import DAY, last_due_at
from settlement.terms import Terms


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlanSnapshot, int]:
    """A plan somewhere in its life, and a moment not before its last payment."""
    terms = draw(strategies.terms())
    account = Account(status=Status.ACTIVE, opened_at=strategies.START)
    now = strategies.START
    end = last_due_at(terms) + terms.grace_seconds + 60 * DAY
    for _ in range(draw(st.integers(0, 3))):
        now = draw(st.integers(now, max(now, end)))
        owed = view_at(terms, account, now).owed_total
        try:
            account, _ = apply_pay(
                terms, account, at=now, amount=draw(st.integers(1, max(1, owed))), payer=terms.debtor
            )
        except NothingOwed:
            break
    security = draw(
        st.none() | st.builds(Security, st.integers(0, 3), st.integers(now - DAY, now + DAY), st.integers(0, 2))
    )
    return PlanSnapshot(PLAN_ID, terms, account, EVERYBODY, (), security), draw(st.integers(now, max(now, end)))


def keys(plan: PlanSnapshot, now: int) -> set[str]:
    return {action.key for action in due_actions([plan], now)}


@given(plans(), st.data())
def test_nothing_new_becomes_due_before_the_plan_wakes(drawn: tuple[PlanSnapshot, int], data: st.DataObject) -> None:
    plan, now = drawn
    wake = wake_at(plan, now)
    latest = now + 400 * DAY if wake is None else wake - 1
    assert wake is None or wake > now
    for later in {latest, data.draw(st.integers(now, latest))}:
        assert keys(plan, later) <= keys(plan, now)


@given(plans())
def test_walking_from_wake_to_wake_meets_every_stage_that_a_second_by_second_keeper_meets(
    drawn: tuple[PlanSnapshot, int],
) -> None:
    plan, now = drawn
    moments = {rung.at for k in range(1, plan.terms.installments + 1) for rung in rungs(plan.terms, k)}
    busy = set().union(*(keys(plan, at) for at in moments if now <= at <= now + 100 * DAY), keys(plan, now))
    walked, at = set(), now
    for _ in range(2_000):
        walked |= keys(plan, at)
        wake = wake_at(plan, at)
        if wake is None or wake > now + 100 * DAY:
            break
        at = wake
    assert busy <= walked


@given(plans())
def test_actions_are_named_apart_and_hold_while_nothing_changes(drawn: tuple[PlanSnapshot, int]) -> None:
    plan, now = drawn
    actions = due_actions([plan], now)
    assert len({action.key for action in actions}) == len(actions)
    assert all(still_due(action, plan, now) for action in actions)
    assert all(action.due_at <= now for action in actions)


@given(plans())
def test_poking_is_due_exactly_when_it_would_write_something(drawn: tuple[PlanSnapshot, int]) -> None:
    plan, now = drawn
    poked, events = apply_poke(plan.terms, plan.account, at=now)
    pokes: list[Action] = [a for a in due_actions([plan], now) if a.kind is Kind.POKE]
    assert len(pokes) == (1 if events else 0)
    after = PlanSnapshot(PLAN_ID, plan.terms, poked, EVERYBODY)
    assert not any(a.kind is Kind.POKE for a in due_actions([after], now))
    assert {a.key for a in due_actions([after], now)} == {
        a.key for a in due_actions([plan], now) if a.kind is Kind.NOTICE
    }


@given(strategies.terms())
def test_rungs_come_in_order(terms: Terms) -> None:
    for k in range(1, terms.installments + 1):
        moments = [rung.at for rung in rungs(terms, k)]
        assert moments == sorted(moments)
