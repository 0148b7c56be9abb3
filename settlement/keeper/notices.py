"""One due notice, written in the reader's language: a subject, plain text, and the same as HTML.  Pure.

All numbers are computed here, from the terms, the account and the chain's time; the templates only choose words.  A
template's first line is the subject, what follows are paragraphs separated by empty lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from settlement.events import Paid
from settlement.keeper.actions import Action, PlanSnapshot
from settlement.keeper.ladder import LOCALES, Role, Stage
from settlement.money import format_amount
from settlement.plan import NEVER, default_moment, owed_charges, owed_due, view_at
from settlement.schedule import DAY, civil_from_days, cumulative, due_at
from settlement.service_errors import RecordMissing
from settlement.terms import Allocation

_TEMPLATES: dict[Stage, str] = {
    Stage.BEFORE_14: "before",
    Stage.BEFORE_7: "before",
    Stage.BEFORE_3: "before",
    Stage.BEFORE_1: "before",
    Stage.DUE_DAY: "due-day",
    Stage.GRACE_START: "grace",
    Stage.GRACE_LAST: "grace",
    Stage.MISSED_1: "missed",
    Stage.MISSED_7: "missed",
    Stage.MISSED_15: "missed",
    Stage.MISSED_30: "missed",
    Stage.DEFAULT_WARNING: "default-warning",
    Stage.DEFAULT: "default",
    Stage.PAID_PART: "paid",
    Stage.PAID: "paid",
    Stage.CURED: "cured",
    Stage.COMPLETED: "completed",
    Stage.AUCTION_STARTED: "auction-started",
    Stage.AUCTION_SOLD: "auction-sold",
}

_GREETINGS: dict[str, dict[Role, str]] = {
    "en": {
        Role.DEBTOR: "To the debtor",
        Role.CREDITOR: "To the creditor",
        Role.OPERATOR: "To the operator",
    },
    "zh-Hans": {Role.DEBTOR: "致债务人", Role.CREDITOR: "致债权人", Role.OPERATOR: "致运营方"},
}

_FOOTERS: dict[str, tuple[str, ...]] = {
    "en": (
        "Plan {plan_id} on chain {chain_id}, book {book}.",
        "Amounts and dates follow from the signed terms; the chain's clock counts.",
        "Notice {reference}. A repetition of this notice bears the same number.",
    ),
    "zh-Hans": (
        "还款计划 {plan_id}，链 {chain_id}，账本合约 {book}。",
        "金额与日期均由双方签署的条款得出，时间以链上时钟为准。",
        "通知编号 {reference}。重复发送的同一通知编号相同。",
    ),
}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class AuctionStarted:
    """An auction of the collateral began at `start_price`, in the plan's token, and ends at `ends_at`."""

    start_price: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class AuctionSold:
    """The collateral was sold: `price` = what paid the debt + what is the debtor's."""

    price: int
    surplus: int


Fact = Paid | AuctionStarted | AuctionSold
"""What has happened, of the events that a notice tells numbers of."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How a plan and its token are called.

    name      what the parties call the plan
    symbol    the token's symbol, already made harmless
    decimals  the token's
    """

    name: str
    symbol: str
    decimals: int
    chain_id: int
    book: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A written notice: one line of subject, the text, and an HTML page that says the same."""

    subject: str
    text: str
    html: str
    locale: str


def write(
    action: Action, plan: PlanSnapshot, *, now: int, naming: Naming, reference: str, fact: Fact | None = None
) -> Letter:
    """Write a notice.

    now        time of the final block: amounts are as of then
    reference  number by which a repetition is recognised
    fact       the event of a notice about a payment or an auction

    Raises RecordMissing: the action is no notice, or the fact that it tells of is not given.
    """
    if action.stage is None or action.contact is None:
        raise RecordMissing(reason=f"{action.key} is no notice")
    locale = action.contact.locale if action.contact.locale in LOCALES else LOCALES[0]
    figures = _figures(action, plan, now, naming, locale, fact)
    rendered = _environment().get_template(f"{locale}/{_TEMPLATES[action.stage]}.txt.j2").render(figures)
    subject, _, body = rendered.lstrip().partition("\n")
    paragraphs = [" ".join(block.split()) for block in body.split("\n\n") if block.strip()]
    ids = {"plan_id": plan.plan_id, "chain_id": naming.chain_id, "book": naming.book, "reference": reference}
    footer = [line.format(**ids) for line in _FOOTERS[locale]]
    html = _environment().get_template("letter.html.j2")
    return Letter(
        subject=subject.strip(),
        text="\n\n".join([*paragraphs, "-- \n" + "\n".join(footer)]) + "\n",
        html=html.render(locale=locale, subject=subject.strip(), paragraphs=paragraphs, footer=footer),
        locale=locale,
    )


def spell_amount(units: int, naming: Naming) -> str:
    """Return an amount as people read it, "1,200.50 USDX": digits beyond two after the point only where not zero."""
    whole, _, fraction = format_amount(units, naming.decimals).partition(".")
    kept = fraction[:2] + fraction[2:].rstrip("0")
    return f"{int(whole):,}{'.' + kept if kept else ''} {naming.symbol}".rstrip()


def spell_time(at: int, utc_offset: int, locale: str) -> str:
    """Return a moment as the plan's own clocks show it, with their offset."""
    local = at + utc_offset
    year, month, day = civil_from_days(local // DAY)
    hours, minutes = divmod(local % DAY // 60, 60)
    offset_hours, offset_minutes = divmod(abs(utc_offset) // 60, 60)
    sign = "-" if utc_offset < 0 else "+"
    zone = f"UTC{sign}{offset_hours:02}:{offset_minutes:02}"
    if locale == "zh-Hans":
        return f"{year}年{month}月{day}日 {hours:02}:{minutes:02}（{zone}）"
    return f"{day} {_MONTHS[month - 1]} {year}, {hours:02}:{minutes:02} ({zone})"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("settlement.keeper", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )


def _figures(
    action: Action, plan: PlanSnapshot, now: int, naming: Naming, locale: str, fact: Fact | None
) -> dict[str, object]:
    """Return the words and numbers that templates may use."""
    terms, account = plan.terms, plan.account
    view = view_at(terms, account, now)

    def money(units: int) -> str:
        return spell_amount(units, naming)

    def time(at: int) -> str:
        return spell_time(at, terms.utc_offset, locale)

    role = action.contact.role if action.contact is not None else Role.OPERATOR
    moment = default_moment(terms, account)
    charges = owed_charges(terms, account, now)
    # All due principal cures: charges first, it is reached only after the charges; principal first, without them.
    cure = view.owed_now if terms.allocation is Allocation.CHARGES_FIRST else owed_due(terms, account, now)
    figures: dict[str, object] = {
        "greeting": _GREETINGS[locale][role],
        "debtor": role is Role.DEBTOR,
        "plan": naming.name,
        "n": terms.installments,
        "cleared": view.cleared,
        "missed_count": view.overdue - view.cleared,
        "total": money(terms.total),
        "charges_paid": money(account.charges_paid),
        "owed_now": money(view.owed_now),
        "owed_now_zero": view.owed_now == 0,
        "owed_total": money(view.owed_total),
        "owed_total_zero": view.owed_total == 0,
        "owed_charges": money(charges),
        "owed_charges_zero": charges == 0,
        "cure": money(cure),
        "late_flat": money(terms.late_flat),
        "late_daily": money(terms.late_daily),
        "late_cap": money(terms.late_cap) if terms.late_cap else "",
        "next_due": time(view.next_due_at) if view.next_due_at else "",
        "default_at": time(moment + 1) if moment != NEVER else "",
        "defaulted_at": time(view.defaulted_at) if view.defaulted_at else "",
        "secured": terms.has_collateral,
        "part": action.stage is Stage.PAID_PART,
        "last": action.stage is Stage.GRACE_LAST,
    }
    if action.installment:
        k = action.installment
        due = due_at(terms, k)
        remaining = max(0, cumulative(terms, k) - max(account.principal_paid, cumulative(terms, k - 1)))
        before = view.owed_now - (remaining if due <= now else 0)
        figures |= {
            "k": k,
            "due": time(due),
            "grace_until": time(due + terms.grace_seconds) if terms.grace_seconds else "",
            "remaining": money(remaining),
            "owed_before": money(before) if before > 0 else "",
            "days_past_due": max(0, now - due) // DAY,
        }
    return figures | _told(action, fact, money, time)


def _told(action: Action, fact: Fact | None, money: Callable[[int], str], time: Callable[[int], str]) -> dict[str, str]:
    """Return the numbers of the event that a notice tells of."""
    match action.stage, fact:
        case ((Stage.PAID | Stage.PAID_PART), Paid()):
            return {
                "paid": money(fact.taken),
                "paid_principal": money(fact.principal),
                "paid_charges": money(fact.charges),
                "payer": fact.payer,
            }
        case Stage.AUCTION_STARTED, AuctionStarted():
            return {"start_price": money(fact.start_price), "auction_ends": time(fact.ends_at)}
        case Stage.AUCTION_SOLD, AuctionSold():
            return {
                "price": money(fact.price),
                "taken": money(fact.price - fact.surplus),
                "surplus": money(fact.surplus),
            }
        case ((Stage.PAID | Stage.PAID_PART | Stage.AUCTION_STARTED | Stage.AUCTION_SOLD), _):
            raise RecordMissing(reason=f"the event that {action.key} tells of is not known")
        case _:
            return {}
