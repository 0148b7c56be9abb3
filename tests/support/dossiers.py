"""Dossiers of plans on a chain that is made up here: every block, receipt and event, without any node."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from eth_hash.auto import keccak
from rlp.codec import encode
from support.evmblocks import HEADER
from support.settlement_samples import BOOK, DAY, DEBTOR, MONTHLY, NOW, THIRD
from trie.hexary import HexaryTrie

from notary.evm.evm_proof import parse_header
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
from onchain import abi
from onchain.artifacts import load
from onchain.contract import Contract
from onchain.profiles import profile
from onchain.signer import UnlockedSigner
from portal.dossier.file import ContractRef, Dossier, ProvenReceipt
from portal.papers import Paper
from settlement.eip712 import fields_of
from settlement.events import Event, Paid, PlanOpened
from settlement.plan import apply_open, apply_pay
from settlement.terms import Terms, book_domain, plan_id

CHAIN = 1
GENESIS = b"\x91" * 32
FIRST_BLOCK = 1_000
ALL = 10**30

Payment = tuple[int, int, str]
"""When, how much, by whom."""
ON_TIME: Sequence[Payment] = ((NOW + DAY, 400, DEBTOR), (NOW + 20 * DAY, ALL, THIRD))
"""What pays MONTHLY entirely, by two people."""


def signed_paper(terms: Terms = MONTHLY, *, chain_id: int = CHAIN, name: str = "smith") -> Paper:
    """Signed by both parties' keys: accounts 1 and 2 of every development chain."""
    paper = Paper(name, chain_id, BOOK, "TUSD", 2, terms)
    for role, number in (("debtor", 1), ("creditor", 2)):
        signer = UnlockedSigner.open(profile(31337), number)
        paper = paper.with_signature(role, signer.sign_typed_data(paper.typed_data))
    return paper


def made_dossier(paper: Paper | None = None, payments: Sequence[Payment] = ON_TIME, *, until: int = 0) -> Dossier:
    """A plan opened at NOW and paid so, each step in a block of its own.

    until  time of the last block; 0: of the last step's
    """
    paper = signed_paper() if paper is None else paper
    terms = paper.terms
    assert isinstance(terms, Terms)
    account, opened = apply_open(terms, at=NOW)
    steps: list[tuple[int, list[Event]]] = [(NOW, opened)]
    for at, amount, payer in payments:
        account, events = apply_pay(terms, account, at=at, amount=amount, payer=payer)
        steps.append((at, events))
    headers, receipts, places = [], [], []
    for number, (at, events) in enumerate(steps):
        envelope = _receipt(paper, events)
        trie = HexaryTrie({})
        trie[_rlp(0)] = envelope
        headers.append(_header(FIRST_BLOCK + 10 * number, at, trie.root_hash))
        nodes = trie.get_proof(_rlp(0))  # type: ignore[no-untyped-call]  # trie has no types here
        receipts.append(
            ProvenReceipt(number, 0, tuple(map(_rlp, nodes)), envelope, bytes(keccak(b"transaction %d" % number)))
        )
        places += [(number, log) for log in range(len(events))]
    if until:
        headers.append(_header(FIRST_BLOCK + 10_000, until, b"\x15" * 32))
    book = ContractRef("RepaymentBook", bytes.fromhex(paper.book[2:]), json.dumps(list(load("RepaymentBook").abi)))
    return Dossier(paper, paper.chain_id, GENESIS, (book,), tuple(headers), tuple(receipts), tuple(places))


def knowing(dossier: Dossier, *contracts: str, dev: bool = False) -> Trust:
    """Somebody who knows the chain and all blocks of the file, and perhaps which contracts count there."""
    found = [parse_header(raw) for raw in dossier.headers]
    blocks = {one.number: TrustedBlock(one.number, one.hash, one.timestamp) for one in found}
    pinned = tuple(bytes.fromhex(one[2:]) for one in contracts)
    return Trust((TrustedChain(dossier.chain_id, dossier.genesis, "made up", dev, pinned, blocks),))


def unsigned(dossier: Dossier, *signatures: bytes) -> Dossier:
    """The dossier with these signatures instead of the parties'."""
    first, second = signatures
    return replace(dossier, paper=replace(dossier.paper, signatures=(first, second)))


def _header(number: int, at: int, receipts_root: bytes) -> bytes:
    fields = {**HEADER, "number": number, "timestamp": at, "receiptsRoot": receipts_root}
    return _rlp(list(fields.values()))


def _receipt(paper: Paper, events: Sequence[Event]) -> bytes:
    logs = [_log(paper, event) for event in events]
    return b"\x02" + _rlp([1, 50_000, bytes(256), logs])


def _log(paper: Paper, event: Event) -> list[Any]:
    name = type(event).__name__
    contract = Contract("RepaymentBook", paper.book)
    entry = next(one for one in load("RepaymentBook").abi if one["type"] == "event" and one["name"] == name)
    values = _values(paper, event)
    topics, rest = [contract.topic(name)], []
    for part in abi.components(entry):
        if part["indexed"]:
            topics.append(abi.encode([part], [values[str(part["name"])]]))
        else:
            rest.append(part)
    return [bytes.fromhex(paper.book[2:]), topics, abi.encode(rest, [values[str(part["name"])] for part in rest])]


def _values(paper: Paper, event: Event) -> dict[str, object]:
    terms = paper.terms
    assert isinstance(terms, Terms)
    values: dict[str, object] = {"planId": plan_id(terms, book_domain(paper.chain_id, paper.book))}
    match event:
        case PlanOpened():
            values |= {
                "debtor": event.debtor,
                "creditor": event.creditor,
                "terms": [getattr(terms, one.name) for one in fields_of(Terms)],
            }
        case Paid():
            values |= {"payer": event.payer, "principal": event.principal, "charges": event.charges}
            values |= {"principalPaid": event.principal_paid, "chargesPaid": event.charges_paid}
        case _:
            values |= {{"first": "from", "last": "to", "at": "defaultedAt"}[k]: v for k, v in _members(event)}
    return values


def _members(event: Event) -> list[tuple[str, object]]:
    return [(name, getattr(event, name)) for name in getattr(event, "__slots__", ())]


def _rlp(value: object) -> bytes:
    return bytes(encode(value))  # type: ignore[no-untyped-call]  # rlp has no types
