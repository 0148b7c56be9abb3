"""Time-stamping as durable workflows: once asked for, a head gets its time stamps although processes die.

    configure   give the workflows their world, before the engine is launched
    HEAD        the workflow that a command waits for; argument: a head's size. Asks for its time stamps once
    ROUND       what a keeper does again and again; argument: 1 for everything that is not finished, 0 for what is due

Each step is `stamps.advance`, so a repeated step, or two workflows for one head, do no harm. Nothing outside ends a
workflow with an error: who failed, and when that is asked again, is in the row. Nobody waits for Bitcoin here.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dbos import DBOS

from notary.context import NotaryContext
from notary.errors import NotaryError
from notary.timestamps import stamps

HEAD: Final = "notary.stamp.head"
ROUND: Final = "notary.stamp.round"

_log = logging.getLogger(__name__)
_open: Callable[[], NotaryContext] | None = None


def configure(open_context: Callable[[], NotaryContext]) -> None:
    """Name what opens the workspace in the process that runs the engine."""
    global _open
    _open = open_context


def workflow_id(what: str) -> str:
    """An id for one run of `what`: each request is a run of its own; what keeps effects single is in the rows."""
    return f"stamp:{what}#{secrets.token_hex(4)}"


def _context() -> NotaryContext:
    if _open is None:
        raise RuntimeError("notary.timestamps.stamping.configure was not called before the engine was launched")
    return _open()


@DBOS.step(name="notary.stamp.of_head")
def _of_head(size: int) -> list[int]:
    return [row.id for row in stamps.of_head(_context(), size)]


@DBOS.step(name="notary.stamp.due")
def _due(everything: int) -> list[int]:
    ctx = _context()
    return stamps.unfinished(ctx) if everything else stamps.due(ctx, ctx.clock())


@DBOS.step(name="notary.stamp.advance")
def _advance(stamp_id: int) -> str:
    ctx = _context()
    try:
        return stamps.advance(ctx, stamp_id, ctx.clock()).status
    except NotaryError as exc:  # a row that cannot be read must not hold up the others
        _log.warning("time stamp %d: %s", stamp_id, exc)
        with suppress(NotaryError):
            stamps.postpone(ctx, stamp_id, str(exc), ctx.clock())
        return "failed"


@DBOS.workflow(name=HEAD)
def stamp_head(size: int) -> dict[str, int]:
    """Ask once for the time stamps of one head; returns how many have which status."""
    return _counts([_advance(stamp_id) for stamp_id in _of_head(size)])


@DBOS.workflow(name=ROUND)
def stamp_round(everything: int = 0) -> dict[str, int]:
    """Ask once for what is due, or for everything that is not finished; returns how many have which status."""
    return _counts([_advance(stamp_id) for stamp_id in _due(everything)])


def _counts(statuses: list[str]) -> dict[str, int]:
    return {status: statuses.count(status) for status in sorted(set(statuses))}
