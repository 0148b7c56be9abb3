"""The bundles and reports among the vectors: the command line says of each what the index says.

Made by scripts/lib/make_vectors.py, as those of tests/unit/notary/test_vectors_receipts.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.bundle_index import judged_bundle

from notary.court.examine import BundleReason
from notary.court.layout import document_paths
from notary.court.reverify import bundled_text
from notary.court.zip_entries import ZipFault
from notary.errors import ReceiptInvalid
from notary.proofs.bundle import read_any
from notary.verdicts.trust import Trust

FOLDER = Path(__file__).parents[2] / "vectors/receipts"
INDEX = json.loads((FOLDER / "index.json").read_bytes())
BUNDLES: dict[str, Any] = {one["name"]: one for one in INDEX["bundles"]}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_judged_as_the_index_says(name: str) -> None:
    one = BUNDLES[name]
    file = FOLDER / one["file"]
    trust = None if one["trust"] is None else (FOLDER / one["trust"]).read_bytes()
    found = judged_bundle(file.read_bytes(), file.suffix, trust)
    assert found == {key: one[key] for key in found}


@pytest.mark.parametrize("file", [one["file"] for one in INDEX["receipts"]])
def test_instructions_are_written_for_any_receipts(file: str) -> None:
    """Verifying a bundle writes them anew, so nothing that a receipt says may stop that."""
    try:
        receipts = read_any((FOLDER / file).read_bytes())
    except ReceiptInvalid:
        return
    assert bundled_text(receipts, set(document_paths(receipts)), Trust()).endswith("\n")


def test_every_fault_and_reason_is_there_and_each_fault_in_a_bundle_of_its_name() -> None:
    assert {one["fault"] for one in BUNDLES.values()} == {*ZipFault, None}
    assert all(one["fault"] is None or name.startswith(one["fault"]) for name, one in BUNDLES.items())
    assert set(BundleReason) <= {reason for one in BUNDLES.values() for _, _, reason in one["results"]}


def test_good_bundles_pass() -> None:
    passed = {name for name, one in BUNDLES.items() if one["status"] == "PASSED"}
    assert {
        "plain",
        "whole",
        "zipped-anew",
        "zipped-as-it-came",
        "zipped-large",
        "exhibits-clash",
        "withheld",
    } <= passed
    assert passed & set(BundleReason) == set()
