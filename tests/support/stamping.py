"""What a keeper does with time stamps, without its engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notary.timestamps import stamps

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.timestamps.stamp_rows import StampRow


def advance_all(ctx: NotaryContext, now: int) -> list[StampRow]:
    """Advance everything that is not finished, due or not; what became of it."""
    return [stamps.advance(ctx, stamp_id, now) for stamp_id in stamps.unfinished(ctx)]
