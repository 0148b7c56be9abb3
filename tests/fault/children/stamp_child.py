"""Requests time stamps of the newest head and asks for everything that is not finished, to be killed while it does; see
support/killing.py.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context
from support.stamping import advance_all

from notary.timestamps import stamps
from notary.timestamps.stamp_sources import Authority, TimestampSources


def job(workspace: str, root: str, authorities: str, calendars: str) -> None:
    """root: hex of DER. authorities, calendars: addresses, by blanks."""
    urls = tuple(calendars.split())
    sources = TimestampSources(
        tuple(Authority(f"tsa{i}", url, root=bytes.fromhex(root)) for i, url in enumerate(authorities.split(), 1)),
        tokens=2,
        calendars=urls,
        calendars_needed=len(urls),
        allowed=urls,
    )
    ctx = replace(open_context(Path(workspace), _now), timestamps=sources)
    stamps.request(ctx)
    advance_all(ctx, _now())


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    serve(job)
