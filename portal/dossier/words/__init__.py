"""What the check of a dossier says: reason codes, and sentences in the languages of notary/verdicts/reasons.

The same mechanism: a `Said` names its template, a language's `Words` tell it. The words of a dossier are those of a
receipt's verdict, with these beside them, so what trust says of a block is told in one breath with the rest.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Final

from notary.verdicts.reasons import LOCALES, Words

CHECKS: Final = 8  # the last one is of completion papers


class PlanReason(StrEnum):
    """Why a check did not simply pass. Stable; each has its sentence in every language."""

    ABI_DIFFERS = "abi-differs"
    ADDRESS_DIFFERS = "address-differs"
    TERMS_INVALID = "terms-invalid"
    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_INVALID = "signature-invalid"
    WALLET_UNASKED = "wallet-unasked"
    PROOF_INVALID = "proof-invalid"
    NOT_OPENED = "not-opened"
    EVENT_FOREIGN = "event-foreign"
    HISTORY_INCONSISTENT = "history-inconsistent"
    BLOCK_UNCONFIRMED = "block-unconfirmed"
    BLOCK_DIFFERS = "block-differs"
    DEV_CHAIN = "dev-chain"
    MONEY_DIFFERS = "money-differs"
    LATER_EVENTS = "later-events"
    CODE_DIFFERS = "code-differs"
    NODE_SILENT = "node-silent"
    PAPER_UNFOUNDED = "paper-unfounded"
    PAPER_DIFFERS = "paper-differs"
    PAPER_UNCHECKED = "paper-unchecked"


class PlanText(StrEnum):
    """A sentence; what stands behind it are its values."""

    # 1
    CONTRACT = "plan-contract"  # name, address
    CONTRACTS_NONE = "plan-contracts-none"
    CONTRACTS_OTHER = "plan-contracts-other"  # found, expected, chain, signed_chain
    CONTRACTS = "plan-contracts"  # contracts, chain
    INTERFACE_OTHER = "plan-interface-other"  # name
    # 2
    AGREEMENT = "plan-agreement"
    JURISDICTION = "plan-jurisdiction"
    OPENED_FOR = "plan-opened-for"  # what
    OPENED_NONE = "plan-opened-none"
    # 3
    DEBTOR = "plan-debtor"  # address
    CREDITOR = "plan-creditor"  # address
    UNSIGNED = "plan-unsigned"  # party
    NOT_BY_KEY = "plan-not-by-key"  # party
    NO_KEY = "plan-no-key"  # parties
    NO_KEY_ACCEPTED = "plan-no-key-accepted"  # said
    SIGNED = "plan-signed"  # parties, plan
    # 4
    RECEIPT_ELSEWHERE = "plan-receipt-elsewhere"  # index, block
    TRANSACTION_FAILED = "plan-transaction-failed"  # index, block
    NO_EVENT = "plan-no-event"
    PROVEN = "plan-proven"  # events, blocks
    # 5
    EVENTS_UNPROVEN = "plan-events-unproven"
    NO_OPENING = "plan-no-opening"
    FOLLOWS = "plan-follows"  # payments, units
    BLOCK_BEHIND = "plan-block-behind"  # block, other
    EVENT_ORDER = "plan-event-order"  # log, block
    EVENT_MISSING = "plan-event-missing"  # log, block
    EVENT_OTHER = "plan-event-other"  # log, block
    # 6
    HEADER_UNREADABLE = "plan-header-unreadable"
    BLOCKS = "plan-blocks"  # count
    BLOCKS_DEV = "plan-blocks-dev"  # count
    # 7
    NO_ACCOUNT = "plan-no-account"
    NO_NODE = "plan-no-node"
    MONEY_OTHER = "plan-money-other"  # symbol, decimals
    BOOK_OTHER = "plan-book-other"  # node, now, then
    BOOK_SAME = "plan-book-same"  # nodes
    # 8
    PAPER_SAME = "plan-paper-same"  # pages
    PAPER_PAGE = "plan-paper-page"  # page, text, reason, meaning
    # below the checks
    PLAN = "plan-plan"  # name, time, state
    PAID = "plan-paid"  # principal, charges
    OWED = "plan-owed"  # now, total
    STATE_CURRENT = "plan-state-current"
    STATE_IN_GRACE = "plan-state-in_grace"
    STATE_ARREARS = "plan-state-arrears"
    STATE_DEFAULTED = "plan-state-defaulted"
    STATE_COMPLETED = "plan-state-completed"


def words(locale: str = "en") -> Words:
    """The words of a language: a verdict's on receipts, and these.

    locale  one of notary.verdicts.reasons.LOCALES

    Raises ValueError for any other.
    """
    if locale not in LOCALES:
        raise ValueError(f"there are no words in {locale[:20]!r}, only in {', '.join(LOCALES)}")
    found = import_module(f"portal.dossier.words.{locale.lower().replace('-', '_')}").WORDS
    assert isinstance(found, Words)
    return found
