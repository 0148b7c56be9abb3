"""A plan rebuilt from events: what fits gives the account, what does not is refused with its place."""

from __future__ import annotations

import dataclasses

import pytest
from support.settlement_samples import CREDITOR, DAY, MONTHLY, NOW, THIRD

from settlement.errors import HistoryInconsistent
from settlement.events import Completed, Cured, Defaulted, Event, InstallmentsMissed, Paid, PlanOpened, Withdrawn
from settlement.history import fold
from settlement.plan import ALL, NO_ACCOUNT, Account, apply_open, apply_pay, apply_poke, apply_withdraw
from settlement.schedule import due_at

LATE = due_at(MONTHLY, 2) + 5 * DAY + 1


def story() -> tuple[Account, list[tuple[int, Event]]]:
    """Opened, missed, in default, cured, withdrawn, completed."""
    history: list[tuple[int, Event]] = []
    account, events = apply_open(MONTHLY, at=NOW)
    history += [(NOW, event) for event in events]
    account, events = apply_poke(MONTHLY, account, at=LATE)
    history += [(LATE, event) for event in events]
    account, events = apply_pay(MONTHLY, account, at=LATE + 1, amount=ALL, payer=THIRD)
    history += [(LATE + 1, event) for event in events]
    account, events = apply_withdraw(MONTHLY, account, amount=500, caller=CREDITOR, to=CREDITOR)
    history += [(LATE + 2, event) for event in events]
    return account, history


def test_fold_rebuilds_the_account_from_events_alone() -> None:
    account, history = story()
    assert [type(event) for _, event in history] == [
        PlanOpened,
        InstallmentsMissed,
        Defaulted,
        Paid,
        Cured,
        Completed,
        Withdrawn,
    ]
    assert fold(MONTHLY, history) == account


def test_fold_goes_on_from_an_account() -> None:
    account, history = story()
    assert fold(MONTHLY, history[4:], fold(MONTHLY, history[:4])) == account


def test_fold_of_nothing_is_no_account() -> None:
    assert fold(MONTHLY, []) == NO_ACCOUNT


@pytest.mark.parametrize(
    ("place", "forged"),
    [
        (0, PlanOpened(CREDITOR, CREDITOR)),
        (1, InstallmentsMissed(1, 3)),
        (2, Defaulted(LATE + 1)),
        (3, Paid(THIRD, 1000, 56, 1000, 56)),
        (3, Paid(THIRD, 10**9, 0, 10**9, 0)),
        (6, Withdrawn(CREDITOR, 500, 501)),
        (6, Withdrawn(CREDITOR, 5000, 5000)),
    ],
)
def test_fold_refuses_an_event_with_other_numbers(place: int, forged: Event) -> None:
    _, history = story()
    history[place] = (history[place][0], forged)
    with pytest.raises(HistoryInconsistent) as refused:
        fold(MONTHLY, history)
    assert refused.value.values["index"] == place
    assert refused.value.values["event"] == type(forged).__name__


@pytest.mark.parametrize("missing", [0, 3])
def test_fold_refuses_a_history_with_a_gap(missing: int) -> None:
    _, history = story()
    del history[missing]
    with pytest.raises(HistoryInconsistent):
        fold(MONTHLY, history)


def test_fold_refuses_a_payment_that_stands_twice() -> None:
    account, events = apply_pay(MONTHLY, apply_open(MONTHLY, at=NOW)[0], at=NOW, amount=5, payer=THIRD)
    with pytest.raises(HistoryInconsistent, match="payment"):
        fold(MONTHLY, [(NOW, events[0]), (NOW, events[0])], dataclasses.replace(account, principal_paid=0))


def test_fold_refuses_the_opening_of_terms_that_break_a_rule() -> None:
    bad = dataclasses.replace(MONTHLY, installments=0)
    with pytest.raises(HistoryInconsistent, match="0 installments"):
        fold(bad, [(NOW, PlanOpened(bad.debtor, bad.creditor))])
