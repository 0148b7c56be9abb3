"""A plan is a fold over (terms, payments with their block times) and now: the book's arithmetic, exactly.

What the book stores (`Account`) follows from the steps below; what a plan *is* at a moment (`PlanView`) follows from
the account and the clock.  `apply_poke` only writes down what is already true, so a view is the same before and after.

    None ──open──▶ Active ──late beyond a default rule──▶ Defaulted ──all due principal paid──▶ Active
                     └────────────────── everything paid ──────────────────┴──▶ Completed (absorbing)

    sync(t)   note newly late installments; note a default at the moment it became true, not at t
    pay(t)    sync; clamp to what is owed; allocate; freeze the charges of installments that this payment clears; cure;
              complete
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from settlement.charges import charge_sum
from settlement.eip712 import checksum_address
from settlement.errors import (
    AmountZero,
    NotCreditor,
    NothingOwed,
    NothingToWithdraw,
    PlanUnknown,
    WithdrawTooLarge,
)
from settlement.events import (
    Completed,
    Cured,
    Defaulted,
    Event,
    InstallmentsMissed,
    Paid,
    PlanOpened,
    Withdrawn,
)
from settlement.rules import validate
from settlement.schedule import cleared, count_due, count_late, count_overdue, cumulative, due_at
from settlement.terms import RULE_OFF, Allocation, Terms

ALL = 2**128 - 1
"""Amount of a withdrawal or payment that means everything."""

NEVER = 2**256 - 1
"""Default moment of a plan that cannot default as it stands."""


class Status(IntEnum):
    """What the book stores."""

    NONE = 0
    ACTIVE = 1
    DEFAULTED = 2
    COMPLETED = 3


class State(IntEnum):
    """What a plan is at a moment."""

    NONE = 0
    """Never opened."""
    CURRENT = 1
    """No uncleared installment is overdue."""
    IN_GRACE = 2
    """Some uncleared installment is overdue, none is late."""
    ARREARS = 3
    """Some uncleared installment is late."""
    DEFAULTED = 4
    """A default rule has become true and was not cured."""
    COMPLETED = 5
    """All principal and all late charges are paid."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the book stores of one plan.  Amounts in smallest units, times in Unix seconds.

    principal_paid  only grows
    charges_paid    only grows; collected = principal_paid + charges_paid
    status          as of the last pay or poke
    withdrawn       by the creditor; withdrawable = collected - withdrawn
    charges_frozen  late charges of cleared installments, as they stood when they were cleared
    opened_at       0 = never
    defaulted_at    0 = not in default
    noted           installments that were noted as missed, counted from 1
    """

    principal_paid: int = 0
    charges_paid: int = 0
    status: Status = Status.NONE
    withdrawn: int = 0
    charges_frozen: int = 0
    opened_at: int = 0
    defaulted_at: int = 0
    noted: int = 0

    @property
    def collected(self) -> int:
        """All that payers gave."""
        return self.principal_paid + self.charges_paid

    @property
    def withdrawable(self) -> int:
        """What is there for the creditor."""
        return self.collected - self.withdrawn


NO_ACCOUNT = Account()
"""What the book stores of a plan that was never opened."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan at a moment, derived as if the book had been poked then.

    cleared          installments paid entirely
    due              installments with due_at <= at
    overdue          installments with due_at < at
    late             installments with due_at + grace < at
    charges_assessed late charges so far, paid or not
    owed_now         principal due and all late charges, unpaid
    owed_total       what completes the plan
    withdrawable     what is there for the creditor
    defaulted_at     first second of default; 0 = not in default
    next_due_at      due date of the first uncleared installment; 0 = none
    """

    state: State
    cleared: int
    due: int
    overdue: int
    late: int
    principal_paid: int
    charges_paid: int
    charges_assessed: int
    owed_now: int
    owed_total: int
    withdrawable: int
    defaulted_at: int
    next_due_at: int


NO_VIEW = PlanView(State.NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""The view of a plan that was never opened."""


# --- what follows from an account and a moment -----------------------------------------------------------------------


def charges_assessed(terms: Terms, account: Account, at: int) -> int:
    """Return all late charges so far, paid or not: the frozen ones and those of uncleared late installments."""
    first = cleared(terms, account.principal_paid) + 1
    return account.charges_frozen + charge_sum(terms, first, terms.installments, at)


def owed_charges(terms: Terms, account: Account, at: int) -> int:
    """Return the unpaid late charges; 0 where `at` lies before charges that are already paid."""
    return max(0, charges_assessed(terms, account, at) - account.charges_paid)


def owed_total(terms: Terms, account: Account, at: int) -> int:
    """Return what completes the plan at `at`."""
    return terms.total - account.principal_paid + owed_charges(terms, account, at)


def owed_due(terms: Terms, account: Account, at: int) -> int:
    """Return the principal that is due and unpaid: 0 cures a default, whatever late charges are still owed."""
    return max(0, cumulative(terms, count_due(terms, at)) - account.principal_paid)


def owed_now(terms: Terms, account: Account, at: int) -> int:
    """Return the principal that is due and the late charges, as far as unpaid."""
    return owed_due(terms, account, at) + owed_charges(terms, account, at)


def default_moment(terms: Terms, account: Account) -> int:
    """Return the last second at which an active plan is not in default as long as nothing more is paid, or NEVER."""
    done = cleared(terms, account.principal_paid)
    moments = []
    if terms.default_missed != RULE_OFF and done + terms.default_missed <= terms.installments:
        moments.append(due_at(terms, done + terms.default_missed) + terms.grace_seconds)
    if terms.default_seconds != RULE_OFF and done < terms.installments:
        moments.append(due_at(terms, done + 1) + terms.default_seconds)
    return min(moments, default=NEVER)


def allocate(terms: Terms, account: Account, amount: int, at: int) -> tuple[int, int]:
    """Return (principal, charges) that `amount` pays; amount <= owed_total."""
    if terms.allocation is Allocation.PRINCIPAL_FIRST:
        principal = min(amount, terms.total - account.principal_paid)
    else:
        principal = amount - min(amount, owed_charges(terms, account, at))
    return principal, amount - principal


def view_at(terms: Terms, account: Account, at: int) -> PlanView:
    """Return what the plan is at `at`, as if the book had been poked then; all zero where it was never opened."""
    if account.status is Status.NONE:
        return NO_VIEW
    account, _ = sync(terms, account, at)
    done, overdue, late = (
        cleared(terms, account.principal_paid),
        count_overdue(terms, at),
        count_late(terms, at),
    )
    if account.status is Status.COMPLETED:
        state = State.COMPLETED
    elif account.status is Status.DEFAULTED:
        state = State.DEFAULTED
    elif late > done:
        state = State.ARREARS
    elif overdue > done:
        state = State.IN_GRACE
    else:
        state = State.CURRENT
    return PlanView(
        state=state,
        cleared=done,
        due=count_due(terms, at),
        overdue=overdue,
        late=late,
        principal_paid=account.principal_paid,
        charges_paid=account.charges_paid,
        charges_assessed=charges_assessed(terms, account, at),
        owed_now=owed_now(terms, account, at),
        owed_total=owed_total(terms, account, at),
        withdrawable=account.withdrawable,
        defaulted_at=account.defaulted_at,
        next_due_at=due_at(terms, done + 1) if done < terms.installments else 0,
    )


# --- steps -----------------------------------------------------------------------------------------------------------


def apply_open(terms: Terms, *, at: int, book: str | None = None) -> tuple[Account, list[Event]]:
    """Open a plan that both parties signed.

    Raises the TermsInvalid subclass of the first rule that is broken.
    """
    validate(terms, now=at, book=book)
    return Account(status=Status.ACTIVE, opened_at=at), [PlanOpened(terms.debtor, terms.creditor)]


def sync(terms: Terms, account: Account, at: int) -> tuple[Account, list[Event]]:
    """Write down what time alone has made true: missed installments, and a default at its own moment."""
    events: list[Event] = []
    missed_from = max(account.noted, cleared(terms, account.principal_paid)) + 1
    late = count_late(terms, at)
    if late >= missed_from:
        account = replace(account, noted=late)
        events.append(InstallmentsMissed(missed_from, late))
    moment = default_moment(terms, account)
    if account.status is Status.ACTIVE and at > moment:
        account = replace(account, status=Status.DEFAULTED, defaulted_at=moment + 1)
        events.append(Defaulted(moment + 1))
    return account, events


def apply_poke(terms: Terms, account: Account, *, at: int) -> tuple[Account, list[Event]]:
    """Write down what is already true; never changes what is owed.

    Raises PlanUnknown.
    """
    _known(account)
    return sync(terms, account, at)


def apply_pay(terms: Terms, account: Account, *, at: int, amount: int, payer: str) -> tuple[Account, list[Event]]:
    """Pay any amount; more than what is owed in total is never taken.

    amount  > 0; the event Paid says how much of it was taken

    Raises PlanUnknown, NothingOwed, AmountZero.
    """
    _known(account)
    account, events = sync(terms, account, at)
    taken = min(amount, owed_total(terms, account, at))
    if owed_total(terms, account, at) == 0:
        raise NothingOwed(principal_paid=account.principal_paid, total=terms.total)
    if taken == 0:
        raise AmountZero()

    principal, charges = allocate(terms, account, taken, at)
    before = cleared(terms, account.principal_paid)
    after = cleared(terms, account.principal_paid + principal)
    account = replace(
        account,
        principal_paid=account.principal_paid + principal,
        charges_paid=account.charges_paid + charges,
        charges_frozen=account.charges_frozen + charge_sum(terms, before + 1, after, at),
    )
    events.append(Paid(payer, principal, charges, account.principal_paid, account.charges_paid))

    if account.status is Status.DEFAULTED and owed_due(terms, account, at) == 0:
        account = replace(account, status=Status.ACTIVE, defaulted_at=0)
        events.append(Cured())
    if owed_total(terms, account, at) == 0:
        account = replace(account, status=Status.COMPLETED)
        events.append(Completed())
    return account, events


def apply_withdraw(terms: Terms, account: Account, *, amount: int, caller: str, to: str) -> tuple[Account, list[Event]]:
    """Take the creditor's money out, in any state of the plan.

    amount  at most what is withdrawable, or ALL

    Raises PlanUnknown, NotCreditor, NothingToWithdraw, AmountZero, WithdrawTooLarge.
    """
    _known(account)
    if checksum_address(caller) != terms.creditor:
        raise NotCreditor(caller=caller, creditor=terms.creditor)
    if account.withdrawable == 0:
        raise NothingToWithdraw(collected=account.collected)
    taken = account.withdrawable if amount == ALL else amount
    if taken == 0:
        raise AmountZero()
    if taken > account.withdrawable:
        raise WithdrawTooLarge(amount=amount, withdrawable=account.withdrawable)
    account = replace(account, withdrawn=account.withdrawn + taken)
    return account, [Withdrawn(to, taken, account.withdrawn)]


def _known(account: Account) -> None:
    if account.status is Status.NONE:
        raise PlanUnknown()
