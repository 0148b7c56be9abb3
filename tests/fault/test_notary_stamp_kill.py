"""Time-stamping that is killed at random moments: what came is never lost, and nothing is kept that does not verify."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.calendar import Calendar, RegtestChain, running_calendar
from support.killing import KillServer, Moments
from support.notaryworld import World, world
from support.tsa import Running, handmade_tsa
from support.tsa_chain import chain

from notary.sealing.seal import seal
from notary.store import STAMP_OBTAINED, STAMP_OTS, STAMP_RFC3161, STAMP_UPGRADED, checkpoints
from notary.timestamps import ots, stamps, tsp
from notary.timestamps.bitcoin import REGTEST, HeaderChain
from notary.timestamps.ots import OtsProof

AUTHORITY = chain()
KILLS_OF_A_HEAD = 6


@dataclass
class Outside:
    """Everybody who is asked: three authorities and two calendars, one of them each out of order now and then."""

    authorities: list[Running]
    calendars: list[Calendar]
    bitcoin: RegtestChain

    def arguments(self, w: World) -> tuple[str, str, str, str]:
        return (
            str(w.folder / "workspace"),
            AUTHORITY.root.der.hex(),
            " ".join(authority.url for authority in self.authorities),
            " ".join(calendar.url for calendar in self.calendars),
        )

    def shake(self, rng: random.Random) -> None:
        for authority in self.authorities:
            authority.behaviour = rng.choice(["honest", "honest", "garbage", "wrong-nonce", "drop", "error"])
        for calendar in self.calendars:
            calendar.mode = rng.choice(["ok", "ok", "garbage", "error", "forgotten"])
            if rng.random() < 0.3:
                calendar.mine()

    def mend(self) -> None:
        for authority in self.authorities:
            authority.behaviour = "honest"
        for calendar in self.calendars:
            calendar.mode = "ok"
            calendar.mine()


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


@contextmanager
def outside() -> Iterator[Outside]:
    with ExitStack() as stack:
        bitcoin = RegtestChain()
        yield Outside(
            [stack.enter_context(handmade_tsa(AUTHORITY, lambda: int(time.time()))) for _ in range(3)],
            [stack.enter_context(running_calendar(bitcoin)) for _ in range(2)],
            bitcoin,
        )


def seal_one(w: World, name: str) -> int:
    w.put(name, name.encode())
    return seal(w.ctx, "acme", [w.files]).head.size


class Watch:
    """Reads the rows after each kill, as a stranger would: what was there once must be there for good."""

    def __init__(self, w: World) -> None:
        self._ctx = w.ctx
        self._tokens: dict[int, bytes] = {}
        self._attestations: dict[int, set[object]] = {}

    def look(self) -> None:
        with self._ctx.engine.connect() as connection:
            notes = {row.size: row.note.encode() for row in connection.execute(sa.select(checkpoints))}
        rows = stamps.list_stamps(self._ctx)
        assert len({(row.size, row.kind, row.slot) for row in rows}) == len(rows)
        for row in rows:
            if row.data is None:
                assert row.id not in self._tokens and row.id not in self._attestations
            elif row.kind == STAMP_RFC3161:
                token = tsp.read_token(row.data)
                tsp.judge_token(token, tsp.check_token(token, notes[row.size]), AUTHORITY.trusted())
                assert self._tokens.setdefault(row.id, row.data) == row.data
            else:
                proof = ots.check_proof(row.data, notes[row.size])
                found: set[object] = set(proof.attestations())
                assert self._attestations.get(row.id, set()) <= found
                self._attestations[row.id] = found
                assert (row.status == STAMP_UPGRADED) == proof.is_complete()


def assert_all_proven(w: World, out: Outside, sizes: list[int]) -> None:
    rows = stamps.list_stamps(w.ctx)
    assert {(row.size, row.kind, row.slot) for row in rows} == {
        (size, kind, slot) for size in sizes for kind, slot in ((STAMP_RFC3161, 1), (STAMP_RFC3161, 2), (STAMP_OTS, 1))
    }
    headers = HeaderChain(b"".join(out.bitcoin.headers), network=REGTEST)
    for size in sizes:
        tokens = [row for row in rows if row.size == size and row.kind == STAMP_RFC3161]
        assert [row.status for row in tokens] == [STAMP_OBTAINED] * 2
        assert len({row.authority for row in tokens}) == 2
        (proof,) = (OtsProof.from_bytes(row.data or b"") for row in rows if (row.size, row.kind) == (size, STAMP_OTS))
        assert ots.judge(proof, headers).differing == ()
        assert {a.uri for a in proof.attestations() if a.uri} == {calendar.url for calendar in out.calendars}
        assert proof.awaited() == ()


def stamp_and_kill(w: World, kills: int) -> None:
    rng, watch, sizes = random.Random(), Watch(w), list[int]()
    killed = 0
    with outside() as out, KillServer("stamp_child.py") as server:
        moments = Moments(rng, 0.4)
        while killed < kills:
            assert len(sizes) <= kills  # most runs are killed, not all
            sizes.append(seal_one(w, f"f{len(sizes)}.txt"))
            for _ in range(KILLS_OF_A_HEAD):
                out.shake(rng)
                killed += moments.kill(server, *out.arguments(w))
                watch.look()
            out.mend()
            server.run(*out.arguments(w))  # promises that are missing
            out.mend()
            server.run(*out.arguments(w))
            watch.look()
        assert_all_proven(w, out, sizes)
    print(f"{killed} kills over {len(sizes)} heads")


def test_stamping_killed_at_30_random_moments_loses_nothing_and_ends_proven(w: World) -> None:
    stamp_and_kill(w, 30)


@pytest.mark.deep
def test_stamping_killed_at_200_random_moments_loses_nothing_and_ends_proven(w: World) -> None:
    stamp_and_kill(w, 200)


def test_two_processes_stamping_one_head_at_once_end_with_one_row_each_and_every_attestation(w: World) -> None:
    size = seal_one(w, "a.txt")
    watch = Watch(w)
    with outside() as out, KillServer("stamp_child.py") as one, KillServer("stamp_child.py") as two:
        for _ in range(3):  # to the promises, to the blocks, and to what one of them could not do
            for server in (one, two):
                server.begin(*out.arguments(w))
            assert [server.end() for server in (one, two)] == [0, 0]
            watch.look()
            out.mend()
        assert_all_proven(w, out, [size])
