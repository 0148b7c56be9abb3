"""Plans, escrows and transactions in lines for people and in members for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from portal.cli.words import at
from settlement.money import format_amount
from settlement.schedule import due_at
from settlement.terms import Terms

if TYPE_CHECKING:
    from portal.papers import Paper
    from settlement.book import Sent
    from settlement.plan import PlanView


def money(units: int, paper: Paper) -> str:
    """An amount in the paper's token."""
    return f"{format_amount(units, paper.decimals)} {paper.symbol}"


def paper_lines(paper: Paper) -> Iterator[str]:
    """What the parties agree on, and who has signed."""
    yield f"{paper.name}  {paper.id}"
    for role, address, signature in zip(paper.roles, paper.parties, paper.signatures, strict=True):
        yield f"  {role:<9} {address}  {'signed' if signature else 'not signed yet'}"
    terms = paper.terms
    if not isinstance(terms, Terms):
        yield f"  amount    {money(terms.amount, paper)}"
        yield f"  fund by   {at(terms.fund_by)}"
        yield f"  expires   {at(terms.expires_at)}"
        return
    last = due_at(terms, terms.installments)
    yield f"  total     {money(terms.total, paper)} in {terms.installments} installments"
    yield f"  due       {at(terms.first_due_at)} to {at(last)}"
    yield f"  grace     {terms.grace_seconds / 86_400:g} days"
    if terms.late_cap:
        flat, daily, cap = (money(n, paper) for n in (terms.late_flat, terms.late_daily, terms.late_cap))
        yield f"  late      {flat} and {daily} a day, at most {cap} for one installment"
    if paper.collateral_terms is not None:
        yield f"  security  {paper.collateral_terms.amount} units of {paper.collateral_terms.token}"
    yield f"  sign by   {at(terms.sign_by)}"


def plan_lines(paper: Paper, view: PlanView | None, when: int) -> Iterator[str]:
    """What an open plan is at a moment."""
    if view is None:
        yield "  state     not open"
        return
    assert isinstance(paper.terms, Terms)
    yield f"  state     {view.state.name.lower()} at {at(when)} (chain time)"
    yield f"  paid      {view.cleared} of {paper.terms.installments} installments, {money(view.principal_paid, paper)}"
    yield f"  owed now  {money(view.owed_now, paper)}; in all {money(view.owed_total, paper)}"
    if view.next_due_at:
        yield f"  next due  {at(view.next_due_at)}"
    yield f"  creditor  may withdraw {money(view.withdrawable, paper)}"


def paper_json(paper: Paper) -> dict[str, Any]:
    """A paper's members for --json."""
    kind = "plan_id" if paper.is_plan else "escrow_id"
    return {
        kind: paper.id,
        "name": paper.name,
        "chain_id": paper.chain_id,
        "book": paper.book,
        "symbol": paper.symbol,
        "decimals": paper.decimals,
        "terms": paper.terms.to_dict(),
        "signed": {r: s is not None for r, s in zip(paper.roles, paper.signatures, strict=True)},
    }


def sent_lines(sent: Sent) -> Iterator[str]:
    """A mined transaction."""
    record = sent.record
    events = ", ".join(event.name for event in sent.events)
    yield f"block {record.block_number}  gas {record.gas_used}  0x{record.tx_hash.hex()}  {events}"


def sent_json(sent: Sent) -> dict[str, Any]:
    """A mined transaction's members for --json."""
    record = sent.record
    return {
        "tx": "0x" + record.tx_hash.hex(),
        "block_number": record.block_number,
        "gas_used": record.gas_used,
        "from": record.sender,
        "events": [
            {"name": event.name, "args": {key: _plain(value) for key, value in event.args.items()}}
            for event in sent.events
        ],
    }


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
