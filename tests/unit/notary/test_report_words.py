"""The sentences of reports: the same ones, with the same values, in every language; none unused, none missing."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from support import reports

from notary.report.annexes import ANNEXES
from notary.report.facts import build
from notary.report.inputs import FORUMS
from notary.report.words import Sayer, sentences
from notary.verdicts.reasons import LOCALES

SOURCES = [*Path("notary/report").glob("*.py"), *Path("notary/report/annexes").glob("*.py")]
SOURCES.append(Path("notary/report/words/__init__.py"))


def values_of(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_are_the_same_with_the_same_values_in_each_language(locale: str) -> None:
    english, other = sentences("en"), sentences(locale)
    assert set(english) == set(other)
    assert {key for key in english if values_of(english[key]) != values_of(other[key])} == set()
    assert [key for key, sentence in other.items() if not sentence.strip() and not key.startswith("list.")] == []


def test_sentences_are_all_used() -> None:
    source = "\n".join(path.read_text() for path in SOURCES)
    quoted = set(re.findall(r'"([a-z0-9.\-]+)"', source))
    patterns = [re.escape(found) for found in re.findall(r'f"([a-z0-9.\-]+\.)\{', source)]
    annexed = {f"{forum}." for forum in ANNEXES}
    unused = {
        key
        for key in sentences("en")
        if key not in quoted
        and not any(re.match(pattern, key) for pattern in patterns)
        and not key.startswith(tuple(annexed))
        and not key.startswith("term.")
    }
    assert unused == set()


def test_traditional_sentences_have_no_simplified_forms() -> None:
    simplified = set("证报据记录时间签发书说机构计算")
    traditional = set("證報據記錄時間簽發書說機構計算")
    text = "".join(sentences("zh-Hant").values())
    assert set(text) & (simplified - traditional) == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_annexes_are_said_whole_in_each_language(locale: str) -> None:
    report = build(reports.given(languages=(locale,), forums=FORUMS))
    text = reports.texts(report)
    for forum in FORUMS:
        for key, sentence in sentences(locale).items():
            if key.startswith(f"{forum}.") and ".f." not in key and not key.endswith(".sign"):
                assert sentence in text, key


class TestSayer:
    def test_date_names_the_court_s_own_time_beside_utc(self) -> None:
        assert Sayer(("en",), 480).date(0) == ("1 January 1970, 00:00:00 UTC (1 January 1970, 08:00:00 UTC+08:00)",)
        assert Sayer(("zh-Hans",), -330).date(86_400) == (
            "1970年1月2日 00:00:00（协调世界时），即 1970年1月1日 18:30:00（UTC-05:30）",
        )

    def test_date_is_the_bare_number_where_no_calendar_has_it(self) -> None:
        assert Sayer(("en",)).date(2**53) == str(2**53)
