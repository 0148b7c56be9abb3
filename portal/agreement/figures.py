"""The figures of an agreement: amounts, moments and worked examples, all by settlement's own functions."""

from __future__ import annotations

from dataclasses import dataclass

from notary.report.text import shown
from notary.report.values import Cell, Line, Said
from portal.agreement.values import Agreement
from portal.agreement.words import Sayer
from settlement.auction import entitled, floor_price, lot_for_sale, start_price
from settlement.charges import charge
from settlement.money import format_amount
from settlement.plan import NEVER, Account, Status, apply_pay, default_moment, owed_total
from settlement.schedule import DAY, civil_from_days, cumulative, due_at
from settlement.terms import CollateralTerms

_UNPAID = Account(status=Status.ACTIVE)
"""A plan that is open and of which nothing was paid."""


@dataclass(frozen=True, slots=True)
class PaymentExample:
    """What `amount`, paid at `at` as the first payment, counts towards, and what is left; smallest units."""

    at: int
    amount: int
    principal: int
    charges: int
    left: int


@dataclass(frozen=True, slots=True)
class SaleExample:
    """A sale that begins at the first second of a default before anything was paid; prices in smallest units."""

    at: int
    debt: int
    start: int
    least: int


class Figures:
    """Of one agreement."""

    def __init__(self, given: Agreement, sayer: Sayer) -> None:
        self._given, self._sayer, self._terms = given, sayer, given.terms

    @property
    def zone(self) -> str:
        """UTC+08:00; empty where the parties read the calendar in UTC."""
        offset = self._terms.utc_offset
        minutes, seconds = divmod(abs(offset), 60)
        rest = f":{seconds:02}" if seconds else ""
        return f"UTC{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{rest}" if offset else ""

    def money(self, units: int) -> str:
        """An amount of the plan's token, with all its decimals."""
        return f"{format_amount(units, self._given.decimals)} {shown(self._given.symbol)}"

    def in_units(self, units: int) -> Said:
        """The same, and as the contract counts it."""
        return self._sayer.say("units", amount=self.money(units), units=units)

    def pledged(self, units: int) -> str:
        """An amount of the collateral's token."""
        pledge = self._given.collateral
        assert pledge is not None
        return f"{format_amount(units, pledge.decimals)} {shown(pledge.symbol)}"

    @staticmethod
    def percent(bps: int) -> str:
        """150.00 %"""
        return f"{bps // 100}.{bps % 100:02} %"

    @staticmethod
    def utc(at: int) -> str:
        """2027-01-31 15:59:59 UTC, of any year that the contract can store."""
        return f"{_clock(at)} UTC"

    def moment(self, at: int) -> Cell:
        """In UTC and, where others were agreed, by the parties' clocks."""
        first = Line(self.utc(at))
        return (first, Line(f"{_clock(at + self._terms.utc_offset)} {self.zone}", "small")) if self.zone else (first,)

    @property
    def most(self) -> int:
        """What is owed in all where every installment is as late as can be."""
        return self._terms.total + self._terms.installments * self._terms.late_cap

    @property
    def default_at(self) -> int | None:
        """The first second of default where nothing is ever paid; None: there is none."""
        last = default_moment(self._terms, _UNPAID)
        return None if last == NEVER else last + 1

    def late_example(self) -> list[tuple[int, int, int]]:
        """(moment, whole days since due, late charge) of installment 1: on both sides of each change, up to the cap."""
        terms, due = self._terms, due_at(self._terms, 1)
        late = due + terms.grace_seconds + 1
        missing = terms.late_cap - terms.late_flat
        days = -(-missing // terms.late_daily) if missing else 0
        moments = {due, late - 1, late, self._next_day(), max(late, due + days * DAY)}
        return [(at, (at - due) // DAY, charge(terms, 1, at)) for at in sorted(moments)]

    def payment_example(self) -> PaymentExample:
        """The sum of installment 1, paid on its first whole day of being late."""
        terms, at = self._terms, self._next_day()
        amount = cumulative(terms, 1)
        account, _ = apply_pay(terms, _UNPAID, at=at, amount=amount, payer=terms.debtor)
        left = owed_total(terms, account, at)
        return PaymentExample(at, account.collected, account.principal_paid, account.charges_paid, left)

    def first_release(self) -> int:
        """Collateral that the debtor may take out when installment 1 is paid."""
        return entitled(self._terms, self._pledge(), Account(cumulative(self._terms, 1), status=Status.ACTIVE))

    def sale_example(self) -> SaleExample:
        """Raises nothing: terms with collateral always have a default by time."""
        terms, pledge, at = self._terms, self._pledge(), self.default_at
        assert at is not None
        debt, lot = owed_total(terms, _UNPAID, at), lot_for_sale(terms, pledge, _UNPAID, released=0)
        return SaleExample(at, debt, start_price(pledge, debt, lot), floor_price(pledge, lot))

    def _pledge(self) -> CollateralTerms:
        assert self._given.collateral is not None
        return self._given.collateral.terms

    def _next_day(self) -> int:
        """The first moment of being late at which a whole number of days has passed since installment 1 was due."""
        return due_at(self._terms, 1) + (self._terms.grace_seconds // DAY + 1) * DAY


def _clock(at: int) -> str:
    year, month, day = civil_from_days(at // DAY)
    second = at % DAY
    return f"{year:04}-{month:02}-{day:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
