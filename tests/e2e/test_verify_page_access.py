"""verify.html in Chromium by the keyboard alone, as a screen reader has it, and on paper; in each language."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from support import record_vectors, stamped
from support.browser_verifier import FOLDER, PAGE, node_path

from notary.verdicts.reasons import LOCALES, words
from notary.verdicts.reasons.records import RECORD_WORDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here (Debian: apt-get install chromium)")
LONG = "/".join(["很长的文件名" * 12, "a" * 240])
RADICALS = str.maketrans(
    "⻄⻅⻆⻉⻋⻓⻑⻔⻘⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻁", "西见角贝车长長门青页风飞食马骨鬼鱼鸟麦黄齐齿龙虎"
)
FOCUSED = ("button", "textbox", "spinbutton", "checkbox", "DisclosureTriangle")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def bare(text: str) -> str:
    """Text without spaces, and without the ligatures and radicals that a PDF names where characters stand."""
    return "".join(unicodedata.normalize("NFKC", text).translate(RADICALS).split())


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Path]]:
    """What test/run_access.mjs found, and the printed page, by language."""
    node = node_path() or pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")
    folder, full = tmp_path_factory.mktemp("printed"), stamped.full()
    record = next(one for one in record_vectors.vectors() if one.name == "record")
    files = [
        ["it.receipt.json", encoded(full.receipt.to_bytes())],
        ["it", encoded(full.document)],
        ["trust.json", encoded(full.trust.to_bytes())],
        [LONG.rpartition("/")[2], encoded(b"of no receipt")],
        ["it.er", encoded(record.data)],
    ]
    runs: list[dict[str, Any]] = [
        {"files": files, "locale": locale, "pdf": str(folder / f"{locale}.pdf")} for locale in LOCALES
    ]
    command = [node, str(FOLDER / "test/run_access.mjs"), CHROMIUM, str(PAGE)]
    lines = "".join(json.dumps(run) + "\n" for run in runs)
    found = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    shown = [json.loads(line) for line in found.stdout.splitlines()]
    return {run["locale"]: (one, Path(run["pdf"])) for run, one in zip(runs, shown, strict=True)}


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def found(used: dict[str, tuple[dict[str, Any], Path]], locale: str) -> dict[str, Any]:
    return used[locale][0]


def page_words(locale: str) -> dict[str, str]:
    """The page's own words, from its source."""
    source = (FOLDER / "src/page_words.ts").read_text()
    part = source.split(f"  {locale if locale == 'en' else json.dumps(locale)}: {{", 1)[1].split("\n  },", 1)[0]
    return dict(re.findall(r'^    (\w+): "(.*)",$', part, re.MULTILINE))


class TestKeyboard:
    def test_each_thing_is_reached_in_the_order_it_is_seen_and_back_with_the_focus_shown(
        self, found: dict[str, Any], locale: str
    ) -> None:
        said = page_words(locale)
        stops = [one["name"] for one in found["stops"]]
        own = ["en", "zh-Hans", "zh-Hant", "files", f"summary {said['trust']}"]
        own += ["blocks", "headers", "header-first", "header-file", "issuer", "again"]
        assert stops[: len(own)] == own
        boxes = [said["details"], said["fields"], said["json"], said["recordDetails"], said["json"]]
        assert stops[len(own) :] == [*(f"summary {one}" for one in boxes), "print", "clear"]
        assert found["back"] == found["stops"][::-1]
        assert [one["name"] for one in found["stops"] if not one["shown"]] == []

    def test_language_files_trust_print_and_start_over_work_without_a_mouse(
        self, found: dict[str, Any], locale: str
    ) -> None:
        assert found["lang"] == locale
        assert found["opened"] is True
        assert found["typed"] == ["no header", True]
        assert found["printed"] is True
        assert found["cleared"] == [True, "files"]

    def test_nobody_is_asked_and_nothing_fails(self, found: dict[str, Any]) -> None:
        assert (found["requests"], found["faults"]) == ([], [])


class TestScreenReader:
    def test_whatever_takes_the_focus_has_a_role_and_a_name(self, found: dict[str, Any]) -> None:
        focusable = [(role, name) for role, name, properties in found["tree"] if properties.get("focusable")]
        assert len(focusable) >= len(found["stops"])
        assert [one for one in focusable if not one[1] or one[0] not in (*FOCUSED, "RootWebArea")] == []

    def test_landmarks_and_headings_lead_through_the_page(self, found: dict[str, Any], locale: str) -> None:
        said, tree = page_words(locale), found["tree"]
        roles = [role for role, _, _ in tree]
        assert [roles.count(one) for one in ("banner", "main", "contentinfo")] == [1, 1, 1]
        assert [name for role, name, _ in tree if role == "region"] == [said["drop"], said["results"]]
        headings = [(properties["level"], name) for role, name, properties in tree if role == "heading"]
        assert headings[:2] == [(1, said["title"]), (2, said["results"])]
        articles = [name for role, name, _ in tree if role == "article"]
        assert [name for level, name in headings[2:] if level == 3] == articles == ["it", "a" * 240, "it.er"]
        assert next(name for role, name, _ in tree if role == "RootWebArea").startswith(said["title"])
        pressed = {name: properties["pressed"] for role, name, properties in tree if "pressed" in properties}
        assert [one == "true" for one in pressed.values()] == [one == locale for one in LOCALES]

    def test_the_outcome_is_announced_and_a_mistake_at_once(self, found: dict[str, Any], locale: str) -> None:
        said = page_words(locale)
        live = {role: properties.get("live") for role, _, properties in found["tree"]}
        assert (live["status"], live["alert"]) == ("polite", "assertive")
        summary = said["summary"].format(passed=1, failed=1, open=1)
        assert said["done"].format(summary=summary) in found["live"]
        assert found["alert"].startswith("not a Bitcoin header: 'no header'")


class TestPaper:
    def test_all_that_is_shown_is_printed_with_every_check_of_every_verdict(
        self, used: dict[str, tuple[dict[str, Any], Path]], locale: str
    ) -> None:
        found, path = used[locale]
        printed = bare("".join(one.extract_text() for one in PdfReader(path).pages))
        assert found["texts"]
        assert [text for text in found["texts"] if bare(text) not in printed] == []
        for title in (*words(locale).titles, *RECORD_WORDS[locale].titles):
            assert bare(title) in printed

    def test_nothing_is_wider_than_the_paper(self, found: dict[str, Any]) -> None:
        assert found["wide"] == []

    def test_only_what_machines_read_stays_folded(self, found: dict[str, Any], locale: str) -> None:
        assert set(found["folded"]) == {page_words(locale)["json"]}
