"""Plans that service tests share: terms by the month and by the week, accounts, people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from settlement.keeper.actions import Contact, PlanSnapshot
from settlement.keeper.ladder import Role
from settlement.plan import Account, Status, apply_pay
from settlement.schedule import DAY
from settlement.terms import Allocation, Calendar, Terms

DEBTOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CREDITOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
THIRD = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
ZERO = "0x" + "00" * 20
PLAN_ID = "0x" + "ab" * 32

FIRST_DUE = int(datetime(2027, 1, 31, 15, 59, 59, tzinfo=UTC).timestamp())
"""The last second of January 2027 on clocks eight hours east."""

OPENED = FIRST_DUE - 40 * DAY

MONTHLY = Terms(
    debtor=DEBTOR,
    creditor=CREDITOR,
    token=TOKEN,
    total=12_000_000_000,
    calendar=Calendar.MONTHS,
    first_due_at=FIRST_DUE,
    interval=1,
    installments=12,
    anchor_day=31,
    utc_offset=8 * 3_600,
    grace_seconds=5 * DAY,
    late_flat=10_000_000,
    late_daily=1_000_000,
    late_cap=50_000_000,
    allocation=Allocation.PRINCIPAL_FIRST,
    default_missed=3,
    default_seconds=0,
    collateral=ZERO,
    collateral_terms=bytes(32),
    agreement=b"\x01" * 32,
    jurisdiction=b"\x02" * 32,
    salt=b"\x03" * 32,
    sign_by=FIRST_DUE,
)
"""12,000.00 of a token with 6 decimals in 12 months; 1,000.00 each."""

WEEKLY = replace(
    MONTHLY,
    calendar=Calendar.SECONDS,
    interval=7 * DAY,
    anchor_day=0,
    utc_offset=0,
    default_missed=0,
    default_seconds=0,
)
"""The same by weeks of seconds, never in default."""

OPEN = Account(status=Status.ACTIVE, opened_at=OPENED)

DEBTOR_MAIL = Contact(Role.DEBTOR, "mail", "zh-Hans")
CREDITOR_MAIL = Contact(Role.CREDITOR, "mail", "en")
OPERATOR_HOOK = Contact(Role.OPERATOR, "hook", "en")
EVERYBODY = (DEBTOR_MAIL, CREDITOR_MAIL, OPERATOR_HOOK)


def snapshot(
    terms: Terms = MONTHLY, account: Account = OPEN, contacts: tuple[Contact, ...] = EVERYBODY
) -> PlanSnapshot:
    """An open plan with people to write to."""
    return PlanSnapshot(PLAN_ID, terms, account, contacts)


def paid(plan: PlanSnapshot, amount: int, at: int) -> PlanSnapshot:
    """The plan after a payment."""
    account, _ = apply_pay(plan.terms, plan.account, at=at, amount=amount, payer=DEBTOR)
    return replace(plan, account=account)
