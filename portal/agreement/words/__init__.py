"""Every sentence of an agreement, in each language: data, one file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from notary.report.values import Said


class Sayer:
    """Says things in all languages of an agreement at once.

    languages  of portal.agreement.values.LANGUAGES
    """

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self._words = [sentences(language) for language in languages]

    def say(self, key: str, **values: Said | int) -> Said:
        """The sentence with its values; text among them is printed as it is said in each language."""
        found = []
        for place, words in enumerate(self._words):
            mine = {name: value[place] if isinstance(value, tuple) else value for name, value in values.items()}
            found.append(words[key].format_map(mine))
        return tuple(found)

    def count(self, unit: str, number: int) -> Said:
        """So many of a unit: month, day, hour, minute, second."""
        return self.say(f"{unit}-{'one' if number == 1 else 'many'}", n=number)

    def duration(self, seconds: int) -> Said:
        """In words, and in seconds; "none" of no length."""
        if seconds == 0:
            return self.say("none")
        parts: list[Said] = []
        rest = seconds
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
            number, rest = divmod(rest, size)
            if number:
                parts.append(self.count(unit, number))
        said = tuple(" ".join(part[place] for part in parts) for place in range(len(self.languages)))
        return said if seconds < 60 else self.say("and-seconds", duration=said, seconds=seconds)

    def language(self, name: str) -> Said:
        """What a language is called."""
        return self.say(f"lang-{name}")


@cache
def sentences(language: str) -> Mapping[str, str]:
    """All sentences of one language."""
    data = resources.files("portal.agreement").joinpath(f"words/{language}.toml").read_text("utf-8")
    found = tomllib.loads(data)
    return {key: str(text) for key, text in found.items()}
