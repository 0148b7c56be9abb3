"""Terms from what people say: decimal amounts, calendar dates, offsets from UTC.

What comes out is valid at `now` or was refused; nothing is rounded or guessed.  Randomness and time are passed in.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from settlement.eip712 import ZERO_32, ZERO_ADDRESS
from settlement.errors import DateInvalid, LateCapMissing, UtcOffsetInvalid
from settlement.money import parse_amount
from settlement.rules import validate, validate_collateral, validate_collateral_form, validate_escrow
from settlement.schedule import DAY, days_from_civil, local_day
from settlement.terms import Allocation, Calendar, CollateralTerms, EscrowTerms, Terms, collateral_terms_hash

DEFAULT_GRACE_SECONDS = 7 * DAY
DEFAULT_MISSED = 3
DEFAULT_SECONDS = 90 * DAY
DEFAULT_SIGN_SECONDS = 14 * DAY
DEFAULT_START_BPS = 15_000
DEFAULT_AUCTION_SECONDS = 3 * DAY

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})", re.ASCII)


def draft(
    *,
    now: int,
    debtor: str,
    creditor: str,
    token: str,
    decimals: int,
    total: str | Decimal,
    installments: int,
    first_due: date | str | int,
    agreement: bytes,
    jurisdiction: bytes,
    salt: bytes,
    calendar: Calendar = Calendar.MONTHS,
    interval: int = 1,
    anchor_day: int | None = None,
    utc_offset: int | str = 0,
    grace_seconds: int = DEFAULT_GRACE_SECONDS,
    late_flat: str | Decimal = "0",
    late_daily: str | Decimal = "0",
    late_cap: str | Decimal | None = None,
    allocation: Allocation = Allocation.PRINCIPAL_FIRST,
    default_missed: int | None = None,
    default_seconds: int | None = None,
    collateral: str | None = None,
    collateral_terms: CollateralTerms | None = None,
    sign_by: int | None = None,
    book: str | None = None,
) -> Terms:
    """Return valid terms of a plan.

    now              Unix seconds; due dates must not lie before it
    decimals         of the token, in which `total` and the late charges are written
    first_due        a date (or YYYY-MM-DD): due until the end of that local day; or Unix seconds
    agreement        salted commitment, `settlement.commitments.agreement_commitment`
    jurisdiction     salted commitment, `settlement.commitments.jurisdiction_commitment`
    salt             32 random bytes
    interval         months or seconds, as `calendar` says
    anchor_day       months: wanted day of the month; default: the day of the first due date
    utc_offset       seconds east of UTC, or "+08:00"; the calendar of months is read there
    late_cap         default: the flat charge; to be given where there is a daily one
    default_missed   default: DEFAULT_MISSED, or all installments if there are fewer; 0 = off
    default_seconds  default: DEFAULT_SECONDS, or the grace period if that is longer; 0 = off
    collateral       address of the Collateral contract, with `collateral_terms`
    sign_by          default: DEFAULT_SIGN_SECONDS from now, at most until the first due date
    book             address of the RepaymentBook, where it is known

    Raises DraftInvalid, MoneyInvalid, FieldOutOfRange and the TermsInvalid subclass of the first rule that is broken.
    """
    offset = parse_utc_offset(utc_offset) if isinstance(utc_offset, str) else utc_offset
    first_due_at = first_due if isinstance(first_due, int) else end_of_day(first_due, offset)
    by_months = calendar is Calendar.MONTHS
    if anchor_day is None:
        anchor_day = local_day(first_due_at, offset) if by_months else 0
    flat, daily = parse_amount(late_flat, decimals), parse_amount(late_daily, decimals)
    if late_cap is None and daily:
        raise LateCapMissing(late_daily=daily)
    terms = Terms(
        debtor=debtor,
        creditor=creditor,
        token=token,
        total=parse_amount(total, decimals),
        calendar=calendar,
        first_due_at=first_due_at,
        interval=interval,
        installments=installments,
        anchor_day=anchor_day,
        utc_offset=offset if by_months else 0,
        grace_seconds=grace_seconds,
        late_flat=flat,
        late_daily=daily,
        late_cap=flat if late_cap is None else parse_amount(late_cap, decimals),
        allocation=allocation,
        default_missed=min(DEFAULT_MISSED, installments) if default_missed is None else default_missed,
        default_seconds=max(DEFAULT_SECONDS, grace_seconds) if default_seconds is None else default_seconds,
        collateral=ZERO_ADDRESS if collateral is None else collateral,
        collateral_terms=ZERO_32 if collateral_terms is None else collateral_terms_hash(collateral_terms),
        agreement=agreement,
        jurisdiction=jurisdiction,
        salt=salt,
        sign_by=max(now, min(now + DEFAULT_SIGN_SECONDS, first_due_at)) if sign_by is None else sign_by,
    )
    validate(terms, now=now, book=book)
    if collateral_terms is not None:
        validate_collateral(collateral_terms, terms)
    return terms


def draft_collateral(
    *,
    token: str,
    decimals: int,
    amount: str | Decimal,
    reserve: str | Decimal,
    payment_decimals: int,
    start_bps: int = DEFAULT_START_BPS,
    auction_seconds: int = DEFAULT_AUCTION_SECONDS,
) -> CollateralTerms:
    """Return valid terms of a collateral.

    token, decimals   of the collateral, in which `amount` is written
    reserve           least price for all of it, in the plan's token, which has `payment_decimals`
    start_bps         start price in 1/10000 of the debt at the auction's start

    Raises MoneyInvalid, FieldOutOfRange, CollateralTermsInvalid.
    """
    terms = CollateralTerms(
        token=token,
        amount=parse_amount(amount, decimals),
        start_bps=start_bps,
        reserve=parse_amount(reserve, payment_decimals),
        auction_seconds=auction_seconds,
    )
    validate_collateral_form(terms)
    return terms


def draft_escrow(
    *,
    now: int,
    payer: str,
    payee: str,
    token: str,
    decimals: int,
    amount: str | Decimal,
    fund_by: int,
    expires_at: int,
    agreement: bytes,
    salt: bytes,
    book: str | None = None,
) -> EscrowTerms:
    """Return valid terms of an escrow.

    fund_by     last moment of opening and funding, Unix seconds
    expires_at  releases before it, reclaim from it on, Unix seconds
    agreement   salted commitment; salt: 32 random bytes; book: address of the EscrowBook, where it is known

    Raises MoneyInvalid, FieldOutOfRange and the TermsInvalid subclass of the first rule that is broken.
    """
    terms = EscrowTerms(
        payer=payer,
        payee=payee,
        token=token,
        amount=parse_amount(amount, decimals),
        fund_by=fund_by,
        expires_at=expires_at,
        agreement=agreement,
        salt=salt,
    )
    validate_escrow(terms, now=now, book=book)
    return terms


def end_of_day(day: date | str, utc_offset: int) -> int:
    """Return the last second of a local day: what is paid on the due day is on time.

    day         a date, or YYYY-MM-DD
    utc_offset  seconds east of UTC

    Raises DateInvalid.
    """
    calendar_day = _parse_date(day) if isinstance(day, str) else day
    days = days_from_civil(calendar_day.year, calendar_day.month, calendar_day.day)
    return days * DAY + DAY - 1 - utc_offset


def _parse_date(text: str) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise DateInvalid(text=text[:32], reason="not YYYY-MM-DD")
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as wrong:
        raise DateInvalid(text=text, reason=str(wrong)) from None


def parse_utc_offset(text: str) -> int:
    """Return the seconds east of UTC of "+08:00" or "-03:30".  Raises UtcOffsetInvalid."""
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[3]) >= 60:
        raise UtcOffsetInvalid(text=text[:32])
    seconds = int(match[2]) * 3_600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds
