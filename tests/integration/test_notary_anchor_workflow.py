"""Anchoring as a durable workflow, run by the engine that portal launches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.devchain import dev_chain
from support.evidencechain import connect, give_chain, trust_in
from support.notaryworld import World, world

from notary.evm import anchoring, anchors
from notary.evm.anchors import AnchorRow
from notary.proofs import receipts
from notary.sealing.seal import seal
from notary.store import ANCHOR_FINAL, ANCHOR_INCLUDED, ANCHOR_PENDING
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import verify
from onchain.devchain import DevChain
from onchain.errors import NodeUnreachable
from portal.engine import Runner


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put("a.txt")
        seal(made.ctx, "acme", [made.files])
        yield made


def runner(w: World) -> Runner:
    folder = w.folder / "workspace"
    url = f"sqlite:///{folder / 'records.sqlite'}"
    return Runner(folder / "engine.lock", url, "test", lambda: anchoring.configure(lambda: w.ctx))


def run(w: World, anchor: AnchorRow, until_final: int = 1) -> object:
    with runner(w) as engine:
        return engine.run(anchoring.ANCHOR, anchoring.workflow_id(anchor), anchor.id, until_final, timeout_seconds=60)


def requested(w: World) -> AnchorRow:
    anchor = anchors.request(w.ctx)
    assert anchor is not None
    return anchor


def test_the_workflow_ends_when_the_anchor_is_final(w: World) -> None:
    with dev_chain() as dev:
        give_chain(w, dev)
        assert run(w, requested(w)) == ANCHOR_FINAL
        verdict = verify(receipts.receipt_for(w.ctx, 1), None, trust_in(dev))
        assert [check.status for check in verdict.checks[2:9]] == [Status.PASSED] * 7
        assert verdict.reason is Reason.NO_DOCUMENT


def test_the_workflow_ends_earlier_when_it_is_only_to_reach_a_block(w: World) -> None:
    with dev_chain() as dev:
        give_chain(w, dev)
        anchor = requested(w)
        assert run(w, anchor, 0) == ANCHOR_INCLUDED
        assert run(w, anchor, 1) == ANCHOR_FINAL


def test_a_workflow_that_met_a_dead_node_says_so_and_the_next_one_goes_on(w: World, tmp_path: Path) -> None:
    with dev_chain(folder=tmp_path / "chain") as dev:
        give_chain(w, dev)
        anchor = requested(w)
        dev.finalise()
        evidence = connect(w, dev)
        w.with_context(evidence=lambda: evidence)
        dev.stop()
        with pytest.raises(NodeUnreachable):
            run(w, anchor)
        assert anchors.get(w.ctx, anchor.id).status == ANCHOR_PENDING
    with dev_chain(folder=tmp_path / "chain") as again:
        w.with_context(evidence=lambda: connect(w, again))
        assert run(w, anchor) == ANCHOR_FINAL


def test_configure_must_come_before_the_workflow_runs(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchoring, "_open", None)
    with pytest.raises(RuntimeError, match="configure"):
        anchoring._context()


def test_every_request_is_a_run_of_its_own(w: World) -> None:
    with dev_chain() as dev:
        give_chain(w, dev)
        anchor = requested(w)
        first, second = anchoring.workflow_id(anchor), anchoring.workflow_id(anchor)
        assert first != second and first.startswith(anchor.key)
        assert isinstance(dev, DevChain)
