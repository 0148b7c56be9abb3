"""Agreements for tests that need no chain, with the fonts that the setup scripts fetch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support import papers, reports

from portal.agreement.render import agreement_digest, agreement_pdf
from portal.agreement.values import Agreement, Jurisdiction, Pledge
from portal.papers import Opening, Paper
from settlement.commitments import agreement_commitment, jurisdiction_commitment
from settlement.draft import draft, draft_collateral
from settlement.terms import CollateralTerms, Terms

SALT = b"\4" * 32
PAIRS = (("en",), ("zh-Hans", "pt-BR"), ("vi", "en"), ("zh-Hant", "de"))


def pledged() -> CollateralTerms:
    return draft_collateral(token=papers.PLEDGED, decimals=8, amount="500", reserve="300", payment_decimals=6)


def terms(**more: Any) -> Terms:
    """13 months of 1200 with late charges, read at clocks three hours west of UTC."""
    given: dict[str, Any] = {
        "now": papers.NOW,
        "debtor": papers.DEBTOR,
        "creditor": papers.CREDITOR,
        "token": papers.TOKEN,
        "decimals": 6,
        "total": "1200",
        "installments": 13,
        "first_due": "2027-02-28",
        "agreement": bytes(32),
        "jurisdiction": jurisdiction_commitment(papers.TAG.salt, papers.TAG.text),
        "salt": b"\3" * 32,
        "utc_offset": "-03:00",
        "late_flat": "5",
        "late_daily": "0.5",
        "late_cap": "40",
    }
    return draft(**{**given, **more})


def secured(**more: Any) -> Terms:
    return terms(collateral=papers.MODULE, collateral_terms=pledged(), **more)


def agreement(of: Terms | None = None, **more: Any) -> Agreement:
    """An agreement with collateral, in Simplified Chinese and Brazilian Portuguese, unless said otherwise."""
    own = secured() if of is None else of
    base: dict[str, Any] = {
        "terms": own,
        "chain_id": 31338,
        "book": papers.BOOK,
        "symbol": "TEST",
        "decimals": 6,
        "languages": ("zh-Hans", "pt-BR"),
        "prevails": "pt-BR",
        "drawn_at": papers.NOW,
        "chain_name": "Arbitrum One",
        "collateral": Pledge(pledged(), "PLG", 8) if own.has_collateral else None,
        "jurisdiction": Jurisdiction(papers.TAG.text, papers.TAG.salt),
        "debtor_name": "Aurora Comércio de Peças Ltda.",
        "creditor_name": "海联机械有限公司",
    }
    return Agreement(**{**base, **more})


def pdf_of(given: Agreement) -> bytes:
    return agreement_pdf(given, reports.fonts(given.languages))


def plan_of(given: Agreement, pdf: bytes, salt: bytes = SALT) -> Paper:
    """The plan whose terms carry that file's digest, unsigned."""
    digest = agreement_digest(pdf)
    own = replace(given.terms, agreement=agreement_commitment(salt, digest))
    pledge = None if given.collateral is None else given.collateral.terms
    opened = Opening(digest.hex(), salt)
    return Paper("smith", given.chain_id, given.book, given.symbol, given.decimals, own, pledge, opened, papers.TAG)
