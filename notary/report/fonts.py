"""Finds what a report is set in, and tells which characters it has.

Looked for in folders that the caller names: those of the setup scripts, of Debian (fonts-noto-core, fonts-noto-cjk),
of the configuration. The first folder that has a family is the one that it is taken from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from notary.service_errors import FontsMissing

LATIN: Final = ("Noto Sans", "DejaVu Sans")
MONO: Final = ("Noto Sans Mono", "DejaVu Sans Mono")
SIMPLIFIED: Final = ("Noto Sans SC", "Noto Sans CJK SC")
TRADITIONAL: Final = ("Noto Sans TC", "Noto Sans CJK TC")
KOREAN: Final = ("Noto Sans KR", "Noto Sans CJK KR")
OTHERS: Final = (
    ("Noto Sans Arabic",),
    ("Noto Sans Hebrew",),
    ("Noto Sans Devanagari",),
    ("Noto Sans Thai",),
    ("Noto Sans Symbols 2",),
    ("Noto Emoji",),
)
_CHOICES: Final = (LATIN, MONO, SIMPLIFIED, TRADITIONAL, KOREAN, *OTHERS)
"""One family of each is taken, the first that is there: what else a machine has changes no report."""
_NEEDED: Final = {"zh-Hans": (LATIN, MONO, SIMPLIFIED), "zh-Hant": (LATIN, MONO, TRADITIONAL)}
_NEEDED_ELSE: Final = (LATIN, MONO)
_KNOWN: Final = frozenset(family for choice in _CHOICES for family in choice)
_FILE: Final = re.compile(
    r"(NotoSans(Mono|SC|TC|KR|CJK|Arabic|Hebrew|Devanagari|Thai|Symbols2)?|NotoEmoji|DejaVuSans(Mono)?)"
    r"([-_](400)?(Regular|Bold)|[-_]700Bold)?\.(ttf|otf|ttc)"
)
MAX_FILES: Final = 20_000  # looked at below one folder


@dataclass(frozen=True, slots=True)
class Fonts:
    """What was found.

    files     to be loaded, regular and bold
    families  their names, in the order in which a character is looked for
    """

    files: tuple[Path, ...]
    families: tuple[str, ...]
    _cover: tuple[frozenset[int], ...]

    @classmethod
    def find(cls, folders: Sequence[Path], languages: Sequence[str]) -> Fonts:
        """Raises FontsMissing where a language cannot be set."""
        files: dict[str, dict[Path, None]] = {}
        cover: dict[str, frozenset[int]] = {}
        for folder in folders:
            mine: dict[str, frozenset[int]] = {}
            for path in _candidates(folder):
                for family, points in _faces(path, path.stat().st_mtime_ns):
                    if family in _KNOWN and family not in cover:
                        files.setdefault(family, {})[path] = None
                        mine[family] = mine.get(family, frozenset()) | points
            cover |= mine
        for language in languages:
            for choice in _NEEDED.get(language, _NEEDED_ELSE):
                if not any(family in cover for family in choice):
                    raise FontsMissing(language, choice, folders)
        taken = [next((family for family in choice if family in cover), "") for choice in _CHOICES]
        order = tuple(family for family in taken if family)
        paths = dict.fromkeys(path for family in order for path in files[family])
        return cls(tuple(paths), order, tuple(cover[family] for family in order))

    def has(self, char: str, base: str = "") -> bool:
        """Whether a character can be set.

        base  what a combining mark stands on: one font must have both
        """
        wanted = {ord(one) for one in base + char}
        return any(wanted <= points for points in self._cover)

    def of(self, language: str) -> list[str]:
        """Families for text in a language, the one to prefer first."""
        chinese = {"zh-Hans": SIMPLIFIED, "zh-Hant": TRADITIONAL}.get(language, ())
        first = (family for family in (*LATIN, *chinese) if family in self.families)
        return list(
            dict.fromkeys((*first, *(family for family in self.families if family not in MONO), *self.families))
        )

    def code(self, language: str) -> list[str]:
        """Families for digests and the like."""
        mono = (family for family in MONO if family in self.families)
        return list(dict.fromkeys((*mono, *self.of(language))))


def _candidates(folder: Path) -> Iterator[Path]:
    """Files that may be one of ours, by their names; the folder's own first."""
    if not folder.is_dir():
        return
    found: list[Path] = []
    for number, path in enumerate(folder.rglob("*")):
        if number > MAX_FILES:
            break
        if _FILE.fullmatch(path.name):
            found.append(path)
    yield from sorted(found)


@lru_cache(maxsize=256)
def _faces(path: Path, _changed: int) -> tuple[tuple[str, frozenset[int]], ...]:
    """Families in a file, and the code points that each has."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    try:
        if path.suffix == ".ttc":
            with TTCollection(path, lazy=True) as collection:
                return tuple(_face(font) for font in collection.fonts)
        with TTFont(path, lazy=True) as font:
            return (_face(font),)
    except (TTLibError, OSError, KeyError, AssertionError):
        return ()  # not a font that can be used: as if it was not there


def _face(font: object) -> tuple[str, frozenset[int]]:
    names = font["name"]  # type: ignore[index]  # fontTools has no types
    family = names.getDebugName(16) or names.getDebugName(1) or ""
    return str(family), frozenset(font.getBestCmap() or ())  # type: ignore[attr-defined]


def usual_folders(own: Iterable[Path] = ()) -> list[Path]:
    """`own` folders, then where systems keep fonts."""
    return [*own, *map(Path, ("/usr/share/fonts/truetype", "/usr/share/fonts/opentype", "/usr/local/share/fonts"))]
