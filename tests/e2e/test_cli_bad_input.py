"""Bad input through the command line: a clear error with a hint, the documented exit code, and nothing has changed."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.portalworld import Answer, deployed_workspace, files_in, program, running_chains, tallystick
from support.signing import UNRECORDED

from portal.chains import ChainUse
from portal.config import pin
from portal.engine import Lock
from portal.workspace import Workspace

FAR = "2099-01-31"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("bad")
    with deployed_workspace(folder / "w"):
        tallystick("case", "new", "smith", workspace=folder / "w")
        (folder / "good.txt").write_text("good")
        tallystick("seal", "smith", folder / "good.txt", workspace=folder / "w")
        yield folder


@pytest.fixture(scope="module")
def w(place: Path) -> Path:
    return place / "w"


def refused(w: Path, exit_code: int, code: str, *words: object) -> Answer:
    """Run a command that must be refused; its error has a message and a hint, and the workspace is as it was."""
    before = rows(w)
    answer = tallystick(*words, workspace=w, expect=(exit_code,))
    error = answer.json["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]
    assert error["exit"] == exit_code
    assert rows(w) == before
    return answer


def rows(w: Path) -> tuple[dict[str, bytes], dict[str, int]]:
    """The files outside the database, and how many rows each of our tables has."""
    import sqlite3

    files = {name: data for name, data in files_in(w).items() if not name.startswith("tallystick.sqlite")}
    with sqlite3.connect(w / "tallystick.sqlite") as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return files, {t: connection.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0] for t in tables}


class TestFiles:
    def test_a_missing_file_stops_the_whole_command(self, place: Path, w: Path) -> None:
        (place / "other.txt").write_text("other")
        answer = refused(w, 4, "notary.inputs-refused", "seal", "smith", place / "other.txt", place / "missing.txt")
        assert "missing.txt" in answer.json["error"]["message"]

    def test_sockets_loops_and_empty_folders_are_named(self, place: Path, w: Path) -> None:
        odd = place / "odd"
        odd.mkdir()
        (odd / "loop").symlink_to(odd / "loop")
        (odd / "fine").write_text("fine")
        here = Path.cwd()
        with socket.socket(socket.AF_UNIX) as unix:
            os.chdir(odd)
            unix.bind("socket")
            os.chdir(here)
            message = refused(w, 4, "notary.inputs-refused", "seal", "smith", odd).json["error"]["message"]
        assert "socket" in message
        assert "loop" in message
        (place / "nothing").mkdir()
        refused(w, 4, "notary.inputs-refused", "seal", "smith", place / "nothing")

    def test_a_file_that_changes_while_it_is_read_is_refused(self, place: Path, w: Path) -> None:
        growing, stop = place / "growing", threading.Event()
        growing.touch()
        os.truncate(growing, 1 << 30)  # sparse; half a second of reading, so that the writer gets its turn

        def grow() -> None:
            while not stop.is_set():
                with growing.open("ab") as file:
                    file.write(b"x")

        thread = threading.Thread(target=grow)
        thread.start()
        try:
            refused(w, 4, "notary.inputs-refused", "seal", "smith", growing)
        finally:
            stop.set()
            thread.join()
            growing.unlink()

    def test_a_name_that_is_not_utf8_is_sealed_and_verified(self, place: Path, w: Path) -> None:
        strange = os.fsencode(place / "names") + b"/caf\xe9.txt"
        (place / "names").mkdir()
        with open(strange, "wb") as file:  # noqa: PTH123 (bytes)
            file.write(b"latin")
        tallystick("seal", "smith", place / "names", workspace=w)
        tallystick("receipts", "export", "smith", "--to", place / "r", workspace=w)
        said = tallystick("verify", place / "names", "--receipt", place / "r", expect=(3,)).json
        statuses = {r["reason"] for r in said["results"] if r["document"] and "caf" in r["document"]}
        assert statuses == {"no-anchor"}

    def test_an_unknown_case_and_a_bad_name_are_refused(self, place: Path, w: Path) -> None:
        refused(w, 4, "notary.case-unknown", "seal", "nobody", place / "good.txt")
        refused(w, 4, "notary.case-name-invalid", "case", "new", "Not A Name")
        refused(w, 4, "notary.case-exists", "case", "new", "smith")


class TestReceipts:
    @pytest.fixture
    def receipt(self, place: Path, w: Path) -> bytes:
        tallystick("receipts", "export", "smith", "--to", place / "r2", workspace=w)
        return (place / "r2" / "good.txt.receipt.json").read_bytes()

    def verdict(self, place: Path, data: bytes, expect: int) -> dict[str, object]:
        (place / "x.receipt.json").write_bytes(data)
        said = tallystick("verify", place / "good.txt", "--receipt", place / "x.receipt.json", expect=(expect,)).json
        result: dict[str, object] = said["results"][0]
        return result

    def test_a_truncated_or_oversized_receipt_fails_with_its_reason(self, place: Path, receipt: bytes) -> None:
        assert self.verdict(place, receipt[: len(receipt) // 2], 1)["reason"] == "notary.receipt-invalid"
        assert self.verdict(place, receipt[:-3], 1)["status"] == "FAILED"
        assert self.verdict(place, receipt + b" " * 1024 * 1024, 1)["reason"] == "notary.receipt-too-large"
        assert self.verdict(place, b"", 1)["status"] == "FAILED"

    def test_a_receipt_of_the_future_is_indeterminate(self, place: Path, receipt: bytes) -> None:
        future = {**json.loads(receipt), "version": 2}
        assert self.verdict(place, json.dumps(future).encode(), 3)["reason"] == "notary.receipt-version-unknown"

    def test_another_files_receipt_fails(self, place: Path, w: Path, receipt: bytes) -> None:
        (place / "another.txt").write_text("another")
        (place / "another.txt.receipt.json").write_bytes(receipt)
        said = tallystick("verify", place / "another.txt", expect=(1,)).json
        assert said["results"][0]["reason"] in ("size-differs", "digest-differs")

    @pytest.mark.parametrize("block", ["", "1", "1:2", "1:2:0x12", "a:b:0x" + "00" * 32])
    def test_a_block_that_is_none_is_refused(self, place: Path, block: str) -> None:
        assert tallystick("verify", place / "good.txt", "--block", block, expect=(4,)).error == "notary.trust-invalid"

    def test_a_missing_file_or_trust_file_is_refused(self, place: Path) -> None:
        assert tallystick("verify", place / "none", expect=(4,)).error == "portal.file-missing"
        assert (
            tallystick("verify", place / "good.txt", "--trust", place / "none", expect=(4,)).error
            == "portal.file-missing"
        )


class TestTerms:
    GOOD = (
        *("plan", "draft", "bad", "--debtor", "debtor", "--creditor", "creditor", "--token", "test"),
        *("--total", "100", "--installments", "3", "--first-due", FAR),
    )

    @pytest.mark.parametrize(
        ("changes", "exit_code", "code"),
        [
            (("--installments", "0"), 4, "settlement.terms-installments"),
            (("--installments", "601"), 4, "settlement.terms-installments"),
            (("--total", "1.0000001"), 4, "settlement.money-too-precise"),
            (("--total", "ten"), 4, "settlement.money-malformed"),
            (("--total", "0"), 4, "settlement.terms-total"),
            (("--total", "1" + "0" * 40), 4, "settlement.money-too-large"),
            (("--first-due", "2020-01-31"), 4, "settlement.terms-first-due-past"),
            (("--first-due", "soon"), 4, "settlement.draft-date"),
            (("--creditor", "debtor"), 4, "settlement.terms-parties-same"),
            (("--creditor", "nobody"), 4, "portal.key-missing"),
            (("--creditor", "0x12"), 4, "portal.address"),
            (("--token", "0x" + "11" * 20), 4, "portal.argument"),
            (("--every", "fortnight"), 4, "portal.argument"),
            (("--collateral", "5"), 4, "portal.argument"),
            (("--late-daily", "1"), 4, "settlement.draft-late-cap"),
            (("--agreement", "/nowhere"), 4, "portal.file-missing"),
        ],
    )
    def test_terms_that_cannot_be_are_refused(
        self, w: Path, changes: tuple[str, ...], exit_code: int, code: str
    ) -> None:
        words = list(self.GOOD)
        if changes[0] in words:
            words[words.index(changes[0]) + 1] = changes[1]
        else:
            words += changes
        refused(w, exit_code, code, *words)

    def test_a_token_that_is_no_token_is_refused(self, w: Path) -> None:
        with ChainUse(Workspace.open(w), "plans") as use:
            from portal.deployments import placed_on

            book = placed_on(Workspace.open(w), use.connect(), "RepaymentBook").address
        words = list(self.GOOD)
        words[words.index("--token") + 1] = book
        refused(w, 4, "settlement.token-invalid", *words)

    def test_a_name_is_given_once(self, w: Path) -> None:
        words = [word if word != "bad" else "taken" for word in self.GOOD]
        tallystick(*words, workspace=w)
        assert tallystick(*words, workspace=w, expect=(4,)).error == "settlement.record-conflict"

    def test_a_key_that_is_no_party_does_not_sign(self, w: Path) -> None:
        words = [word if word != "bad" else "unsigned" for word in self.GOOD]
        tallystick(*words, workspace=w)
        refused(w, 4, "portal.not-a-party", "plan", "sign", "unsigned", "--key", "friend")
        refused(w, 4, "portal.plan-unknown", "plan", "sign", "nothing", "--key", "debtor")
        refused(w, 4, "portal.argument", "plan", "sign", "unsigned")

    def test_a_paper_for_another_chain_is_not_taken_in(self, place: Path, w: Path) -> None:
        words = [word if word != "bad" else "elsewhere" for word in self.GOOD]
        file = Path(tallystick(*words, workspace=w).json["file"])
        paper = {**json.loads(file.read_text()), "chain_id": 1, "name": "from afar"}
        (place / "afar.json").write_text(json.dumps(paper))
        refused(w, 4, "portal.paper", "plan", "sign", place / "afar.json", "--key", "debtor")

    def test_a_payment_that_cannot_be_is_refused(self, w: Path) -> None:
        words = [word if word != "bad" else "not-open" for word in self.GOOD]
        tallystick(*words, workspace=w)
        refused(w, 7, "settlement.plan-unknown", "plan", "pay", "not-open", "--key", "debtor", "--amount", "1")
        refused(
            w, 4, "settlement.money-too-precise", "plan", "pay", "not-open", "--key", "debtor", "--amount", "0.0000001"
        )
        refused(w, 4, "portal.argument", "plan", "pay", "not-open", "--key", "debtor")


class TestWorld:
    def test_a_wrong_or_missing_password_changes_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TALLYSTICK_PASSWORD", "correct horse")
        tallystick("init", workspace=tmp_path / "w")
        monkeypatch.setenv("TALLYSTICK_PASSWORD", "wrong")
        refused(tmp_path / "w", 6, "chain.wrong-password", "deploy")
        assert not (tmp_path / "w" / "chains" / "plans" / "state.json").exists()  # no chain was started for it
        monkeypatch.delenv("TALLYSTICK_PASSWORD")
        refused(tmp_path / "w", 6, "portal.password-missing", "deploy")
        (tmp_path / "p").write_text("also wrong\n")
        refused(tmp_path / "w", 6, "chain.wrong-password", "deploy", "--password-file", tmp_path / "p")
        written = b"".join(path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file())
        assert b"also wrong" not in written
        assert b"correct horse" not in written

    def test_no_password_at_init_makes_no_workspace(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TALLYSTICK_PASSWORD", raising=False)
        assert tallystick("init", workspace=tmp_path / "w", expect=(6,)).error == "portal.password-missing"
        assert list(tmp_path.iterdir()) == []

    def test_init_refuses_a_workspace_and_a_folder_with_something_in_it(self, w: Path, place: Path) -> None:
        refused(w, 4, "portal.workspace-exists", "init", "--dev")
        (place / "mine").mkdir()
        (place / "mine" / "file").write_text("mine")
        assert tallystick("init", "--dev", workspace=place / "mine", expect=(4,)).error == "portal.workspace-exists"
        assert [p.name for p in (place / "mine").iterdir()] == ["file"]

    def test_a_secret_in_an_address_is_not_written_down(self, tmp_path: Path) -> None:
        options = ("--notify", "mailto://me:hunter22@mail.example")
        answer = tallystick("init", "--dev", *options, workspace=tmp_path / "w", expect=(4,))
        assert answer.error == "portal.config"
        assert "hunter22" not in answer.text
        assert list(tmp_path.iterdir()) == []

    def test_no_workspace_is_said(self, tmp_path: Path) -> None:
        for words in (("case", "list"), ("plan", "list"), ("anchor",), ("keeper", "once"), ("doctor",)):
            assert tallystick(*words, workspace=tmp_path, expect=(4,)).error == "portal.workspace-missing"

    def test_an_unreachable_node_is_clear_and_resumable(self, tmp_path: Path) -> None:
        options = ("--evidence-rpc", "http://127.0.0.1:1/secret-path", "--evidence-chain", "31337")
        tallystick("init", "--dev", *options, workspace=tmp_path / "w")
        (tmp_path / "file").write_text("sealing needs no node")
        tallystick("case", "new", "smith", workspace=tmp_path / "w")
        tallystick("seal", "smith", tmp_path / "file", workspace=tmp_path / "w")
        answer = refused(tmp_path / "w", 5, "chain.node-unreachable", "anchor")
        assert "secret-path" not in answer.text
        said = tallystick("doctor", workspace=tmp_path / "w", expect=(5,)).json
        assert any(f["what"] == "evidence chain" and f["state"] == "wrong" for f in said["findings"])

    def test_a_planted_secret_is_in_no_answer_and_in_no_byte_that_is_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secrets = {"NODE_KEY": "planted-node-key", "MAIL_WORD": "planted-mail-word"}
        for name, value in secrets.items():
            monkeypatch.setenv(name, value)
        options = (
            *("--evidence-rpc", "http://127.0.0.1:1/${NODE_KEY}", "--evidence-chain", "31337"),
            *("--smtp", "mailto://me:${MAIL_WORD}@127.0.0.1:1?from=a@example.org"),
        )
        tallystick("init", "--dev", *options, workspace=tmp_path / "w")
        said = [
            tallystick(*words, workspace=tmp_path / "w", expect=None).text
            for words in (("anchor",), ("doctor",), ("deploy",))
        ]
        (tmp_path / "x.txt").write_text("x")
        said.append(
            tallystick("verify", tmp_path / "x.txt", "--rpc", "http://127.0.0.1:1/${NODE_KEY}", expect=(5,)).text
        )
        kept = b"".join(path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file())
        for value in secrets.values():
            assert value not in "".join(said)
            assert value.encode() not in kept

    def test_a_missing_secret_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NODE_KEY", raising=False)
        options = ("--evidence-rpc", "http://127.0.0.1:1/${NODE_KEY}", "--evidence-chain", "31337")
        tallystick("init", "--dev", *options, workspace=tmp_path / "w")
        answer = refused(tmp_path / "w", 4, "portal.config-secret", "anchor")
        assert "NODE_KEY" in answer.json["error"]["message"]

    def test_storing_without_a_node_seals_nothing(self, place: Path, w: Path) -> None:
        (place / "to-store.txt").write_text("store me")
        refused(w, 4, "notary.storage-not-configured", "seal", "smith", place / "to-store.txt", "--store", "ipfs")
        refused(w, 4, "portal.receipt-unknown", "fetch", "smith", "nothing.txt", "--to", place / "fetched")

    def test_another_chain_is_refused(self, place: Path, w: Path) -> None:
        file = w / "tallystick.toml"
        before = file.read_text()
        file.write_text(pin(before, "chains.evidence", "genesis", "0x" + "ab" * 32))
        try:
            refused(w, 5, "chain.wrong-genesis", "anchor")
        finally:
            file.write_text(before)

    def test_no_funds_is_said_with_the_numbers(self, place: Path, w: Path) -> None:
        tallystick("key", "new", "poor", workspace=w)
        draft = [word if word != "bad" else "poor-plan" for word in TestTerms.GOOD]
        tallystick(*draft, workspace=w)
        for key in ("debtor", "creditor"):
            tallystick("plan", "sign", "poor-plan", "--key", key, workspace=w)
        opening = ("plan", "open", "poor-plan", "--key", "poor")
        tallystick(*opening, *UNRECORDED, workspace=w, expect=(7,))  # why there is no record stays written down
        answer = refused(w, 7, "chain.insufficient-funds", *opening)
        assert "0x" in answer.json["error"]["message"]
        tallystick("plan", "open", "poor-plan", workspace=w)
        refused(w, 7, "settlement.funds-short", "plan", "pay", "poor-plan", "--key", "poor", "--amount", "1")

    def test_a_locked_workspace_is_said_with_its_holder(self, w: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portal.keeping.LOCK_SECONDS", 0)
        holder = Lock(w / "engine.lock")
        assert holder.acquire("a test")
        try:
            answer = tallystick("keeper", "run", workspace=w, expect=(6,))
            assert answer.error == "portal.workspace-locked"
            assert "a test" in answer.json["error"]["message"]
        finally:
            holder.release()

    def test_an_outdated_database_is_brought_up_to_date_by_doctor(self, tmp_path: Path) -> None:
        import sqlite3

        tallystick("init", "--dev", workspace=tmp_path / "w")
        for path in (tmp_path / "w").glob("tallystick.sqlite*"):
            path.unlink()
        sqlite3.connect(tmp_path / "w" / "tallystick.sqlite").close()
        assert tallystick("case", "list", workspace=tmp_path / "w", expect=(4,)).error == "portal.database-missing"
        with running_chains(tmp_path / "w"):
            fixed = tallystick("doctor", "--fix", workspace=tmp_path / "w", expect=(4, 5)).json["fixed"]
        assert "the database is up to date" in fixed

    def test_text_errors_go_to_standard_error_with_their_exit_code(self, tmp_path: Path) -> None:
        process = program("case", "list", "--workspace", tmp_path)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (4, "")
        assert "error: no workspace at" in err
        assert "hint: " in err
        process = program("case", "list", "--no-such-option")
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (2, "")
        assert "Usage: " in err
