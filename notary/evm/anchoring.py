"""Anchoring as a durable workflow: once asked for, a head gets onto the chain although processes die.

    configure   give the workflows their world, before the engine is launched
    ANCHOR      the workflow's name; argument: the anchor's row id, and 1 to wait until its block is final

Each step is `anchors.advance`, so a repeated step, or two workflows for one anchor, do no harm. An error of the chain
ends the workflow with that error: the row keeps what was done, and the next command or the keeper's next round goes on
under a new workflow id.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from dbos import DBOS

from notary.context import NotaryContext
from notary.evm import anchors
from notary.store import ANCHOR_FINAL, ANCHOR_INCLUDED

ANCHOR: Final = "notary.anchor"
MAX_LOOKS = 2000  # of one workflow: at 12 s each more than six hours; then it ends, and the next one goes on

_open: Callable[[], NotaryContext] | None = None


def configure(open_context: Callable[[], NotaryContext]) -> None:
    """Name what opens the workspace in the process that runs the engine."""
    global _open
    _open = open_context


def workflow_id(anchor: anchors.AnchorRow) -> str:
    """An id for one run. Each request is a run of its own: what keeps effects single is the anchor's key, not this."""
    return f"{anchor.key}#{secrets.token_hex(4)}"


def _context() -> NotaryContext:
    if _open is None:
        raise RuntimeError("notary.evm.anchoring.configure was not called before the engine was launched")
    return _open()


@DBOS.step(name="notary.anchor.advance")
def _advance(anchor_id: int) -> str:
    return anchors.advance(_context(), anchor_id).status


@DBOS.step(name="notary.anchor.pause")
def _pause() -> float:
    """Seconds until the next look; also lets an idle dev chain make blocks."""
    evidence = anchors.open_evidence(_context())
    if evidence.between is not None:
        evidence.between()
        return 0.05
    return evidence.poll_seconds


@DBOS.workflow(name=ANCHOR)
def anchor(anchor_id: int, until_final: int = 1) -> str:
    """Advance an anchor until it is final (or, with until_final 0, in a block); returns its status."""
    enough = (ANCHOR_FINAL,) if until_final else (ANCHOR_FINAL, ANCHOR_INCLUDED)
    status = _advance(anchor_id)
    for _ in range(MAX_LOOKS):
        if status in enough:
            break
        DBOS.sleep(_pause())
        status = _advance(anchor_id)
    return status
