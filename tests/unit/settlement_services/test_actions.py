"""What is due, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.plans import (
    DEBTOR_MAIL,
    EVERYBODY,
    FIRST_DUE,
    MONTHLY,
    OPEN,
    PLAN_ID,
    WEEKLY,
    paid,
    snapshot,
)

from settlement.keeper.actions import (
    MAX_AUCTIONS,
    Action,
    Happening,
    Kind,
    PlanSnapshot,
    Security,
    due_actions,
    still_due,
    wake_at,
)
from settlement.keeper.ladder import Role, Stage
from settlement.plan import NO_ACCOUNT, Status, apply_poke, view_at
from settlement.schedule import DAY, due_at
from settlement.terms import Allocation

GRACE = MONTHLY.grace_seconds
EACH = 1_000_000_000


def stages(actions: frozenset[Action], role: Role = Role.DEBTOR) -> set[tuple[str, str]]:
    return {(a.mark, str(a.stage)) for a in actions if a.contact is not None and a.contact.role is role}


def due(plan: PlanSnapshot, now: int) -> frozenset[Action]:
    return due_actions([plan], now)


class TestKey:
    def test_names_plan_version_installment_stage_channel_and_audience(self) -> None:
        action = Action(Kind.NOTICE, PLAN_ID, "k3", 0, Stage.BEFORE_7, DEBTOR_MAIL)
        assert action.key == f"plan:{PLAN_ID}:v0:k3:before-7d:mail:debtor"
        assert action.installment == 3

    def test_of_a_transaction_ends_with_what_it_does(self) -> None:
        assert Action(Kind.POKE, PLAN_ID, "d17", 17).key == f"plan:{PLAN_ID}:v0:d17:poke"
        assert Action(Kind.AUCTION, PLAN_ID, "a1", 17).key == f"plan:{PLAN_ID}:v0:a1:auction"

    def test_does_not_depend_on_the_language(self) -> None:
        other = replace(DEBTOR_MAIL, locale="en")
        keys = {Action(Kind.NOTICE, PLAN_ID, "k1", 0, Stage.PAID, contact).key for contact in (DEBTOR_MAIL, other)}
        assert len(keys) == 1


class TestDatedNotices:
    def test_nothing_before_the_first_reminder(self) -> None:
        first = FIRST_DUE - DAY + 1 + 9 * 3_600 - 14 * DAY
        assert due(snapshot(), first - 1) == frozenset()
        assert stages(due(snapshot(), first)) == {("k1", "before-14d")}

    def test_latest_stage_alone_is_due_after_an_outage(self) -> None:
        assert stages(due(snapshot(), FIRST_DUE - 2 * DAY)) == {("k1", "before-3d")}

    def test_on_the_due_second_the_day_notice_one_second_later_grace(self) -> None:
        assert stages(due(snapshot(), FIRST_DUE)) == {("k1", "due-day")}
        assert stages(due(snapshot(), FIRST_DUE + 1)) == {("k1", "grace-start")}

    def test_last_second_of_grace_and_first_of_lateness(self) -> None:
        assert stages(due(snapshot(), FIRST_DUE + GRACE)) == {("k1", "grace-last-day")}
        assert stages(due(snapshot(), FIRST_DUE + GRACE + 1)) == {("k1", "missed-1")}

    def test_creditor_hears_of_misses_not_of_reminders(self) -> None:
        assert stages(due(snapshot(), FIRST_DUE), Role.CREDITOR) == set()
        assert stages(due(snapshot(), FIRST_DUE + GRACE + 1), Role.CREDITOR) == {("k1", "missed-1")}

    def test_paid_installment_is_not_written_about(self) -> None:
        plan = paid(snapshot(), EACH, FIRST_DUE - 20 * DAY)
        assert stages(due(plan, FIRST_DUE + 1)) == set()
        assert stages(due(plan, due_at(MONTHLY, 2) - 7 * DAY)) == {("k2", "before-7d")}

    def test_partly_paid_installment_still_is(self) -> None:
        plan = paid(snapshot(), EACH - 1, FIRST_DUE - 20 * DAY)
        assert stages(due(plan, FIRST_DUE + 1)) == {("k1", "grace-start")}

    def test_prepaid_plan_is_reminded_of_its_next_open_installment(self) -> None:
        plan = paid(snapshot(), 3 * EACH, FIRST_DUE - 20 * DAY)
        assert stages(due(plan, due_at(MONTHLY, 4) - 1 * DAY)) == {("k4", "before-1d")}

    def test_only_the_oldest_missed_installment_escalates(self) -> None:
        plan = snapshot(replace(MONTHLY, default_missed=0))
        now = due_at(MONTHLY, 3) + GRACE + 16 * DAY
        assert {("k1", "missed-30d"), ("k2", "missed-1"), ("k3", "missed-1")} <= stages(due(plan, now))

    def test_of_many_missed_the_oldest_and_the_newest_three(self) -> None:
        plan = snapshot(replace(WEEKLY, grace_seconds=0))
        now = due_at(WEEKLY, 10) + 1
        assert {mark for mark, stage in stages(due(plan, now)) if stage.startswith("missed")} == {
            "k1",
            "k8",
            "k9",
            "k10",
        }

    def test_plan_that_was_never_opened_asks_for_nothing(self) -> None:
        assert due(snapshot(account=NO_ACCOUNT), FIRST_DUE + 365 * DAY) == frozenset()


class TestDefault:
    MOMENT = due_at(MONTHLY, 3) + GRACE

    def test_warning_seven_days_ahead_while_something_is_missed(self) -> None:
        mark = f"d{self.MOMENT + 1}"
        assert (mark, "default-warning") not in stages(due(snapshot(), self.MOMENT - 7 * DAY - 1))
        assert (mark, "default-warning") in stages(due(snapshot(), self.MOMENT - 7 * DAY))
        assert (mark, "default-warning") in stages(due(snapshot(), self.MOMENT))

    def test_default_replaces_all_dated_notices(self) -> None:
        assert stages(due(snapshot(), self.MOMENT + 1)) == {(f"d{self.MOMENT + 1}", "default")}
        assert stages(due(snapshot(), self.MOMENT + 90 * DAY)) == {(f"d{self.MOMENT + 1}", "default")}

    def test_part_payment_in_default_makes_no_second_default_notice(self) -> None:
        plan = paid(snapshot(), EACH, self.MOMENT + 2 * DAY)
        assert plan.account.status is Status.DEFAULTED
        assert stages(due(plan, self.MOMENT + 3 * DAY)) == {(f"d{self.MOMENT + 1}", "default")}

    def test_cured_plan_goes_back_to_dated_notices(self) -> None:
        at = self.MOMENT + 2 * DAY
        plan = snapshot(replace(MONTHLY, allocation=Allocation.CHARGES_FIRST))
        plan = paid(plan, view_at(plan.terms, plan.account, at).owed_now, at)
        assert plan.account.status is Status.ACTIVE
        assert stages(due(plan, due_at(MONTHLY, 4) - DAY)) == {("k4", "before-1d")}


class TestPoke:
    def test_due_when_something_became_late_and_not_again_once_noted(self) -> None:
        now = FIRST_DUE + GRACE + 1
        pokes = [a for a in due(snapshot(), now) if a.kind is Kind.POKE]
        assert [a.key for a in pokes] == [f"plan:{PLAN_ID}:v0:k1:poke"]
        assert pokes[0].due_at == now
        assert not [a for a in due(snapshot(), now - 1) if a.kind is Kind.POKE]
        account, _ = apply_poke(MONTHLY, OPEN, at=now)
        assert not [a for a in due(snapshot(account=account), now + DAY) if a.kind is Kind.POKE]

    def test_of_default_bears_its_moment(self) -> None:
        moment = TestDefault.MOMENT
        pokes = {a.key for a in due(snapshot(), moment + 30 * DAY) if a.kind is Kind.POKE}
        assert pokes == {f"plan:{PLAN_ID}:v0:d{moment + 1}:poke"}


class TestAuction:
    def secured(self, security: Security) -> PlanSnapshot:
        return replace(snapshot(), security=security)

    def auctions(self, plan: PlanSnapshot, now: int) -> set[str]:
        return {a.mark for a in due(plan, now) if a.kind is Kind.AUCTION}

    def test_starts_when_in_default(self) -> None:
        plan = self.secured(Security(auctions=0, started_at=0, ends_at=0, lot=5))
        assert self.auctions(plan, TestDefault.MOMENT) == set()
        assert self.auctions(plan, TestDefault.MOMENT + 1) == {"a1"}

    def test_starts_again_when_one_has_ended_without_a_buyer(self) -> None:
        now = TestDefault.MOMENT + 10 * DAY
        assert self.auctions(self.secured(Security(1, now, now + 1, 5)), now) == set()
        assert self.auctions(self.secured(Security(1, now - 1, now, 5)), now) == {"a2"}

    def test_starts_in_a_later_default_though_the_window_of_a_cured_one_is_still_open(self) -> None:
        now = TestDefault.MOMENT + 10 * DAY
        first_second = TestDefault.MOMENT + 1
        assert self.auctions(self.secured(Security(1, first_second - 1, now + DAY, 5)), now) == {"a2"}
        assert self.auctions(self.secured(Security(1, first_second, now + DAY, 5)), now) == set()

    def test_not_without_anything_to_sell_and_not_for_ever(self) -> None:
        now = TestDefault.MOMENT + 10 * DAY
        assert self.auctions(self.secured(Security(1, 0, 0, 0)), now) == set()
        assert self.auctions(self.secured(Security(MAX_AUCTIONS - 1, 0, 0, 5)), now) == {f"a{MAX_AUCTIONS}"}
        assert self.auctions(self.secured(Security(MAX_AUCTIONS, 0, 0, 5)), now) == set()


class TestHappenings:
    def test_tell_everybody_once_by_their_mark(self) -> None:
        plan = replace(snapshot(), happened=(Happening(Stage.PAID, "p1000", FIRST_DUE - DAY * 30),))
        keys = {a.key for a in due(plan, FIRST_DUE - 29 * DAY)}
        assert keys == {
            f"plan:{PLAN_ID}:v0:p1000:paid:mail:debtor",
            f"plan:{PLAN_ID}:v0:p1000:paid:mail:creditor",
            f"plan:{PLAN_ID}:v0:p1000:paid:hook:operator",
        }

    def test_completion_is_told_though_nothing_else_is_due(self) -> None:
        plan = paid(snapshot(), 12 * EACH, FIRST_DUE - 30 * DAY)
        plan = replace(plan, happened=(Happening(Stage.COMPLETED, "p12000", FIRST_DUE - 30 * DAY),))
        assert {str(a.stage) for a in due(plan, FIRST_DUE + 400 * DAY)} == {"completed"}


class TestStillDue:
    def test_reminder_is_not_when_it_was_paid_meanwhile(self) -> None:
        now = FIRST_DUE - DAY
        (action,) = (a for a in due(snapshot(contacts=(DEBTOR_MAIL,)), now) if a.kind is Kind.NOTICE)
        assert still_due(action, snapshot(), now)
        assert not still_due(action, paid(snapshot(), EACH, now), now)

    def test_reminder_is_not_when_a_later_stage_took_over(self) -> None:
        (action,) = due(snapshot(contacts=(DEBTOR_MAIL,)), FIRST_DUE - DAY)
        assert not still_due(action, snapshot(), FIRST_DUE + 1)

    @pytest.mark.parametrize("mark", ["p1000", "a1"])
    def test_what_has_happened_stays_so(self, mark: str) -> None:
        action = Action(Kind.NOTICE, PLAN_ID, mark, 0, Stage.PAID, DEBTOR_MAIL)
        assert still_due(action, paid(snapshot(), 12 * EACH, FIRST_DUE), FIRST_DUE + DAY)


class TestDueActions:
    def test_is_the_union_over_plans(self) -> None:
        other = replace(snapshot(), plan_id="0x" + "cd" * 32)
        now = FIRST_DUE + GRACE + 1
        assert due_actions([snapshot(), other], now) == due(snapshot(), now) | due(other, now)

    def test_wakes_never_again_when_completed(self) -> None:
        assert wake_at(paid(snapshot(), 12 * EACH, FIRST_DUE), FIRST_DUE) is None

    def test_wakes_first_for_the_first_reminder(self) -> None:
        assert wake_at(snapshot(contacts=EVERYBODY), OPEN.opened_at) == FIRST_DUE - DAY + 1 + 9 * 3_600 - 14 * DAY
