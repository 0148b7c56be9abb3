"""The keeper's durable work: a DBOS workflow for each run of an action, one for a round that is asked for, the loop.

    round      follow -> settle -> derive -> one workflow per action that waits, on a queue of its own -> wait for them
    action     judge, then deliver | submit -> (failed: note it; the next round starts the next run)

A workflow's id is its action's key and the number of the run, so whoever starts it again meets the one that is there; a
workflow that was running when the process died goes on when the engine is launched again.  Arguments and results are
keys and counts.  Steps may be repeated: what must happen once is guarded by keys in our tables.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import sqlalchemy as sa
from dbos import DBOS, SetWorkflowID
from dbos import error as dbos_error

from settlement.context import SettlementContext
from settlement.keeper import perform
from settlement.keeper.actions import Kind
from settlement.keeper.derive import derive
from settlement.keeper.follow import follow
from settlement.keeper.perform import Verdict, describe, is_passing
from settlement.records import ActionRecord, find_action, list_actions
from settlement.service_errors import ActionNotFound, ChannelUnreachable, KeeperUnready
from settlement.store import DONE, PENDING, QUARANTINED, SENT, SUPPRESSED, plans

ROUND: Final = "settlement.keeper.once"
"""Name of the workflow that a command enqueues to have the keeper work."""

ACTION: Final = "settlement.keeper.action"

QUEUE: Final = "keeper-actions"
AT_ONCE: Final = 4
"""Actions that are done at the same time."""

POLL_SECONDS: Final = 0.1
ROUND_SECONDS: Final = 120
"""How long a round waits for its actions and for finality; what is not done by then goes on by itself."""

MAX_PASSES: Final = 12
"""Passes of one round: what transactions cause becomes due in the pass after they are final."""

MAX_BATCH: Final = 2_000
"""Actions started in one pass; the rest waits for the next."""

_ENDED: Final = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})

_log = logging.getLogger(__name__)
_context: SettlementContext | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a round did.

    final_at   time of the last final block that was followed
    applied    final events that were new
    done       notices delivered and transactions sent; `waiting` of these are not final yet
    held       left for a later round because newer blocks take their reason away
    failed     will be tried again; `quarantined` will not until somebody looks
    troubled   plans for which nothing is done, each with its reason in its row; as of the last pass
    """

    final_at: int = 0
    applied: int = 0
    due: int = 0
    done: int = 0
    held: int = 0
    suppressed: int = 0
    failed: int = 0
    quarantined: int = 0
    waiting: int = 0
    troubled: int = 0


def configure(context: SettlementContext | None) -> None:
    """Give the workflows their world; before the engine is launched, because it goes on with old work at once."""
    global _context
    _context = context


def keeper_round(*, patient: bool = True, seconds: int = ROUND_SECONDS) -> Report:
    """Do everything that is due, to its end.

    patient  False: one pass, and actions that failed a short while ago keep their pause
    seconds  longest wait for actions and for finality

    Runs as a workflow or, in the process that launched the engine, as a plain call.  Raises NodeError, ReorgDetected,
    KeeperUnready.
    """
    total, tried = Report(), set[str]()
    for _ in range(MAX_PASSES if patient else 1):
        final_at, applied = _follow_step()
        _settle_step(0)
        due = _derive_step(final_at)
        batch = [(key, run) for key, run in _waiting_step(patient) if key not in tried]
        for key, run in batch:
            tried.add(key)
            with SetWorkflowID(f"{key}#{run}"):
                DBOS.enqueue_workflow(QUEUE, keeper_action, key, run)
        counts = _wait_step([[key, run] for key, run in batch], seconds)
        total = _plus(total, Report(final_at=final_at, applied=applied, due=due, **counts))
        waiting = _settle_step(seconds if patient else 0)
        total = Report(**{**asdict(total), "waiting": waiting, "troubled": _troubled_step()})
        if not batch and not applied and not due:
            break
    return total


@DBOS.workflow(name=ROUND)
def keeper_once(seconds: int = ROUND_SECONDS) -> dict[str, int]:
    """`keeper_round` for commands: enqueue it by its name, and it is done by the process that runs the engine."""
    return asdict(keeper_round(seconds=seconds))


def run_forever(
    stop: threading.Event,
    interval: float,
    *,
    on_round: Callable[[Report], None] | None = None,
    on_error: Callable[[Exception], None] | None = None,
) -> None:
    """Round after round until `stop` is set; a round that has begun is finished.

    on_error  called with the failure of a whole round (node down); the next round tries again
    """
    while not stop.is_set():
        try:
            report = keeper_round(patient=False)
        except Exception as exc:
            _log.warning("keeper round failed: %s", describe(exc))
            if on_error is not None:
                on_error(exc)
        else:
            if on_round is not None:
                on_round(report)
        stop.wait(interval)


@DBOS.workflow(name=ACTION, max_recovery_attempts=1_000)
def keeper_action(key: str, run: int) -> str:
    """Do one action, once; returns what became of it."""
    try:
        verdict = Verdict(_do_step(key, run))
        if verdict in (Verdict.HELD, Verdict.SUPPRESSED):
            _finish_step(key, run, verdict.value)
    except Exception as exc:
        _log.warning("%s: %s", key, describe(_cause(exc)))
        passing = is_passing(exc) or isinstance(exc, dbos_error.DBOSMaxStepRetriesExceeded)  # only these are retried
        _fail_step(key, run, describe(_cause(exc)), passing)
        return "failed"
    return verdict.value


# --- steps -----------------------------------------------------------------------------------------------------------


@DBOS.step(name="settlement.keeper.follow")
def _follow_step() -> tuple[int, int]:
    followed = follow(_world())
    DBOS.register_queue(
        QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
    )
    return followed.final_at, followed.applied


@DBOS.step(name="settlement.keeper.settle")
def _settle_step(seconds: int) -> int:
    """Look after sent transactions until all are final, or for so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        waiting = perform.settle(_world())
        if waiting == 0 or time.monotonic() >= deadline:
            return waiting
        time.sleep(POLL_SECONDS)


@DBOS.step(name="settlement.keeper.derive")
def _derive_step(final_at: int) -> int:
    return derive(_world(), final_at)


@DBOS.step(name="settlement.keeper.troubled")
def _troubled_step() -> int:
    with _world().engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).where(plans.c.trouble.is_not(None))).scalar_one()


@DBOS.step(name="settlement.keeper.waiting")
def _waiting_step(patient: bool) -> list[tuple[str, int]]:
    """Return the actions to start: pending ones whose pause is over (or all), each with the number of its next run."""
    context = _world()
    with context.engine.connect() as connection:
        pending = list_actions(connection, None, PENDING)
    now = context.clock()
    ready = [record for record in pending if patient or record.retry_at <= now][:MAX_BATCH]
    return [(record.action.key, record.run) for record in ready if not _died(context, record.action.key, record.run)]


def _died(context: SettlementContext, key: str, run: int) -> bool:
    """Whether the workflow of this run ended without a word (cancelled by hand, given up by the engine).

    Then the run is noted as failed, and the next round starts the next one.
    """
    status = DBOS.get_workflow_status(f"{key}#{run}")
    if status is None or status.status not in _ENDED:
        return False
    with context.engine.connect() as connection:
        record = find_action(connection, key)
    if record is None or record.status != PENDING or record.run != run:
        return True  # it has just come to its end
    perform.fail(context, key, run, f"its workflow ended as {status.status}", again=True)
    return True


@DBOS.step(name="settlement.keeper.wait")
def _wait_step(batch: list[list[str | int]], seconds: int) -> dict[str, int]:
    """Wait until each run has come to its end, or for so many seconds; returns how they ended."""
    context = _world()
    deadline = time.monotonic() + seconds
    open_runs = {str(key): int(run) for key, run in batch}
    counts = dict.fromkeys(("done", "held", "suppressed", "failed", "quarantined"), 0)
    while open_runs:
        with context.engine.connect() as connection:
            for key, run in list(open_runs.items()):
                outcome = _outcome(find_action(connection, key), run)
                if outcome is not None:
                    counts[outcome] += 1
                    del open_runs[key]
        if not open_runs or time.monotonic() >= deadline:
            break
        time.sleep(POLL_SECONDS)
    return counts


def _outcome(record: ActionRecord | None, run: int) -> str | None:
    """Return how a run ended, or None while it has not."""
    if record is None:
        raise ActionNotFound(key="a row that was there a moment ago")
    if record.status in (DONE, SENT):
        return "done"
    if record.status in (SUPPRESSED, QUARANTINED):
        return record.status
    if record.run == run:
        return None
    return "failed" if record.error else "held"


def _do_again(error: BaseException) -> bool:
    return isinstance(error, ChannelUnreachable)


@DBOS.step(
    name="settlement.keeper.do",
    retries_allowed=True,
    max_attempts=3,
    interval_seconds=0.5,
    backoff_rate=2.0,
    should_retry=_do_again,
)
def _do_step(key: str, run: int) -> str:
    """Judge and do in one step: a run that goes on after a long time must not rest on what was true before it."""
    context = _world()
    verdict = perform.judge(context, key)
    if verdict is not Verdict.GO:
        return verdict.value
    with context.engine.connect() as connection:
        record = find_action(connection, key)
    if record is None:
        raise ActionNotFound(key=key)
    if record.action.kind is Kind.NOTICE:
        perform.deliver(context, key)
        return verdict.value
    return perform.submit(context, key, run).value


@DBOS.step(name="settlement.keeper.finish")
def _finish_step(key: str, run: int, verdict: str) -> None:
    perform.finish(_world(), key, run, Verdict(verdict))


@DBOS.step(name="settlement.keeper.fail")
def _fail_step(key: str, run: int, error: str, again: bool) -> None:
    perform.fail(_world(), key, run, error, again=again)


def _world() -> SettlementContext:
    if _context is None:
        raise KeeperUnready()
    return _context


def _cause(exc: Exception) -> Exception:
    """Return the last failure of a step that was tried several times, or the failure itself."""
    errors = getattr(exc, "errors", None)
    if isinstance(errors, list) and errors and isinstance(errors[-1], Exception):
        return errors[-1]
    return exc


def _plus(one: Report, other: Report) -> Report:
    """Add the counts of a pass; the time is the later pass's."""
    sums = {name: value + asdict(other)[name] for name, value in asdict(one).items()}
    return Report(**{**sums, "final_at": other.final_at})
