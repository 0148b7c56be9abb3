"""One engine per workspace: a command beside a keeper hands its work over, and takes over when the keeper dies."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.portalworld import deployed_workspace, program, tallystick

from portal.engine import Lock, Runner
from portal.errors import EngineSilent, WorkflowFailed, WorkspaceLocked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("engine")
    with deployed_workspace(place / "w", keys=()) as workspace:
        tallystick("case", "new", "smith", workspace=workspace)
        yield workspace


def seal_one(folder: Path, name: str) -> None:
    file = folder.parent / name
    file.write_text(name)
    tallystick("seal", "smith", file, workspace=folder)


def keeper(folder: Path) -> subprocess.Popen[str]:
    """A keeper that has begun its rounds."""
    process = program("keeper", "run", "--interval", "1", "--json", "--workspace", folder)
    assert process.stdout is not None
    json.loads(process.stdout.readline())  # the first round's report
    threading.Thread(target=process.stdout.read, daemon=True).start()  # so that it never waits for a reader
    return process


def ended(process: subprocess.Popen[str], how: signal.Signals) -> int:
    process.send_signal(how)
    try:
        return process.wait(timeout=40)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class TestBesideAKeeper:
    def test_anchor_is_done_by_the_keeper_and_starts_no_second_engine(self, folder: Path) -> None:
        running = keeper(folder)
        try:
            seal_one(folder, "beside.txt")
            command = program("anchor", "--wait", "--json", "--workspace", folder)
            holders = set()
            while command.poll() is None:
                holders.add((folder / "engine.lock").read_text().strip())
                time.sleep(0.05)
            out, err = command.communicate()
            assert command.returncode == 0, out + err
            assert json.loads(out)["anchor"]["status"] == "final"
            assert holders == {f"keeper run (process {running.pid})"}
        finally:
            assert ended(running, signal.SIGTERM) == 0
        assert (folder / "engine.lock").read_text() == ""

    def test_a_second_keeper_is_refused_with_the_holder_named(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("portal.keeping.LOCK_SECONDS", 1)
        running = keeper(folder)
        try:
            refused = tallystick("keeper", "run", workspace=folder, expect=(6,))
            assert refused.error == "portal.workspace-locked"
            assert str(running.pid) in refused.json["error"]["message"]
        finally:
            ended(running, signal.SIGTERM)

    def test_keeper_once_beside_a_keeper_is_done_by_it(self, folder: Path) -> None:
        running = keeper(folder)
        try:
            assert "final_at" in tallystick("keeper", "once", workspace=folder).json
            assert str(running.pid) in (folder / "engine.lock").read_text()
        finally:
            ended(running, signal.SIGTERM)


class TestDeath:
    def test_a_command_takes_over_when_the_keeper_is_killed(self, folder: Path) -> None:
        running = keeper(folder)
        seal_one(folder, "takeover.txt")
        os.kill(running.pid, signal.SIGSTOP)  # it holds the lock and does nothing
        command = program("anchor", "--wait", "--json", "--workspace", folder)
        time.sleep(6)
        assert command.poll() is None
        running.kill()
        running.wait()
        out, err = command.communicate(timeout=120)
        assert command.returncode == 0, out + err
        assert json.loads(out)["anchor"]["status"] == "final"

    def test_an_anchor_that_was_killed_is_finished_by_the_next_command(self, folder: Path) -> None:
        for number in range(3):
            seal_one(folder, f"killed-{number}.txt")
            command = program("anchor", "--wait", "--json", "--workspace", folder)
            time.sleep(2.5 + number)
            command.kill()
            command.wait()
        done = tallystick("anchor", "--wait", workspace=folder).json["anchor"]
        assert done["status"] == "final"
        receipts = folder.parent / "receipts"
        tallystick("receipts", "export", "smith", "--to", receipts, workspace=folder)
        states = [json.loads(path.read_text())["anchors"][0]["type"] for path in receipts.glob("*.json")]
        assert set(states) == {"evm"}

    def test_a_keeper_that_was_killed_goes_on_with_pending_anchors(self, folder: Path) -> None:
        seal_one(folder, "pending.txt")
        command = program("anchor", "--json", "--workspace", folder)
        time.sleep(3)
        command.kill()
        command.wait()
        tallystick("anchor", workspace=folder)
        running = keeper(folder)
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and unsettled(folder):
                time.sleep(0.5)
            assert unsettled(folder) == 0
        finally:
            ended(running, signal.SIGTERM)


def unsettled(folder: Path) -> int:
    with sqlite3.connect(folder / "tallystick.sqlite") as connection:
        query = "SELECT count(*) FROM anchors WHERE status NOT IN ('final', 'failed')"
        return int(connection.execute(query).fetchone()[0])


class TestLock:
    def test_a_lock_is_one_process_s_and_says_whose(self, tmp_path: Path) -> None:
        first, second = Lock(tmp_path / "l"), Lock(tmp_path / "l")
        assert first.acquire("one")
        assert first.acquire("one")
        assert not second.acquire("two")
        assert second.holder() == f"one (process {os.getpid()})"
        first.release()
        first.release()
        assert second.holder() == "nobody"
        assert second.acquire("two")
        second.release()

    def test_holder_of_a_lock_that_never_was_is_nobody(self, tmp_path: Path) -> None:
        assert Lock(tmp_path / "none").holder() == "nobody"


class TestRunner:
    """The runner alone, with workflows of the test's own (support.portalflows)."""

    def runner(self, folder: Path, purpose: str = "test") -> Runner:
        def prepare() -> None:
            import support.portalflows  # noqa: F401 (registers the workflows)

        return Runner(folder / "engine.lock", f"sqlite:///{folder / 'flows.sqlite'}", purpose, prepare)

    def test_run_returns_the_result_and_runs_an_id_once(self, tmp_path: Path) -> None:
        with self.runner(tmp_path) as runner:
            assert runner.mode == "client"
            first = runner.run("test.count", "id-1", str(tmp_path / "count"))
            assert runner.mode == "inline"
            assert runner.run("test.count", "id-1", str(tmp_path / "count")) == first == 1
            assert runner.run("test.count", "id-2", str(tmp_path / "count")) == 2
        assert (tmp_path / "engine.lock").read_text() == ""

    def test_run_raises_our_errors_with_their_class(self, tmp_path: Path) -> None:
        from portal.errors import KeyMissing

        with self.runner(tmp_path) as runner, pytest.raises(KeyMissing) as caught:
            runner.run("test.refuse", "id", "creditor")
        assert caught.value.name == "creditor"

    def test_run_names_a_foreign_error(self, tmp_path: Path) -> None:
        with self.runner(tmp_path) as runner, pytest.raises(WorkflowFailed, match="no such thing"):
            runner.run("test.break", "id", "no such thing")

    def test_run_is_silent_no_longer_than_its_timeout(self, tmp_path: Path) -> None:
        holder = Lock(tmp_path / "engine.lock")
        with self.runner(tmp_path) as runner:
            runner.launch()  # makes the engine's tables
        assert holder.acquire("somebody else")
        with self.runner(tmp_path) as waiting, pytest.raises(EngineSilent, match="somebody else"):
            waiting.run("test.count", "id-9", str(tmp_path / "count"), timeout_seconds=1)
        with self.runner(tmp_path) as refused, pytest.raises(WorkspaceLocked):
            refused.launch()
        holder.release()
        with self.runner(tmp_path) as later:  # what was asked for is still there, and is done now
            assert later.run("test.count", "id-9", str(tmp_path / "count")) == 1

    def test_a_prepare_that_fails_gives_the_lock_back(self, tmp_path: Path) -> None:
        def fail() -> None:
            raise ValueError("no world")

        broken = Runner(tmp_path / "engine.lock", f"sqlite:///{tmp_path / 'flows.sqlite'}", "test", fail)
        with pytest.raises(ValueError, match="no world"):
            broken.try_launch()
        with self.runner(tmp_path) as runner:
            assert runner.try_launch()
