"""One settlement sum against one performance: the escrow book's states, exactly.

    None ──open (both signed, now <= fund_by)──▶ Open ──fund (anybody, exactly the amount, now <= fund_by)──▶ Funded
    Funded ──release (payer, now < expires_at)────▶ Released    the payee's
    Funded ──refund  (payee, at any time)─────────▶ Refunded    the payer's
    Funded ──reclaim (anybody, now >= expires_at)─▶ Reclaimed   the payer's

Release and reclaim meet at one half-open boundary: they neither overlap nor leave a gap.  The last three states are
final; they say whose the money is, and `apply_withdraw` takes it out once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from settlement.eip712 import checksum_address
from settlement.errors import (
    EscrowAlreadyWithdrawn,
    EscrowFundingClosed,
    EscrowNotParty,
    EscrowReclaimEarly,
    EscrowReleaseClosed,
    EscrowStateWrong,
    EscrowUnknown,
)
from settlement.rules import validate_escrow
from settlement.terms import EscrowTerms


class EscrowState(IntEnum):
    """What the escrow book stores."""

    NONE = 0
    OPEN = 1
    FUNDED = 2
    RELEASED = 3
    REFUNDED = 4
    RECLAIMED = 5


@dataclass(frozen=True, slots=True)
class Escrow:
    """What the escrow book stores of one escrow."""

    state: EscrowState = EscrowState.NONE
    withdrawn: bool = False


NO_ESCROW = Escrow()
"""What the escrow book stores of an escrow that was never opened."""


def apply_open(terms: EscrowTerms, *, at: int, book: str | None = None) -> Escrow:
    """Open an escrow that both parties signed.  Raises the TermsInvalid subclass of the first rule that is broken."""
    validate_escrow(terms, now=at, book=book)
    return Escrow(EscrowState.OPEN)


def apply_fund(terms: EscrowTerms, escrow: Escrow, *, at: int) -> Escrow:
    """Take exactly the amount from anybody.  Raises EscrowUnknown, EscrowStateWrong, EscrowFundingClosed."""
    _expect(escrow, EscrowState.OPEN)
    if at > terms.fund_by:
        raise EscrowFundingClosed(fund_by=terms.fund_by, now=at)
    return replace(escrow, state=EscrowState.FUNDED)


def apply_release(terms: EscrowTerms, escrow: Escrow, *, at: int, caller: str) -> Escrow:
    """Give the sum to the payee.  Raises EscrowUnknown, EscrowStateWrong, EscrowNotParty, EscrowReleaseClosed."""
    _expect(escrow, EscrowState.FUNDED)
    _only(caller, terms.payer)
    if at >= terms.expires_at:
        raise EscrowReleaseClosed(expires_at=terms.expires_at, now=at)
    return replace(escrow, state=EscrowState.RELEASED)


def apply_refund(terms: EscrowTerms, escrow: Escrow, *, caller: str) -> Escrow:
    """Give the sum back to the payer.  Raises EscrowUnknown, EscrowStateWrong, EscrowNotParty."""
    _expect(escrow, EscrowState.FUNDED)
    _only(caller, terms.payee)
    return replace(escrow, state=EscrowState.REFUNDED)


def apply_reclaim(terms: EscrowTerms, escrow: Escrow, *, at: int) -> Escrow:
    """Take the sum back for the payer after expiry.  Raises EscrowUnknown, EscrowStateWrong, EscrowReclaimEarly."""
    _expect(escrow, EscrowState.FUNDED)
    if at < terms.expires_at:
        raise EscrowReclaimEarly(expires_at=terms.expires_at, now=at)
    return replace(escrow, state=EscrowState.RECLAIMED)


def apply_withdraw(terms: EscrowTerms, escrow: Escrow, *, caller: str) -> Escrow:
    """Take the whole amount out, once.

    Raises EscrowUnknown, EscrowStateWrong, EscrowNotParty, EscrowAlreadyWithdrawn.
    """
    owner = beneficiary(terms, escrow)
    if owner is None:
        _expect(escrow, EscrowState.RELEASED, EscrowState.REFUNDED, EscrowState.RECLAIMED)
        raise AssertionError("a final state has a beneficiary")
    _only(caller, owner)
    if escrow.withdrawn:
        raise EscrowAlreadyWithdrawn(amount=terms.amount)
    return replace(escrow, withdrawn=True)


def beneficiary(terms: EscrowTerms, escrow: Escrow) -> str | None:
    """Return whose the money is, or None while that is open."""
    if escrow.state is EscrowState.RELEASED:
        return terms.payee
    if escrow.state in (EscrowState.REFUNDED, EscrowState.RECLAIMED):
        return terms.payer
    return None


def _expect(escrow: Escrow, *expected: EscrowState) -> None:
    if escrow.state is EscrowState.NONE:
        raise EscrowUnknown()
    if escrow.state not in expected:
        names = " or ".join(state.name.lower() for state in expected)
        raise EscrowStateWrong(got=escrow.state.name.lower(), expected=names)


def _only(caller: str, party: str) -> None:
    if checksum_address(caller) != party:
        raise EscrowNotParty(caller=caller, party=party)
