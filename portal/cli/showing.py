"""Plans, escrows and transactions in lines for people and in members for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from portal.cli.words import at, plural
from settlement.eip712 import ZERO_32
from settlement.money import format_amount
from settlement.schedule import due_at
from settlement.terms import RULE_OFF, Allocation, Calendar, Terms

if TYPE_CHECKING:
    from portal.papers import Opening, Paper
    from portal.settling import Checked
    from portal.signing.rows import Kept
    from settlement.book import Sent
    from settlement.plan import PlanView


def money(units: int, paper: Paper) -> str:
    """An amount in the paper's token."""
    return f"{format_amount(units, paper.decimals)} {paper.symbol}"


def paper_lines(seen: Checked) -> Iterator[str]:
    """Everything that the parties sign, in words and whole tokens, and who has signed."""
    paper, terms = seen.paper, seen.paper.terms
    yield f"{paper.name}  {paper.id}"
    yield f"  book      {paper.book} on chain {paper.chain_id}"
    for role, address, signature in zip(paper.roles, paper.parties, paper.signatures, strict=True):
        yield f"  {role:<9} {address}  {'signed' if signature else 'not signed yet'}"
    yield f"  token     {terms.token}  {paper.symbol}, {paper.decimals} decimals"
    if isinstance(terms, Terms):
        yield from _terms_lines(paper, terms)
        yield from _collateral_lines(seen, terms)
    else:
        yield f"  amount    {money(terms.amount, paper)}"
        yield f"  fund by   {_at(terms.fund_by)}"
        yield f"  expires   {_at(terms.expires_at)}"
    yield f"  agreement {_opened(paper.agreement, 'sha256 ')}commitment 0x{terms.agreement.hex()}"
    if isinstance(terms, Terms):
        yield f"  jurisdiction {_opened(paper.jurisdiction)}commitment 0x{terms.jurisdiction.hex()}"
    yield f"  salt      0x{terms.salt.hex()}"
    if isinstance(terms, Terms):
        yield f"  sign by   {_at(terms.sign_by)}"


def _terms_lines(paper: Paper, terms: Terms) -> Iterator[str]:
    last = due_at(terms, terms.installments)
    yield f"  total     {money(terms.total, paper)} in {plural(terms.installments, 'installment')}"
    yield f"  due       {_at(terms.first_due_at)} to {_at(last)}"
    if terms.calendar is Calendar.MONTHS:
        every = f"{plural(terms.interval, 'month')}, on day {terms.anchor_day}, read at UTC{_offset(terms.utc_offset)}"
    else:
        every = _duration(terms.interval)
    yield f"  every     {every}"
    yield f"  grace     {_duration(terms.grace_seconds)}"
    if terms.late_flat or terms.late_daily or terms.late_cap:
        flat, daily, cap = (money(n, paper) for n in (terms.late_flat, terms.late_daily, terms.late_cap))
        yield f"  late      {flat} and {daily} a day, at most {cap} for one installment"
    else:
        yield "  late      no charges"
    first = (
        "principal, then late charges"
        if terms.allocation is Allocation.PRINCIPAL_FIRST
        else ("late charges, then principal")
    )
    yield f"  pays      first {first}"
    missed = terms.default_missed
    yield "  default   by count: " + (
        f"when {plural(missed, 'installment is', 'installments are')} late and unpaid" if missed != RULE_OFF else "off"
    )
    overdue = terms.default_seconds
    yield "  default   by time: " + (
        f"when one is more than {_duration(overdue)} overdue" if overdue != RULE_OFF else "off"
    )


def _collateral_lines(seen: Checked, terms: Terms) -> Iterator[str]:
    pledged, token = seen.paper.collateral_terms, seen.pledged
    zero = terms.collateral_terms == ZERO_32
    if not terms.has_collateral and pledged is None and zero:
        yield "  security  none"
        return
    whose = "this workspace's" if terms.collateral == seen.module else "FOREIGN: not this workspace's"
    yield f"  security  held by {terms.collateral}, {whose} Collateral contract"
    if pledged is not None and token is not None:
        yield f"            {format_amount(pledged.amount, token.decimals)} {token.symbol}"
        yield f"            of the token {pledged.token}  {token.symbol}, {token.decimals} decimals"
        yield f"            sold for at least {money(pledged.reserve, seen.paper)}, all of it"
        yield (
            f"            auction from {pledged.start_bps // 100}.{pledged.start_bps % 100:02}% of the debt, "
            f"over {_duration(pledged.auction_seconds, days=False)}"
        )
    yield f"            terms 0x{terms.collateral_terms.hex()}"


def _at(seconds: int) -> str:
    """As `at`, of times that no calendar of Python reaches too."""
    try:
        return at(seconds)
    except (ValueError, OverflowError, OSError):
        return f"Unix time {seconds}"


def _duration(seconds: int, *, days: bool = True) -> str:
    """All of a duration, as "5 days 1 hour"; "none" of no length."""
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    parts = []
    for name, size in units if days else units[1:]:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(plural(count, name))
    return " ".join(parts) or "none"


def _offset(seconds: int) -> str:
    """Seconds east of UTC, as -03:00."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")


def _opened(opening: Opening | None, what: str = "") -> str:
    return "" if opening is None else f"{what}{opening.text}, "


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


def paper_json(seen: Checked) -> dict[str, Any]:
    """A paper's members for --json: everything that is signed, and what opens its commitments."""
    paper, token = seen.paper, seen.pledged
    members: dict[str, Any] = {
        "plan_id" if paper.is_plan else "escrow_id": paper.id,
        "name": paper.name,
        "chain_id": paper.chain_id,
        "book": paper.book,
        "symbol": paper.symbol,
        "decimals": paper.decimals,
        "terms": paper.terms.to_dict(),
        "agreement": None if paper.agreement is None else {"sha256": paper.agreement.text},
        "signed": {r: s is not None for r, s in zip(paper.roles, paper.signatures, strict=True)},
    }
    if isinstance(paper.terms, Terms):
        pledged = paper.collateral_terms
        members["collateral_terms"] = None if pledged is None else pledged.to_dict()
        members["collateral_token"] = None if token is None else asdict(token)
        members["collateral_is_ours"] = paper.terms.collateral == seen.module if paper.terms.has_collateral else None
        members["jurisdiction"] = None if paper.jurisdiction is None else {"tag": paper.jurisdiction.text}
    return members


def record_lines(kept: Sequence[Kept]) -> Iterator[str]:
    """Who has a sealed signing record, and who gave none."""
    for one in kept:
        what = f"sha256 {one.sha256.hex()}, sealed in {one.case}" if one.sha256 else f"none: {one.reason}"
        yield f"  record    {one.role:<9} {what}"


def records_json(kept: Sequence[Kept]) -> list[dict[str, Any]]:
    """The same for --json."""
    return [
        {
            "role": one.role.value,
            "state": one.state.value,
            "sha256": one.sha256.hex() or None,
            "case": one.case or None,
            "reason": one.reason or None,
            "at": one.at,
        }
        for one in kept
    ]


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
