"""Run the keeper: one round, or rounds until it is told to stop; anchors and time stamps on their way are seen through
as well.
"""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from portal.errors import WorkspaceLocked

if TYPE_CHECKING:
    from types import FrameType

    from portal.engine import Runner
    from portal.world import World
    from settlement.keeper.workflows import Report

LOCK_SECONDS: Final = 30  # how long `keeper run` waits for a command that holds the engine


def one_round(world: World) -> dict[str, int]:
    """Do all that is due, here or in the process that runs the engine, and return its counts.

    Raises KeeperUnready, NodeError, ReorgDetected, DeploymentMissing, and what opening the operator's key raises.
    """
    from settlement.keeper.workflows import ROUND

    world.settlement()  # a missing deployment or a wrong password is told before anything is asked for
    runner = world.runner()
    found = runner.run(ROUND, f"keeper:once:{secrets.token_hex(8)}")
    for anchor_id, workflow_id in unsettled_anchors(world):
        runner.run("notary.anchor", workflow_id, anchor_id, 1)
    asked = runner.run("notary.stamp.round", stamp_round_id(), 0) if stamps_are_due(world) else {}
    if isinstance(found, dict) and isinstance(asked, dict):
        found["stamps"] = sum(asked.values())
    return {name: int(value) for name, value in found.items()} if isinstance(found, dict) else {}


def run_until_stopped(
    world: World,
    interval: float,
    *,
    started: Callable[[], None],
    on_round: Callable[[dict[str, int]], None],
    on_error: Callable[[Exception], None],
) -> None:
    """Run the engine and round after round until SIGTERM or SIGINT; what has begun is finished first.

    Raises WorkspaceLocked when another keeper runs, and as `one_round` before the first round.
    """
    from settlement.keeper.workflows import run_forever

    world.settlement()
    runner = world.runner()
    deadline = time.monotonic() + LOCK_SECONDS
    while not runner.try_launch():
        if time.monotonic() > deadline:
            raise WorkspaceLocked("the engine", runner.holder())
        time.sleep(0.2)
    evidence = _Evidence(world, runner)

    def after_round(report: Report) -> None:
        on_round(asdict(report))
        evidence.go_on(on_error)

    def after_failure(error: Exception) -> None:
        on_error(error)
        evidence.go_on(on_error)

    with _stopping() as stop:
        started()
        run_forever(stop, interval, on_round=after_round, on_error=after_failure)


def unsettled_anchors(world: World) -> list[tuple[int, str]]:
    """(row id, new workflow id) of each anchor that is neither final nor failed."""
    from notary.evm import anchoring, anchors

    return [(a.id, anchoring.workflow_id(a)) for a in anchors.list_anchors(world.notary) if not a.settled]


def stamps_are_due(world: World) -> bool:
    """Whether any time stamp of a head is to be asked for now."""
    from notary.timestamps import stamps

    return bool(stamps.due(world.notary, world.notary.clock()))


def stamp_round_id() -> str:
    """A new workflow id for a round of time stamps."""
    from notary.timestamps import stamping

    return stamping.workflow_id("round")


class _Evidence:
    """Starts a workflow for each anchor that no workflow of ours works on, and one for the time stamps that are due.

    One that failed is started again.
    """

    def __init__(self, world: World, runner: Runner) -> None:
        self.world, self.runner = world, runner
        self._anchoring: dict[int, str] = {}
        self._stamping = ""

    def go_on(self, on_error: Callable[[Exception], None]) -> None:
        for step in (self._anchors, self._stamps):
            try:
                step()
            except Exception as exc:  # evidence must not stop the plans' keeper; the next round tries again
                on_error(exc)

    def _anchors(self) -> None:
        for anchor_id, workflow_id in unsettled_anchors(self.world):
            if anchor_id not in self._anchoring or self.runner.has_ended(self._anchoring[anchor_id]):
                self.runner.start("notary.anchor", workflow_id, anchor_id, 1)
                self._anchoring[anchor_id] = workflow_id

    def _stamps(self) -> None:
        running = self._stamping and not self.runner.has_ended(self._stamping)
        if not running and stamps_are_due(self.world):
            self._stamping = stamp_round_id()
            self.runner.start("notary.stamp.round", self._stamping, 0)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; the signals' former handlers come back afterwards."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
