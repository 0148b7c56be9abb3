"""The reminder ladder's moments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.plans import MONTHLY, WEEKLY

from settlement.keeper.ladder import AUDIENCES, Rung, Stage, rungs
from settlement.schedule import DAY, due_at

NINE = 9 * 3_600


def at(found: list[Rung], stage: Stage) -> int:
    (moment,) = [rung.at for rung in found if rung.stage is stage]
    return moment


class TestRungs:
    def test_all_stages_of_a_monthly_plan_in_order_of_their_moments(self) -> None:
        found = list(rungs(MONTHLY, 2))
        assert [rung.stage for rung in found] == [
            Stage.BEFORE_14,
            Stage.BEFORE_7,
            Stage.BEFORE_3,
            Stage.BEFORE_1,
            Stage.DUE_DAY,
            Stage.GRACE_START,
            Stage.GRACE_LAST,
            Stage.MISSED_1,
            Stage.MISSED_7,
            Stage.MISSED_15,
            Stage.MISSED_30,
        ]
        assert [rung.at for rung in found] == sorted(rung.at for rung in found)

    def test_days_ahead_begin_in_the_morning_of_the_plans_own_clocks(self) -> None:
        found = list(rungs(MONTHLY, 1))
        due = due_at(MONTHLY, 1)
        assert (due + MONTHLY.utc_offset) % DAY == DAY - 1  # due at 23:59:59 local time
        assert at(found, Stage.DUE_DAY) == due - (DAY - 1) + NINE
        assert at(found, Stage.BEFORE_14) == due - (DAY - 1) + NINE - 14 * DAY

    def test_a_due_time_before_the_morning_is_not_overslept(self) -> None:
        early = replace(MONTHLY, first_due_at=MONTHLY.first_due_at - (DAY - 1) + 3_600)  # 01:00 local time
        found = list(rungs(early, 1))
        assert at(found, Stage.DUE_DAY) == due_at(early, 1)
        assert at(found, Stage.BEFORE_1) == due_at(early, 1) - DAY

    def test_grace_and_lateness_start_one_second_after_their_limits(self) -> None:
        found = list(rungs(MONTHLY, 3))
        due, grace = due_at(MONTHLY, 3), MONTHLY.grace_seconds
        assert at(found, Stage.GRACE_START) == due + 1
        assert at(found, Stage.GRACE_LAST) == due + grace + 1 - DAY
        assert at(found, Stage.MISSED_1) == due + grace + 1
        assert at(found, Stage.MISSED_30) == due + grace + 1 + 30 * DAY

    @pytest.mark.parametrize(
        ("grace", "stages"),
        [
            (0, set()),
            (1, {Stage.GRACE_START}),
            (DAY, {Stage.GRACE_START}),
            (DAY + 1, {Stage.GRACE_START, Stage.GRACE_LAST}),
        ],
    )
    def test_grace_has_as_many_notices_as_it_has_room_for(self, grace: int, stages: set[Stage]) -> None:
        found = {rung.stage for rung in rungs(replace(MONTHLY, grace_seconds=grace), 1)}
        assert found & {Stage.GRACE_START, Stage.GRACE_LAST} == stages

    def test_stage_that_would_precede_the_previous_due_date_is_left_out(self) -> None:
        first = {rung.stage for rung in rungs(WEEKLY, 1)}
        second = {rung.stage for rung in rungs(WEEKLY, 2)}
        assert first - second == {Stage.BEFORE_14, Stage.BEFORE_7}  # nine in the morning, seven days ahead, is earlier
        noon_to_dawn = replace(WEEKLY, first_due_at=WEEKLY.first_due_at // DAY * DAY + NINE)
        assert Stage.BEFORE_7 in {rung.stage for rung in rungs(noon_to_dawn, 2)}


def test_every_stage_has_readers() -> None:
    assert set(AUDIENCES) == set(Stage)
    assert all(AUDIENCES.values())
