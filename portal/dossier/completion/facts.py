"""From a plan that is paid to everything that its completion paper prints. Pure: no network, clock or file."""

from __future__ import annotations

import hashlib
from typing import Final

from notary.evm.evm_proof import parse_header
from notary.report.text import shown
from notary.report.values import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Pairs,
    Paragraph,
    Report,
    Said,
    Style,
    Table,
    cell,
)
from notary.report.words import Speaker, iso
from notary.verdicts.trust import DEV_CHAIN_IDS
from portal.dossier.completion.values import DOSSIER, Completion
from portal.dossier.completion.words import sentences
from portal.dossier.verdict import Payment
from portal.papers import Opening
from settlement.money import format_amount
from settlement.plan import PlanView
from settlement.schedule import DAY, due_at
from settlement.terms import RULE_OFF, Allocation, Calendar, Terms

_MINUTE: Final = 60

Row = tuple[Said, Cell]


def build(given: Completion) -> Report:
    """The paper; the same dossier and languages give the same."""
    return _Writer(given).report()


class _Writer:
    """One paper's parts, in their order."""

    def __init__(self, given: Completion) -> None:
        view, as_of, terms = given.verdict.view, given.verdict.as_of, given.dossier.paper.terms
        assert view is not None and as_of is not None and isinstance(terms, Terms)  # Completion.of
        self.given, self.verdict, self.paper = given, given.verdict, given.dossier.paper
        self.terms: Terms = terms
        self.view: PlanView = view
        self.block, self.at = as_of
        self.sayer = Speaker([sentences(language) for language in given.languages])

    def report(self) -> Report:
        say = self.sayer.say
        return Report(
            languages=self.given.languages,
            title=say("title"),
            made_at=self.at,
            footer=f"{DOSSIER}  SHA-256 {hashlib.sha256(self.given.data).hexdigest()}",
            page=say("page", page="{page}", pages="{pages}"),
            blocks=(
                *self.lead(),
                *self.plan(),
                *self.totals(),
                *self.payments(),
                *self.agreed(),
                *self.bullets("means", "means.paid", "means.final", "means.anybody"),
                *self.bullets("not", "not.who", "not.other", "not.pledge", "not.token", "not.law", "not.signed"),
                *self.bullets("check", "check.program", "check.hand", "check.truth"),
            ),
        )

    def lead(self) -> list[Block]:
        say = self.sayer.say
        blocks: list[Block] = [Paragraph(say("lead"))]
        if self.given.dossier.chain_id in DEV_CHAIN_IDS:
            blocks.append(Paragraph(say("dev"), "warning"))
        closed = say("closed", block=self.block, date=self.sayer.date(self.at), amount=self.money(self.paid))
        return [*blocks, Paragraph(closed, "warning")]

    def plan(self) -> list[Block]:
        say, paper, dossier = self.sayer.say, self.paper, self.given.dossier
        last = parse_header(dossier.headers[-1])
        chain = say("plan.chain.value", chain=dossier.chain_id)
        rows: list[Row] = [
            (say("plan.name"), cell(shown(paper.name), "strong")),
            (say("plan.id"), cell(paper.id, "code")),
            (say("plan.debtor"), cell(self.terms.debtor, "code")),
            (say("plan.creditor"), cell(self.terms.creditor, "code")),
            *self.records(),
            (say("plan.chain"), (Line(chain), Line(f"0x{dossier.genesis.hex()}", "code"))),
            (say("plan.book"), cell(paper.book, "code")),
            (say("plan.opened"), cell(self.sayer.date(self.verdict.opened_at))),
            (say("plan.paid"), cell(self.sayer.date(self.verdict.payments[-1].at))),
            (
                say("plan.as-of"),
                (
                    Line(say("plan.as-of.value", block=self.block, date=self.sayer.date(self.at))),
                    Line(f"0x{last.hash.hex()}", "code"),
                ),
            ),
        ]
        return [Heading(2, say("plan")), Pairs(tuple(rows))]

    def records(self) -> list[Row]:
        """Who the parties are, as far as the exporter says."""
        lines = []
        for one in self.given.dossier.records:
            lines.append(Line(self.sayer.say(f"role.{one.role}"), "small"))
            lines.append(Line(one.sha256.hex(), "code") if one.sha256 else Line(shown(one.reason), "small"))
        return [(self.sayer.say("plan.records"), tuple(lines))] if lines else []

    def totals(self) -> list[Block]:
        say, view = self.sayer.say, self.view
        rows: list[Row] = [
            (say("totals.agreed"), self.counted(self.terms.total)),
            (say("totals.principal"), cell(self.money(view.principal_paid))),
            (say("totals.charges"), cell(self.money(view.charges_paid))),
            (say("totals.all", count=len(self.verdict.payments)), self.counted(self.paid)),
            (say("totals.left"), cell(self.money(view.owed_total), "strong")),
            (say("totals.withdrawable"), cell(self.money(view.withdrawable))),
        ]
        return [Heading(2, say("totals")), Paragraph(say("figures"), "small"), Pairs(tuple(rows))]

    def payments(self) -> list[Block]:
        say = self.sayer.say
        columns = (
            Column(say("col.number"), 8),
            Column(say("col.date"), 21),
            Column(say("col.amount"), 27),
            Column(say("col.sum"), 21),
            Column(say("col.where"), 84),
        )
        rows = tuple(self.payment(number, one) for number, one in enumerate(self.verdict.payments, 1))
        return [Heading(2, say("payments")), Paragraph(say("payments.lead")), Table(columns, rows)]

    def payment(self, number: int, one: Payment) -> tuple[Cell, ...]:
        say, event = self.sayer.say, one.event
        parts = say("amount.parts", principal=self.figure(event.principal), charges=self.figure(event.charges))
        amount = [Line(self.money(event.taken), "strong")]
        if event.charges:
            amount.append(Line(parts, "small"))
        return (
            cell(str(number)),
            cell(iso(one.at), "small"),
            tuple(amount),
            cell(self.money(event.principal_paid + event.charges_paid)),
            (
                Line(say("where.block", block=one.block, index=one.index), "small"),
                Line(f"0x{one.tx.hex()}", "code"),
                Line(self.sayer.named("where.payer", event.payer), "code"),
            ),
        )

    def agreed(self) -> list[Block]:
        say, terms, paper = self.sayer.say, self.terms, self.paper
        token = say("terms.token.value", symbol=shown(paper.symbol), decimals=paper.decimals)
        first = "principal" if terms.allocation is Allocation.PRINCIPAL_FIRST else "charges"
        rows: list[Row] = [
            (say("terms.total"), self.counted(terms.total)),
            (say("terms.token"), (Line(token), Line(terms.token, "code"))),
            (say("terms.installments"), cell(str(terms.installments))),
            (say("terms.interval"), cell(self.interval())),
            (say("terms.first"), cell(self.sayer.date(due_at(terms, 1)))),
            (say("terms.last"), cell(self.sayer.date(due_at(terms, terms.installments)))),
            (say("terms.grace"), cell(self.duration(terms.grace_seconds))),
            (say("terms.late"), cell(self.late())),
            (say("terms.allocation"), cell(say(f"allocation.{first}"))),
            (say("terms.default"), self.default()),
            (say("terms.pledge"), self.pledge()),
            (say("terms.agreement"), self.opening(paper.agreement, "code")),
            (say("terms.jurisdiction"), self.opening(paper.jurisdiction, "plain")),
        ]
        return [Heading(2, say("terms")), Pairs(tuple(rows))]

    def bullets(self, heading: str, *keys: str) -> list[Block]:
        say = self.sayer.say
        return [Heading(2, say(heading)), Bullets(tuple(say(key) for key in keys))]

    # --- figures ---

    @property
    def paid(self) -> int:
        return self.view.principal_paid + self.view.charges_paid

    def figure(self, units: int) -> str:
        return format_amount(units, self.paper.decimals)

    def money(self, units: int) -> str:
        return f"{self.figure(units)} {shown(self.paper.symbol)}"

    def counted(self, units: int) -> Cell:
        """An amount, and how the contract counts it: symbol and decimals are only the dossier's words."""
        return (Line(self.money(units), "strong"), Line(self.sayer.say("units", units=units), "small"))

    def duration(self, seconds: int) -> Said:
        for unit, size in (("days", DAY), ("minutes", _MINUTE)):
            if seconds % size == 0:
                return self.sayer.say(unit, n=seconds // size)
        return self.sayer.say("seconds", n=seconds)

    def interval(self) -> Said:
        if self.terms.calendar is Calendar.MONTHS:
            return self.sayer.say("months", n=self.terms.interval, day=self.terms.anchor_day)
        return self.duration(self.terms.interval)

    def late(self) -> Said:
        terms = self.terms
        if not terms.late_cap:
            return self.sayer.say("none")
        flat, daily, cap = map(self.money, (terms.late_flat, terms.late_daily, terms.late_cap))
        return self.sayer.say("late.value", flat=flat, daily=daily, cap=cap)

    def default(self) -> Cell:
        terms, lines = self.terms, []
        if terms.default_missed != RULE_OFF:
            lines.append(Line(self.sayer.say("default.missed", n=terms.default_missed)))
        if terms.default_seconds != RULE_OFF:
            lines.append(Line(self.sayer.say("default.seconds", duration=self.duration(terms.default_seconds))))
        return tuple(lines) or cell(self.sayer.say("none"))

    def pledge(self) -> Cell:
        pledge = self.paper.collateral_terms
        if pledge is None:
            return cell(self.sayer.say("none"))
        return (Line(self.sayer.say("pledge.value", amount=pledge.amount)), Line(pledge.token, "code"))

    def opening(self, opened: Opening | None, style: Style) -> Cell:
        """What a commitment stands for, where the dossier opens it."""
        return cell(self.sayer.say("not-opened")) if opened is None else cell(shown(opened.text), style)
