"""verify.html writes REVERIFY.md again, byte for byte as the program does, and finds every other text."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import browser_manuals, browser_verifier, stamped
from support.browser_bundles import differing, run_files
from support.browser_manuals import Manual
from support.browser_verifier import run_core

from notary.court import layout, reverify_words
from notary.errors import ReceiptInvalid


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if not found or not (browser_verifier.FOLDER / "node_modules").is_dir():
        pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")
    return found


def different(given: Sequence[Manual], folder: Path, node: str) -> list[tuple[str, str, Any]]:
    """Label, and both texts, where they differ."""
    pages = run_core(given, folder, node)
    pairs = [(one.label, one.python(), page) for one, page in zip(given, pages, strict=True)]
    return [(label, python, page) for label, python, page in pairs if python != page]


def test_the_page_writes_the_text_of_the_program(node: str, tmp_path: Path) -> None:
    assert different(list(browser_manuals.manuals()), tmp_path, node) == []


def test_the_texts_compared_have_every_sentence_that_there_is() -> None:
    texts = "\n".join(one.python() for one in browser_manuals.manuals())
    said = [text for name, text in vars(reverify_words).items() if name.isupper()]
    lines = ["\n".join(text) if isinstance(text, tuple) else text for text in said]
    assert len(lines) > 30
    assert [line for line in lines if not all(part in texts for part in literal(line))] == []


def literal(template: str) -> list[str]:
    """What stands between the values of a sentence."""
    return re.split(r"\{[a-z_]+\}", template)


@pytest.mark.parametrize(("count", "seed"), [(600, 20261124), pytest.param(6000, 1, marks=pytest.mark.deep)])
def test_it_does_so_for_receipts_with_some_bytes_changed(node: str, tmp_path: Path, count: int, seed: int) -> None:
    given = []
    for number, one in enumerate(browser_verifier.mutants(count, seed)):
        made = Manual(f"mutant-{seed}-{number}", one.receipt, one.trust, ())
        try:
            text = made.python()
        except ReceiptInvalid:
            continue
        given += [made, replace(made, names=("documents/A-1/rechnung-günther.pdf",))]
        assert text
    assert len(given) > count // 4
    assert different(given, tmp_path, node) == []


def test_it_finds_every_text_that_is_not_the_programs(node: str, tmp_path: Path) -> None:
    replaced = list(browser_manuals.replaced())
    given, trust = [one for one, _ in replaced], tmp_path / "trust.json"
    trust.write_bytes(stamped.full().trust.to_bytes())
    pages = run_files(given, trust.read_bytes(), tmp_path, node)
    for (one, is_own), page in zip(replaced, pages, strict=True):
        found = [(line["status"], line["reason"]) for line in page["results"] if line["document"] == layout.MANUAL]
        assert found == ([] if is_own else [("INDETERMINATE", "manual-differs")]), one.label
    assert differing(given, pages, tmp_path, trust) == []
