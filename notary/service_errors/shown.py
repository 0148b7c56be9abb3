"""How errors show what they name."""

from __future__ import annotations

LISTED = 5  # how many of what is refused a message names; all are in the attribute


def printable(path: str) -> str:
    """`path` with bytes that are not UTF-8 and control characters shown as escapes, so that it can be shown safely."""
    shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)
