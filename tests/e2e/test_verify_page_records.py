"""verify.html judges evidence records as `tallystick renew --validate` does: its core in Node, the page in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import browser_records
from support.browser_records import GivenRecord
from support.browser_verifier import node_path, run_core, same


@pytest.fixture(scope="module")
def node() -> str:
    return node_path() or pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")


def differing(given: list[GivenRecord], found: list[Any]) -> list[tuple[int, Any, Any]]:
    both = [(place, one.python(), other) for place, (one, other) in enumerate(zip(given, found, strict=True))]
    return [(place, python, other) for place, python, other in both if not same(python, other)]


class TestCore:
    def test_every_record_has_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = browser_records.samples()
        assert {one.python()["reason"] for one in given} >= {
            None, "er-invalid", "er-encrypted", "er-no-document", "er-object-missing", "er-root-differs",
            "er-chain-broken", "er-token-invalid", "er-token-untrusted", "er-token-expired", "er-token-revoked",
            "er-algorithm-weak",
        }  # fmt: skip
        assert differing(given, run_core(given, tmp_path, node)) == []

    def test_mutants_of_records_have_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = list(browser_records.mutants(100, seed=4998))
        assert differing(given, run_core(given, tmp_path, node)) == []

    @pytest.mark.deep
    @pytest.mark.parametrize("seed", range(5))
    def test_many_mutants_of_records_have_the_verdict_of_python(self, tmp_path: Path, node: str, seed: int) -> None:
        given = list(browser_records.mutants(400, seed))
        assert differing(given, run_core(given, tmp_path, node)) == []
