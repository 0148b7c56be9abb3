"""Notices: every stage, in every language, for every reader, with the right numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.plans import FIRST_DUE, MONTHLY, PLAN_ID, THIRD, paid, snapshot

from settlement.events import Paid
from settlement.keeper.actions import Action, Contact, Kind, PlanSnapshot
from settlement.keeper.ladder import AUDIENCES, LOCALES, Role, Stage
from settlement.keeper.notices import (
    AuctionSold,
    AuctionStarted,
    Fact,
    Letter,
    Naming,
    spell_amount,
    spell_time,
    write,
)
from settlement.plan import Status, view_at
from settlement.schedule import DAY, due_at
from settlement.service_errors import RecordMissing
from settlement.terms import Allocation

NAMING = Naming("INV-7", "USDX", 6, 31338, "0x" + "99" * 20)
EACH = 1_000_000_000
GRACE = MONTHLY.grace_seconds
DEFAULT = due_at(MONTHLY, 3) + GRACE + 1

FACTS: dict[Stage, Fact] = {
    Stage.PAID: Paid(THIRD, EACH, 0, EACH, 0),
    Stage.PAID_PART: Paid(THIRD, 400_000_000, 0, 400_000_000, 0),
    Stage.AUCTION_STARTED: AuctionStarted(15_000_000_000, FIRST_DUE + 100 * DAY),
    Stage.AUCTION_SOLD: AuctionSold(14_000_000_000, 2_000_000_000),
}


def mark_of(stage: Stage) -> str:
    if stage in (Stage.DEFAULT, Stage.DEFAULT_WARNING):
        return f"d{DEFAULT}"
    if stage.startswith("auction"):
        return "a1"
    return "p1000" if stage in (Stage.PAID, Stage.PAID_PART, Stage.CURED, Stage.COMPLETED) else "k1"


def moment_of(stage: Stage) -> int:
    if stage in (Stage.DEFAULT, Stage.DEFAULT_WARNING) or stage.startswith("auction"):
        return DEFAULT
    return FIRST_DUE + GRACE + 10 * DAY if stage.startswith("missed") else FIRST_DUE - DAY


def letter(
    stage: Stage, role: Role = Role.DEBTOR, locale: str = "en", plan: PlanSnapshot | None = None, now: int | None = None
) -> Letter:
    action = Action(Kind.NOTICE, PLAN_ID, mark_of(stage), 0, stage, Contact(role, "mail", locale))
    return write(
        action,
        plan or snapshot(),
        now=moment_of(stage) if now is None else now,
        naming=NAMING,
        reference="77" * 32,
        fact=FACTS.get(stage),
    )


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_is_written_for_every_reader(stage: Stage, locale: str) -> None:
    for role in AUDIENCES[stage]:
        for secured in (False, True):
            terms = replace(MONTHLY, collateral=THIRD, collateral_terms=b"\x01" * 32) if secured else MONTHLY
            written = letter(stage, role, locale, snapshot(terms))
            assert "\n" not in written.subject and 10 <= len(written.subject) <= 120
            assert re.search(r"[{}%]", written.text) is None, "a template's mark is left"
            assert PLAN_ID in written.text and "77" * 32 in written.text
            assert f'<html lang="{locale}">' in written.html and written.subject in written.html
            assert (re.search(r"[一-鿿]", written.text) is not None) == (locale == "zh-Hans")
            for paragraph in written.text.partition("-- \n")[0].split("\n\n"):
                assert paragraph.replace("'", "&#39;") in written.html


class TestNumbers:
    def test_reminder_tells_what_remains_and_until_when(self) -> None:
        plan = paid(snapshot(), 400_000_000, FIRST_DUE - 20 * DAY)
        written = letter(Stage.BEFORE_7, plan=plan)
        assert written.subject == "Installment 1 of 12 is due on 31 January 2027, 23:59 (UTC+08:00)"
        assert "To pay: 600.00 USDX." in written.text
        assert "up to 5 February 2027, 23:59 (UTC+08:00) bears no late charge" in written.text

    def test_reminder_counts_older_debt_apart(self) -> None:
        now = due_at(MONTHLY, 2) - DAY
        action = Action(Kind.NOTICE, PLAN_ID, "k2", 0, Stage.BEFORE_1, Contact(Role.DEBTOR, "mail", "en"))
        written = write(action, snapshot(), now=now, naming=NAMING, reference="r")
        days = (now - FIRST_DUE) // DAY
        assert "To pay: 1,000.00 USDX." in written.text
        assert (
            f"Besides, {1_000 + 10 + days}.00 USDX is open from earlier dates".replace("1037", "1,037") in written.text
        )

    def test_miss_tells_days_sum_and_charges(self) -> None:
        written = letter(Stage.MISSED_7)
        assert written.subject == "Installment 1 of 12 is 15 days past due"
        assert "To be paid now, all late charges included: 1,025.00 USDX." in written.text
        assert "Late charges so far and unpaid: 25.00 USDX." in written.text
        assert "in default from 6 April 2027, 00:00 (UTC+08:00) on" in written.text

    def test_default_tells_what_cures_it(self) -> None:
        charges = sum(min(50, 10 + (DEFAULT - due_at(MONTHLY, k)) // DAY) for k in (1, 2, 3))
        by_charges = letter(Stage.DEFAULT, plan=snapshot(replace(MONTHLY, allocation=Allocation.CHARGES_FIRST)))
        by_principal = letter(Stage.DEFAULT)
        assert f"Paying {3_000 + charges:,}.00 USDX today cures the default" in by_charges.text
        assert "Paying 3,000.00 USDX today cures the default" in by_principal.text

    def test_cure_tells_of_charges_only_where_some_are_owed(self) -> None:
        by_charges = snapshot(replace(MONTHLY, allocation=Allocation.CHARGES_FIRST))
        due = view_at(by_charges.terms, by_charges.account, DEFAULT + 1).owed_now
        without = letter(Stage.CURED, plan=paid(by_charges, due, DEFAULT + 1), now=DEFAULT + 1)
        owing = letter(Stage.CURED, plan=paid(snapshot(), 3_000_000_000, DEFAULT + 1), now=DEFAULT + 1)
        assert "Late charges" not in without.text
        assert f"Late charges of {(due - 3_000_000_000) // 10**6}.00 USDX are still owed." in owing.text

    def test_cure_names_no_next_date_where_only_charges_are_left(self) -> None:
        plan = paid(snapshot(), 12_000_000_000, DEFAULT + 1)
        assert plan.account.status is Status.ACTIVE
        assert "Next due date" not in letter(Stage.CURED, plan=plan, now=DEFAULT + 1).text

    def test_payment_tells_parts_and_payer(self) -> None:
        plan = paid(snapshot(), 400_000_000, FIRST_DUE - DAY)
        written = letter(Stage.PAID_PART, Role.CREDITOR, plan=plan, now=FIRST_DUE)
        assert written.subject == "Part payment of 400.00 USDX received"
        assert f"It was paid by {THIRD}." in written.text
        assert "Still to be paid now: 600.00 USDX. Open in total: 11,600.00 USDX." in written.text

    def test_sale_tells_where_the_money_went(self) -> None:
        written = letter(Stage.AUCTION_SOLD)
        assert "sold for 14,000.00 USDX. Of this, 12,000.00 USDX paid the debt and 2,000.00 USDX is" in written.text


class TestWrite:
    def test_hostile_names_do_no_harm(self) -> None:
        naming = replace(NAMING, name="<script>alert(1)</script>\nBcc: all@x.test {{ 7 * 7 }}")
        action = Action(Kind.NOTICE, PLAN_ID, "p1", 0, Stage.COMPLETED, Contact(Role.DEBTOR, "mail", "en"))
        written = write(action, snapshot(), now=FIRST_DUE, naming=naming, reference="r")
        assert "<script>" not in written.html
        assert "49" not in written.subject + written.html
        assert "\n" not in written.subject

    def test_unknown_language_falls_back_to_english(self) -> None:
        assert letter(Stage.DUE_DAY, locale="tlh").locale == "en"

    def test_refuses_a_payment_notice_without_its_payment(self) -> None:
        action = Action(Kind.NOTICE, PLAN_ID, "p1", 0, Stage.PAID, Contact(Role.DEBTOR, "mail", "en"))
        with pytest.raises(RecordMissing):
            write(action, snapshot(), now=FIRST_DUE, naming=NAMING, reference="r")

    def test_refuses_a_transaction(self) -> None:
        with pytest.raises(RecordMissing):
            write(Action(Kind.POKE, PLAN_ID, "k1", 0), snapshot(), now=0, naming=NAMING, reference="r")


class TestSpellAmount:
    @pytest.mark.parametrize(
        ("units", "decimals", "text"),
        [
            (0, 6, "0.00 USDX"),
            (1, 6, "0.000001 USDX"),
            (1_234_567_890_000, 6, "1,234,567.89 USDX"),
            (1_200_500_000, 6, "1,200.50 USDX"),
            (1_000, 0, "1,000 USDX"),
            (1_005, 1, "100.5 USDX"),
        ],
    )
    def test_groups_thousands_and_keeps_what_says_something(self, units: int, decimals: int, text: str) -> None:
        assert spell_amount(units, replace(NAMING, decimals=decimals)) == text


class TestSpellTime:
    @pytest.mark.parametrize(
        ("at", "offset", "locale", "text"),
        [
            (0, 0, "en", "1 January 1970, 00:00 (UTC+00:00)"),
            (0, -12_600, "en", "31 December 1969, 20:30 (UTC-03:30)"),
            (FIRST_DUE, 28_800, "zh-Hans", "2027年1月31日 23:59（UTC+08:00）"),
            (951_825_599, 0, "en", "29 February 2000, 11:59 (UTC+00:00)"),
        ],
    )
    def test_shows_the_plans_own_clock(self, at: int, offset: int, locale: str, text: str) -> None:
        assert spell_time(at, offset, locale) == text
