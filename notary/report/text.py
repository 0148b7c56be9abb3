"""Text from outside as a report prints it: nothing invisible, nothing that turns the line round, nothing left out.

A character that is invisible, that steers the layout, or that no font has is written as [U+XXXX]. So two names that
differ differ on paper, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from notary.characters import category

_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN: Final = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)  # invisible, though their category does not say so
_WIDE_SPACE: Final = "\u3000"  # of Chinese texts
BREAK: Final = "\u200b"  # where a line may end without a hyphen; put there by us, shown as nothing
_LONG: Final = re.compile(
    r"[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]{25,}"
    r"|[\u3001-\u303f\u30fb-\u30fe\uff00-\uffef]{25,}"  # nothing but what may not begin or end a line
)
MARKS: Final = 3  # on one character; no language puts more there


def shown(text: str) -> str:
    """`text` with what cannot be seen written out. Newlines, too: a name has one line."""
    if text.isascii() and text.isprintable() and "  " not in text and text.strip(" ") == text:
        return text
    found, last = [], len(text) - 1
    for place, char in enumerate(text):
        edge = place in (0, last) or text[place - 1] == " "
        found.append(_point(char) if _hidden(char) or (char == " " and edge) else char)
    return "".join(found)


def _hidden(char: str) -> bool:
    kind = category(char)
    if kind == "Zs":
        return char not in (" ", _WIDE_SPACE)
    return kind in _HIDDEN_CATEGORIES or ord(char) in _HIDDEN


def _point(char: str) -> str:
    return f"[U+{ord(char):04X}]"


def printed(text: str, has: Callable[[str, str], bool]) -> tuple[str, set[int]]:
    """`text` with each character that no font has as [U+XXXX], and their code points.

    has  (character, base): whether it can be set; base: the character that a combining mark stands on, else ""
    """
    if text.isascii():
        return text, set()
    found, lacking, base, stacked = [], set(), "", 0
    for char in text:
        marks = category(char).startswith("M")
        stacked = stacked + 1 if marks else 0
        if stacked > MARKS:  # they would grow over the lines around
            found.append(_point(char))
        elif char == BREAK or has(char, base if marks else ""):
            found.append(char)
            base = base if marks else char
        else:
            found.append(_point(char))
            lacking.add(ord(char))
            base = ""
    return "".join(found), lacking


def breakable(text: str) -> str:
    """`text` with places to break a line in words that are too long for any.

    Chinese, Japanese and Korean have such places everywhere, but not before a comma: they are left alone.
    """
    return _LONG.sub(lambda found: BREAK.join(_pieces(found[0])), text)


def _pieces(word: str) -> Iterable[str]:
    """Of a few characters each; a combining mark stays with its base, and [U+XXXX] stays whole."""
    piece = ""
    for char in word:
        full = len(piece) >= 4 and "[" not in piece
        if piece and (full or char == "[" or piece.endswith("]")) and not unicodedata.combining(char):
            yield piece
            piece = ""
        piece += char
        if len(piece) > 16:
            yield piece
            piece = ""
    if piece:
        yield piece
