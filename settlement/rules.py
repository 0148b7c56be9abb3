"""The rules that terms must obey before anybody signs: the same that the contracts check at opening.

`validate` asks nothing outside: whether the token is a contract, and what its decimals are, an adapter must look up.
"""

from __future__ import annotations

from settlement.charges import days_to_cap
from settlement.eip712 import ZERO_32, ZERO_ADDRESS, checksum_address
from settlement.money import MAX_AMOUNT
from settlement.schedule import DAY, civil_from_days, days_in_month, last_due_at
from settlement.terms import RULE_OFF, Calendar, CollateralTerms, EscrowTerms, Terms, collateral_terms_hash
from settlement.terms_errors import (
    AnchorDayOutOfRange,
    ChargesTooLarge,
    CollateralMismatch,
    CollateralTermsInvalid,
    CollateralWithoutDefaultSeconds,
    DefaultBeforeGrace,
    DefaultMissedOutOfRange,
    EscrowTermsInvalid,
    FirstDueOffCalendar,
    FirstDuePast,
    GraceTooLong,
    InstallmentsOutOfRange,
    IntervalOutOfRange,
    LastDueTooLate,
    LateCapUnreachable,
    LateFlatAboveCap,
    PartiesSame,
    PartyMissing,
    PartyReserved,
    SignByPassed,
    TotalOutOfRange,
    UtcOffsetOutOfRange,
)

MAX_INSTALLMENTS = 600
"""Fifty years of months."""
MIN_INTERVAL_SECONDS = 60
MAX_INTERVAL_SECONDS = 2**32 - 1
MAX_INTERVAL_MONTHS = 120
MAX_UTC_OFFSET = 50_400
"""Fourteen hours: Line Islands time, the farthest zone."""
MAX_GRACE_SECONDS = 366 * DAY
TIME_LIMIT = 2**40
"""Times are stored in 40 bits."""
MIN_START_BPS = 10_000
MAX_START_BPS = 1_000_000
"""A hundred times the debt."""
MIN_AUCTION_SECONDS = 60


def validate(terms: Terms, *, now: int, book: str | None = None) -> None:
    """Check that the book would open these terms at `now`.

    now   Unix seconds; the block time at which the plan would be opened
    book  address of the RepaymentBook, where it is known

    Raises the TermsInvalid subclass of the first rule that is broken; the order is the contract's.
    """
    if now > terms.sign_by:
        raise SignByPassed(sign_by=terms.sign_by, now=now)
    _distinct({"debtor": terms.debtor, "creditor": terms.creditor}, terms.token, book)
    if not 1 <= terms.installments <= MAX_INSTALLMENTS:
        raise InstallmentsOutOfRange(installments=terms.installments, most=MAX_INSTALLMENTS)
    if not terms.installments <= terms.total <= MAX_AMOUNT:
        raise TotalOutOfRange(total=terms.total, least=terms.installments, most=MAX_AMOUNT)
    if terms.first_due_at < now:
        raise FirstDuePast(first_due_at=terms.first_due_at, late=now - terms.first_due_at, now=now)
    _calendar(terms)
    _charges(terms)
    _default(terms)


def validate_collateral(collateral: CollateralTerms, terms: Terms) -> None:
    """Check the collateral terms and that they are the ones that `terms` names.

    Raises CollateralTermsInvalid, CollateralMismatch.
    """
    validate_collateral_form(collateral)
    if terms.collateral_terms != collateral_terms_hash(collateral):
        raise CollateralMismatch(
            reason=f"the terms commit to collateral terms {terms.collateral_terms.hex()}, "
            f"these have the hash {collateral_terms_hash(collateral).hex()}"
        )


def validate_collateral_form(collateral: CollateralTerms) -> None:
    """Check the rules of collateral terms by themselves.  Raises CollateralTermsInvalid."""
    checks: tuple[tuple[str, int | str, bool, str], ...] = (
        ("token", collateral.token, collateral.token != ZERO_ADDRESS, "any other address"),
        ("amount", collateral.amount, collateral.amount >= 1, "1 and more"),
        (
            "startBps",
            collateral.start_bps,
            MIN_START_BPS <= collateral.start_bps <= MAX_START_BPS,
            f"{MIN_START_BPS} to {MAX_START_BPS}",
        ),
        ("reserve", collateral.reserve, collateral.reserve >= 1, "1 and more"),
        (
            "auctionSeconds",
            collateral.auction_seconds,
            collateral.auction_seconds >= MIN_AUCTION_SECONDS,
            f"{MIN_AUCTION_SECONDS} and more",
        ),
    )
    for field, got, holds, allowed in checks:
        if not holds:
            raise CollateralTermsInvalid(field=field, got=got, allowed=allowed)


def validate_escrow(terms: EscrowTerms, *, now: int, book: str | None = None) -> None:
    """Check that the escrow book would open these terms at `now`.

    Raises PartyMissing, PartiesSame, PartyReserved, EscrowTermsInvalid, SignByPassed.
    """
    _distinct({"payer": terms.payer, "payee": terms.payee}, terms.token, book)
    if terms.amount == 0:
        raise EscrowTermsInvalid(reason="the amount is zero")
    if not terms.fund_by < terms.expires_at:
        raise EscrowTermsInvalid(reason=f"funding until {terms.fund_by} does not end before expiry, {terms.expires_at}")
    if now > terms.fund_by:
        raise SignByPassed(sign_by=terms.fund_by, now=now)


def _distinct(parties: dict[str, str], token: str, book: str | None) -> None:
    for role, address in (*parties.items(), ("token", token)):
        if address == ZERO_ADDRESS:
            raise PartyMissing(role=role)
    one, other = parties.values()
    if one == other:
        raise PartiesSame(address=one)
    reserved = {"token": token} if book is None else {"book": checksum_address(book), "token": token}
    for role, address in parties.items():
        for what, contract in reserved.items():
            if address == contract:
                raise PartyReserved(role=role, address=address, what=what)
    if token == reserved.get("book"):
        raise PartyReserved(role="token", address=token, what="book")


def _calendar(terms: Terms) -> None:
    by_months = terms.calendar is Calendar.MONTHS
    unit = terms.calendar.name.lower()
    least, most = (1, MAX_INTERVAL_MONTHS) if by_months else (MIN_INTERVAL_SECONDS, MAX_INTERVAL_SECONDS)
    if not least <= terms.interval <= most:
        raise IntervalOutOfRange(interval=terms.interval, unit=unit, least=least, most=most)
    if not (1 <= terms.anchor_day <= 31 if by_months else terms.anchor_day == 0):
        raise AnchorDayOutOfRange(anchor_day=terms.anchor_day, calendar=unit)
    if not (abs(terms.utc_offset) <= MAX_UTC_OFFSET if by_months else terms.utc_offset == 0):
        raise UtcOffsetOutOfRange(utc_offset=terms.utc_offset, calendar=unit)
    if by_months:
        year, month, day = civil_from_days((terms.first_due_at + terms.utc_offset) // DAY)
        expected = min(terms.anchor_day, days_in_month(year * 12 + month - 1))
        if day != expected:
            raise FirstDueOffCalendar(first_due_at=terms.first_due_at, day=day, expected=expected)
    if last_due_at(terms) >= TIME_LIMIT:
        raise LastDueTooLate(last_due_at=last_due_at(terms), limit=TIME_LIMIT)


def _charges(terms: Terms) -> None:
    if terms.grace_seconds > MAX_GRACE_SECONDS:
        raise GraceTooLong(grace_seconds=terms.grace_seconds, most=MAX_GRACE_SECONDS)
    if terms.late_flat > terms.late_cap:
        raise LateFlatAboveCap(late_flat=terms.late_flat, late_cap=terms.late_cap)
    days = days_to_cap(terms)
    reached = terms.late_flat + terms.late_daily * days
    if reached < terms.late_cap:
        raise LateCapUnreachable(reached=reached, days=days, late_cap=terms.late_cap)
    most = terms.total + terms.installments * terms.late_cap
    if most > MAX_AMOUNT:
        raise ChargesTooLarge(installments=terms.installments, sum=most, most=MAX_AMOUNT)


def _default(terms: Terms) -> None:
    if terms.default_missed > terms.installments:
        raise DefaultMissedOutOfRange(default_missed=terms.default_missed, installments=terms.installments)
    if terms.default_seconds != RULE_OFF and terms.default_seconds < terms.grace_seconds:
        raise DefaultBeforeGrace(default_seconds=terms.default_seconds, grace_seconds=terms.grace_seconds)
    if (terms.collateral_terms == ZERO_32) == terms.has_collateral:
        raise CollateralMismatch(
            reason="a collateral module without the hash of its terms"
            if terms.has_collateral
            else "the hash of collateral terms without a collateral module"
        )
    if terms.has_collateral and terms.default_seconds == RULE_OFF:
        raise CollateralWithoutDefaultSeconds(collateral=terms.collateral)
