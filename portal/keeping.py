"""Run the keeper: one round, or rounds until it is told to stop; anchors on their way are seen through as well."""

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
    anchoring = _Anchoring(world, runner)

    def after_round(report: Report) -> None:
        on_round(asdict(report))
        anchoring.go_on(on_error)

    with _stopping() as stop:
        started()
        run_forever(stop, interval, on_round=after_round, on_error=on_error)


def unsettled_anchors(world: World) -> list[tuple[int, str]]:
    """(row id, new workflow id) of each anchor that is neither final nor failed."""
    from notary import anchoring, anchors

    return [(a.id, anchoring.workflow_id(a)) for a in anchors.list_anchors(world.notary) if not a.settled]


class _Anchoring:
    """Starts a workflow for each anchor that no workflow of ours works on; one that failed is started again."""

    def __init__(self, world: World, runner: Runner) -> None:
        self.world, self.runner = world, runner
        self._running: dict[int, str] = {}

    def go_on(self, on_error: Callable[[Exception], None]) -> None:
        try:
            for anchor_id, workflow_id in unsettled_anchors(self.world):
                if anchor_id not in self._running or self.runner.has_ended(self._running[anchor_id]):
                    self.runner.start("notary.anchor", workflow_id, anchor_id, 1)
                    self._running[anchor_id] = workflow_id
        except Exception as exc:  # anchors must not stop the plans' keeper; the next round tries again
            on_error(exc)


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
