"""Erasures that are killed, that meet another, or somebody who seals: nothing is half gone, no key is lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.killing import KillServer, Moments
from support.notaryworld import World, open_context, world
from support.postgres import postgres, postgres_bin

from notary import store
from notary.custody import acts, erasure
from notary.custody.chain import Action
from notary.log import ledger
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import CaseErased
from notary.store import cases as case_rows
from notary.store import claims, custody

FILES = 12


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
    elif postgres_bin() is None:
        pytest.skip("PostgreSQL is not installed")
    else:
        with postgres() as server:
            yield server


@pytest.fixture
def w(tmp_path: Path, url: str | None) -> Iterator[World]:
    with world(tmp_path, case=None, url=url) as made:
        made.put_many(FILES)
        yield made
        if url is not None:
            with made.ctx.engine.begin() as connection:
                store.metadata.drop_all(connection)


def begin_case(w: World, case_id: str) -> list[int]:
    """The entries of a new case with all files."""
    cases.create_case(w.ctx, case_id, f"title of {case_id}")
    return [file.leaf_index for file in seal(w.ctx, case_id, [w.files]).files]


def assert_case_is_gone(w: World, case_id: str) -> None:
    """No row of it says anything, and no key of it is left."""
    with pytest.raises(CaseErased):
        cases.case_key(w.ctx, case_id)
    assert w.ctx.vault.epochs(case_id) == []
    with w.ctx.engine.connect() as connection:
        assert connection.execute(sa.select(case_rows.c.sealed).where(case_rows.c.id == case_id)).scalar_one() == b""
        for column in (claims.c.secret, custody.c.entry):
            of_case = column.table.c.case_id == case_id
            assert set(connection.execute(sa.select(column).where(of_case)).scalars()) == {None}


def assert_case_is_whole(w: World, case_id: str, erased: int) -> None:
    """Each claim is there with a receipt, or was erased once; every key that it needs is there."""
    found = list(receipts.receipts_of(w.ctx, case_id))
    lines = acts.history(w.ctx, case_id)
    said = Counter(line.entry.subject for line in lines if line.entry and line.entry.action is Action.ERASED)
    assert set(said.values()) <= {1}
    assert (len(found), len(said)) == (FILES - erased, erased)


def assert_log_is_sound(w: World) -> None:
    with w.ctx.engine.connect() as connection:
        assert list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key))) == []


def reopen(w: World, url: str | None) -> None:
    w.ctx.engine.dispose()
    w.ctx = open_context(w.folder / "workspace", w.clock, url)


@pytest.mark.parametrize("kills", [10, pytest.param(150, marks=pytest.mark.deep)])
def test_erasing_a_case_killed_at_random_moments_leaves_it_whole_or_lets_the_next_run_finish(
    w: World, url: str | None, kills: int
) -> None:
    outcomes, killed = Counter[str](), 0
    begin_case(w, "other")
    with KillServer("erase_child.py") as server:
        moments = Moments(random.Random(), 0.3)
        for number in range(6 * kills):
            if killed == kills:
                break
            case_id = f"case{number}"
            begin_case(w, case_id)
            arguments = (str(w.folder / "workspace"), url, case_id, "case")
            killed += moments.kill(server, *arguments)
            reopen(w, url)
            listed = {case.id: case.title for case in cases.list_cases(w.ctx)}
            assert listed["other"] == "title of other"
            if listed[case_id] is None:
                outcomes["cut off" if erasure.unfinished(w.ctx) else "gone"] += 1
            else:
                outcomes["whole"] += 1
                assert_case_is_whole(w, case_id, erased=0)
            assert server.run(*arguments) > 0
            reopen(w, url)
            assert_case_is_gone(w, case_id)
            assert erasure.unfinished(w.ctx) == [] and w.ctx.vault.leftovers() == 0
    assert killed == kills
    assert outcomes["whole"] and outcomes["gone"] + outcomes["cut off"], outcomes
    assert_case_is_whole(w, "other", erased=0)
    assert_log_is_sound(w)


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.deep)])
def test_two_processes_that_erase_claims_of_one_case_at_once_lose_no_key(
    w: World, url: str | None, rounds: int
) -> None:
    workspace = str(w.folder / "workspace")
    with KillServer("erase_child.py") as one, KillServer("erase_child.py") as other:
        for number in range(rounds):
            case_id = f"case{number}"
            entries = begin_case(w, case_id)
            one.begin(workspace, url, case_id, "claims", *entries[:5])
            other.begin(workspace, url, case_id, "claims", *entries[5:10])
            assert (one.end(), other.end()) == (0, 0)
            reopen(w, url)
            assert_case_is_whole(w, case_id, erased=10)
            assert w.ctx.vault.epochs(case_id) == [10]
            assert erasure.unfinished(w.ctx) == []
    assert_log_is_sound(w)


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.deep)])
@pytest.mark.parametrize("meanwhile", ["case", "claims", "seal"])
def test_a_case_erased_while_another_process_writes_it_is_gone_with_all_that_was_written(
    w: World, url: str | None, rounds: int, meanwhile: str
) -> None:
    workspace = str(w.folder / "workspace")
    more = w.folder / "more"
    more.mkdir()
    for number in range(20):
        (more / f"m{number}.txt").write_bytes(b"%d" % number)
    rng = random.Random()
    with KillServer("erase_child.py") as one, KillServer("erase_child.py") as other:
        for number in range(rounds):
            case_id = f"case{number}"
            entries = begin_case(w, case_id)
            words: dict[str, list[int | str]] = {"case": [], "claims": [*entries], "seal": [str(more)]}
            other.begin(workspace, url, case_id, meanwhile, *words[meanwhile])
            time.sleep(rng.uniform(0, 0.2))
            one.begin(workspace, url, case_id, "case")
            assert (one.end(), other.end()) == (0, 0)
            reopen(w, url)
            assert_case_is_gone(w, case_id)
            assert erasure.unfinished(w.ctx) == []
    assert_log_is_sound(w)
