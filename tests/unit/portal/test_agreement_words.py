"""portal/agreement/words: the same sentences with the same values in every language."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from portal.agreement import words
from portal.agreement.values import LANGUAGES
from portal.agreement.words import Sayer, sentences

FOLDER = Path(words.__file__).parent
SOURCES = "".join((FOLDER.parent / name).read_text() for name in ("facts.py", "figures.py", "words/__init__.py"))
MADE_UP = ("lang-", "day-", "hour-", "minute-", "second-", "month-", "act-", "late-")  # keys that are put together


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


class TestSentences:
    def test_every_language_that_is_offered_has_a_file_and_no_file_is_left_over(self) -> None:
        assert {path.stem for path in FOLDER.glob("*.toml")} == set(LANGUAGES)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_sentence_is_there_with_the_same_values(self, language: str) -> None:
        english, other = sentences("en"), sentences(language)
        assert list(other) == list(english)
        assert all(text.strip() == text != "" for text in other.values())
        assert {key: placeholders(text) for key, text in other.items()} == {
            key: placeholders(text) for key, text in english.items()
        }

    @pytest.mark.parametrize("language", LANGUAGES[1:])
    def test_no_sentence_was_left_in_english(self, language: str) -> None:
        english, other = sentences("en"), sentences(language)
        same = {key for key, text in english.items() if other[key] == text}
        assert all(len(english[key].split()) <= 4 for key in same), same

    def test_no_sentence_holds_a_number_of_its_own(self) -> None:
        """Numbers come from the terms; what is written into a sentence is the same in all languages."""
        found = {
            language: {
                key: sorted("".join(char if char.isdigit() else " " for char in text).split())
                for key, text in sentences(language).items()
            }
            for language in LANGUAGES
        }
        assert all(found[language] == found["en"] for language in LANGUAGES)

    def test_every_sentence_is_used(self) -> None:
        unused = [key for key in sentences("en") if f'"{key}"' not in SOURCES and not key.startswith(MADE_UP)]
        assert unused == []

    def test_every_language_is_named_in_every_language(self) -> None:
        for language in LANGUAGES:
            assert {f"lang-{one}" for one in LANGUAGES} <= set(sentences(language))


class TestDuration:
    def test_duration_says_all_of_it_and_the_seconds(self) -> None:
        sayer = Sayer(("en", "de"))
        assert sayer.duration(90_061) == (
            "1 day 1 hour 1 minute 1 second (90061 seconds)",
            "1 Tag 1 Stunde 1 Minute 1 Sekunde (90061 Sekunden)",
        )
        assert sayer.duration(0) == ("none", "keine")
        assert sayer.duration(59) == ("59 seconds", "59 Sekunden")
        assert sayer.duration(60) == ("1 minute (60 seconds)", "1 Minute (60 Sekunden)")
