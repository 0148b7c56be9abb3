"""A plan rebuilt from its events alone: what an observer of the chain knows without reading any storage."""

from __future__ import annotations

from collections.abc import Iterable

from settlement.errors import HistoryInconsistent, SettlementError
from settlement.events import Completed, Cured, Defaulted, Event, InstallmentsMissed, Paid, PlanOpened, Withdrawn
from settlement.plan import NO_ACCOUNT, Account, Status, apply_open, apply_pay, apply_poke, apply_withdraw
from settlement.terms import Terms


def fold(terms: Terms, history: Iterable[tuple[int, Event]], account: Account = NO_ACCOUNT) -> Account:
    """Return the account that the events lead to.

    history  (block time, event) in the chain's order, from the plan's opening on, or from `account` on

    Every number that an event states is computed again and compared, so a missing, doubled or foreign event is noticed.
    Raises HistoryInconsistent.
    """
    for index, (at, event) in enumerate(history):
        try:
            account = _step(terms, account, at, event)
        except _Unlike as unlike:
            raise _inconsistent(index, event, str(unlike)) from None
        except SettlementError as refused:
            raise _inconsistent(index, event, str(refused)) from refused
    return account


class _Unlike(Exception):  # private, turned into HistoryInconsistent above
    """What an event states is not what the terms give."""


def _step(terms: Terms, account: Account, at: int, event: Event) -> Account:
    match event:
        case PlanOpened():
            _same("status before opening", account.status, Status.NONE)
            account, produced = apply_open(terms, at=at)
            _same("parties", event, produced[0])
        case Paid():
            account, produced = apply_pay(terms, account, at=at, amount=event.taken, payer=event.payer)
            _same("payment", event, next(made for made in produced if isinstance(made, Paid)))
        case Withdrawn():
            account, produced = apply_withdraw(terms, account, amount=event.amount, caller=terms.creditor, to=event.to)
            _same("withdrawal", event, produced[0])
        case InstallmentsMissed():
            account, _ = apply_poke(terms, account, at=at)
            _same("installments noted", event.last, account.noted)
        case Defaulted():
            account, _ = apply_poke(terms, account, at=at)
            _same("start of default", event.at, account.defaulted_at)
        case Cured():
            _same("start of default after the cure", account.defaulted_at, 0)
        case Completed():
            _same("status", account.status, Status.COMPLETED)
    return account


def _same(what: str, stated: object, computed: object) -> None:
    if stated != computed:
        raise _Unlike(f"{what}: {stated} is stated, {computed} follows")


def _inconsistent(index: int, event: Event, reason: str) -> HistoryInconsistent:
    return HistoryInconsistent(index=index, event=type(event).__name__, reason=reason)
