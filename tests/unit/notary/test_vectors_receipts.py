"""The vectors of tests/vectors/receipts: the verifier says of each what the index says.

Made by scripts/lib/make_vectors.py, whose --check is a step of scripts/check: other verdicts show in the diff.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from reference.receipt_reference import holds
from support.vector_index import judged, judged_record, overall

from notary.verdicts.reasons import Reason
from portal.cli import root

FOLDER = Path(__file__).parents[2] / "vectors/receipts"
INDEX = json.loads((FOLDER / "index.json").read_bytes())
BY_NAME: dict[str, Any] = {one["name"]: one for one in INDEX["receipts"]}
RECORDS: dict[str, Any] = {one["name"]: one for one in INDEX["records"]}
UNREACHED = {
    Reason.DIGEST_NOT_COMPUTED,  # all digests are at hand
    Reason.SOURCES_DISAGREE,  # no node is asked
    Reason.WALLET_REFUSED,
    Reason.SIGNATURE_UNSUPPORTED,  # this program has every algorithm
}

OTHER_NAMES = {"ml-dsa-65", "rsa-pss-sha256", "rsa-pkcs1-sha256", "ecdsa-sha256"}  # algorithms of signatures

UNSEEN = {  # by tests/reference/receipt_reference.py
    *("unknown-member", "upper-case-hex", "float"),  # forms that change no hash
    *("contract-untrusted", "dev-chain-untrusted"),  # what a trust file says beside blocks
    *("time-contradiction", "clocks-agree"),  # times, tokens
    *("later-bad-anchor", "case-shrank"),  # anchors and numbers of a newer head
}


def read(name: str | None) -> bytes | None:
    return None if name is None else (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_receipt_is_judged_as_the_index_says(name: str) -> None:
    one = BY_NAME[name]
    results = [dict(result) for result in one["results"]]
    documents = [read(result.pop("document")) for result in results]
    found = judged((FOLDER / one["file"]).read_bytes(), documents, read(one["trust"]))
    assert found == results
    assert overall(found) == one["status"]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_judged_as_the_index_says(name: str) -> None:
    one = RECORDS[name]
    found = judged_record((FOLDER / one["file"]).read_bytes(), read(one["document"]), read(one["trust"]), one["at"])
    assert found == {key: one[key] for key in found}


def test_the_second_verifier_says_the_same_but_of_what_it_does_not_look_at() -> None:
    differing = set()
    for name, one in BY_NAME.items():
        (first, *more), trust = one["results"], json.loads(read(one["trust"]) or b'{"chains":[]}')
        blocks = {(c["chain_id"], c["genesis"], b["number"]): b["hash"] for c in trust["chains"] for b in c["blocks"]}
        document = read(first["document"])
        if more or not blocks or document is None:
            continue
        if holds((FOLDER / one["file"]).read_bytes(), document, blocks) != (first["status"] == "PASSED"):
            differing.add(name)
    assert differing == UNSEEN


def test_every_reason_that_a_file_can_have_is_there() -> None:
    results = [result for one in BY_NAME.values() for result in one["results"]]
    seen = {reason for result in results for _, _, reason in result["checks"]}
    seen |= {reason for result in results for reason in result["notes"]}
    assert set(Reason) - seen == UNREACHED


def test_the_description_names_every_reason_and_only_vectors_that_exist() -> None:
    text = (FOLDER.parents[2] / "docs/receipt-format.md").read_text()
    named = set(re.findall(r"`([a-z][a-z0-9-]+)`", text))
    assert set(Reason) - named == set()
    assert {name for name in named - set(Reason) - set(BY_NAME) if "-" in name} <= OTHER_NAMES


def test_every_file_is_named_and_every_name_is_a_file() -> None:
    named = {"index.json", "README.md", "ml-dsa-65.base64"}
    for one in BY_NAME.values():
        named |= {one["file"], one["trust"], *(result["document"] for result in one["results"])}
    for one in RECORDS.values():
        named |= {one["file"], one["trust"], one["document"]}
    for one in INDEX["bundles"]:
        named |= {one["file"], one["trust"]}
    assert named - {None} == {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "name",
    ["evm", "digest-differs", "token-revoked", "ots", "superseded", "revoked", "time-contradiction", "every-anchor"],
)
def test_the_command_line_says_the_same(name: str) -> None:
    one, (expected,) = BY_NAME[name], BY_NAME[name]["results"]
    paths = [str(FOLDER / part) for part in (expected["document"], one["file"], one["trust"])]
    ran = CliRunner().invoke(root, ["verify", "--json", paths[0], "--receipt", paths[1], "--trust", paths[2]])
    said = json.loads(ran.output)
    verdict = said["results"][0]["verdict"]
    assert said["status"] == one["status"]
    assert (verdict["status"], verdict["reason"]) == (expected["status"], expected["reason"])
    assert [[check["number"], check["status"], check["reason"]] for check in verdict["checks"]] == expected["checks"]
    assert (verdict["interval"], verdict["standing"]) == (expected["interval"], expected["standing"])
