"""What parties sign: the terms of a plan, of its collateral and of an escrow.

Frozen values whose fields fit their Solidity types; whether they also obey the rules is for `settlement.rules` to say.
All amounts are whole numbers of the token's smallest unit, all times Unix seconds in UTC, all digests 32 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from settlement.eip712 import (
    ZERO_ADDRESS,
    Address,
    Bytes32,
    Domain,
    Int32,
    Uint8,
    Uint16,
    Uint32,
    Uint40,
    Uint128,
    digest,
    hash_struct,
)
from settlement.wire import Document


class Calendar(IntEnum):
    """In what the interval between due dates is counted."""

    SECONDS = 0
    MONTHS = 1


class Allocation(IntEnum):
    """What a payment pays first."""

    PRINCIPAL_FIRST = 0
    CHARGES_FIRST = 1


RULE_OFF = 0
"""Value of `default_missed` and `default_seconds` that switches the rule off."""


@dataclass(frozen=True, slots=True)
class Terms(Document):
    """The terms of a repayment plan, in signed order.

    total            principal including interest agreed beforehand
    first_due_at     due date of installment 1; paid at t <= due is on time
    interval         seconds or months between due dates, as `calendar` says
    installments     1..600
    anchor_day       months: wanted day of the month, clipped to the month's length; seconds: 0
    utc_offset       months: seconds east of UTC in which the calendar is read; seconds: 0
    grace_seconds    late starts at t > due + grace
    late_flat        late charge of an installment on its first late day
    late_daily       added for each whole day since the due date
    late_cap         most that one installment's late charge can become
    default_missed   default when so many installments are late and uncleared; RULE_OFF = never
    default_seconds  default when the oldest uncleared installment is past due by more; RULE_OFF = never
    collateral       address of the Collateral contract, or the zero address
    collateral_terms hashStruct of the CollateralTerms, or zero
    agreement        salted commitment to the agreement's digest
    jurisdiction     salted commitment to the jurisdiction tag
    salt             makes the plan's id unique
    sign_by          last moment at which the plan can be opened
    """

    NAME: ClassVar[str] = "Terms"
    KIND: ClassVar[str] = "tallystick/plan-terms"

    debtor: Address
    creditor: Address
    token: Address
    total: Uint128
    calendar: Calendar
    first_due_at: Uint40
    interval: Uint32
    installments: Uint16
    anchor_day: Uint8
    utc_offset: Int32
    grace_seconds: Uint32
    late_flat: Uint128
    late_daily: Uint128
    late_cap: Uint128
    allocation: Allocation
    default_missed: Uint16
    default_seconds: Uint32
    collateral: Address
    collateral_terms: Bytes32
    agreement: Bytes32
    jurisdiction: Bytes32
    salt: Bytes32
    sign_by: Uint40

    @property
    def has_collateral(self) -> bool:
        """Whether a collateral module is named."""
        return self.collateral != ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class CollateralTerms(Document):
    """What the debtor pledges and how it is sold after default, in signed order.

    token            ERC-20 of the collateral
    amount           pledged, in that token's units
    start_bps        auction's start price in 1/10000 of the debt at the auction's start, >= 10000
    reserve          least price for the whole collateral, in the plan's token; scaled to the lot, rounded up
    auction_seconds  how long the price falls, >= 60
    """

    NAME: ClassVar[str] = "CollateralTerms"
    KIND: ClassVar[str] = "tallystick/collateral-terms"

    token: Address
    amount: Uint128
    start_bps: Uint32
    reserve: Uint128
    auction_seconds: Uint32


@dataclass(frozen=True, slots=True)
class EscrowTerms(Document):
    """One sum against one performance, in signed order.

    amount      exactly what is funded and leaves
    fund_by     last moment of opening and funding
    expires_at  releases before it, reclaim from it on
    """

    NAME: ClassVar[str] = "EscrowTerms"
    KIND: ClassVar[str] = "tallystick/escrow-terms"

    payer: Address
    payee: Address
    token: Address
    amount: Uint128
    fund_by: Uint40
    expires_at: Uint40
    agreement: Bytes32
    salt: Bytes32


def book_domain(chain_id: int, book: str) -> Domain:
    """Return the domain of the RepaymentBook at address `book` on chain `chain_id`."""
    return Domain("Tallystick RepaymentBook", "1", chain_id, book)


def escrow_domain(chain_id: int, book: str) -> Domain:
    """Return the domain of the EscrowBook at address `book` on chain `chain_id`."""
    return Domain("Tallystick EscrowBook", "1", chain_id, book)


def plan_id(terms: Terms, domain: Domain) -> bytes:
    """Return the 32 bytes that name a plan and that both parties sign."""
    return digest(terms, domain)


def escrow_id(terms: EscrowTerms, domain: Domain) -> bytes:
    """Return the 32 bytes that name an escrow and that both parties sign."""
    return digest(terms, domain)


def collateral_terms_hash(terms: CollateralTerms) -> bytes:
    """Return the 32 bytes that `Terms.collateral_terms` holds: hashStruct, without a domain."""
    return hash_struct(terms)
