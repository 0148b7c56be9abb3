"""What nodes of the verifier's own add to a dossier: the blocks, the book's code, and the book's account today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from notary.evm.evm_proof import parse_header
from notary.verdicts.reasons import Said, Text, refused, said
from notary.verdicts.verdict import Status
from portal.config import reveal
from portal.dossier.check import BOOK
from portal.dossier.verdict import PlanCheck
from portal.dossier.words import PlanReason, PlanText
from portal.trusted import TIMEOUT_SECONDS, Question, ask_about, connect_any

if TYPE_CHECKING:
    from notary.verdicts.trust import Trust
    from portal.dossier.file import Dossier
    from settlement.plan import Account

NUMBER = 7


def trust_of_nodes(trust: Trust, urls: Sequence[str], dossier: Dossier) -> tuple[Trust, tuple[str, ...]]:
    """`trust` and what each node says of the dossier's blocks, and why nodes do not count, a sentence each.

    Raises SecretMissing; and the first node's error where no node at all could be asked.
    """
    from notary.errors import EvmProofInvalid

    blocks = set()
    for raw in dossier.headers:
        try:
            blocks.add((dossier.chain_id, parse_header(raw).number))
        except EvmProofInvalid:  # check 4 says so
            continue
    return ask_about(trust, urls, Question(frozenset(blocks)))


def today(urls: Sequence[str], dossier: Dossier, account: Account) -> PlanCheck:
    """Check 7: what every node that serves the chain says of the book."""
    from onchain.artifacts import load
    from onchain.deploy import verify_code
    from onchain.errors import ArtifactMismatch, ChainError, NoSuchContract, mask_url
    from settlement.book import Book

    asked, silent = [], []
    for url in map(reveal, urls):
        try:
            chain = connect_any(url, TIMEOUT_SECONDS)
        except ChainError as exc:
            silent.append(f"{mask_url(url)}: {exc}")
            continue
        try:
            if (chain.chain_id, chain.genesis) != (dossier.chain_id, dossier.genesis):
                continue
            verify_code(chain, dossier.paper.book, load(BOOK))
            book = Book(chain, dossier.paper.book)
            now, token = book.account(dossier.paper.id), book.token(dossier.paper.terms.token)
        except (ArtifactMismatch, NoSuchContract) as exc:
            return PlanCheck(NUMBER, Status.FAILED, refused(exc, PlanReason.CODE_DIFFERS), PlanReason.CODE_DIFFERS)
        except ChainError as exc:
            silent.append(f"{mask_url(url)}: {exc}")
            continue
        finally:
            chain.close()
        if (token.symbol, token.decimals) != (dossier.paper.symbol, dossier.paper.decimals):
            what = said(PlanText.MONEY_OTHER, symbol=token.symbol, decimals=token.decimals)
            return PlanCheck(NUMBER, Status.FAILED, what, PlanReason.MONEY_DIFFERS)
        if now != account:
            what = said(PlanText.BOOK_OTHER, node=mask_url(url), now=now.collected, then=account.collected)
            return PlanCheck(NUMBER, Status.INDETERMINATE, what, PlanReason.LATER_EVENTS)
        asked.append(mask_url(url))
    if not asked:
        why = {"text": "; ".join(silent), "reason": PlanReason.NODE_SILENT}
        what = Said(Text.REFUSED, why) if silent else said(PlanText.NO_NODE)
        return PlanCheck(NUMBER, Status.INDETERMINATE, what, PlanReason.NODE_SILENT)
    return PlanCheck(NUMBER, Status.PASSED, said(PlanText.BOOK_SAME, nodes=tuple(asked)))
