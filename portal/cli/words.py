"""How times and numbers are written for people, and read from them."""

from __future__ import annotations

from datetime import datetime

from notary.times import utc as at
from portal.errors import ArgumentInvalid

__all__ = ["at", "moment", "plural", "short"]


def short(text: str, length: int = 10) -> str:
    """The beginning of an id that is too long to read."""
    return text if len(text) <= length + 1 else f"{text[:length]}…"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def moment(option: str, text: str) -> int | None:
    """Unix seconds of 2026-11-23T18:00:00Z, of a time with another offset, or of a bare number; None for "".

    Raises ArgumentInvalid; a time without an offset is refused, because it could mean several moments.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentInvalid(option, text, "is no time such as 2026-11-23T18:00:00Z") from None
    if parsed.tzinfo is None:
        raise ArgumentInvalid(option, text, "has no offset from UTC: add Z, or for example +08:00")
    return int(parsed.timestamp())
