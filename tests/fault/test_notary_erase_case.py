"""Erasures that are killed, that meet another, or somebody who seals: nothing is half gone, no key is lost."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.killing import KillServer
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


def wait_for_its_transaction(w: World, case_id: str) -> None:
    """Return as soon as the transaction that erases the case is there: its key is about to be destroyed."""
    query = sa.select(case_rows.c.sealed).where(case_rows.c.id == case_id)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with w.ctx.engine.connect() as connection:
            if connection.execute(query).scalar_one() == b"":
                return
        time.sleep(0.0005)
    raise AssertionError(f"{case_id} was not erased within a minute")


@pytest.mark.parametrize("kills", [10, pytest.param(150, marks=pytest.mark.deep)])
def test_erasing_a_case_killed_at_any_moment_leaves_it_whole_or_lets_the_next_run_finish(
    w: World, url: str | None, kills: int
) -> None:
    """Every other kill is right after the transaction, where the key is still to be destroyed; the others whenever."""
    rng, killed, outcomes = random.Random(), 0, Counter[str]()
    begin_case(w, "other")
    begin_case(w, "case")
    with KillServer("erase_child.py") as server:
        workspace = str(w.folder / "workspace")
        took = server.run(workspace, url, "case", "case")
        for number in range(12 * kills):
            if killed >= kills and outcomes["whole"] and outcomes["cut off"]:
                break
            case_id = f"case{number}"
            begin_case(w, case_id)
            worker = server.begin(workspace, url, case_id, "case")
            if number % 2:
                wait_for_its_transaction(w, case_id)
                time.sleep(rng.choice((0, rng.uniform(0, 0.01))))
            else:
                time.sleep(rng.uniform(0, took))
            os.kill(worker, signal.SIGKILL)  # ours, or what is left of it: the server has not yet waited for it
            killed += server.end() != 0
            reopen(w, url)
            listed = {case.id: case.title for case in cases.list_cases(w.ctx)}
            assert listed["other"] == "title of other"
            if listed[case_id] is None:
                outcomes["cut off" if erasure.unfinished(w.ctx) else "gone"] += 1
            else:
                outcomes["whole"] += 1
                assert_case_is_whole(w, case_id, erased=0)
            assert server.run(workspace, url, case_id, "case") > 0
            reopen(w, url)
            assert_case_is_gone(w, case_id)
            assert erasure.unfinished(w.ctx) == [] and w.ctx.vault.leftovers() == 0
    assert killed >= kills
    assert outcomes["whole"] and outcomes["cut off"], outcomes
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
