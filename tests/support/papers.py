"""Papers of plans and escrows for tests that need no chain."""

from __future__ import annotations

from portal.papers import Opening, Paper
from settlement.commitments import agreement_commitment, jurisdiction_commitment
from settlement.draft import draft, draft_collateral, draft_escrow

NOW = 1_800_000_000
BOOK, MODULE, TOKEN, PLEDGED = ("0x" + digit * 40 for digit in "1234")
DEBTOR = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CREDITOR = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
AGREEMENT, TAG = Opening("ab" * 32, b"\1" * 32), Opening("BR-consumer", b"\2" * 32)
_COMMITMENT = agreement_commitment(AGREEMENT.salt, bytes.fromhex(AGREEMENT.text))


def plan_paper() -> Paper:
    """A plan of 12 months with 500 of another token of 8 decimals as collateral."""
    collateral = draft_collateral(token=PLEDGED, decimals=8, amount="500", reserve="300", payment_decimals=6)
    terms = draft(
        now=NOW,
        debtor=DEBTOR,
        creditor=CREDITOR,
        token=TOKEN,
        decimals=6,
        total="1200",
        installments=12,
        first_due=NOW + 86_400,
        agreement=_COMMITMENT,
        jurisdiction=jurisdiction_commitment(TAG.salt, TAG.text),
        salt=b"\3" * 32,
        collateral=MODULE,
        collateral_terms=collateral,
    )
    return Paper("smith", 31338, BOOK, "TEST", 6, terms, collateral, AGREEMENT, TAG)


def escrow_paper() -> Paper:
    """An escrow of 1500."""
    terms = draft_escrow(
        now=NOW,
        payer=DEBTOR,
        payee=CREDITOR,
        token=TOKEN,
        decimals=6,
        amount="1500",
        fund_by=NOW + 100,
        expires_at=NOW + 200,
        agreement=_COMMITMENT,
        salt=b"\3" * 32,
    )
    return Paper("smith", 31338, BOOK, "TEST", 6, terms, agreement=AGREEMENT)
