"""Fixed settlements for tests with exact values."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from settlement.terms import Allocation, Calendar, CollateralTerms, EscrowTerms, Terms

DEBTOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CREDITOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
BOOK = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
MODULE = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"
THIRD = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
ZERO = "0x" + "00" * 20
DAY = 86_400


def utc(text: str) -> int:
    """Unix seconds of "2027-01-31" or "2027-01-31 12:00:00", read as UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW = utc("2027-01-01")

MONTHLY = Terms(
    debtor=DEBTOR,
    creditor=CREDITOR,
    token=TOKEN,
    total=1_000,
    calendar=Calendar.MONTHS,
    first_due_at=utc("2027-01-31 23:59:59"),
    interval=1,
    installments=6,
    anchor_day=31,
    utc_offset=0,
    grace_seconds=5 * DAY,
    late_flat=10,
    late_daily=1,
    late_cap=40,
    allocation=Allocation.PRINCIPAL_FIRST,
    default_missed=2,
    default_seconds=90 * DAY,
    collateral=ZERO,
    collateral_terms=bytes(32),
    agreement=b"\x0a" * 32,
    jurisdiction=b"\x0b" * 32,
    salt=b"\x0c" * 32,
    sign_by=NOW + 14 * DAY,
)
"""Six installments of 166 or 167 at the ends of the months January to June 2027."""

WEEKLY = dataclasses.replace(
    MONTHLY,
    calendar=Calendar.SECONDS,
    first_due_at=NOW + 7 * DAY,
    interval=7 * DAY,
    installments=20,
    anchor_day=0,
    default_missed=0,
    default_seconds=0,
)
"""Twenty installments of 50, a week apart, without default."""

COLLATERAL = CollateralTerms(
    token="0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9", amount=700, start_bps=15_000, reserve=500, auction_seconds=101
)

ESCROW = EscrowTerms(
    payer=DEBTOR,
    payee=CREDITOR,
    token=TOKEN,
    amount=5_000,
    fund_by=NOW + 100,
    expires_at=NOW + 200,
    agreement=b"\x0a" * 32,
    salt=b"\x0c" * 32,
)


def but(terms: Any, **changes: Any) -> Any:
    """The same struct with other values."""
    return dataclasses.replace(terms, **changes)
