"""How times are written for people."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(seconds: int) -> str:
    """For example 2026-11-23 17:46:34 UTC; the bare number where no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"
