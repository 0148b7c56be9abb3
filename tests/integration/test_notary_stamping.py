"""Time-stamping as durable workflows, run by the engine that portal launches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.calendar import Calendar, running_calendar
from support.notaryworld import World, world
from support.tsa import Running, handmade_tsa
from support.tsa_chain import chain

from notary.log import ledger
from notary.sealing.seal import seal
from notary.store import STAMP_OBTAINED, STAMP_PENDING, STAMP_UPGRADED, STAMP_WANTED
from notary.timestamps import stamping, stamps
from notary.timestamps.stamp_sources import Authority, TimestampSources
from portal.engine import Runner

AUTHORITY = chain()


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put("a.txt")
        seal(made.ctx, "acme", [made.files])
        yield made


@pytest.fixture
def tsa(w: World) -> Iterator[Running]:
    with handmade_tsa(AUTHORITY, w.clock) as running:
        yield running


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    with running_calendar() as running:
        yield running


@pytest.fixture
def runner(w: World, tsa: Running, calendar: Calendar) -> Iterator[Runner]:
    authority = Authority("tsa", tsa.url, root=AUTHORITY.root.der)
    w.with_context(timestamps=TimestampSources((authority,), calendars=(calendar.url,), allowed=(calendar.url,)))
    folder = w.folder / "workspace"
    url = f"sqlite:///{folder / 'records.sqlite'}"
    with Runner(folder / "engine.lock", url, "test", lambda: stamping.configure(lambda: w.ctx)) as engine:
        yield engine


def requested_size(w: World) -> int:
    return stamps.request(w.ctx)[0].size


def test_the_workflow_of_a_head_asks_everybody_once_and_waits_for_no_block(
    w: World, runner: Runner, calendar: Calendar
) -> None:
    size = requested_size(w)
    counts = runner.run(stamping.HEAD, stamping.workflow_id(str(size)), size, timeout_seconds=60)
    assert counts == {STAMP_OBTAINED: 1, STAMP_PENDING: 1}
    assert [method for method, _ in calendar.asked] == ["POST", "GET"]


def test_a_workflow_that_was_begun_is_waited_for_later_under_its_id(w: World, runner: Runner, tsa: Running) -> None:
    size, run = requested_size(w), stamping.workflow_id("x")
    runner.begin(stamping.HEAD, run, size)
    assert runner.run(stamping.HEAD, run, size, timeout_seconds=60) == {STAMP_OBTAINED: 1, STAMP_PENDING: 1}
    assert len(tsa.asked) == 1


def test_nothing_outside_ends_a_workflow_with_an_error(
    w: World, runner: Runner, tsa: Running, calendar: Calendar
) -> None:
    tsa.behaviour, calendar.mode = "garbage", "error"
    size = requested_size(w)
    counts = runner.run(stamping.HEAD, stamping.workflow_id("x"), size, timeout_seconds=60)
    assert counts == {STAMP_WANTED: 2}


def test_a_round_does_what_is_due_and_one_for_everything_all_that_is_not_finished(
    w: World, runner: Runner, calendar: Calendar
) -> None:
    size = requested_size(w)
    assert runner.run(stamping.ROUND, stamping.workflow_id("a"), 0, timeout_seconds=60) == {
        STAMP_OBTAINED: 1,
        STAMP_PENDING: 1,
    }
    calendar.mine()
    assert runner.run(stamping.ROUND, stamping.workflow_id("b"), 0, timeout_seconds=60) == {}
    assert runner.run(stamping.ROUND, stamping.workflow_id("c"), 1, timeout_seconds=60) == {STAMP_UPGRADED: 1}
    assert runner.run(stamping.ROUND, stamping.workflow_id("d"), 1, timeout_seconds=60) == {}
    assert [row.status for row in stamps.of_head(w.ctx, size)] == [STAMP_OBTAINED, STAMP_UPGRADED]


def test_a_row_that_cannot_be_read_holds_up_no_other(w: World, runner: Runner) -> None:
    size = requested_size(w)
    with w.ctx.engine.begin() as connection:
        log = ledger.log_of(connection, w.ctx.note_key)
        connection.exec_driver_sql("UPDATE stamps SET size = size + 1000 WHERE kind = 'rfc3161'")
    assert log.size == size
    counts = runner.run(stamping.ROUND, stamping.workflow_id("a"), 0, timeout_seconds=60)
    assert counts == {"failed": 1, STAMP_PENDING: 1}
    assert stamps.due(w.ctx, w.clock()) == []  # and waits as whoever failed, instead of being due for ever
