"""Draft terms and their agreement together: the PDF is made from the terms, then the terms commit to the PDF."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from portal.agreement.render import agreement_digest, agreement_pdf, commitment_of
from portal.agreement.values import Agreement, Jurisdiction, Pledge
from portal.papers import Opening

if TYPE_CHECKING:
    from notary.report.fonts import Fonts
    from settlement.terms import CollateralTerms, Terms
    from settlement.token import TokenInfo


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a plan's agreement is to be said.

    languages, prevails  as portal.agreement.values.Agreement has them
    debtor, creditor     the parties' names, or ""
    """

    languages: tuple[str, ...]
    prevails: str
    debtor: str = ""
    creditor: str = ""


def agree(
    wanted: Wanted,
    terms: Terms,
    *,
    chain: tuple[int, str],
    book: str,
    token: TokenInfo,
    pledged: CollateralTerms | None,
    pledged_token: TokenInfo | None,
    jurisdiction: Opening | None,
    drawn_at: int,
    fonts_of: Callable[[tuple[str, ...]], Fonts],
) -> tuple[Terms, Opening, bytes]:
    """The terms with the agreement's commitment, what opens it, and the agreement as a PDF.

    terms  with `agreement` all zero
    chain  its id and its name

    Raises AgreementInvalid, FontsMissing, ReportUnmade.
    """
    given = Agreement(
        terms=terms,
        chain_id=chain[0],
        chain_name=chain[1],
        book=book,
        symbol=token.symbol,
        decimals=token.decimals,
        languages=wanted.languages,
        prevails=wanted.prevails,
        drawn_at=drawn_at,
        collateral=Pledge(pledged, pledged_token.symbol, pledged_token.decimals) if pledged and pledged_token else None,
        jurisdiction=None if jurisdiction is None else Jurisdiction(jurisdiction.text, jurisdiction.salt),
        debtor_name=wanted.debtor,
        creditor_name=wanted.creditor,
    )
    pdf, salt = agreement_pdf(given, fonts_of(given.languages)), secrets.token_bytes(32)
    return replace(terms, agreement=commitment_of(pdf, salt)), Opening(agreement_digest(pdf).hex(), salt), pdf
