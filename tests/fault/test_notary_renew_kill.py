"""Renewals that are killed, between the stamp and the row and anywhere else: a renewal is there whole or not at all."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from reference import evidence_record_reference as reference
from support.killing import KillServer, Moments
from support.notaryworld import World, open_context, world
from support.stamper import Stamper

from notary.records import record_rows, renewals
from notary.records.algorithms import default_policy
from notary.records.record_export import validate_case
from notary.sealing.seal import seal
from notary.store import evidence_files, evidence_records, evidence_stamps
from notary.verdicts.trust import TrustedAuthority
from notary.verdicts.verdict import Status

FILES = 6


def tokens(w: World) -> list[bytes]:
    """Look with fresh eyes: each record is whole and proven; its tokens, in order."""
    w.ctx.engine.dispose()
    ctx = w.ctx = open_context(w.folder / "workspace", lambda: int(time.time()))
    with ctx.engine.connect() as connection:
        rows = connection.execute(sa.select(evidence_stamps).order_by(evidence_stamps.c.seq)).all()
        records = connection.execute(sa.select(sa.func.count()).select_from(evidence_records)).scalar_one()
        files = connection.execute(sa.select(sa.func.count()).select_from(evidence_files)).scalar_one()
    assert records <= 1
    assert files == records
    assert [row.seq for row in rows] == list(range(len(rows)))
    assert bool(rows) == bool(records)
    for record in record_rows.records_of(ctx, "acme"):
        assert [token for chain in record.chains.chains for token in chain.tokens] == [row.token for row in rows]
        for place, one in enumerate(record.objects):
            assert one is not None
            data = record_rows.bundle_of(ctx, record, place) if one.bundle else (w.files / one.name).read_bytes()
            found = record.chains.record(place).to_bytes()
            times = reference.check(found, reference.of(data))
            assert len(times) == len(rows)
    return [row.token for row in rows]


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.deep)])
def test_renewals_killed_at_random_moments_are_whole_or_not_there(tmp_path: Path, kills: int) -> None:
    rng, killed, grown = random.Random(), 0, 0
    root = tmp_path / "root.der"
    with KillServer("renew_child.py") as server:
        moments = Moments(rng, 0.3)
        for generation in range(kills):
            if killed >= kills:
                break
            with world(tmp_path / str(generation)) as w:
                more, between = killed_for_a_while(w, server, moments, root, min(20, kills - killed))
                killed, grown = killed + more, grown + between
    assert killed == kills
    assert grown >= kills // 10, "hardly a kill fell between two renewals"


def killed_for_a_while(w: World, server: KillServer, moments: Moments, root: Path, kills: int) -> tuple[int, int]:
    """Kill at most so often, then look whether all is proven; (kills, times that the record had grown meanwhile)."""
    w.put_many(FILES)
    seal(w.ctx, "acme", [w.files])
    arguments = (str(w.folder / "workspace"), str(w.files), str(root))
    killed, grown, seen = 0, 0, list[bytes]()
    while killed < kills and len(seen) < 150:  # a record is read up to 256 tokens
        killed += moments.kill(server, *arguments)
        found = tokens(w)
        assert found[: len(seen)] == seen  # nothing that was kept is ever lost or changed
        grown += len(found) > len(seen)
        seen = found
    server.run(*arguments)
    found = tokens(w)
    assert found[: len(seen)] == seen
    trusted = (TrustedAuthority("test", root.read_bytes()),)
    verdicts = [one.verdict for one in validate_case(w.ctx, "acme", trusted, default_policy())]
    assert [one.status for one in verdicts] == [Status.PASSED] * (FILES + 1), verdicts[0].explain()
    return killed, grown


class Stop(Exception):
    """The process dies here."""


@pytest.mark.parametrize("table", ["evidence_records", "evidence_files", "evidence_stamps"])
def test_a_record_that_is_cut_off_at_any_row_is_not_there(tmp_path: Path, table: str) -> None:
    stamper = Stamper()
    with world(tmp_path) as w:
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])

        def stamp(data: bytes, hash_name: str) -> bytes:
            return stamper.stamp_data(data, hash_name, w.clock.now)

        def stop(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if f"INSERT INTO {table} " in statement:
                raise Stop

        sa.event.listen(w.ctx.engine, "after_cursor_execute", stop)
        with pytest.raises(Stop):
            renewals.create(w.ctx, "acme", stamp)
        sa.event.remove(w.ctx.engine, "after_cursor_execute", stop)
        assert tokens(w) == []
        renewals.create(w.ctx, "acme", stamp)
        before = tokens(w)
        if table == "evidence_stamps":
            sa.event.listen(w.ctx.engine, "after_cursor_execute", stop)
            with pytest.raises(Stop):
                renewals.renew_stamps(w.ctx, "acme", stamp)
            with pytest.raises(Stop):
                renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, default_policy())
            sa.event.remove(w.ctx.engine, "after_cursor_execute", stop)
            assert tokens(w) == before


def test_a_process_that_dies_after_the_stamp_has_lost_a_token_and_nothing_else(tmp_path: Path) -> None:
    stamper = Stamper()
    with world(tmp_path) as w:
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])

        def stamp(data: bytes, hash_name: str) -> bytes:
            return stamper.stamp_data(data, hash_name, w.clock.now)

        def dying(data: bytes, hash_name: str) -> bytes:
            stamp(data, hash_name)
            raise Stop

        with pytest.raises(Stop):
            renewals.create(w.ctx, "acme", dying)
        assert tokens(w) == []
        renewals.create(w.ctx, "acme", stamp)
        before = tokens(w)
        with pytest.raises(Stop):
            renewals.renew_stamps(w.ctx, "acme", dying)
        assert tokens(w) == before
        renewals.renew_stamps(w.ctx, "acme", stamp)
        assert len(tokens(w)) == 2
