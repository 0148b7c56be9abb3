"""The demo, run as a reader runs it, on a folder of the reader's own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from portal.demo.files import make_files
from portal.demo.ledger import describe

ROOT = Path(__file__).parents[2]
OWN_FILES = 9


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """(what the demo printed, its folder, the reader's folder)."""
    here = tmp_path_factory.mktemp("demo")
    own = here / "my files"
    own.mkdir()
    list(make_files(own, OWN_FILES))
    before = {path: path.read_bytes() for path in sorted(own.rglob("*")) if path.is_file()}
    anvil = next((ROOT / "contracts/node_modules/@foundry-rs").glob("anvil-*/bin"))
    done = subprocess.run(
        [sys.executable, "-m", "portal", "demo", str(own)],
        cwd=here,
        env={**os.environ, "PATH": f"{anvil}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT}:{ROOT / 'contracts'}"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert {path: path.read_bytes() for path in sorted(own.rglob("*")) if path.is_file()} == before
    return done.stdout, here / "tallystick-demo", own


def test_demo_seals_and_verifies_the_readers_own_files(told: tuple[str, Path, Path]) -> None:
    said, folder, _own = told
    assert f"PASSED: {OWN_FILES} of {OWN_FILES} files" in said
    assert "FAILED (digest-differs)" in said
    assert len(list((folder / "receipts").rglob("*.receipt.json"))) == OWN_FILES


def test_demo_ends_its_plans_completed_and_its_escrows_settled(told: tuple[str, Path, Path]) -> None:
    said, folder, _own = told
    assert "completed: everything is paid" in said
    assert "defaulted: true since" in said
    assert "are the debtor's" in said
    with (folder / "transactions.csv").open(newline="") as file:
        acts = [(row["who"], row["what"]) for row in csv.DictReader(file)]
    assert ("friend", "aurora-plan: pay") in acts
    assert ("operator", "second-plan: start the auction") in acts
    assert ("buyer", "second-plan: buy the collateral") in acts
    assert ("debtor", "spare-parts: release") in acts
    assert ("operator", "late-delivery: reclaim") in acts


def test_demo_notices_arrive_by_mail_and_by_web_hook_under_one_number_each(told: tuple[str, Path, Path]) -> None:
    _said, folder, _own = told
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in (folder / "received").glob("*-mail.eml")]
    posts = [json.loads(path.read_bytes()) for path in (folder / "received").glob("*-webhook.json")]
    numbers = [str(mail["Message-ID"]) for mail in mails]
    assert len(numbers) == len(set(numbers)) > 10
    assert len({post["idempotency_key"] for post in posts}) == len(posts) > 3
    assert any("is due on" in str(mail["Subject"]) for mail in mails)


def test_describe_names_a_transaction_of_each_kind() -> None:
    names = {"0xab": "plan-a", "0xcd": "escrow-b"}
    assert describe("plan:0xab:pay:77:approve-0", names) == "plan-a: allow tokens to pay"
    assert describe("plan:0xab:v0:k2:poke", names) == "plan-a: write down what is missed"
    assert describe("escrow:0xcd:reclaim:0x01", names) == "escrow-b: reclaim"
    assert describe("deploy:31337:ab:EvidenceLog:0x1:2", names) == "deploy EvidenceLog"
