"""Sealing that is killed, and sealing by two processes at once: every file ends with exactly one valid receipt."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.checker import check_world, files_of
from support.killing import KillServer, Moments
from support.notaryworld import World, world

from notary.log import ledger, merkle
from notary.log.ledger import Head
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.store import checkpoints
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import DocumentDigests, Verifier

FILES = 400
BATCH = 10


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


class Watcher:
    """Remembers every head that was ever seen, and that later ones continue it."""

    def __init__(self, w: World) -> None:
        self._w = w
        self.heads: dict[int, Head] = {}

    def look(self) -> Head | None:
        with self._w.ctx.engine.connect() as connection:
            log = ledger.log_of(connection, self._w.ctx.note_key)
            assert list(ledger.audit(connection, log)) == []
            head = ledger.head(connection, log.id)
            if head is None:
                return None
            for seen in self.heads.values():
                proof = ledger.consistency(connection, log.id, seen.size, head.size)
                merkle.verify_consistency(seen.size, head.size, seen.root, head.root, proof)
                assert ledger.head(connection, log.id, seen.size) == seen
        self.heads[head.size] = head
        return head


def assert_every_file_has_exactly_one_valid_receipt(w: World, count: int) -> None:
    expected = {path.name: path.read_bytes() for path in w.files.iterdir()}
    verifier, found = Verifier(), Counter[str]()
    for sealed, receipt in receipts.receipts_of(w.ctx, "acme"):
        name = str(sealed.claim.get("name"))
        found[name] += 1
        data = expected[name]
        document = DocumentDigests(len(data), {"sha256": hashlib.sha256(data).digest()})
        verdict = verifier.verify(Receipt.from_bytes(receipt.to_bytes()), document)
        assert [check.status for check in verdict.checks[:6]] == [Status.PASSED] * 6, verdict
        assert verdict.reason is Reason.NO_ANCHOR
    assert found == Counter(expected.keys())
    assert len(found) == count
    with w.ctx.engine.connect() as connection:
        log = ledger.log_of(connection, w.ctx.note_key)
        entries = ledger.entries(connection, log.id, 0, log.size)
    assert sum(b'"t":"claim"' in entry for entry in entries) == count
    assert cases.show_case(w.ctx, "acme").count == count


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.deep)])
def test_seal_killed_at_random_moments_leaves_one_valid_receipt_for_each_file(
    w: World, tmp_path: Path, kills: int
) -> None:
    rng = random.Random()
    w.put_many(FILES)
    watcher = Watcher(w)
    killed, sizes = 0, Counter[int]()
    with KillServer("seal_child.py") as server:
        arguments = (str(w.folder / "workspace"), str(w.files), BATCH)
        with world(tmp_path / "other") as other:  # how long it takes here and now when nobody kills it
            undisturbed = server.run(str(other.folder / "workspace"), str(w.files), BATCH)
        moments = Moments(rng, undisturbed)
        for round_number in range(5 * kills):  # some end before they are killed
            if killed == kills:
                break
            if sizes and max(sizes.values()) > 2:  # nothing new came for a while: all is sealed, or nearly
                for i in range(60):
                    w.put(f"new-{round_number}-{i}.txt", os.urandom(20))
                sizes.clear()
            killed += moments.kill(server, *arguments)
            head = watcher.look()
            sizes[head.size if head else 0] += 1
        server.run(*arguments)
    assert killed == kills
    assert len(watcher.heads) >= 3, "no kill fell between two batches"
    watcher.look()
    assert_every_file_has_exactly_one_valid_receipt(w, len(list(w.files.iterdir())))
    assert check_world(w, documents=files_of(w)).receipts == len(files_of(w))


def test_two_processes_sealing_the_same_files_at_once_leave_one_claim_for_each(w: World) -> None:
    w.put_many(120)
    arguments = (str(w.folder / "workspace"), str(w.files), 7)
    with KillServer("seal_child.py") as one, KillServer("seal_child.py") as two:
        for server in (one, two):
            server.begin(*arguments)
        assert [server.end() for server in (one, two)] == [0, 0]
    Watcher(w).look()
    assert_every_file_has_exactly_one_valid_receipt(w, 120)


def test_two_processes_sealing_different_files_at_once_lose_none(w: World) -> None:
    for part in ("a", "b"):
        for i in range(60):
            w.put(f"{part}/{part}{i}.txt", f"{part}{i}".encode())
    with KillServer("seal_child.py") as one, KillServer("seal_child.py") as two:
        for server, part in ((one, "a"), (two, "b")):
            server.begin(str(w.folder / "workspace"), str(w.files / part), 5)
        assert [server.end() for server in (one, two)] == [0, 0]
    Watcher(w).look()
    names = Counter(str(sealed.claim.get("name")) for sealed in cases.claims_of(w.ctx, "acme"))
    assert names == Counter(f"{part}{i}.txt" for part in ("a", "b") for i in range(60))


def test_one_of_two_sealing_processes_killed_leaves_the_other_undisturbed(w: World) -> None:
    rng = random.Random()
    w.put_many(120)
    arguments = (str(w.folder / "workspace"), str(w.files), 5)
    with KillServer("seal_child.py") as one, KillServer("seal_child.py") as two:
        survivor = one.begin(*arguments)
        for _ in range(4):
            two.run_and_kill(rng.uniform(0.02, 0.2), *arguments)
        assert survivor and one.end() == 0
    Watcher(w).look()
    assert_every_file_has_exactly_one_valid_receipt(w, 120)


@pytest.mark.parametrize("table", ["claims", "custody", "heads", "case_heads", "log_tiles", "checkpoints"])
def test_a_failure_at_any_write_of_a_batch_leaves_the_batch_out_whole(
    w: World, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """The same at every exact place: fail right after the first write into each table."""
    w.put("a.txt")
    seal(w.ctx, "acme", [w.files])
    watcher = Watcher(w)
    before = watcher.look()
    w.put("a.txt", b"changed")
    w.put("b.txt")

    class Stop(Exception):
        pass

    def stop(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if f"INSERT INTO {table} " in statement or f"UPDATE {table} " in statement:
            raise Stop

    sa.event.listen(w.ctx.engine, "after_cursor_execute", stop)
    with pytest.raises(Stop):
        seal(w.ctx, "acme", [w.files])
    sa.event.remove(w.ctx.engine, "after_cursor_execute", stop)
    assert watcher.look() == before
    with w.ctx.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(checkpoints)).scalar_one() == 1
    result = seal(w.ctx, "acme", [w.files])
    assert [file.state for file in result.files] == ["superseded", "sealed"]
    watcher.look()


def test_a_killed_hashing_run_leaves_no_worker_process_behind(w: World) -> None:
    from notary.sealing.hashing import PROCESSES_PAY_FROM

    w.put_many(PROCESSES_PAY_FROM + 500, size=10)
    with KillServer("seal_child.py") as server:
        worker = server.begin(str(w.folder / "workspace"), str(w.files), 2000)
        children = _wait_for_children(worker)
        os.kill(worker, signal.SIGKILL)
        assert server.end() == -signal.SIGKILL
    assert children, "no hashing process was started"
    for _ in range(100):
        if not any(_is_hashing(child) for child in children):
            return
        time.sleep(0.05)
    raise AssertionError(f"{children} still run")


def _wait_for_children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    for _ in range(400):
        found = [int(each) for task in Path(f"/proc/{process}/task").iterdir() for each in _children(task / "children")]
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"no child of {process} in {path}")


def _children(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _is_hashing(process: int) -> bool:
    try:
        return b"hashing" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
