"""Time stamps through the command line: a configured authority and calendar, a keeper, and proofs of plain files."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.calendar import Calendar, running_calendar
from support.portalworld import deployed_workspace, program, tallystick
from support.tsa import Running, openssl_tsa, openssl_verifies, write_pem
from support.tsa_chain import chain

from portal.cli import main

AUTHORITY = chain()
MAINNET = json.loads((Path(__file__).parents[1] / "vectors" / "ots_mainnet.json").read_text())


@dataclass(frozen=True)
class Place:
    """A deployed workspace whose [timestamps] name a broken authority, a good one and a calendar."""

    folder: Path
    broken: Running
    tsa: Running
    calendar: Calendar

    @property
    def workspace(self) -> Path:
        return self.folder / "w"

    def seal(self, name: str) -> None:
        (self.folder / "files").mkdir(exist_ok=True)
        (self.folder / "files" / name).write_text(name)
        tallystick("seal", "smith", self.folder / "files", workspace=self.workspace)


def configure(workspace: Path, broken: str, tsa: str, calendar: str) -> None:
    write_pem(workspace / "root.pem", AUTHORITY.root.der)
    file = workspace / "tallystick.toml"
    text = file.read_text().replace("calendars = []", f'calendars = ["{calendar}"]')
    for name, url in (("broken", broken), ("good", tsa)):
        text += f'\n[[timestamps.authorities]]\nname = "{name}"\nurl = "{url}"\nroot = "root.pem"\n'
    file.write_text(text)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("stamps")
    with (
        openssl_tsa(AUTHORITY, folder / "broken") as broken,
        openssl_tsa(AUTHORITY, folder / "tsa") as tsa,
        running_calendar() as calendar,
        deployed_workspace(folder / "w", keys=()),
    ):
        broken.behaviour = "garbage"
        configure(folder / "w", broken.url, tsa.url, calendar.url)
        tallystick("case", "new", "smith", workspace=folder / "w")
        yield Place(folder, broken, tsa, calendar)


def words(*arguments: object) -> str:
    """What a command says to people."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert main([str(word) for word in arguments]) in (0, 3)
    return " ".join(out.getvalue().split())


class TestAnchor:
    def test_anchor_stamps_the_head_and_upgrade_completes_it(self, place: Place) -> None:
        place.seal("a.txt")
        said = tallystick("anchor", "--wait", workspace=place.workspace).json
        assert said["anchor"]["status"] == "final"
        token, proof = said["stamps"]
        assert (token["status"], token["authority"]) == ("obtained", "good")
        assert "broken" in token["error"]
        assert (proof["status"], proof["calendars"], proof["bitcoin_blocks"]) == (
            "pending",
            [place.calendar.url],
            [],
        )
        told = words("anchor", "--workspace", place.workspace)
        assert "pending: 1 calendar promised it, Bitcoin does not have it yet; proves nothing so far" in told
        assert "obtained: a token of" in told and "authority good" in told

        still = tallystick("anchor", "--upgrade", workspace=place.workspace).json
        assert still["asked"] == 1 and still["stamps"][1]["status"] == "pending"
        height = place.calendar.mine()
        done = tallystick("anchor", "--upgrade", workspace=place.workspace).json
        assert (done["stamps"][1]["status"], done["stamps"][1]["bitcoin_blocks"]) == ("upgraded", [height])
        assert tallystick("anchor", "--upgrade", workspace=place.workspace).json["asked"] == 0
        assert f"names Bitcoin block {height}" in words("anchor", "--upgrade", "--workspace", place.workspace)

    def test_receipts_carry_token_and_proof_that_stock_openssl_verifies(self, place: Place, tmp_path: Path) -> None:
        place.seal("b.txt")
        tallystick("anchor", "--wait", workspace=place.workspace)
        tallystick("receipts", "export", "smith", "--to", tmp_path / "receipts", workspace=place.workspace)
        receipt = json.loads((tmp_path / "receipts" / "b.txt.receipt.json").read_text())
        found = {anchor["type"]: anchor for anchor in receipt["anchors"]}
        assert set(found) == {"evm", "rfc3161", "ots"}
        note = receipt["checkpoint"].encode()
        token = base64.b64decode(found["rfc3161"]["token"])
        untrusted = [one.der for one in AUTHORITY.between]
        assert openssl_verifies(token, note, AUTHORITY.root.der, tmp_path / "check", untrusted=untrusted, at=None)
        (tmp_path / "checkpoint.txt").write_bytes(note)
        (tmp_path / "checkpoint.txt.ots").write_bytes(base64.b64decode(found["ots"]["proof"]))
        judged = tallystick("stamp", "--verify", tmp_path / "checkpoint.txt.ots", expect=(3,)).json
        assert judged["reason"] == "ots-pending" and judged["sha256"] == hashlib.sha256(note).hexdigest()

    def test_receipts_are_verified_offline_with_the_authoritys_root(self, place: Place, tmp_path: Path) -> None:
        place.seal("c.txt")
        tallystick("anchor", workspace=place.workspace)
        tallystick("receipts", "export", "smith", "--to", tmp_path / "receipts", workspace=place.workspace)
        verify = ("verify", place.folder / "files" / "c.txt", "--receipt", tmp_path / "receipts" / "c.txt.receipt.json")
        assert tallystick(*verify, expect=(3,)).json["counts"]["INDETERMINATE"] == 1
        said = tallystick(*verify, "--tsa-root", place.workspace / "root.pem").json
        assert said["counts"] == {"PASSED": 1, "FAILED": 0, "INDETERMINATE": 0}

    def test_a_head_is_stamped_though_the_chain_refuses(self, place: Place, tmp_path: Path) -> None:
        workspace = tmp_path / "w"
        tallystick("init", "--dev", workspace=workspace)
        configure(workspace, place.broken.url, place.tsa.url, place.calendar.url)
        tallystick("case", "new", "smith", workspace=workspace)
        (tmp_path / "a.txt").write_text("a")
        tallystick("seal", "smith", tmp_path / "a.txt", workspace=workspace)
        assert tallystick("anchor", workspace=workspace, expect=(4,)).error.startswith("portal.")  # nothing is deployed
        said = tallystick("anchor", "--upgrade", workspace=workspace).json
        assert [stamp["status"] for stamp in said["stamps"]] == ["obtained", "pending"]

    def test_what_nobody_gave_is_wanted_and_the_keeper_gets_it(self, place: Place) -> None:
        place.seal("d.txt")
        place.tsa.behaviour, place.calendar.mode = "error", "error"
        try:
            said = tallystick("anchor", workspace=place.workspace).json
        finally:
            place.tsa.behaviour, place.calendar.mode = "honest", "ok"
        assert [stamp["status"] for stamp in said["stamps"]] == ["wanted", "wanted"]
        assert all(stamp["error"] and stamp["next_at"] for stamp in said["stamps"])
        with sqlite3.connect(place.workspace / "tallystick.sqlite") as rows:  # the pause is over
            rows.execute("UPDATE stamps SET next_at = 1 WHERE next_at IS NOT NULL")
        report = tallystick("keeper", "once", workspace=place.workspace).json
        assert report["stamps"] >= 2
        latest = tallystick("anchor", "--upgrade", workspace=place.workspace).json["stamps"][:2]
        assert [stamp["status"] for stamp in latest] == ["obtained", "pending"]

    def test_a_running_keeper_does_the_work_of_anchor_and_what_is_due(self, place: Place) -> None:
        running = program("keeper", "run", "--interval", "1", "--json", "--workspace", place.workspace)
        try:
            assert running.stdout is not None
            json.loads(running.stdout.readline())  # the first round's report
            threading.Thread(target=running.stdout.read, daemon=True).start()  # so that it never waits for a reader
            place.seal("e.txt")
            said = tallystick("anchor", "--wait", workspace=place.workspace).json
            assert [stamp["status"] for stamp in said["stamps"]] == ["obtained", "pending"]
            height = place.calendar.mine()
            with sqlite3.connect(place.workspace / "tallystick.sqlite", timeout=10) as rows:
                rows.execute("UPDATE stamps SET next_at = 1 WHERE status = 'pending'")
            deadline = time.monotonic() + 30
            while True:
                with sqlite3.connect(place.workspace / "tallystick.sqlite", timeout=10) as rows:
                    left = rows.execute("SELECT count(*) FROM stamps WHERE status = 'pending'").fetchone()[0]
                if not left:
                    break
                assert time.monotonic() < deadline
                time.sleep(0.2)
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                assert running.wait(timeout=40) == 0
            finally:
                running.kill()
                running.communicate()
        latest = tallystick("anchor", "--upgrade", workspace=place.workspace).json["stamps"]
        assert latest[1]["bitcoin_blocks"] == [height]

    def test_doctor_asks_everybody_and_tells_who_is_out_of_order(self, place: Place) -> None:
        findings = tallystick("doctor", workspace=place.workspace, expect=(5,)).json["findings"]
        told = {finding["what"]: finding["state"] for finding in findings}
        assert (told["authority broken"], told["authority good"]) == ("wrong", "ok")
        assert told[f"calendar {place.calendar.url.removeprefix('http://')}"] == "ok"

    def test_upgrade_goes_with_no_option_of_the_chain(self, place: Place) -> None:
        tallystick("anchor", "--upgrade", "--wait", workspace=place.workspace, expect=(2,))


class TestStamp:
    def test_files_and_a_digest_are_stamped_under_one_commitment_completed_and_judged(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("a.txt", "b.txt"):
            Path(name).write_text(name)
        digest = hashlib.sha256(b"c").hexdigest()
        with running_calendar() as calendar:
            made = tallystick("stamp", "a.txt", "b.txt", "--sha256", digest, "--calendar", calendar.url).json
            assert [proof["file"] for proof in made["proofs"]] == ["a.txt.ots", "b.txt.ots", f"{digest}.ots"]
            assert len(calendar.asked) == 1
            proofs = [proof["file"] for proof in made["proofs"]]
            tallystick("stamp", "--upgrade", *proofs, "--calendar", calendar.url, expect=(3,))
            height = calendar.mine()
            done = tallystick("stamp", "--upgrade", *proofs, "--calendar", calendar.url).json["proofs"]
        assert [(proof["status"], proof["bitcoin_blocks"]) for proof in done] == [("complete", [height])] * 3
        for name, document in (("a.txt.ots", "a.txt"), (f"{digest}.ots", "--sha256")):
            words_ = ("stamp", "--verify", name, document, *([digest] if document == "--sha256" else []))
            assert tallystick(*words_, expect=(3,)).json["reason"] == "bitcoin-header-unknown"
        assert tallystick("stamp", "--verify", "a.txt.ots", "b.txt", expect=(1,)).json["reason"] == "ots-digest-differs"

    def test_a_public_proof_is_confirmed_by_the_header_of_its_block_alone(self, tmp_path: Path) -> None:
        sample = MAINNET["hello-world"]
        document, proof = tmp_path / "hello.txt", tmp_path / "hello.txt.ots"
        document.write_bytes(bytes.fromhex(sample["document"]))
        proof.write_bytes(bytes.fromhex(sample["proof"]))
        header = f"{sample['height']}:{MAINNET['headers'][str(sample['height'])]}"
        judged = tallystick("stamp", "--verify", proof, "--bitcoin-header", header).json
        assert (judged["status"], judged["bitcoin_block"], judged["time"]) == ("PASSED", 358391, 1432827678)
        other = f"{sample['height']}:{MAINNET['headers']['428648']}"
        judged = tallystick("stamp", "--verify", proof, "--bitcoin-header", other, expect=(1,)).json
        assert judged["reason"] == "bitcoin-root-differs"
        told = words("stamp", "--verify", proof, "--bitcoin-header", header)
        assert "give or take 2 hours" in told and "Not shown" in told

    def test_a_proof_is_never_replaced_and_a_failure_leaves_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("a.txt").write_text("a")
        with running_calendar(mode="garbage") as calendar:
            stamp = ("stamp", "a.txt", "--calendar", calendar.url)
            assert tallystick(*stamp, expect=(5,)).error == "notary.calendar-refused"
            assert not Path("a.txt.ots").exists()
            calendar.mode = "ok"
            tallystick(*stamp)
            before = Path("a.txt.ots").read_bytes()
            assert tallystick(*stamp, expect=(4,)).error == "portal.argument"
            assert Path("a.txt.ots").read_bytes() == before

    @pytest.mark.parametrize(
        "words_",
        [
            ("stamp",),
            ("stamp", "--upgrade"),
            ("stamp", "a", "b", "--out", "c.ots"),
            ("stamp", "a", "--bitcoin-header", "1:00"),
            ("stamp", "--upgrade", "a.ots", "--sha256", "00"),
        ],
    )
    def test_words_that_do_not_go_together_are_refused(self, words_: tuple[str, ...]) -> None:
        tallystick(*words_, expect=(2,))

    def test_without_a_calendar_it_says_which_are_missing(self, place: Place, tmp_path: Path) -> None:
        workspace = tmp_path / "w"
        tallystick("init", "--dev", workspace=workspace)
        (tmp_path / "a.txt").write_text("a")
        said = tallystick("stamp", tmp_path / "a.txt", workspace=workspace, expect=(4,))
        assert said.error == "portal.argument"
        tallystick("stamp", tmp_path / "a.txt", workspace=place.workspace)
        assert (tmp_path / "a.txt.ots").exists()
