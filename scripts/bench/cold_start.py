"""Cold start: `tallystick --help` and an offline `verify` of one file, beside `ots` and beside Python itself.

The files of both programs are in the page cache and their byte code is compiled; what is cold is the process.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from batch import one_batch
from harness import PEER_PYTHON, ROOT, Row, Target, alternate, run, scratch

BIN = ROOT / ".venv/bin"
OTS = PEER_PYTHON.with_name("ots")


def measure(quick: bool) -> Iterator[Row]:
    rounds = 5 if quick else 15
    with scratch("cold") as folder:
        path = one_batch(200).write(folder / "files")[0]
        subprocess.run([PEER_PYTHON, Path(__file__).parent / "peers/ots_proof.py", path], check=True)
        python, help_, ots_help, verify, ots_verify = alternate(
            rounds,
            lambda: run(BIN / "python", "-c", "pass"),
            lambda: run(BIN / "tallystick", "--help"),
            lambda: run(OTS, "--help"),
            lambda: run(BIN / "tallystick", "verify", path, "--trust", folder / "trust.json"),
            # 1: all holds as far as it can be told without Bitcoin.
            lambda: run(OTS, "--no-bitcoin", "verify", f"{path}.ots", status=1),
        )
    yield Row("tallystick --help", help_ * 1000, "ots --help", ots_help * 1000, "ms", Target("at most", 150, "ours"))
    yield Row("tallystick --help", help_ * 1000, "python -c pass", python * 1000, "ms")
    what = "tallystick verify FILE, offline"
    peer = "ots --no-bitcoin verify FILE.ots"
    yield Row(what, verify * 1000, peer, ots_verify * 1000, "ms", Target("at most", 200, "ours"))
    yield Row(what, verify * 1000, "python -c pass", python * 1000, "ms")
