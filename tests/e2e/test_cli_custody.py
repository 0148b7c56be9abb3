"""What happens to evidence, through the command line: recorded, revoked, disclosed, proven later, erased for good."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.portalworld import deployed_workspace, tallystick

from notary.custody.vault import Vault

SECRET = "Passport-of-Nguyen-Thi-Lan-C7734512"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("custody")
    files = folder / "files"
    files.mkdir()
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (files / name).write_bytes(name.encode())
    with deployed_workspace(folder / "w"):
        tallystick("case", "new", "smith", workspace=folder / "w")
        tallystick("seal", "smith", files, "--captured-by", "Weber", workspace=folder / "w")
        tallystick("anchor", "--wait", "--trust-file", folder / "trust.json", workspace=folder / "w")
        tallystick("receipts", "export", "smith", "--to", folder / "receipts", workspace=folder / "w")
        yield folder


@pytest.fixture
def w(place: Path) -> Path:
    return place / "w"


def test_custody_is_recorded_and_shown(w: Path) -> None:
    said = tallystick(
        "case", "record", "smith", "transferred", "a.pdf", "#1", "--about", "to counsel", workspace=w
    ).json
    assert said["entries"] == [0, 1]
    chain = tallystick("case", "custody", "smith", workspace=w).json["entries"]
    actions = [line["entry"]["action"] for line in chain]
    assert actions == ["sealed"] * 3 + ["transferred"] * 2
    refused = tallystick("case", "record", "smith", "accessed", "nobody.pdf", workspace=w, expect=(4,))
    assert refused.error == "notary.exhibit-unknown"


def test_a_revocation_shows_in_an_older_receipt_once_the_log_is_proven_on(place: Path, w: Path) -> None:
    tallystick("case", "revoke", "smith", "b.pdf", "--why", "the wrong scan", workspace=w)
    shown = tallystick("case", "show", "smith", workspace=w).json["claims"]
    assert [(one["name"], one["revoked"]) for one in shown] == [("a.pdf", False), ("b.pdf", True), ("c.pdf", False)]
    assert [one["exhibits"] for one in tallystick("case", "list", workspace=w).json["cases"]] == [2]
    tallystick("anchor", "--wait", "--trust-file", place / "trust.json", workspace=w)
    old, file = place / "receipts/b.pdf.receipt.json", place / "files/b.pdf"
    verify = ("verify", file, "--trust", place / "trust.json", "--receipt")
    assert tallystick(*verify, old).json["results"][0]["status"] == "PASSED"
    proven = place / "proven"
    tallystick("log", "prove", old, place / "receipts/c.pdf.receipt.json", "--to", proven, workspace=w)
    said = tallystick(*verify, proven / old.name, expect=(3,)).json["results"][0]
    assert (said["status"], said["reason"]) == ("INDETERMINATE", "revoked")
    verify = ("verify", place / "files/c.pdf", "--trust", place / "trust.json", "--receipt")
    assert tallystick(*verify, proven / "c.pdf.receipt.json").json["results"][0]["status"] == "PASSED"


def test_sealing_the_folder_again_takes_no_revocation_back(place: Path, w: Path) -> None:
    said = tallystick("seal", "smith", place / "files", workspace=w).json
    assert (said["revoked"], said["unchanged"], said["sealed"], said["superseded"]) == (1, 2, 0, 0)
    shutil.copy(place / "files/b.pdf", place / "b.pdf")
    (place / "files/b.pdf").write_bytes(b"b.pdf ")
    assert tallystick("seal", "smith", place / "files", workspace=w).json["superseded"] == 1
    tallystick("anchor", "--wait", "--trust-file", place / "trust.json", workspace=w)
    old, proven = place / "receipts/b.pdf.receipt.json", place / "proven-again"
    tallystick("log", "prove", old, "--to", proven, workspace=w)
    verify = ("verify", place / "b.pdf", "--trust", place / "trust.json", "--receipt")
    said = tallystick(*verify, proven / old.name, expect=(3,)).json["results"][0]
    assert (said["status"], said["reason"]) == ("INDETERMINATE", "revoked")
    again = tallystick("case", "revoke", "smith", "b.pdf", "--why", "this one, too", workspace=w).json["revoked"]
    assert tallystick("seal", "smith", place / "files/b.pdf", workspace=w).json["revoked"] == 1
    anew = tallystick("seal", "smith", place / "files/b.pdf", "--again", workspace=w).json
    assert anew["superseded"] == 1 and anew["files"][0]["leaf_index"] > again[0]


def test_a_receipt_with_hidden_fields_still_passes_and_names_nobody(place: Path) -> None:
    part, whole = place / "part.json", place / "receipts/a.pdf.receipt.json"
    show = [word for name in ("case_blinded", "size", "sha256") for word in ("--show", name)]
    tallystick("receipts", "disclose", whole, *show, "--to", part)
    assert "Weber" in whole.read_text() and "Weber" not in part.read_text() and "a.pdf" not in part.read_text()
    verify = ("verify", place / "files/a.pdf", "--trust", place / "trust.json", "--receipt", part)
    assert tallystick(*verify).json["results"][0]["status"] == "PASSED"
    tallystick("receipts", "disclose", whole, "--show", "size", "--hide", "name", "--to", part, expect=(2,))
    tallystick("receipts", "disclose", whole, "--show", "colour", "--to", part, expect=(4,))


def test_after_erase_no_byte_that_we_keep_names_the_document(place: Path, w: Path) -> None:
    """Database, engine records, log files, receipts and a backup from before: searched byte by byte."""
    files = place / "private"
    files.mkdir()
    (files / f"{SECRET}.jpg").write_bytes(SECRET.encode() * 50)
    tallystick("seal", "smith", files, "--source", SECRET, "--captured-by", SECRET, workspace=w)
    tallystick("anchor", "--wait", workspace=w)
    tallystick("case", "record", "smith", "accessed", f"{SECRET}.jpg", "--about", f"shown {SECRET}", workspace=w)
    given = place / "given-away"
    tallystick("receipts", "export", "smith", "--to", given, workspace=w)
    digest = json.loads((given / f"{SECRET}.jpg.receipt.json").read_bytes())
    shown = {field["name"]: field["value"] for field in digest["claim"]["fields"]}
    tallystick("case", "record", "smith", "accessed", f"{SECRET}.png", workspace=w, expect=(4,))  # an error is logged
    tallystick("seal", "smith", files / f"{SECRET}.png", workspace=w, expect=(4,))
    backup = place / "backup"
    shutil.copytree(w, backup, ignore=shutil.ignore_patterns("case-keys", "*.lock", "*.ipc"))
    said = tallystick("case", "erase", "smith", f"{SECRET}.jpg", "--yes", workspace=w).json
    assert (said["erased"], said["left_on_ipfs"]) == (1, [])
    planted = [SECRET.encode(), str(shown["sha256"]).encode(), bytes.fromhex(str(shown["sha256"]))]
    searched = 0
    for root in (w, backup):
        for path in root.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                searched += len(data)
                assert not [secret for secret in planted if secret in data], path
    assert searched > 1_000_000
    left = tallystick("case", "show", "smith", "--all", workspace=w).json["claims"]
    assert {claim["name"] for claim in left} == {"a.pdf", "b.pdf", "c.pdf"}
    verify = (
        "verify",
        place / "files/a.pdf",
        "--trust",
        place / "trust.json",
        "--receipt",
        given / "a.pdf.receipt.json",
    )
    assert tallystick(*verify).json["results"][0]["status"] == "PASSED"
    tallystick("case", "erase", "smith", f"{SECRET}.jpg", "--yes", workspace=w, expect=(4,))
    tallystick("case", "erase", "smith", "--yes", workspace=w, expect=(2,))


def test_an_erasure_cut_off_after_its_transaction_is_finished_by_the_same_command(
    place: Path, w: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise Cut

    def erase_and_cut(name: str) -> None:
        with monkeypatch.context() as patched:
            real, calls = Vault.keep_epoch, iter(range(9))
            patched.setattr(Vault, "keep_epoch", lambda *words: real(*words) if next(calls) == 0 else cut())
            with pytest.raises(Cut):
                tallystick("case", "erase", "smith", name, "--yes", workspace=w)

    for name in ("late.pdf", "later.pdf"):
        (place / name).write_bytes(name.encode())
        tallystick("seal", "smith", place / name, workspace=w)
    vault = Vault(w / "case-keys")
    erase_and_cut("late.pdf")
    assert len(vault.epochs("smith")) == 2
    mixed = tallystick("case", "erase", "smith", "a.pdf", "late.pdf", "--yes", workspace=w, expect=(4,))
    assert mixed.error == "notary.exhibit-unknown"  # a.pdf was not erased, so this is no success
    assert len(vault.epochs("smith")) == 1
    erase_and_cut("later.pdf")
    _, present = vault.epochs("smith")
    told = [one for one in tallystick("doctor", workspace=w, expect=None).json["findings"] if "erasure" in one["what"]]
    assert [(one["state"], one["todo"]) for one in told] == [("wrong", "tallystick case erase smith --finish")]
    said = tallystick("case", "erase", "smith", "later.pdf", "--yes", workspace=w).json
    assert (said["erased"], said["finished"]) == (0, True)
    assert vault.epochs("smith") == [present]
    tallystick("case", "erase", "smith", "later.pdf", "--yes", workspace=w, expect=(4,))
    said = tallystick("case", "erase", "smith", "--finish", workspace=w).json
    assert (said["erased"], said["finished"]) == (0, False)
    told = [one for one in tallystick("doctor", workspace=w, expect=None).json["findings"] if "erasure" in one["what"]]
    assert told == []
