"""SIGKILL at random steps of what changes the log as a whole: recovery, export, closing into an heir, new keys.

Each subject is a command of docs/guides/drills.md. It is killed, made again, killed again, and at last let through;
then the drill goes on as the page says, and the independent checker judges log, heirs and receipts.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.checker import Chain, ask_head, ask_next_owner, check, check_workspace, created_logs
from support.commands import Commands
from support.devchain import dev_chain
from support.drills import Place, Step, blocks, prepare, sections

from notary.log import ledger
from portal.database import open_engine, sqlite_url

DATABASE = "tallystick/tallystick.sqlite"
KILLS_OF_A_ROUND = 3
PAPERS = ("papers/a", "papers/b", "papers/later")


@dataclass(frozen=True)
class Subject:
    """A command that is killed.

    steps   lines before it and after it
    killed  how the command begins
    files   all that the workspace must have one receipt for at the end
    seen    how many different states kills must leave the workspace in, at the least, when there are many
    """

    steps: tuple[Step, ...]
    killed: str
    files: tuple[str, ...]
    seen: int


def drill(number: str, killed: str, files: tuple[str, ...], seen: int) -> Subject:
    return Subject(tuple(sections()[number]), f"tallystick log {killed}", files, seen)


def lines(*given: str) -> tuple[Step, ...]:
    return tuple(Step(line, 0) for line in given)


OURS = (*PAPERS, "ours/c", "ours/d")
SUBJECTS = {
    "recovery from an export": drill("1", "recover", PAPERS, 3),
    "recovery from a second copy": drill("2", "recover", PAPERS, 2),
    "closing of a recovered log": drill("1", "close", PAPERS, 3),
    "closing of a forked log": drill("3", "close", OURS, 4),
    "closing after a theft": drill("4", "close", OURS, 4),
    "closing of an open log": drill("5", "close", OURS, 4),
    "new appender": drill("4", "rotate-appender", OURS, 2),
    "transfer to another owner": Subject(
        lines("tallystick key new next", "tallystick log transfer next --key cold", "tallystick log accept --key next"),
        "tallystick log transfer",
        PAPERS,
        2,
    ),
    "acceptance by another owner": Subject(
        lines("tallystick key new next", "tallystick log transfer next --key cold", "tallystick log accept --key next"),
        "tallystick log accept",
        PAPERS,
        2,
    ),
    "export": Subject(
        lines("tallystick seal smith ours", "tallystick seal smith more", "tallystick log export mirror"),
        "tallystick log export",
        (*OURS, "more/g"),
        2,
    ),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("drills")
    with dev_chain(ipc=False) as dev, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with blocks(dev):
            place = prepare(folder, dev)
        yield place


@contextmanager
def copied(place: Place, to: Path) -> Iterator[Place]:
    """A copy to work in, the present folder while the block runs; afterwards it is gone and the chain as it was."""
    shutil.copytree(place.folder, to)
    before, here = place.dev.snapshot(), Path.cwd()
    os.chdir(to)
    try:
        with blocks(place.dev):
            yield Place(to, place.dev, place.names)
    finally:
        os.chdir(here)
        place.dev.revert(before)
        shutil.rmtree(to)


def contract(place: Place) -> str:
    return str(json.loads(Path(place.names["RECEIPT"]).read_bytes())["anchors"][0]["contract"])


def judge_rows(place: Place) -> None:
    """Whatever is stored of any log is sound, in the middle of things as well."""
    if not Path(DATABASE).exists():
        return
    engine = open_engine(sqlite_url(Path(DATABASE).resolve()))
    try:
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            for log in ledger.all_logs(connection):
                assert list(ledger.audit(connection, log)) == []
    finally:
        engine.dispose()


def judge_mirror() -> None:
    """Whoever reads the exported log meanwhile finds a whole one, and in it what receipts show."""
    check(Path("mirror"), [path.read_bytes() for path in Path("receipts").glob("*.receipt.json")])


def state(place: Place) -> tuple[object, ...]:
    """How far things have come, told by our rows, by the chain and by the exported log."""
    with sqlite3.connect(Path(DATABASE).resolve().as_uri() + "?mode=ro", uri=True) as connection:
        rows = connection.execute("select origin, size, state, kept, appender from logs order by id").fetchall()
        claims = connection.execute("select count(*), count(superseded_by) from claims").fetchone()
    connection.close()
    here = contract(place)
    logs = created_logs(place.dev.url, here)
    chains = [Chain(place.dev.url, here, log) for log in logs]
    heads = tuple((ask_head(chain), ask_next_owner(chain)) for chain in chains)
    mirror = sum(path.is_file() for path in Path("mirror").rglob("*"))
    return (tuple(rows), claims, heads, mirror)


def judge(place: Place, subject: Subject) -> None:
    documents = {name: Path(name).read_bytes() for name in subject.files}
    check_workspace(Path("tallystick"), place.dev.url, contract(place), documents)
    judge_rows(place)
    judge_mirror()


def run_steps(place: Place, steps: tuple[Step, ...]) -> None:
    for step in steps:
        place.run(step)


def kill_often(prepared: Place, folder: Path, subject: Subject, kills: int, every: int) -> None:
    """Kill the subject's command so often in all; every so many rounds the drill is gone through to its end."""
    rng, killed, seen = random.Random(), 0, Counter[tuple[object, ...]]()
    at = next(n for n, step in enumerate(subject.steps) if step.line.startswith(subject.killed))
    target, work = subject.steps[at], folder / "work"
    with Commands() as commands, copied(prepared, folder / "begun") as begun:
        run_steps(begun, subject.steps[:at])
        words = shlex.split(begun.line(target))[1:]
        with copied(begun, work):
            assert (done := commands.run(*words)) is not None and done.code == target.code, done
        total = commands.steps
        for round_number in range(3 * kills):
            if killed >= kills:
                break
            with copied(begun, work) as place:
                for _ in range(min(KILLS_OF_A_ROUND, kills - killed)):
                    answer = commands.run(*words, at=rng.randint(1, total))
                    if answer is not None:
                        assert answer.code == target.code, answer
                        break
                    killed += 1
                    seen[state(place)] += 1
                    judge_rows(place)
                    judge_mirror()
                else:
                    answer = commands.run(*words)
                    assert answer is not None and answer.code == target.code, answer
                if round_number % every == 0:
                    run_steps(place, subject.steps[at + 1 :])
                    judge(place, subject)
    assert killed == kills
    assert kills < 20 or len(seen) >= subject.seen, seen


FAST = ("recovery from an export", "recovery from a second copy", "closing of a forked log", "export")


@pytest.mark.parametrize("name", FAST)
def test_what_changes_the_log_as_a_whole_ends_the_same_after_kills(prepared: Place, tmp_path: Path, name: str) -> None:
    kill_often(prepared, tmp_path, SUBJECTS[name], 2, 1)


@pytest.mark.deep
@pytest.mark.parametrize("name", SUBJECTS)
def test_what_changes_the_log_as_a_whole_ends_the_same_after_25_kills(
    prepared: Place, tmp_path: Path, name: str
) -> None:
    kill_often(prepared, tmp_path, SUBJECTS[name], 25, 3)
