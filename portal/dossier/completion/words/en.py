"""The sentences of a completion paper in English."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "page": "Page {page} of {pages}",  # filled in by the template
    "list.pair": "{name}: {value}",
    "date.months": "January February March April May June July August September October November December",
    "date.form": "{day} {month} {year}, {time}",
    "date.utc": " UTC",
    "title": "Repayment plan: paid in full",
    "lead": "This paper is about one repayment plan, whose payments a contract on a public blockchain received and "
    "counted. A program made it from a file, the dossier, which is inside this PDF: it holds the terms that both "
    "parties signed and a proof of every payment. Anybody can check both without asking either party.",
    "closed": "Everything that was agreed under this plan is paid: {amount}. As of block {block}, {date}, nothing more "
    "is owed under this plan.",
    "dev": "The plan is on a development chain, whose blocks anybody can make for themselves. This paper proves "
    "nothing to anybody else.",
    "plan": "The plan",
    "plan.name": "Name (not signed)",
    "plan.id": "Plan id",
    "plan.debtor": "Debtor's address",
    "plan.creditor": "Creditor's address",
    "plan.records": "Signing records (SHA-256), as the exporter says",
    "role.debtor": "debtor",
    "role.creditor": "creditor",
    "role.guarantor": "guarantor",
    "plan.chain": "Chain, with its first block",
    "plan.chain.value": "chain id {chain}",
    "plan.book": "Contract (RepaymentBook)",
    "plan.opened": "Opened with both signatures",
    "plan.paid": "Last payment",
    "plan.as-of": "This paper speaks as of",
    "plan.as-of.value": "block {block}, {date}",
    "totals": "In all",
    "figures": "In figures, a point stands between whole tokens and their fractions, and nothing between thousands.",
    "totals.agreed": "Agreed total",
    "totals.principal": "Paid towards it",
    "totals.charges": "Late charges paid",
    "totals.all": "Paid in all ({count} payments)",
    "totals.left": "Still owed",
    "totals.withdrawable": "Waiting in the contract for the creditor to take out, as of that block",
    "payments": "Every payment",
    "payments.lead": "Dates are those of the blocks, in UTC. Block and place in the block are proven; the "
    "transaction's id is there to look it up by.",
    "col.number": "No.",
    "col.date": "Date",
    "col.amount": "Amount",
    "col.sum": "Paid in all",
    "col.where": "Where it stands on the chain, and who paid",
    "amount.parts": "{principal} of the total, {charges} late charges",
    "where.block": "block {block}, place {index}",
    "where.payer": "paid by",
    "terms": "The terms that were signed, in figures",
    "terms.total": "Total, with interest agreed beforehand",
    "units": "{units} smallest units of the token, as signed and counted on the chain",
    "terms.token": "Money (a token)",
    "terms.token.value": "{symbol}, {decimals} decimals, as the dossier calls it",
    "terms.installments": "Installments",
    "terms.interval": "Due every",
    "terms.first": "First due",
    "terms.last": "Last due",
    "terms.grace": "Grace",
    "terms.late": "Late charges, each installment",
    "late.value": "{flat} once, {daily} a day, {cap} at most",
    "terms.allocation": "A payment counts first towards",
    "allocation.principal": "installments",
    "allocation.charges": "late charges",
    "terms.default": "Default",
    "default.missed": "when {n} installments are late",
    "default.seconds": "when one is unpaid for more than {duration}",
    "terms.pledge": "Collateral",
    "pledge.value": "{amount} of the smallest units of this token:",
    "terms.agreement": "SHA-256 of the agreement",
    "terms.jurisdiction": "Jurisdiction",
    "not-opened": "not disclosed in the dossier",
    "none": "none",
    "months": "{n} month(s), on day {day}",
    "days": "{n} days",
    "minutes": "{n} minutes",
    "seconds": "{n} seconds",
    "means": "What follows from it",
    "means.paid": "If the blocks are blocks of that chain, the contract received these payments for this plan, and "
    "they are all that the terms ask for.",
    "means.final": "A plan that is paid stays paid: the contract has no way back, and takes no further payment for it.",
    "means.anybody": "Whoever holds this PDF can show it, with or without the other party, the makers of the program, "
    "or any server of theirs.",
    "not": "What does not follow",
    "not.who": "Who the people behind the addresses are. Other papers show that, such as the agreement and the "
    "parties' signing records.",
    "not.other": "That the parties owe each other nothing for other reasons, or agreed nothing beside this plan.",
    "not.pledge": "That collateral was given back or sold. The contract says what became of it.",
    "not.token": "What the token is worth, or that its issuer pays for it. Its name and decimals are the dossier's "
    "words until a node is asked.",
    "not.law": "What a law makes of it. This is no legal advice.",
    "not.signed": "That the creditor signed this paper. It is no receipt by a person; it states what the chain holds.",
    "check": "How to check it",
    "check.program": "With the program: tallystick verify FILE.pdf --rpc ADDRESS, where ADDRESS is a node that you "
    "trust, or --trust with a list of blocks that you know. It takes the dossier out, checks the signatures and every "
    "proof, makes this paper again and compares every page.",
    "check.hand": "By hand: look each transaction up in an explorer of that chain, and ask the contract for the plan's "
    "account by the plan id. The dossier is the attachment dossier.json; its SHA-256 is at the foot of every page.",
    "check.truth": "The dossier is what counts. Where paper or print says something else, the dossier is right.",
}
