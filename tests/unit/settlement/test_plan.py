"""The plan's steps with exact values: what is stored, what is shown, what is said, on both sides of each border."""

from __future__ import annotations

import pytest
from support.settlement_samples import BOOK, CREDITOR, DAY, DEBTOR, MONTHLY, NOW, THIRD, WEEKLY, but

from settlement.errors import (
    AmountZero,
    NotCreditor,
    NothingOwed,
    NothingToWithdraw,
    PlanUnknown,
    WithdrawTooLarge,
)
from settlement.events import Completed, Cured, Defaulted, InstallmentsMissed, Paid, PlanOpened, Withdrawn
from settlement.plan import (
    ALL,
    NEVER,
    NO_ACCOUNT,
    NO_VIEW,
    Account,
    PlanView,
    State,
    Status,
    apply_open,
    apply_pay,
    apply_poke,
    apply_withdraw,
    default_moment,
    owed_total,
    view_at,
)
from settlement.schedule import due_at
from settlement.terms import Allocation, Terms
from settlement.terms_errors import SignByPassed

DUE = [0, *(due_at(MONTHLY, k) for k in range(1, 7))]
GRACE = 5 * DAY
CHARGES_FIRST: Terms = but(MONTHLY, allocation=Allocation.CHARGES_FIRST)


def opened(terms: Terms = MONTHLY) -> Account:
    return apply_open(terms, at=NOW, book=BOOK)[0]


def pay(account: Account, at: int, amount: int, terms: Terms = MONTHLY) -> tuple[Account, list[object]]:
    after, events = apply_pay(terms, account, at=at, amount=amount, payer=THIRD)
    return after, list(events)


class TestOpen:
    def test_stores_the_time_and_says_who(self) -> None:
        account, events = apply_open(MONTHLY, at=NOW, book=BOOK)
        assert account == Account(status=Status.ACTIVE, opened_at=NOW)
        assert events == [PlanOpened(DEBTOR, CREDITOR)]

    def test_refuses_after_sign_by(self) -> None:
        assert apply_open(MONTHLY, at=MONTHLY.sign_by)[0].opened_at == MONTHLY.sign_by
        with pytest.raises(SignByPassed):
            apply_open(MONTHLY, at=MONTHLY.sign_by + 1)


class TestPay:
    def test_on_time_pays_principal_only(self) -> None:
        account, events = pay(opened(), DUE[1], 166)
        assert account == Account(principal_paid=166, status=Status.ACTIVE, opened_at=NOW)
        assert events == [Paid(THIRD, 166, 0, 166, 0)]
        assert events[0].taken == 166  # type: ignore[attr-defined]

    def test_takes_any_part_and_any_payer(self) -> None:
        account, _ = pay(opened(), NOW, 1)
        assert view_at(MONTHLY, account, NOW).cleared == 0
        account, _ = pay(account, NOW, 165)
        assert view_at(MONTHLY, account, NOW).cleared == 1

    def test_takes_only_what_is_owed_when_more_is_sent(self) -> None:
        account, events = pay(opened(), NOW, ALL)
        assert events == [Paid(THIRD, 1000, 0, 1000, 0), Completed()]
        assert account.status is Status.COMPLETED

    def test_is_refused_when_nothing_is_owed(self) -> None:
        account, _ = pay(opened(), NOW, 1000)
        with pytest.raises(NothingOwed) as refused:
            pay(account, NOW + 1, 1)
        assert refused.value.values == {"principal_paid": 1000, "total": 1000}

    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(AmountZero):
            pay(opened(), NOW, 0)

    def test_without_a_plan_is_refused(self) -> None:
        with pytest.raises(PlanUnknown):
            pay(NO_ACCOUNT, NOW, 1)

    def test_freezes_the_charge_of_the_installment_that_it_clears(self) -> None:
        at = DUE[1] + 10 * DAY
        account, events = pay(opened(), at, 166)
        assert events == [InstallmentsMissed(1, 1), Paid(THIRD, 166, 0, 166, 0)]
        assert (account.charges_frozen, account.noted) == (20, 1)
        later = view_at(MONTHLY, account, at + 10 * DAY)
        assert (later.charges_assessed, later.owed_now, later.state) == (20, 20, State.CURRENT)

    def test_of_less_than_the_installment_leaves_its_charge_growing(self) -> None:
        at = DUE[1] + 10 * DAY
        account, _ = pay(opened(), at, 165)
        assert account.charges_frozen == 0
        assert view_at(MONTHLY, account, at).charges_assessed == 20
        assert view_at(MONTHLY, account, at + 10 * DAY).charges_assessed == 30

    def test_charges_first_covers_charges_before_principal(self) -> None:
        at = DUE[1] + 10 * DAY
        account, events = pay(opened(CHARGES_FIRST), at, 30, CHARGES_FIRST)
        assert events[-1] == Paid(THIRD, 10, 20, 10, 20)
        assert view_at(CHARGES_FIRST, account, at).owed_now == 156

    def test_principal_first_covers_charges_only_after_all_principal(self) -> None:
        at = DUE[1] + 10 * DAY
        account, events = pay(opened(), at, 1000)
        assert events == [InstallmentsMissed(1, 1), Paid(THIRD, 1000, 0, 1000, 0)]
        assert view_at(MONTHLY, account, at).state is State.CURRENT
        assert owed_total(MONTHLY, account, at + 1000 * DAY) == 20
        account, events = pay(account, at + 1, 20)
        assert events == [Paid(THIRD, 0, 20, 1000, 20), Completed()]

    def test_notes_a_default_at_its_own_moment_and_stays_in_default_while_something_due_is_unpaid(self) -> None:
        moment = DUE[2] + GRACE  # two missed
        account, events = pay(opened(), moment + 7 * DAY, 166)
        assert events == [
            InstallmentsMissed(1, 2),
            Defaulted(moment + 1),
            Paid(THIRD, 166, 0, 166, 0),
        ]
        assert (account.status, account.defaulted_at) == (Status.DEFAULTED, moment + 1)

    def test_principal_first_cures_a_default_when_the_due_principal_is_paid_and_charges_stay_owed(self) -> None:
        at = DUE[2] + GRACE + 7 * DAY
        short, _ = pay(opened(), at, 332)
        assert short.status is Status.DEFAULTED
        account, events = pay(opened(), at, 333)
        assert events[2:] == [Paid(THIRD, 333, 0, 333, 0), Cured()]
        assert (account.status, account.defaulted_at) == (Status.ACTIVE, 0)
        seen = view_at(MONTHLY, account, at)
        assert (seen.state, seen.owed_now) == (State.CURRENT, 62)

    def test_charges_first_cures_a_default_when_the_due_principal_is_paid_and_so_all_charges(self) -> None:
        at = DUE[2] + GRACE + 7 * DAY
        owed = 333 + 40 + 22
        short, _ = pay(opened(CHARGES_FIRST), at, owed - 1, CHARGES_FIRST)
        assert short.status is Status.DEFAULTED
        account, events = pay(opened(CHARGES_FIRST), at, owed, CHARGES_FIRST)
        assert events[2:] == [Paid(THIRD, 333, 62, 333, 62), Cured()]
        assert (account.status, account.defaulted_at) == (Status.ACTIVE, 0)
        assert view_at(CHARGES_FIRST, account, at).state is State.CURRENT

    @pytest.mark.parametrize(
        ("at", "amount", "status"),
        [
            (DUE[3] - 1, 413, Status.ACTIVE),
            (DUE[3], 413, Status.DEFAULTED),
            (DUE[3], 579, Status.DEFAULTED),
            (DUE[3], 580, Status.ACTIVE),
        ],
    )
    def test_at_a_due_second_cures_only_with_that_installment(self, at: int, amount: int, status: Status) -> None:
        account, _ = pay(opened(CHARGES_FIRST), at, amount, CHARGES_FIRST)
        assert account.status is status

    def test_that_completes_a_plan_in_default_cures_it_too(self) -> None:
        at = DUE[2] + GRACE + 1
        account, events = pay(opened(), at, ALL)
        assert [type(event) for event in events] == [InstallmentsMissed, Defaulted, Paid, Cured, Completed]
        assert (account.status, account.defaulted_at) == (Status.COMPLETED, 0)


class TestPoke:
    @pytest.mark.parametrize(
        ("at", "noted"), [(DUE[1] + GRACE, 0), (DUE[1] + GRACE + 1, 1), (DUE[2] + GRACE, 1), (DUE[2] + GRACE + 1, 2)]
    )
    def test_notes_missed_installments_from_the_first_second_of_lateness(self, at: int, noted: int) -> None:
        assert apply_poke(MONTHLY, opened(), at=at)[0].noted == noted

    def test_twice_says_nothing_new(self) -> None:
        at = DUE[1] + GRACE + 1
        once, events = apply_poke(MONTHLY, opened(), at=at)
        assert events == [InstallmentsMissed(1, 1)]
        assert apply_poke(MONTHLY, once, at=at + 1) == (once, [])

    def test_announces_each_missed_installment_once(self) -> None:
        account, _ = apply_poke(MONTHLY, opened(), at=DUE[1] + GRACE + 1)
        account, _ = pay(account, DUE[1] + GRACE + 2, 166)
        account, events = apply_poke(MONTHLY, account, at=DUE[3] + GRACE + 1)
        assert events == [InstallmentsMissed(2, 3), Defaulted(DUE[3] + GRACE + 1)]

    def test_skips_installments_that_were_paid_in_time(self) -> None:
        account, _ = pay(opened(), NOW, 333)
        assert apply_poke(MONTHLY, account, at=DUE[3] + GRACE + 1)[1] == [InstallmentsMissed(3, 3)]

    def test_without_a_plan_is_refused(self) -> None:
        with pytest.raises(PlanUnknown):
            apply_poke(MONTHLY, NO_ACCOUNT, at=NOW)


class TestDefault:
    def test_by_missed_installments_begins_one_second_after_the_last_ones_grace(self) -> None:
        moment = DUE[2] + GRACE
        assert default_moment(MONTHLY, opened()) == moment
        assert [view_at(MONTHLY, opened(), at).state for at in (moment, moment + 1)] == [
            State.ARREARS,
            State.DEFAULTED,
        ]
        assert view_at(MONTHLY, opened(), moment + 10**6).defaulted_at == moment + 1

    def test_by_time_begins_one_second_after_the_oldest_ones_limit(self) -> None:
        by_time = but(MONTHLY, default_missed=0, default_seconds=20 * DAY)
        moment = DUE[1] + 20 * DAY
        assert [view_at(by_time, opened(by_time), at).state for at in (moment, moment + 1)] == [
            State.ARREARS,
            State.DEFAULTED,
        ]

    def test_takes_the_earlier_of_both_rules(self) -> None:
        assert default_moment(but(MONTHLY, default_seconds=20 * DAY), opened()) == DUE[1] + 20 * DAY
        assert default_moment(but(MONTHLY, default_seconds=200 * DAY), opened()) == DUE[2] + GRACE

    def test_never_comes_when_both_rules_are_off(self) -> None:
        assert default_moment(WEEKLY, opened(WEEKLY)) == NEVER
        assert view_at(WEEKLY, opened(WEEKLY), 2**39).state is State.ARREARS

    def test_by_missed_installments_cannot_come_when_fewer_are_left(self) -> None:
        only_missed = but(MONTHLY, default_seconds=0)
        account, _ = pay(opened(), NOW, 833, only_missed)
        assert default_moment(only_missed, account) == NEVER
        account, _ = pay(opened(), NOW, 832, only_missed)
        assert default_moment(only_missed, account) == DUE[6] + GRACE

    def test_never_comes_when_all_principal_is_paid(self) -> None:
        account, _ = pay(opened(), DUE[1] + 10 * DAY, 1000)
        assert default_moment(MONTHLY, account) == NEVER


class TestView:
    def test_of_a_plan_that_was_never_opened_is_empty(self) -> None:
        assert view_at(MONTHLY, NO_ACCOUNT, NOW) == NO_VIEW

    @pytest.mark.parametrize(
        ("at", "state"),
        [
            (DUE[1], State.CURRENT),
            (DUE[1] + 1, State.IN_GRACE),
            (DUE[1] + GRACE, State.IN_GRACE),
            (DUE[1] + GRACE + 1, State.ARREARS),
        ],
    )
    def test_state_changes_one_second_after_due_date_and_grace(self, at: int, state: State) -> None:
        assert view_at(MONTHLY, opened(), at).state is state

    def test_shows_every_number(self) -> None:
        at = DUE[1] + 10 * DAY
        account, _ = pay(opened(), at, 100)
        assert view_at(MONTHLY, account, at) == PlanView(
            state=State.ARREARS,
            cleared=0,
            due=1,
            overdue=1,
            late=1,
            principal_paid=100,
            charges_paid=0,
            charges_assessed=20,
            owed_now=86,
            owed_total=920,
            withdrawable=100,
            defaulted_at=0,
            next_due_at=DUE[1],
        )

    def test_paid_ahead_shows_nothing_owed_now_and_the_next_unpaid_date(self) -> None:
        account, _ = pay(opened(), NOW, 400)
        view = view_at(MONTHLY, account, DUE[2] + 1)
        assert (view.owed_now, view.cleared, view.next_due_at) == (0, 2, DUE[3])

    def test_completed_has_no_next_date(self) -> None:
        account, _ = pay(opened(), NOW, 1000)
        view = view_at(MONTHLY, account, DUE[6])
        assert (view.state, view.next_due_at, view.owed_total) == (State.COMPLETED, 0, 0)

    def test_of_a_moment_before_a_paid_charge_owes_no_less_than_nothing(self) -> None:
        """Late charges were paid at a later moment than the one asked for."""
        account, _ = pay(opened(CHARGES_FIRST), DUE[1] + 10 * DAY, 20, CHARGES_FIRST)
        view = view_at(CHARGES_FIRST, account, DUE[1])
        assert (view.charges_assessed, view.charges_paid, view.owed_total) == (0, 20, 1000)


class TestWithdraw:
    def test_takes_a_part_then_all_the_rest(self) -> None:
        account, _ = pay(opened(), NOW, 300)
        account, events = apply_withdraw(MONTHLY, account, amount=100, caller=CREDITOR, to=THIRD)
        assert events == [Withdrawn(THIRD, 100, 100)]
        account, events = apply_withdraw(MONTHLY, account, amount=ALL, caller=CREDITOR.lower(), to=CREDITOR)
        assert events == [Withdrawn(CREDITOR, 200, 300)]
        assert account.withdrawable == 0

    def test_refuses_one_unit_more_than_is_there(self) -> None:
        account, _ = pay(opened(), NOW, 300)
        assert apply_withdraw(MONTHLY, account, amount=300, caller=CREDITOR, to=THIRD)[0].withdrawn == 300
        with pytest.raises(WithdrawTooLarge) as refused:
            apply_withdraw(MONTHLY, account, amount=301, caller=CREDITOR, to=THIRD)
        assert refused.value.values == {"amount": 301, "withdrawable": 300}

    def test_refuses_everybody_but_the_creditor(self) -> None:
        account, _ = pay(opened(), NOW, 300)
        with pytest.raises(NotCreditor):
            apply_withdraw(MONTHLY, account, amount=1, caller=DEBTOR, to=DEBTOR)

    def test_refuses_when_nothing_is_there_and_an_amount_of_zero(self) -> None:
        with pytest.raises(NothingToWithdraw):
            apply_withdraw(MONTHLY, opened(), amount=ALL, caller=CREDITOR, to=CREDITOR)
        account, _ = pay(opened(), NOW, 1)
        with pytest.raises(AmountZero):
            apply_withdraw(MONTHLY, account, amount=0, caller=CREDITOR, to=CREDITOR)

    def test_works_in_default_and_after_completion(self) -> None:
        account, _ = pay(opened(), DUE[6] + 400 * DAY, 1)
        assert account.status is Status.DEFAULTED
        account, _ = apply_withdraw(MONTHLY, account, amount=ALL, caller=CREDITOR, to=CREDITOR)
        account, _ = pay(account, DUE[6] + 400 * DAY, ALL)
        assert account.status is Status.COMPLETED
        assert apply_withdraw(MONTHLY, account, amount=ALL, caller=CREDITOR, to=CREDITOR)[0].withdrawable == 0
