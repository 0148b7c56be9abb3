"""Time stamps on PostgreSQL: many who ask at once end with the rows that SQLite ends with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from support.calendar import Calendar, running_calendar
from support.notaryworld import World, world
from support.postgres import postgres, postgres_bin
from support.tsa import handmade_tsa
from support.tsa_chain import chain

from notary.sealing.seal import seal
from notary.store import STAMP_OBTAINED, STAMP_PENDING, STAMP_UPGRADED
from notary.store import stamps as table
from notary.timestamps import stamps
from notary.timestamps.ots import OtsProof
from notary.timestamps.stamp_sources import Authority, TimestampSources

pytestmark = pytest.mark.skipif(postgres_bin() is None, reason="PostgreSQL is not installed")
AUTHORITY = chain()
AT_ONCE = 6


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with postgres() as url, world(tmp_path, url=url) as made:
        made.put("a.txt")
        seal(made.ctx, "acme", [made.files])
        yield made


def ask_at_once(w: World) -> None:
    def work(_: int) -> None:
        for row in stamps.request(w.ctx):
            stamps.advance(w.ctx, row.id, w.clock())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))  # raises what one of them raised


def test_many_at_once_end_with_one_row_each_and_lose_no_attestation_on_postgresql(w: World) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(handmade_tsa(AUTHORITY, w.clock)) for _ in range(2)]
        calendars: list[Calendar] = [stack.enter_context(running_calendar()) for _ in range(2)]
        urls = tuple(calendar.url for calendar in calendars)
        authorities = [Authority(f"tsa{i}", s.url, root=AUTHORITY.root.der) for i, s in enumerate(servers)]
        sources = TimestampSources(tuple(authorities), 2, urls, calendars_needed=2, allowed=urls)
        w.with_context(timestamps=sources)
        ask_at_once(w)
        first, second, proof = stamps.list_stamps(w.ctx)
        assert (first.status, proof.status) == (STAMP_OBTAINED, STAMP_PENDING)
        promised = set(OtsProof.from_bytes(proof.data or b"").attestations())
        assert {a.uri for a in promised} == set(urls)
        for calendar in calendars:
            calendar.mine()
        ask_at_once(w)
        first, second, proof = stamps.list_stamps(w.ctx)
        assert {first.authority, second.authority} == {"tsa0", "tsa1"}
        assert (proof.status, proof.next_at) == (STAMP_UPGRADED, None)
        assert promised <= set(OtsProof.from_bytes(proof.data or b"").attestations())
        with pytest.raises(IntegrityError), w.ctx.engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == second.id).values(authority=first.authority))
