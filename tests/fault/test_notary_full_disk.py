"""A full disk while sealing, recording and erasing: a clear error, nothing half done, and the same command goes on
once there is room.  The clock set back: custody says what the clock said, the log goes on.

The disk is a real one that fills: a tmpfs of a few MiB, in a mount namespace of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.notaryworld import World, world

from notary.custody import acts
from notary.custody.chain import Action
from notary.log import ledger
from notary.sealing import cases
from notary.sealing.seal import seal

ROOT = Path(__file__).parents[2]
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]

STORY = """
import json, os, sys
from pathlib import Path
from support.notaryworld import World, HeldClock, open_context
from notary.custody import acts, erasure
from notary.log import ledger
from notary.sealing import cases
from notary.custody.chain import Action
from notary.sealing.seal import seal
from notary.service_errors import DatabaseUnwritable, VaultLocked

disk, files = Path(sys.argv[1]), Path(sys.argv[2])
clock = HeldClock()
ctx = open_context(disk / "workspace", clock)
cases.create_case(ctx, "acme")
first = sorted(files.iterdir())[:20]
seal(ctx, "acme", first)
ballast = disk / "ballast"

def fill() -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass

def sound() -> int:
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
        assert list(ledger.audit(connection, log)) == []
    acts.history(ctx, "acme")
    left = list(cases.claims_of(ctx, "acme"))
    return len(left)

said = []
def refused(act) -> None:
    before = sound()
    fill()
    try:
        act()
    except (DatabaseUnwritable, VaultLocked) as exc:
        said.append(exc.code)
    else:
        raise SystemExit("nothing was refused")
    ctx.engine.dispose()
    assert sound() == before
    ballast.unlink()

everything = sorted(files.iterdir())
refused(lambda: seal(ctx, "acme", everything, batch_claims=50_000))
assert seal(ctx, "acme", everything).count("sealed") == len(everything) - 20
refused(lambda: [acts.record(ctx, "acme", [0], Action.ACCESSED, "x" * 4000) for _ in range(500)])
acts.record(ctx, "acme", [0], Action.ACCESSED)
refused(lambda: erasure.erase(ctx, "acme", [3]))
assert sound() == len(everything)
erasure.erase(ctx, "acme", [3])
assert sound() == len(everything) - 1
print(json.dumps(said))
"""


def may_mount() -> bool:
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, "true"], check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="no user namespace to mount a small disk in")
def test_a_full_disk_is_told_and_nothing_is_half_done(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(300):
        (files / f"{number:03}.txt").write_bytes(b"%d" % number)
    disk, story = tmp_path / "disk", tmp_path / "story.py"
    disk.mkdir()
    story.write_text(STORY)
    script = 'mount -t tmpfs -o size=6m none "$1" && exec "$2" "$3" "$1" "$4"'
    command = [*UNSHARE, "sh", "-c", script, "sh", str(disk), sys.executable, str(story), str(files)]
    path = ":".join(map(str, (ROOT, ROOT / "contracts", ROOT / "tests")))
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == ["notary.database-unwritable"] * 2 + ["notary.key-file-unwritable"]


class TestClockSetBack:
    @pytest.fixture
    def w(self, tmp_path: Path) -> World:
        with world(tmp_path) as made:
            made.put("a.txt")
            seal(made.ctx, "acme", [made.files])
            return made

    def test_sealing_and_acts_go_on_and_say_what_the_clock_said(self, w: World) -> None:
        w.clock.now -= 10 * 365 * 86_400
        w.put("b.txt")
        seal(w.ctx, "acme", [w.files])
        acts.record(w.ctx, "acme", [0], Action.ACCESSED)
        times = [line.entry.at for line in acts.history(w.ctx, "acme") if line.entry]
        assert times[0] > times[1] == times[2] == w.clock.now
        with w.ctx.engine.connect() as connection:
            assert list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key))) == []
        assert len(list(cases.claims_of(w.ctx, "acme"))) == 2
