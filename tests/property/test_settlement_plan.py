"""Laws of a plan: what must hold whatever happens.  Numbers I3 ... I12 are those of the field notes, section 5."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.settlement_strategies import START, THIRD, Step, moments, steps, terms

from settlement.errors import NothingOwed, PlanRefused
from settlement.events import Event, Paid, Withdrawn
from settlement.history import fold
from settlement.plan import (
    Account,
    State,
    Status,
    apply_open,
    apply_pay,
    apply_poke,
    apply_withdraw,
    owed_total,
    view_at,
)
from settlement.schedule import cleared, cumulative, due_at
from settlement.terms import Allocation, Terms

LIVES = settings(max_examples=150, deadline=None)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Terms, list[Step]]:
    """Terms and what happens to the plan under them."""
    plan = draw(terms())
    return plan, draw(steps(plan))


def live(plan: Terms, life: list[Step], account: Account | None = None) -> list[tuple[Step, Account, list[Event]]]:
    """Every step with the account after it and its events; steps that the plan refuses are left out."""
    account = account or apply_open(plan, at=START)[0]
    trace = []
    for step in life:
        try:
            account, events = take(plan, account, step)
        except PlanRefused:
            continue
        trace.append((step, account, events))
    return trace


def take(plan: Terms, account: Account, step: Step) -> tuple[Account, list[Event]]:
    """One step on the mirror."""
    amount = step.amount(plan, account)
    if step.what == "pay":
        return apply_pay(plan, account, at=step.at, amount=amount, payer=THIRD)
    if step.what == "withdraw":
        return apply_withdraw(plan, account, amount=amount, caller=plan.creditor, to=THIRD)
    return apply_poke(plan, account, at=step.at)


class TestSchedule:
    @given(terms(max_installments=600))
    def test_installments_add_up_to_the_total_and_differ_by_one_unit_at_most(self, plan: Terms) -> None:
        amounts = [cumulative(plan, k) - cumulative(plan, k - 1) for k in range(1, plan.installments + 1)]
        assert sum(amounts) == plan.total
        assert cumulative(plan, 0) == 0
        assert max(amounts) - min(amounts) <= 1

    @given(terms(max_installments=600), st.data())
    def test_cleared_is_the_inverse_of_the_cumulative_sum(self, plan: Terms, data: st.DataObject) -> None:
        k = data.draw(st.integers(1, plan.installments))
        assert cleared(plan, cumulative(plan, k)) == k
        assert cleared(plan, cumulative(plan, k) - 1) == k - 1
        paid = data.draw(st.integers(0, plan.total))
        assert cumulative(plan, cleared(plan, paid)) <= paid
        assert cleared(plan, paid) == plan.installments or paid < cumulative(plan, cleared(plan, paid) + 1)


class TestTime:
    @given(lives(), st.data())
    @LIVES
    def test_pokes_at_any_moments_leave_the_same_account_and_view_i10(
        self, drawn: tuple[Terms, list[Step]], data: st.DataObject
    ) -> None:
        plan, life = drawn
        pokes = [Step(at, "poke") for at in data.draw(st.lists(moments(plan), max_size=12))]
        acts = [step for step in life if step.what != "poke"]
        poked = sorted(acts + pokes, key=lambda step: step.at)  # stable: acts come before pokes of the same second
        lazy = [account for step, account, _ in live(plan, acts)]
        eager = [account for step, account, _ in live(plan, poked) if step.what != "poke"]
        after_lazy = lazy[-1] if lazy else apply_open(plan, at=START)[0]
        after_eager = ([account for _, account, _ in live(plan, poked)] or [after_lazy])[-1]
        end = max([START, *(step.at for step in poked)]) + data.draw(st.integers(0, 10**8))

        assert view_at(plan, after_lazy, end) == view_at(plan, after_eager, end)
        assert apply_poke(plan, after_lazy, at=end)[0] == apply_poke(plan, after_eager, at=end)[0]
        assert [account.collected for account in lazy] == [account.collected for account in eager]

    @given(lives(), st.data())
    @LIVES
    def test_poke_is_idempotent_and_the_view_before_it_is_the_view_after_it_i10(
        self, drawn: tuple[Terms, list[Step]], data: st.DataObject
    ) -> None:
        plan, life = drawn
        trace = live(plan, life)
        account = trace[-1][1] if trace else apply_open(plan, at=START)[0]
        at = max([START, *(step.at for step in life)]) + data.draw(st.integers(0, 10**8))
        once, _ = apply_poke(plan, account, at=at)
        assert apply_poke(plan, once, at=at) == (once, [])
        assert view_at(plan, once, at) == view_at(plan, account, at)
        assert view_at(plan, once, at).state == {
            Status.DEFAULTED: State.DEFAULTED,
            Status.COMPLETED: State.COMPLETED,
        }.get(once.status, view_at(plan, once, at).state)

    @given(lives(), st.integers(10**8, 50 * 366 * 86_400))
    @LIVES
    def test_payoff_and_withdrawal_work_arbitrarily_late_i11(self, drawn: tuple[Terms, list[Step]], wait: int) -> None:
        plan, life = drawn
        trace = live(plan, life)
        account = trace[-1][1] if trace else apply_open(plan, at=START)[0]
        at = max([START, *(step.at for step in life)]) + wait
        if account.status is not Status.COMPLETED:
            account, _ = apply_pay(plan, account, at=at, amount=owed_total(plan, account, at), payer=THIRD)
        assert view_at(plan, account, at).state is State.COMPLETED
        if account.withdrawable:
            account, _ = apply_withdraw(plan, account, amount=account.withdrawable, caller=plan.creditor, to=THIRD)
        assert account.withdrawn == account.collected


class TestMoney:
    @given(lives())
    @LIVES
    def test_what_was_paid_is_what_is_collected_and_withdrawals_come_out_of_it_i3(
        self, drawn: tuple[Terms, list[Step]]
    ) -> None:
        plan, life = drawn
        paid = withdrawn = 0
        for _, account, events in live(plan, life):
            paid += sum(event.taken for event in events if isinstance(event, Paid))
            withdrawn += sum(event.amount for event in events if isinstance(event, Withdrawn))
            assert account.collected == paid
            assert account.withdrawn == withdrawn <= paid
            assert account.principal_paid <= plan.total
            assert account.charges_paid <= plan.installments * plan.late_cap

    @given(lives())
    @LIVES
    def test_principal_charges_and_frozen_charges_only_grow_i5(self, drawn: tuple[Terms, list[Step]]) -> None:
        plan, life = drawn
        before = apply_open(plan, at=START)[0]
        for _, after, _ in live(plan, life):
            assert after.principal_paid >= before.principal_paid
            assert after.charges_paid >= before.charges_paid
            assert after.charges_frozen >= before.charges_frozen
            assert after.noted >= before.noted
            before = after

    @given(lives(), st.data())
    @LIVES
    def test_pay_takes_exactly_what_is_owed_when_more_is_sent_i8(
        self, drawn: tuple[Terms, list[Step]], data: st.DataObject
    ) -> None:
        plan, life = drawn
        trace = live(plan, life)
        account = trace[-1][1] if trace else apply_open(plan, at=START)[0]
        at = max([START, *(step.at for step in life)]) + data.draw(st.integers(0, 10**8))
        owed = owed_total(plan, account, at)
        if owed == 0:
            with pytest.raises(NothingOwed):
                apply_pay(plan, account, at=at, amount=1, payer=THIRD)
            return
        dust = data.draw(
            st.integers(1, 3)
        )  # somebody runs ahead with a few units: the honest payoff still goes through
        amount = owed + data.draw(st.integers(0, 10))
        first, _ = apply_pay(plan, account, at=at, amount=dust, payer=THIRD)
        for start, still_owed in ((account, owed), (first, owed - min(dust, owed))):
            if still_owed:
                after, events = apply_pay(plan, start, at=at, amount=amount, payer=THIRD)
                assert next(e.taken for e in events if isinstance(e, Paid)) == still_owed
                assert after.status is Status.COMPLETED

    @given(lives())
    @LIVES
    def test_completed_absorbs_every_later_step_i12(self, drawn: tuple[Terms, list[Step]]) -> None:
        plan, life = drawn
        account = apply_open(plan, at=START)[0]
        at = max(START, life[-1].at)
        account, _ = apply_pay(plan, account, at=at, amount=owed_total(plan, account, at), payer=THIRD)
        frozen = account
        for later, (_, after, events) in enumerate(
            live(plan, [dataclasses.replace(step, at=at + step.at) for step in life], account)
        ):
            assert after == dataclasses.replace(frozen, withdrawn=after.withdrawn), later
            assert all(isinstance(event, Withdrawn) for event in events)


class TestFairness:
    @given(terms(), st.data())
    @LIVES
    def test_paying_earlier_and_in_more_pieces_never_ends_worse_i9(self, plan: Terms, data: st.DataObject) -> None:
        """One sum in one piece at a moment, against the same sum in pieces at or before that moment."""
        late = data.draw(moments(plan))
        total = data.draw(st.integers(1, plan.total))
        cuts = sorted(data.draw(st.lists(st.integers(0, total), max_size=4)))
        pieces = [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True) if b > a]
        times = sorted(data.draw(st.lists(st.integers(START, late), min_size=len(pieces), max_size=len(pieces))))

        account = apply_open(plan, at=START)[0]
        one, _ = apply_pay(plan, account, at=late, amount=total, payer=THIRD)
        many = account
        for at, piece in zip(times, pieces, strict=True):
            many, _ = apply_pay(plan, many, at=at, amount=piece, payer=THIRD)

        for at in (late, late + data.draw(st.integers(0, 10**8))):
            worse, better = view_at(plan, one, at), view_at(plan, many, at)
            assert better.owed_total <= worse.owed_total
            if plan.allocation is Allocation.PRINCIPAL_FIRST:
                assert better.charges_assessed <= worse.charges_assessed
                assert better.cleared >= worse.cleared
                assert better.state <= max(worse.state, State.CURRENT) or better.state is State.COMPLETED

    @given(terms(), st.data())
    @LIVES
    def test_nobody_is_late_who_pays_each_installment_on_its_due_date(self, plan: Terms, data: st.DataObject) -> None:
        account = apply_open(plan, at=START)[0]
        for k in range(1, plan.installments + 1):
            slack = data.draw(st.integers(0, plan.grace_seconds))
            at = due_at(plan, k) + slack
            if k < plan.installments:
                at = min(at, due_at(plan, k + 1))
            amount = cumulative(plan, k) - cumulative(plan, k - 1)
            account, _ = apply_pay(plan, account, at=at, amount=amount, payer=THIRD)
            assert view_at(plan, account, at).charges_assessed == 0
            assert view_at(plan, account, at).state in (State.CURRENT, State.COMPLETED, State.IN_GRACE)
        assert account.status is Status.COMPLETED
        assert account.collected == plan.total


class TestHistory:
    @given(lives())
    @LIVES
    def test_events_alone_rebuild_the_account_i22(self, drawn: tuple[Terms, list[Step]]) -> None:
        plan, life = drawn
        account, opened = apply_open(plan, at=START)
        history: list[tuple[int, Event]] = [(START, event) for event in opened]
        for step, after, events in live(plan, life, account):
            account = after
            history += [(step.at, event) for event in events]
        assert fold(plan, history) == account
