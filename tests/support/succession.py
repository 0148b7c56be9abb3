"""Logs that give way to heirs, for tests: an owner of its own on the chain, copies that fork, and what then stands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from support.evidencechain import anchor_to_final, connect, evidence_address, give_chain
from support.notaryworld import World, open_context, world

from notary.context import NotaryContext
from notary.evm import anchors
from notary.log import ledger, note_keys, succession
from notary.log.ledger import LogRow
from notary.log.succession import Closure
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.store import ended_claims
from onchain.devchain import DevChain
from onchain.send import Sender

COLD = 1  # account of the dev chain that owns the log; account 0 is the appender of tests


@contextmanager
def owned_world(folder: Path, dev: DevChain) -> Iterator[World]:
    """A workspace whose log is on `dev`, created there with an owner that is not the appender."""
    with world(folder) as made:
        give_chain(made, dev)
        give_cold_owner(made, dev)
        yield made


def give_cold_owner(w: World, dev: DevChain) -> None:
    """The log is created on chain with an owner that is not the appender."""
    anchors.ensure_log(w.ctx, replace(connect(w, dev), owner=dev.signer(COLD).address))


def owner(w: World, dev: DevChain) -> Sender:
    return Sender(w.ctx.engine, dev.chain(), dev.signer(COLD), w.clock)


def keys(w: World, name: str = "workspace") -> Path:
    return w.folder / name / "log-key"


def sealed(w: World, *names: str, ctx: NotaryContext | None = None) -> int:
    for name in names:
        w.put(name, name.encode())
    return seal(ctx or w.ctx, "acme", [w.files]).head.size


def row(w: World) -> LogRow:
    with w.ctx.engine.connect() as connection:
        return ledger.log_of(connection, w.ctx.note_key)


def closed(w: World, dev: DevChain, folder: Path | None = None) -> Closure:
    """Close the present log in favour of a new one, and go on with that one."""
    where = folder or keys(w)
    done = succession.close(w.ctx, connect(w, dev), owner(w, dev), row(w).origin, where)
    w.with_context(note_key=note_keys.present_key(w.ctx.engine, where))
    return done


def current(w: World) -> list[tuple[str, int]]:
    """(name, log's row id) of every file that has a current claim."""
    found = cases.claims_of(w.ctx, "acme", current_only=True)
    return sorted((str(one.claim.get("name")), one.log_id) for one in found)


def states(w: World) -> dict[tuple[str, int], str]:
    """What ended which claims: by name and log."""
    by_commitment = {one.commitment: (str(one.claim.get("name")), one.log_id) for one in cases.claims_of(w.ctx, "acme")}
    with w.ctx.engine.connect() as connection:
        rows = connection.execute(sa.select(ended_claims.c.claim, ended_claims.c.state)).all()
    return {by_commitment[row.claim]: row.state for row in rows}


def copied(w: World, dev: DevChain, name: str = "copy") -> World:
    w.ctx.engine.dispose()
    shutil.copytree(w.folder / "workspace", w.folder / name)
    other = World(w.folder, open_context(w.folder / name, w.clock), w.clock)
    other.with_context(evidence=lambda: connect(other, dev, evidence_address(w, dev)))
    return other


def forked(w: World, dev: DevChain, before: tuple[str, ...]) -> int:
    """Seal and anchor `before`, then let a copy anchor a file of its own; the size that both have in common."""
    size = sealed(w, *before)
    anchor_to_final(w.ctx, dev)
    other = copied(w, dev)
    sealed(w, "of the copy", ctx=other.ctx)
    anchor_to_final(other.ctx, dev)
    other.ctx.engine.dispose()
    (w.files / "of the copy").unlink()
    return size


def anchor_to_final_of_other(w: World, dev: DevChain) -> None:
    """A copy anchors three files of its own."""
    other = copied(w, dev)
    sealed(w, "p", "q", "r", ctx=other.ctx)
    anchor_to_final(other.ctx, dev)
    other.ctx.engine.dispose()
    for name in ("p", "q", "r"):
        (w.files / name).unlink()
