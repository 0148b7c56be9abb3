"""Custody entries, revocations and erasures that are killed: each happened whole or not at all, and nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.killing import KillServer, Moments
from support.notaryworld import World, open_context, world

from notary.custody import acts, erasure
from notary.custody.chain import Action
from notary.log import ledger
from notary.log.standing import State, verify_standing
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import VaultDamaged
from notary.store import claims

FILES = 60


def judge(w: World) -> tuple[int, int]:
    """Look with fresh eyes: the log is sound, each claim is whole or erased; (claims left, epoch of the case's key)."""
    w.ctx.engine.dispose()
    ctx = w.ctx = open_context(w.folder / "workspace", w.clock)
    with ctx.engine.connect() as connection:
        assert list(ledger.audit(connection, ledger.log_of(connection, ctx.note_key))) == []
        rows = connection.execute(sa.select(claims.c.commitment, claims.c.secret)).all()
    erased = {row.commitment for row in rows if row.secret is None}
    lines = acts.history(ctx, "acme")
    said = {one.entry.subject for one in lines if one.entry and one.entry.action is Action.ERASED}
    assert said == erased
    per_claim = Counter(one.entry.subject for one in lines if one.entry and one.entry.action is Action.ERASED)
    assert set(per_claim.values()) <= {1}
    left = list(cases.claims_of(ctx, "acme"))
    assert len(left) + len(erased) == len(rows) == FILES
    with ctx.engine.connect() as connection:
        assembler = receipts.Assembler(ctx, connection)
        for sealed in left:
            receipt = assembler.receipt(sealed, assembler.size)
            assert receipt.opening.commitment() == sealed.commitment
            head = receipt.case_head.head
            ended = verify_standing(sealed.commitment, receipt.standing, head.ended, head.ended_root)
            assert ended is None or ended.state is State.REVOKED
        blinded = cases.case_key(ctx, "acme").blinded
        for commitment in erased:
            later = assembler.later(blinded, commitment, 1)
            assert later is not None
            head = later.case_head.head
            ended = verify_standing(commitment, later.standing, head.ended, head.ended_root)
            assert ended is not None and ended.state is State.ERASED
    return len(left), cases.case_key(ctx, "acme").epoch


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.deep)])
def test_custody_and_erasure_killed_at_random_moments_are_whole_or_not_there(tmp_path: Path, kills: int) -> None:
    rng, killed, epochs = random.Random(), 0, Counter[int]()
    with world(tmp_path) as w, KillServer("custody_child.py") as server:
        w.put_many(FILES)
        seal(w.ctx, "acme", [w.files])
        arguments = (str(w.folder / "workspace"),)
        moments = Moments(rng, 0.4)
        left = FILES
        for round_number in range(5 * kills):
            if killed >= kills and len(epochs) >= 3:
                break
            if left < 15:  # begin again with a new case's worth of files
                judge(w)
                with world(tmp_path / f"again{round_number}") as fresh:
                    w.folder, w.ctx, w.clock = fresh.folder, fresh.ctx, fresh.clock
                w.files.mkdir(exist_ok=True)
                w.put_many(FILES)
                w.ctx = open_context(w.folder / "workspace", w.clock)
                seal(w.ctx, "acme", [w.files])
                arguments = (str(w.folder / "workspace"),)
            killed += moments.kill(server, *arguments)
            if round_number % 4 == 0 or killed >= kills:
                left, epoch = judge(w)
                epochs[epoch] += 1
        assert killed >= kills
        assert len(epochs) >= 3, "no kill fell between two erasures"
        erasure.finish(w.ctx, "acme")
        left, epoch = judge(w)
        for older in range(epoch):
            with pytest.raises(VaultDamaged):
                w.ctx.vault.case("acme", older)
        assert [path.name for path in (w.folder / "workspace" / "case-keys").glob(".*")] == []
