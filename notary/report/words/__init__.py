"""Every sentence of a report, in each language: data, one module a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module

from notary.report.inputs import LATEST
from notary.report.text import shown
from notary.report.values import Said
from notary.verdicts.reasons import Reason, Status
from notary.verdicts.reasons import words as verdict_words


class Speaker:
    """Says things in several languages at once, whatever their sentences are about.

    words   the sentences of each language
    offset  minutes that the clocks of the place are ahead of UTC
    """

    def __init__(self, words: Sequence[Mapping[str, str]], offset: int = 0) -> None:
        self._words, self.offset = words, offset

    def say(self, key: str, **values: Said | int) -> Said:
        """The sentence with its values; text among them is printed as it is said in each language."""
        found = []
        for place, words in enumerate(self._words):
            mine = {name: value[place] if isinstance(value, tuple) else value for name, value in values.items()}
            found.append(words[key].format_map(mine))
        return tuple(found)

    def join(self, parts: list[Said], between: str = "list.comma") -> Said:
        """Several, with what stands between two of them in each language."""
        return tuple(
            self._words[place][between].join(part[place] if isinstance(part, tuple) else part for part in parts)
            for place in range(len(self._words))
        )

    def named(self, key: str, value: str) -> str:
        """A name in all languages, and what is the same in all of them, once."""
        names = dict.fromkeys(words[key] for words in self._words)
        return self._words[0]["list.pair"].format(name=" / ".join(names), value=value)

    def date(self, seconds: int) -> Said:
        """For people: by UTC and by the clocks of the place."""
        if not 0 <= seconds <= LATEST:
            return f"{seconds}"
        utc = datetime.fromtimestamp(seconds, UTC)
        found = []
        for words in self._words:
            text = _date(utc, words) + words["date.utc"]
            if self.offset:
                there = utc + timedelta(minutes=self.offset)
                text += words["date.there"].format(date=_date(there, words), zone=zone(self.offset))
            found.append(text)
        return tuple(found)


class Sayer(Speaker):
    """Says things in all languages of a report at once.

    languages  of notary.verdicts.reasons.LOCALES
    offset     minutes that the clocks at the court are ahead of UTC
    """

    def __init__(self, languages: tuple[str, ...], offset: int = 0) -> None:
        super().__init__([sentences(language) for language in languages], offset)
        self.languages = languages
        self._verdicts = [verdict_words(language) for language in languages]

    def status(self, status: Status) -> Said:
        return tuple(words.statuses[status] for words in self._verdicts)

    def check(self, number: int) -> Said:
        """What check `number` of a verdict looks at."""
        return tuple(words.titles[number - 1] for words in self._verdicts)

    def meaning(self, reason: Reason) -> Said:
        return tuple(words.meanings[reason] for words in self._verdicts)


def _date(at: datetime, words: Mapping[str, str]) -> str:
    month = words["date.months"].split()[at.month - 1]
    return words["date.form"].format(year=at.year, month=month, day=at.day, time=f"{at:%H:%M:%S}")


def zone(offset: int) -> str:
    """UTC+08:00"""
    return f"UTC{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def iso(seconds: int) -> str:
    """2026-11-24 01:02:03 UTC; the bare number where no calendar has it."""
    if not 0 <= seconds <= LATEST:
        return f"{seconds}"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def sentences(language: str) -> Mapping[str, str]:
    """All sentences of one language."""
    name = language.lower().replace("-", "_")
    found: dict[str, str] = {}
    for module in (name, f"annexes_{name}"):
        found |= import_module(f"notary.report.words.{module}").SENTENCES
    return found


def quoted(value: object) -> str:
    """Data from outside, as a report prints it."""
    return shown(str(value))
