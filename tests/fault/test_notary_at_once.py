"""Two processes seal, record, revoke and erase in one case at once, also killed: as if one after the other."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from support.checker import check_exported
from support.killing import KillServer
from support.notaryworld import open_context, world
from support.portalworld import tallystick

from notary.custody import erasure
from notary.sealing import cases
from notary.sealing.seal import seal

NAMES = ("p", "q")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a workspace, nothing on a chain, and a case."""
    monkeypatch.chdir(tmp_path)
    tallystick("init", "--dev")
    tallystick("case", "new", "smith")
    yield tmp_path


def judge() -> int:
    """Every file has one receipt, current or revoked, and nothing else has; how many claims were erased."""
    for files in sorted(Path().glob("[pq]/*")):  # as it was sealed: a file's name begins at the folder that is named
        if any(files.iterdir()):
            tallystick("seal", "smith", files)
    (public,) = check_exported(Path("tallystick"))
    wanted = Counter(sha256(path.read_bytes()).hexdigest() for path in Path().glob("[pq]/**/*.txt"))
    assert Counter(digest for _, _, digest in (*public.current, *public.revoked)) == wanted
    assert tallystick("log", "audit", expect=(0, 3)).json["status"] != "FAILED"
    entries = tallystick("case", "custody", "smith").json["entries"]
    assert [one["seq"] for one in entries] == list(range(len(entries)))
    erased = [one["entry"]["subject"] for one in entries if one["entry"] and one["entry"]["action"] == "erased"]
    assert len(set(erased)) == len(erased), "a claim was erased twice"
    assert public.claims == len(erased) + public.receipts
    return len(erased)


@pytest.mark.parametrize("snapshot", [False, True])
def test_claims_that_are_read_while_another_process_erases_come_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: bool
) -> None:
    monkeypatch.setattr(cases, "_PAGE", 2)
    with world(tmp_path) as w:
        w.put_many(7)
        seal(w.ctx, "acme", [w.files])
        with w.ctx.engine.connect() as connection:
            read = cases.claims_of(w.ctx, "acme", connection=connection if snapshot else None)
            places = [next(read).leaf_index]
            other = open_context(tmp_path / "workspace", w.clock)
            monkeypatch.setattr(erasure, "_empty_log", lambda _: False)  # else it waits for our snapshot to end
            erasure.erase(other, "acme", [1, 6])
            other.engine.dispose()
            places += [one.leaf_index for one in read]
        assert places == [0, 1, 2, 3, 4, 5, 6] if snapshot else [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.deep)])
def test_two_processes_acting_in_one_case_at_once_are_as_if_one_after_the_other(place: Path, rounds: int) -> None:
    rng = random.Random()
    with KillServer("cli_acts_child.py") as one, KillServer("cli_acts_child.py") as two:
        for server, name in zip((one, two), NAMES, strict=True):
            server.begin(str(place), name, rng.randrange(10**6), rounds)
        assert [server.end() for server in (one, two)] == [0, 0]
    assert judge() == sum(int(Path(f"{name}.erased").read_text()) for name in NAMES)


@pytest.mark.parametrize("kills", [4, pytest.param(200, marks=pytest.mark.deep)])
def test_one_of_two_processes_acting_at_once_killed_leaves_the_other_undisturbed(place: Path, kills: int) -> None:
    rng, killed = random.Random(), 0
    with KillServer("cli_acts_child.py") as one, KillServer("cli_acts_child.py") as two:
        for round_number in range(kills):
            if killed >= kills:
                break
            one.begin(str(place), "p", rng.randrange(10**6), 2)
            for _ in range(4):
                worker = two.begin(str(place), "q", rng.randrange(10**6), 2)
                time.sleep(rng.uniform(0, 2))
                os.kill(worker, signal.SIGKILL)
                killed += two.end() != 0
            assert one.end() == 0
            if round_number % 8 == 0:
                judge()
    judge()
    assert killed >= kills
