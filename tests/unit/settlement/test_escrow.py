"""The escrow's states: every step from every state, and both sides of each border in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.settlement_samples import BOOK, CREDITOR, DEBTOR, ESCROW, NOW, THIRD

from settlement.errors import (
    EscrowAlreadyWithdrawn,
    EscrowFundingClosed,
    EscrowNotParty,
    EscrowReclaimEarly,
    EscrowReleaseClosed,
    EscrowStateWrong,
    EscrowUnknown,
)
from settlement.escrow import (
    NO_ESCROW,
    Escrow,
    EscrowState,
    apply_fund,
    apply_open,
    apply_reclaim,
    apply_refund,
    apply_release,
    apply_withdraw,
    beneficiary,
)

FUND_BY, EXPIRY = ESCROW.fund_by, ESCROW.expires_at
FUNDED = Escrow(EscrowState.FUNDED)

STEPS: dict[str, tuple[EscrowState, Callable[[Escrow], Escrow]]] = {
    "fund": (EscrowState.OPEN, lambda escrow: apply_fund(ESCROW, escrow, at=NOW)),
    "release": (EscrowState.FUNDED, lambda escrow: apply_release(ESCROW, escrow, at=NOW, caller=DEBTOR)),
    "refund": (EscrowState.FUNDED, lambda escrow: apply_refund(ESCROW, escrow, caller=CREDITOR)),
    "reclaim": (EscrowState.FUNDED, lambda escrow: apply_reclaim(ESCROW, escrow, at=EXPIRY)),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", EscrowState)
def test_each_step_starts_from_its_one_state(step: str, state: EscrowState) -> None:
    start, take = STEPS[step]
    if state is start:
        assert take(Escrow(state)).state > state
    else:
        with pytest.raises(EscrowUnknown if state is EscrowState.NONE else EscrowStateWrong):
            take(Escrow(state))


def test_open_stores_the_state_until_fund_by() -> None:
    assert apply_open(ESCROW, at=FUND_BY, book=BOOK) == Escrow(EscrowState.OPEN)


def test_fund_is_possible_until_fund_by() -> None:
    opened = Escrow(EscrowState.OPEN)
    assert apply_fund(ESCROW, opened, at=FUND_BY).state is EscrowState.FUNDED
    with pytest.raises(EscrowFundingClosed):
        apply_fund(ESCROW, opened, at=FUND_BY + 1)


def test_release_ends_where_reclaim_begins() -> None:
    assert apply_release(ESCROW, FUNDED, at=EXPIRY - 1, caller=DEBTOR).state is EscrowState.RELEASED
    with pytest.raises(EscrowReclaimEarly):
        apply_reclaim(ESCROW, FUNDED, at=EXPIRY - 1)
    with pytest.raises(EscrowReleaseClosed):
        apply_release(ESCROW, FUNDED, at=EXPIRY, caller=DEBTOR)
    assert apply_reclaim(ESCROW, FUNDED, at=EXPIRY).state is EscrowState.RECLAIMED


def test_refund_is_possible_after_expiry() -> None:
    """The payee may give back at any time, whatever the clock says."""
    assert apply_refund(ESCROW, FUNDED, caller=CREDITOR).state is EscrowState.REFUNDED


@pytest.mark.parametrize("caller", [CREDITOR, THIRD])
def test_release_is_the_payers_alone(caller: str) -> None:
    with pytest.raises(EscrowNotParty):
        apply_release(ESCROW, FUNDED, at=NOW, caller=caller)


@pytest.mark.parametrize("caller", [DEBTOR, THIRD])
def test_refund_is_the_payees_alone(caller: str) -> None:
    with pytest.raises(EscrowNotParty):
        apply_refund(ESCROW, FUNDED, caller=caller)


@pytest.mark.parametrize(
    ("state", "owner"),
    [
        (EscrowState.NONE, None),
        (EscrowState.OPEN, None),
        (EscrowState.FUNDED, None),
        (EscrowState.RELEASED, CREDITOR),
        (EscrowState.REFUNDED, DEBTOR),
        (EscrowState.RECLAIMED, DEBTOR),
    ],
)
def test_the_money_belongs_to_one_party_once_the_escrow_has_ended(state: EscrowState, owner: str | None) -> None:
    escrow = Escrow(state)
    assert beneficiary(ESCROW, escrow) == owner
    for caller in (DEBTOR, CREDITOR, THIRD):
        if owner is None:
            with pytest.raises(EscrowUnknown if state is EscrowState.NONE else EscrowStateWrong):
                apply_withdraw(ESCROW, escrow, caller=caller)
        elif caller == owner:
            assert apply_withdraw(ESCROW, escrow, caller=caller) == Escrow(state, withdrawn=True)
        else:
            with pytest.raises(EscrowNotParty):
                apply_withdraw(ESCROW, escrow, caller=caller)


def test_withdraw_works_once() -> None:
    escrow = apply_withdraw(ESCROW, Escrow(EscrowState.RELEASED), caller=CREDITOR)
    with pytest.raises(EscrowAlreadyWithdrawn):
        apply_withdraw(ESCROW, escrow, caller=CREDITOR)


def test_nothing_was_opened_at_first() -> None:
    assert Escrow(EscrowState.NONE) == NO_ESCROW
