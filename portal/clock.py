"""The only place that reads the time of day; everything below is given it."""

from __future__ import annotations

import time


def now() -> int:
    """Unix seconds, UTC."""
    return int(time.time())
