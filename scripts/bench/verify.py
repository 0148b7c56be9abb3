"""Offline verification of 1,000 receipts within a second, and of a bundle of 10,000, its anchors stored once, within
three; beside `json.loads` of the same bytes.

Every verdict is PASSED, by a block that the verifier names; otherwise this ends with an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from batch import Batch, one_batch, own_batches
from harness import ROOT, Row, Target, alternate, clock, run, scratch

from notary.proofs import bundle
from notary.verdicts.verdict import Status
from notary.verdicts.verify import DocumentDigests, Verifier

TALLYSTICK = ROOT / ".venv/bin/tallystick"


def measure(quick: bool) -> Iterator[Row]:
    count = 100 if quick else 1_000
    target = Target("at most", 1.0, "ours")
    batch = one_batch(count)
    yield in_process(f"verify {count:,} receipts of one batch", batch, target)
    yield in_process(
        f"verify {count:,} receipts, each with checkpoint and block of its own", own_batches(count), target
    )
    yield bundled(1_000 if quick else 10_000, Target("at most", 3.0, "ours"))
    with scratch("verify") as folder:
        batch.write(folder / "files")
        yield command(f"tallystick verify FOLDER, {count:,} files and receipts", folder, target)


def in_process(what: str, batch: Batch, target: Target) -> Row:
    """From the receipts' bytes to verdicts; documents are hashed in it."""
    files = [receipt.to_bytes() for receipt in batch.receipts]

    def work() -> list[Status]:
        verifier = Verifier(batch.trust)
        return [
            verifier.verify_bytes(file, DocumentDigests(len(data), {"sha256": sha256(data).digest()})).status
            for file, data in zip(files, batch.documents, strict=True)
        ]

    if set(work()) != {Status.PASSED}:
        raise SystemExit("verify: not every receipt passed")
    ours, parsing = alternate(5, lambda: clock(work), lambda: clock(lambda: [json.loads(file) for file in files]))
    return Row(what, ours, "json.loads of them", parsing, "s", target)


def bundled(count: int, target: Target) -> Row:
    """From the bundle's bytes to verdicts; documents are hashed in it."""
    batch = one_batch(count)
    data, documents, trust = bundle.dumps(batch.receipts), batch.documents, batch.trust
    del batch

    def work() -> set[Status]:
        verifier, receipts = Verifier(trust), bundle.loads(data)
        return {
            verifier.verify(receipt, DocumentDigests(len(document), {"sha256": sha256(document).digest()})).status
            for receipt, document in zip(receipts, documents, strict=True)
        }

    if work() != {Status.PASSED}:
        raise SystemExit("verify: not every receipt of the bundle passed")
    ours, parsing = alternate(5, lambda: clock(work), lambda: clock(lambda: json.loads(data)))
    what = f"verify a bundle of {count:,} receipts, {len(data) / 1e6:.0f} MB"
    return Row(what, ours, "json.loads of it", parsing, "s", target)


def command(what: str, folder: Path, target: Target) -> Row:
    """The whole command, with its start; beside a program that only reads and parses the same files."""
    ours = [str(TALLYSTICK), "verify", str(folder / "files"), "--trust", str(folder / "trust.json")]
    parse = "import json, pathlib, sys; [json.loads(p.read_bytes()) for p in pathlib.Path(sys.argv[1]).glob('*.json')]"
    bare = [str(ROOT / ".venv/bin/python"), "-c", parse, str(folder / "files")]
    seconds, floor = alternate(5, lambda: run(*ours), lambda: run(*bare))
    return Row(what, seconds, "python, json.loads of them", floor, "s", target)
