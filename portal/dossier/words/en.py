"""The words of a dossier's check in English."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from notary.verdicts.reasons.en import WORDS as BASE
from portal.dossier.words import PlanReason, PlanText

WORDS: Final = replace(
    BASE,
    titles=(
        "The file names the contracts that were signed for, with the interfaces that this program knows",
        "The terms keep the contract's rules, and the openings lead to them",
        "Both parties signed these terms for this chain and this contract",
        "Each event is in its block",
        "The events are the plan's own, and every sum in them follows from the terms",
        "The blocks are blocks of that chain; the last one says as of when the file speaks",
        "The book says the same today, and is the contract that this program knows",
        "The completion paper says what the dossier in it says",
    ),
    meanings={
        **BASE.meanings,
        PlanReason.ABI_DIFFERS: "The interface in the file is not that of the contracts that come with this program.",
        PlanReason.ADDRESS_DIFFERS: "The file names another contract than the parties signed for.",
        PlanReason.TERMS_INVALID: "The contract would refuse these terms, or an opening does not lead to them.",
        PlanReason.SIGNATURE_MISSING: "A party has not signed.",
        PlanReason.SIGNATURE_INVALID: "A signature was not made by the party's key over these terms.",
        PlanReason.WALLET_UNASKED: "A signature is not one of a key. If it is a contract wallet's, only the chain can "
        "check it: name a node of yours with --rpc, or the book among the contracts of a trust file.",
        PlanReason.PROOF_INVALID: "An event is not in the block that it is said to be in.",
        PlanReason.NOT_OPENED: "The file proves no opening of the plan: nothing on chain follows from it.",
        PlanReason.EVENT_FOREIGN: "An event is of another plan or another contract.",
        PlanReason.HISTORY_INCONSISTENT: "The events do not follow from the terms: one is missing, doubled or foreign.",
        PlanReason.BLOCK_UNCONFIRMED: "Nothing on your side says that a block is the chain's. Name a node of yours "
        "with --rpc, or a trust file.",
        PlanReason.BLOCK_DIFFERS: "Your sources know another block of that number.",
        PlanReason.DEV_CHAIN: "The blocks are of a development chain: this proves nothing to anybody else.",
        PlanReason.MONEY_DIFFERS: "The token has another name or other decimals than the file says: its amounts "
        "mislead.",
        PlanReason.LATER_EVENTS: "The book says something else today: the file ends before its last events. Export "
        "again.",
        PlanReason.CODE_DIFFERS: "The code at the contract's address is not that of this program's contract.",
        PlanReason.NODE_SILENT: "No node could be asked about the book.",
        PlanReason.PAPER_UNFOUNDED: "The dossier in the paper does not show that the plan is paid, or there is none: "
        "nothing supports what the paper says.",
        PlanReason.PAPER_DIFFERS: "The paper says or shows something else than its dossier gives: it was altered.",
        PlanReason.PAPER_UNCHECKED: "The paper could not be compared: another version or other fonts made it, or this "
        "machine cannot make it.",
    },
    texts={
        **BASE.texts,
        PlanText.CONTRACT: "{name} {address}",
        PlanText.CONTRACTS_NONE: "none",
        PlanText.CONTRACTS_OTHER: "the file names {found} on chain {chain}, the plan {expected} on chain "
        "{signed_chain}",
        PlanText.CONTRACTS: "{contracts} on chain {chain}",
        PlanText.INTERFACE_OTHER: "the interface of {name}",
        PlanText.AGREEMENT: "agreement",
        PlanText.JURISDICTION: "jurisdiction",
        PlanText.OPENED_FOR: "the commitments are opened for: {what}",
        PlanText.OPENED_NONE: "no commitment is opened",
        PlanText.DEBTOR: "the debtor {address}",
        PlanText.CREDITOR: "the creditor {address}",
        PlanText.UNSIGNED: "{party} has not signed",
        PlanText.NOT_BY_KEY: "{party} did not sign these terms by a key",
        PlanText.NO_KEY: "not a key's signature: {parties}",
        PlanText.NO_KEY_ACCEPTED: "{said}; the book accepted it when it opened the plan",
        PlanText.SIGNED: "{parties} signed {plan}",
        PlanText.RECEIPT_ELSEWHERE: "receipt {index} is not in block {block}",
        PlanText.TRANSACTION_FAILED: "transaction {index} of block {block} failed",
        PlanText.NO_EVENT: "there is no event in the file",
        PlanText.PROVEN: "{events} events, {blocks} blocks",
        PlanText.EVENTS_UNPROVEN: "the events are not proven",
        PlanText.NO_OPENING: "no event opens the plan",
        PlanText.FOLLOWS: "{payments} payments, {units} units in all",
        PlanText.BLOCK_BEHIND: "block {block} stands behind block {other}, which is not earlier",
        PlanText.EVENT_ORDER: "event {log} of block {block} is out of order",
        PlanText.EVENT_MISSING: "the receipt in block {block} has no event {log}",
        PlanText.EVENT_OTHER: "event {log} of block {block} is not of this plan",
        PlanText.HEADER_UNREADABLE: "a block's header cannot be read",
        PlanText.BLOCKS: "{count} blocks",
        PlanText.BLOCKS_DEV: "{count} blocks of a development chain",
        PlanText.NO_ACCOUNT: "there is no account to compare with",
        PlanText.NO_NODE: "no node serves this chain",
        PlanText.MONEY_OTHER: "the token calls itself {symbol} with {decimals} decimals",
        PlanText.BOOK_OTHER: "{node}: {now} units paid by now, {then} in the file",
        PlanText.BOOK_SAME: "according to {nodes}",
        PlanText.PAPER_SAME: "{pages} pages",
        PlanText.PAPER_PAGE: "page {page}: {text}",
        PlanText.PLAN: "Plan {name} on {time}: {state}, as its events say.",
        PlanText.PAID: "  paid      {principal}, and {charges} of late charges",
        PlanText.OWED: "  owed now  {now}; in all {total}",
        PlanText.STATE_CURRENT: "current",
        PlanText.STATE_IN_GRACE: "in grace",
        PlanText.STATE_ARREARS: "in arrears",
        PlanText.STATE_DEFAULTED: "in default",
        PlanText.STATE_COMPLETED: "completed",
    },
    not_proven="It does not show that nothing happened after the last event in it (--rpc asks the book), what the "
    "parties agreed beside these terms, or who they are. Symbol and decimals are the file's own words until a node is "
    "asked.",
)
