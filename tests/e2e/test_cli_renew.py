"""Evidence records through the command line: made, renewed, written out, checked offline, and what is due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from reference import evidence_record_reference as reference
from support.portalworld import deployed_workspace, tallystick
from support.stamper import Stamper
from support.tsa import openssl_tsa, write_pem
from support.tsa_chain import chain

AUTHORITY = chain(between=())
PAPERS = {"contract.pdf": b"contract", "invoice.pdf": b"invoice", "chat/one.json": b"chat"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("renew")
    for name, data in PAPERS.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with openssl_tsa(AUTHORITY, folder / "tsa") as running, deployed_workspace(folder / "w", keys=()):
        write_pem(folder / "w" / "root.pem", AUTHORITY.root.der)
        tallystick("case", "new", "smith", workspace=folder / "w")
        tallystick("seal", "smith", folder / "files", workspace=folder / "w")
        refused = tallystick("renew", "smith", workspace=folder / "w", expect=(5,))
        assert refused.error == "notary.timestamp-unavailable"
        with (folder / "w" / "tallystick.toml").open("a") as config:
            config.write(f'\n[[timestamps.authorities]]\nname = "test"\nurl = "{running.url}"\nroot = "root.pem"\n')
        yield folder


@pytest.fixture
def w(place: Path) -> Path:
    return place / "w"


def test_a_case_is_recorded_renewed_written_out_and_checked_by_a_stranger(place: Path, w: Path) -> None:
    due = tallystick("renew", "--due", workspace=w).json["due"]
    assert [(one["case"], one["record"], one["uncovered"]) for one in due] == [("smith", None, 3)]
    made = tallystick("renew", "smith", workspace=w).json
    assert [(one["number"], one["done"], one["objects"]) for one in made["records"]] == [(1, "made", 4)]
    assert made["verified"] == {"PASSED": 4, "FAILED": 0, "INDETERMINATE": 0}
    again = tallystick("renew", "smith", workspace=w).json
    assert [one["done"] for one in again["records"]] == ["renewed"]
    tree = tallystick("renew", "smith", "--tree", "sha512", "--documents", place / "files", workspace=w).json
    assert [(one["done"], one["hash"]) for one in tree["records"]] == [("hashed anew", "sha512")]
    assert tree["verified"]["PASSED"] == 4
    (due,) = tallystick("renew", "--due", workspace=w).json["due"]
    assert (due["case"], due["record"], due["ended"], due["action"]) == ("smith", 1, False, "tallystick renew smith")
    assert due["source"] and due["statement"]

    out = place / "out"
    written = tallystick("renew", "--export", out, "--per-document", "smith", workspace=w).json["files"]
    assert len(written) == 3 + 2 + 3  # documents' records; the bundle and its own; tokens
    for name, data in PAPERS.items():
        record = out / "record-1" / f"{name}.er"
        assert len(reference.check(record.read_bytes(), reference.of(data))) == 3
        check = ("renew", "--validate", record, place / "files" / name)
        said = tallystick(*check, "--tsa-root", w / "root.pem").json
        assert (said["status"], said["reason"]) == ("PASSED", None)
        assert said["not_after"] == said["stamps"][0]["time"]
        assert tallystick(*check, expect=(3,)).json["reason"] == "er-token-untrusted"
        assert tallystick(*check[:3], "--tsa-root", w / "root.pem", expect=(3,)).json["reason"] == "er-no-document"
    other = tallystick(
        "renew",
        "--validate",
        out / "record-1/invoice.pdf.er",
        place / "files/contract.pdf",
        "--tsa-root",
        w / "root.pem",
        expect=(1,),
    ).json
    assert (other["status"], other["reason"]) == ("FAILED", "er-object-missing")
    receipts = out / "record-1/smith.receipts.json"
    said = tallystick("renew", "--validate", f"{receipts}.er", receipts, "--tsa-root", w / "root.pem").json
    assert said["status"] == "PASSED"
    assert len(json.loads(receipts.read_bytes())["receipts"]) == 3


def test_a_trust_file_and_a_policy_of_one_s_own_are_used(place: Path, w: Path, tmp_path: Path) -> None:
    stamper = Stamper()
    document = tmp_path / "document"
    document.write_bytes(b"of another maker")
    digest = hashlib.sha384(b"of another maker").digest()
    from notary.records.evidence_record import new_record
    from notary.verdicts.trust import Trust, TrustedAuthority

    record = tmp_path / "record.er"
    record.write_bytes(new_record("sha384", (), stamper.stamp(digest, "sha384", 1_700_000_000)).to_bytes())
    trust = tmp_path / "trust.json"
    trust.write_bytes(Trust().with_authority(TrustedAuthority("stamper", stamper.root_der)).to_bytes())
    check = ("renew", "--validate", record, document, "--trust", trust)
    assert tallystick(*check).json["status"] == "PASSED"
    policy = tmp_path / "policy.json"
    policy.write_text('{"format": "tallystick/algorithm-lifetimes", "version": 1, "rows": []}')
    assert tallystick(*check, "--policy", policy, expect=(3,)).json["reason"] == "er-algorithm-weak"
    policy.write_text("{}")
    assert tallystick(*check, "--policy", policy, expect=(4,)).error == "notary.policy-invalid"


def test_wrong_words_are_refused_before_anything(place: Path, w: Path, tmp_path: Path) -> None:
    for arguments, exit_code in (
        (("renew",), 2),
        (("renew", "smith", "jones"), 2),
        (("renew", "--due", "smith"), 2),
        (("renew", "--due", "--tree", "sha512", "smith"), 2),
        (("renew", "smith", "--documents", place), 2),
        (("renew", "smith", "--leave-out"), 2),
        (("renew", "smith", "--trust", place), 2),
        (("renew", "smith", "--per-document"), 2),
        (("renew", "--export", tmp_path, "smith", "--policy", tmp_path / "own.json"), 2),
        (("renew", "nobody"), 4),
        (("renew", "--export", tmp_path, "nobody"), 4),
        (("renew", "smith", "--tree", "md5", "--documents", place / "files"), 4),
    ):
        tallystick(*arguments, workspace=w, expect=(exit_code,))
    garbage = tmp_path / "garbage.er"
    garbage.write_bytes(b"garbage")
    assert tallystick("renew", "--validate", garbage, expect=(1,)).json["reason"] == "er-invalid"
    assert tallystick("renew", "--validate", tmp_path / "missing.er", expect=(4,)).error
    assert tallystick("renew", "--validate", garbage, tmp_path / "missing", expect=(4,)).error


def test_the_verdict_is_said_in_chinese(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from portal.cli import main

    garbage = tmp_path / "garbage.er"
    garbage.write_bytes(b"garbage")
    for locale, words in (("zh-Hans", "不通过"), ("zh-Hant", "不通過")):
        assert main(["renew", "--validate", str(garbage), "--locale", locale]) == 1
        said = capsys.readouterr().out
        assert words in said
        assert "er-invalid" in said
