"""What kind of character each is, by one version of Unicode for good.

What is written out, escaped or left out of a path must come out the same when somebody checks it in ten years; Python's
own tables grow with every release. Characters that came after Unicode 14.0 count as unassigned here, whatever Python.

unassigned.txt has their ranges: steps from the end of one, or 0, to the beginning of the next, and over it, in base 36.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from importlib import resources
from typing import Final

UNICODE: Final = "14.0.0"


def category(char: str) -> str:
    """The general category of one character in Unicode 14.0; "Cn": it has none."""
    return "Cn" if not char.isascii() and bisect_right(_ends(), ord(char)) % 2 else unicodedata.category(char)


def unassigned() -> str:
    """The steps of unassigned.txt in one line."""
    return " ".join(resources.files("notary").joinpath("unassigned.txt").read_text("ascii").split())


@cache
def _ends() -> list[int]:
    """Code points where unassigned ranges begin and end, by turns."""
    ends, last = [], 0
    for step in unassigned().split():
        last += int(step, 36)
        ends.append(last)
    return ends
