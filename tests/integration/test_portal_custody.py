"""Custody signers through the commands: keys are made and listed, `doctor` says who signs and whose key is locked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.portalworld import tallystick

CONFIG = "tallystick.toml"


@pytest.fixture
def w(tmp_path: Path) -> Path:
    tallystick("init", "--dev", workspace=tmp_path / "w")
    return tmp_path / "w"


def configure(w: Path, *tables: str) -> None:
    text = (w / CONFIG).read_text()
    assert text.count("\n[custody]\n") == 1
    written = "".join(f"[[custody.signers]]\n{table}\n" for table in tables)
    (w / CONFIG).write_text(text.replace("\n[custody]\n", f"\n[custody]\n{written}"))


def findings(w: Path, *options: object) -> list[dict[str, Any]]:
    said = tallystick("doctor", *options, workspace=w, expect=None).json["findings"]
    return [finding for finding in said if finding["what"].startswith("custody")]


def test_a_key_is_made_once_and_listed_apart_from_those_with_addresses(w: Path) -> None:
    made = tallystick("key", "custody", "new", "custody", workspace=w).json
    assert (made["name"], made["kind"], len(made["identity"])) == ("custody", "ed25519", 64)
    again = tallystick("key", "custody", "new", "custody", "--kind", "ml-dsa-65", workspace=w, expect=(4,))
    assert again.error == "portal.key-exists"
    listed = tallystick("key", "list", workspace=w).json
    assert listed["custody"] == ["custody"]
    assert [key["name"] for key in listed["keys"]] == ["operator"]
    assert "PRIVATE" not in made["identity"]


def test_doctor_says_who_signs_and_what_does_not_open(w: Path) -> None:
    assert [(f["what"], f["state"]) for f in findings(w)] == [("custody", "note")]
    made = tallystick("key", "custody", "new", "custody", workspace=w).json
    operator = tallystick("key", "list", workspace=w).json["keys"][0]["address"]
    configure(
        w,
        'kind = "ed25519"\nkey = "custody"',
        'kind = "eip712"\nkey = "operator"',
        'kind = "ml-dsa-65"\nkey = "missing"',
    )
    found = findings(w)
    assert [(f["what"], f["state"]) for f in found] == [
        ("custody signer 1", "ok"),
        ("custody signer 2", "ok"),
        ("custody signer 3", "wrong"),
    ]
    assert made["identity"] in found[0]["says"]
    assert operator.lower() in found[1]["says"]
    assert "missing" in found[2]["says"]
    (w / "keys" / "custody.pem").chmod(0o644)
    assert findings(w)[0]["state"] == "wrong"


def test_every_configured_signer_signs_what_is_sealed_and_the_receipt_names_them(w: Path, tmp_path: Path) -> None:
    made = [
        tallystick("key", "custody", "new", name, "--kind", kind, workspace=w).json["identity"]
        for name, kind in (("custody", "ed25519"), ("pq", "ml-dsa-65"))
    ]
    operator = tallystick("key", "list", workspace=w).json["keys"][0]["address"].lower()
    configure(
        w,
        'kind = "ed25519"\nkey = "custody"',
        'kind = "ml-dsa-65"\nkey = "pq"',
        'kind = "eip712"\nkey = "operator"',
        f'kind = "erc1271"\nkey = "operator"\nwallet = "{operator}"\nchain_id = 10',
    )
    evidence = tmp_path / "letter.txt"
    evidence.write_text("Dear creditor")
    tallystick("case", "new", "smith", workspace=w)
    tallystick("seal", "smith", evidence, workspace=w)
    receipt = tallystick("receipts", "export", "smith", workspace=w).json["files"][0]
    said = tallystick("verify", evidence, "--receipt", receipt, workspace=w, expect=(3,)).json
    verdict = said["results"][0]["verdict"]
    assert [(s["type"], s["identity"], s["status"], s["reason"]) for s in verdict["signers"]] == [
        ("ed25519", made[0], "PASSED", None),
        ("ml-dsa-65", made[1], "PASSED", None),
        ("eip712", operator, "PASSED", None),
        ("erc1271", "", "INDETERMINATE", "erc1271-offline"),
    ]


def test_nothing_is_sealed_when_a_signer_does_not_open(w: Path, tmp_path: Path) -> None:
    tallystick("key", "custody", "new", "custody", workspace=w)
    configure(w, 'kind = "ed25519"\nkey = "custody"')
    (tmp_path / "letter.txt").write_text("Dear creditor")
    tallystick("case", "new", "smith", workspace=w)
    key = w / "keys" / "custody.pem"
    key.chmod(0o644)
    refused = tallystick("seal", "smith", tmp_path / "letter.txt", workspace=w, expect=(6,))
    assert refused.error == "notary.vault-locked"
    assert tallystick("case", "show", "smith", workspace=w).json["claims"] == []
    key.chmod(0o600)
    assert tallystick("seal", "smith", tmp_path / "letter.txt", workspace=w).json["log_size"] == 2


def test_doctor_only_notes_a_keystore_whose_password_nobody_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = tmp_path / "password"
    passwords.write_text("correct horse")
    tallystick("init", "--password-file", passwords, workspace=tmp_path / "w")
    configure(tmp_path / "w", 'kind = "eip712"\nkey = "operator"')
    monkeypatch.delenv("TALLYSTICK_PASSWORD", raising=False)
    assert [f["state"] for f in findings(tmp_path / "w")] == ["note"]
    assert [f["state"] for f in findings(tmp_path / "w", "--password-file", passwords)] == ["ok"]
    passwords.write_text("wrong")
    assert [f["state"] for f in findings(tmp_path / "w", "--password-file", passwords)] == ["wrong"]
