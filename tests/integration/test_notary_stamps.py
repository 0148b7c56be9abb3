"""Time stamps of heads by calendars: real ones on loopback, which behave well or badly."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from support.calendar import Calendar, RegtestChain, running_calendar
from support.notaryworld import World, world
from support.stamping import advance_all

from notary.log import ledger
from notary.log.checkpoint import SignedCheckpoint
from notary.proofs.receipt import OtsAnchor, TimestampAnchor
from notary.proofs.receipts import receipt_for
from notary.sealing.seal import seal
from notary.service_errors import StampUnknown
from notary.store import STAMP_OTS, STAMP_PENDING, STAMP_RFC3161, STAMP_UPGRADED, STAMP_WANTED
from notary.store import stamps as table
from notary.timestamps import calendars, ots, stamps
from notary.timestamps.bitcoin import REGTEST, HeaderChain
from notary.timestamps.ots import Kind, OtsProof
from notary.timestamps.stamp_rows import StampRow
from notary.timestamps.stamp_sources import TimestampSources
from notary.timestamps.stamps import ASK_SECONDS, PENDING_SECONDS, WANTED_SECONDS, pause


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put("a.txt")
        seal(made.ctx, "acme", [made.files])
        yield made


@pytest.fixture
def chain() -> RegtestChain:
    return RegtestChain()


@pytest.fixture
def alice(chain: RegtestChain) -> Iterator[Calendar]:
    with running_calendar(chain) as running:
        yield running


@pytest.fixture
def bob(chain: RegtestChain) -> Iterator[Calendar]:
    with running_calendar(chain) as running:
        yield running


def configure(w: World, *named: Calendar | str, needed: int = 0, allowed: tuple[str, ...] = ()) -> None:
    urls = tuple(c if isinstance(c, str) else c.url for c in named)
    w.with_context(
        timestamps=TimestampSources(calendars=urls, calendars_needed=needed or len(urls), allowed=(*urls, *allowed))
    )


def requested(w: World) -> StampRow:
    (row,) = stamps.request(w.ctx)
    return row


def advanced(w: World) -> StampRow:
    return stamps.advance(w.ctx, requested(w).id, w.clock())


def proof_of(row: StampRow) -> OtsProof:
    assert row.data is not None
    return OtsProof.from_bytes(row.data)


def note_of(w: World, size: int | None = None) -> bytes:
    with w.ctx.engine.connect() as connection:
        head = ledger.head(connection, ledger.log_of(connection, w.ctx.note_key).id, size)
    assert head is not None
    return SignedCheckpoint.from_text(head.note).to_text().encode()


def closed_port() -> str:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"


class TestRequest:
    def test_request_makes_one_row_for_the_newest_head_and_asks_nobody(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = requested(w)
        assert (row.kind, row.slot, row.status, row.data, row.next_at) == (STAMP_OTS, 1, STAMP_WANTED, None, w.clock())
        assert requested(w) == row
        assert alice.asked == []

    def test_request_makes_nothing_when_nobody_is_configured_or_nothing_is_sealed(
        self, w: World, tmp_path: Path, alice: Calendar
    ) -> None:
        assert stamps.request(w.ctx) == []
        with world(tmp_path / "empty") as empty:
            configure(empty, alice)
            assert stamps.request(empty.ctx) == []

    def test_request_makes_new_rows_for_a_newer_head_and_keeps_the_older(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        first = requested(w)
        w.put("b.txt")
        seal(w.ctx, "acme", [w.files])
        second = requested(w)
        assert second.size > first.size
        assert stamps.list_stamps(w.ctx) == [second, first]

    def test_the_table_refuses_a_second_row_of_a_head_kind_and_slot(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = requested(w)
        values = {name: getattr(row, name) for name in table.c.keys() if name not in ("id", "asked")}  # noqa: SIM118 (no mapping)
        with pytest.raises(IntegrityError, match=r"stamps\.slot"), w.ctx.engine.begin() as connection:
            connection.execute(sa.insert(table).values(**values))

    @pytest.mark.parametrize(
        "changes",
        [{"kind": STAMP_RFC3161}, {"status": STAMP_PENDING}, {"status": "obtained", "data": b"x"}, {"nonce": None}],
    )
    def test_the_table_refuses_a_state_that_is_none(
        self, w: World, alice: Calendar, changes: dict[str, object]
    ) -> None:
        configure(w, alice)
        requested(w)
        with pytest.raises(IntegrityError, match="CHECK"), w.ctx.engine.begin() as connection:
            connection.execute(sa.update(table).values(**changes))


class TestStates:
    def test_advance_leads_from_wanted_over_pending_to_upgraded(
        self, w: World, alice: Calendar, bob: Calendar, chain: RegtestChain
    ) -> None:
        configure(w, alice, bob)
        row = advanced(w)
        assert (row.status, row.error, row.attempts) == (STAMP_PENDING, None, 1)
        assert {a.uri for a in proof_of(row).attestations()} == {alice.url, bob.url}
        assert row.next_at is not None and row.next_at >= w.clock() + PENDING_SECONDS[0]

        waiting = advanced(w)  # nothing new: not a byte changes
        assert (waiting.status, waiting.data, waiting.error, waiting.attempts) == (STAMP_PENDING, row.data, None, 2)

        alice.mine()
        half = advanced(w)
        assert half.status == STAMP_UPGRADED and half.next_at is not None
        assert [a.uri for a in proof_of(half).awaited()] == [bob.url]

        bob.mine()
        done = advanced(w)
        assert (done.status, done.next_at, done.error) == (STAMP_UPGRADED, None, None)
        heights = {a.height for a in proof_of(done).attestations() if a.kind is Kind.BITCOIN}
        assert heights == {1, 2}
        headers = HeaderChain(b"".join(chain.headers), network=REGTEST)
        assert ots.judge(ots.check_proof(done.data or b"", note_of(w)), headers).height == 1
        seen = [len(alice.asked), len(bob.asked)]
        assert advanced(w) == done and [len(alice.asked), len(bob.asked)] == seen

    def test_what_is_stamped_is_the_signed_note_of_the_head_behind_a_nonce(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        proof = proof_of(advanced(w))
        assert proof.digest == hashlib.sha256(note_of(w)).digest()
        assert all(proof.digest.hex() not in path for _, path in alice.asked)

    def test_nothing_is_asked_of_calendars_that_are_not_listed(self, w: World, alice: Calendar, bob: Calendar) -> None:
        configure(w, alice)
        alice.url, address = bob.url, alice.url  # from now on its promises name another machine
        row = advanced(w)
        assert row.status == STAMP_PENDING
        assert bob.asked == [] and row.error is not None and "may be asked" in row.error
        configure(w, address, allowed=(bob.url,))
        assert advanced(w).error is None
        assert [method for method, _ in bob.asked] == ["GET"]  # the head was submitted to it already, as alice

    def test_a_calendar_that_was_down_is_asked_again_until_enough_have_answered(
        self, w: World, alice: Calendar, bob: Calendar
    ) -> None:
        configure(w, alice, bob)
        bob.mode = "error"
        row = advanced(w)
        assert row.status == STAMP_PENDING and row.error is not None and "status 500" in row.error
        bob.mode = "ok"
        after = advanced(w)
        assert after.error is None
        assert {a.uri for a in proof_of(after).attestations()} == {alice.url, bob.url}

    def test_a_pool_that_promises_under_another_name_is_submitted_to_once(self, w: World, alice: Calendar) -> None:
        pool, alice.url = alice.url, "http://member.of.the.pool.example"
        configure(w, pool, closed_port(), allowed=(alice.url,))
        first = advanced(w)
        assert first.asked == (pool,)
        for _ in range(5):
            w.clock.now += 86_400
            row = advanced(w)
        assert sum(method == "POST" for method, _ in alice.asked) == 1
        assert (row.data, row.attempts) == (first.data, 6)
        assert row.next_at is not None and row.next_at - w.clock() >= PENDING_SECONDS[1]

    def test_two_pools_that_lead_to_one_calendar_are_enough_for_two(
        self, w: World, alice: Calendar, bob: Calendar
    ) -> None:
        pools = (alice.url, bob.url)
        alice.url = bob.url = "http://the.same.example"
        configure(w, *pools, allowed=("http://the.same.example",))
        row = advanced(w)
        again = advanced(w)
        assert row.asked == again.asked == pools
        assert row.data == again.data
        for calendar in (alice, bob):
            assert sum(method == "POST" for method, _ in calendar.asked) == 1

    def test_an_answer_that_makes_the_proof_too_deep_takes_nothing_from_the_others(
        self, w: World, alice: Calendar, bob: Calendar
    ) -> None:
        configure(w, alice, bob)
        alice.mode = "deep"
        row = advanced(w)
        assert (row.status, row.asked) == (STAMP_PENDING, (bob.url,))
        assert {a.uri for a in proof_of(row).attestations()} == {bob.url}
        assert row.error is not None and "does not fit into the proof" in row.error

    @pytest.mark.parametrize("mode", ["error", "garbage", "refuse"])
    def test_a_calendar_that_goes_on_failing_holds_up_nothing_of_the_other(
        self, w: World, alice: Calendar, bob: Calendar, mode: str
    ) -> None:
        configure(w, alice, bob)
        bob.mode = mode
        assert advanced(w).status == STAMP_PENDING
        alice.mine()
        row = advanced(w)
        assert row.status == STAMP_UPGRADED and row.error is not None

    def test_a_calendar_that_was_down_is_left_alone_when_enough_have_answered(
        self, w: World, alice: Calendar, bob: Calendar
    ) -> None:
        configure(w, alice, bob, needed=1)
        bob.mode = "error"
        advanced(w)
        bob.mode, bob.asked = "ok", []
        advanced(w)
        assert bob.asked == []

    def test_a_calendar_that_was_down_is_asked_though_the_proof_names_a_block_already(
        self, w: World, alice: Calendar, bob: Calendar
    ) -> None:
        configure(w, alice, bob)
        bob.mode = "error"
        advanced(w)
        alice.mine()
        row = advanced(w)
        assert row.status == STAMP_UPGRADED and row.next_at is not None
        bob.mode = "ok"
        advanced(w)
        bob.mine()
        row = advanced(w)
        assert {a.height for a in proof_of(row).attestations() if a.height is not None} == {1, 2}
        assert row.next_at is None

    def test_a_row_stays_wanted_and_says_why_while_all_calendars_fail(self, w: World, alice: Calendar) -> None:
        alice.mode = "garbage"
        configure(w, alice, closed_port())
        for attempt in (1, 2, 3):
            row = advanced(w)
            assert (row.status, row.data, row.attempts) == (STAMP_WANTED, None, attempt)
            assert row.error is not None and "no time stamp" in row.error and "cannot be reached" in row.error
            assert row.next_at == w.clock() + pause(row.id, attempt, WANTED_SECONDS)
        alice.mode = "ok"
        assert advanced(w).status == STAMP_PENDING

    @pytest.mark.parametrize("mode", ["garbage", "oversize", "forgotten", "again", "trailing"])
    def test_a_calendar_that_misbehaves_later_changes_no_byte_and_the_other_completes_the_proof(
        self, w: World, alice: Calendar, bob: Calendar, mode: str
    ) -> None:
        configure(w, alice, bob)
        before = advanced(w)
        alice.mine()
        alice.mode = mode
        assert advanced(w).data == before.data
        bob.mine()
        after = advanced(w)
        assert after.status == STAMP_UPGRADED
        assert set(proof_of(before).attestations()) <= set(proof_of(after).attestations())

    @pytest.mark.parametrize("mode", ["wrong-root", "wrong-commitment"])
    def test_a_false_block_of_one_calendar_takes_nothing_from_the_other(
        self, w: World, alice: Calendar, bob: Calendar, chain: RegtestChain, mode: str
    ) -> None:
        configure(w, alice, bob)
        advanced(w)
        alice.mine()
        alice.mode = mode
        assert advanced(w).next_at is not None  # bob is still asked
        bob.mine()
        row = advanced(w)
        headers = HeaderChain(b"".join(chain.headers), network=REGTEST)
        confirmed = ots.judge(proof_of(row), headers)
        assert (confirmed.height, [a.height for a in confirmed.differing]) == (2, [1])

    def test_the_other_calendars_are_asked_for_thirty_days_and_not_longer(
        self, w: World, alice: Calendar, bob: Calendar
    ) -> None:
        configure(w, alice, bob)
        begun = advanced(w)
        alice.mine()
        w.clock.now = begun.created_at + ASK_SECONDS - 1
        assert advanced(w).next_at is not None
        w.clock.now += 1
        assert (advanced(w).status, advanced(w).next_at) == (STAMP_UPGRADED, None)

    def test_a_proof_that_names_no_block_is_asked_for_without_end(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        advanced(w)
        w.clock.now += 10 * ASK_SECONDS
        row = advanced(w)
        assert row.status == STAMP_PENDING and row.next_at is not None


class TestTime:
    def test_due_names_a_row_from_its_time_on(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = advanced(w)
        assert row.next_at is not None
        assert stamps.due(w.ctx, row.next_at - 1) == []
        assert stamps.due(w.ctx, row.next_at) == [row.id]
        assert stamps.unfinished(w.ctx) == [row.id]

    def test_a_time_of_a_clock_that_was_set_back_is_due_now(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = requested(w)
        longest = PENDING_SECONDS[1] * 5 // 4
        for off, ids in ((longest, []), (longest + 1, [row.id])):
            with w.ctx.engine.begin() as connection:
                connection.execute(sa.update(table).values(next_at=w.clock() + off))
            assert stamps.due(w.ctx, w.clock()) == ids

    def test_a_proof_that_nobody_is_configured_for_any_more_says_so(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = requested(w)
        w.with_context(timestamps=None)
        row = stamps.advance(w.ctx, row.id, w.clock())
        assert (row.status, row.error) == (STAMP_WANTED, "no calendar is configured")

    def test_what_cannot_be_read_waits_longer_each_time(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = requested(w)
        for attempts in (1, 2, 3):
            stamps.postpone(w.ctx, row.id, "no checkpoint was signed there", w.clock())
            after = stamps.get(w.ctx, row.id)
            assert (after.attempts, after.error) == (attempts, "no checkpoint was signed there")
            assert after.next_at == w.clock() + pause(row.id, attempts, WANTED_SECONDS)
        assert stamps.due(w.ctx, w.clock()) == []
        stamps.postpone(w.ctx, 7, "no such row", w.clock())

    def test_what_is_finished_is_not_postponed(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        advanced(w)
        alice.mine()
        row = advanced(w)
        assert row.next_at is None
        stamps.postpone(w.ctx, row.id, "too late", w.clock())
        assert stamps.get(w.ctx, row.id) == row

    def test_pause_doubles_up_to_its_longest_and_spreads_by_a_quarter(self) -> None:
        first, longest = WANTED_SECONDS
        plain = [min(longest, first * 2**k) for k in range(30)]
        for stamp_id in (1, 2, 3):
            found = [pause(stamp_id, k + 1, WANTED_SECONDS) for k in range(30)]
            assert all(low <= value < low + low // 4 + 1 for low, value in zip(plain, found, strict=True))
        assert len({pause(stamp_id, 9, WANTED_SECONDS) for stamp_id in range(50)}) > 40

    def test_upgrade_asks_for_all_heads_whether_due_or_not(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        for name in ("b.txt", "c.txt", "d.txt"):
            advanced(w)
            w.put(name)
            seal(w.ctx, "acme", [w.files])
        advanced(w)
        alice.mine()
        assert stamps.due(w.ctx, w.clock()) == []
        assert [row.status for row in advance_all(w.ctx, w.clock())] == [STAMP_UPGRADED] * 4
        assert stamps.unfinished(w.ctx) == []
        with w.ctx.engine.connect() as connection:
            sizes = stamps.stamped_sizes(connection, ledger.log_of(connection, w.ctx.note_key).id)
        assert sizes == sorted(row.size for row in stamps.list_stamps(w.ctx))

    def test_advance_of_an_unknown_row_says_so(self, w: World) -> None:
        with pytest.raises(StampUnknown, match="no time stamp 7"):
            stamps.advance(w.ctx, 7, w.clock())


class TestAtOnce:
    def test_two_that_ask_at_once_lose_no_attestation_of_either(self, w: World, alice: Calendar, bob: Calendar) -> None:
        """Each of them reaches one calendar only; the row ends with both."""
        row_id = requested_of_both(w, alice, bob)
        contexts = []
        for one in (alice, bob):
            configure(w, one)
            contexts.append(w.ctx)
        for _ in range(2):  # to the promises, then to the blocks
            ready = threading.Barrier(2)

            def ask(place: int, ready: threading.Barrier = ready) -> None:
                ready.wait()
                stamps.advance(contexts[place], row_id, w.clock())

            threads = [threading.Thread(target=ask, args=(place,)) for place in (0, 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            alice.mine()
            bob.mine()
        found = proof_of(stamps.get(w.ctx, row_id)).attestations()
        assert {a.uri for a in found if a.uri} == {alice.url, bob.url}
        assert {a.height for a in found if a.height is not None} == {1, 2}

    def test_what_came_late_is_added_to_what_another_wrote_meanwhile(
        self, w: World, alice: Calendar, bob: Calendar, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row_id = requested_of_both(w, alice, bob)
        configure(w, alice)
        mine = w.ctx
        configure(w, bob)
        theirs = w.ctx
        ask = calendars.upgrade

        def late(proof: OtsProof, allowed: tuple[str, ...]) -> calendars.Upgrade:
            monkeypatch.setattr(calendars, "upgrade", ask)
            stamps.advance(theirs, row_id, w.clock())  # another process, between our question and our writing
            return ask(proof, allowed)

        monkeypatch.setattr(calendars, "upgrade", late)
        row = stamps.advance(mine, row_id, w.clock())
        assert {a.uri for a in proof_of(row).attestations()} == {alice.url, bob.url}


def requested_of_both(w: World, alice: Calendar, bob: Calendar) -> int:
    configure(w, alice, bob)
    return requested(w).id


class TestReceipts:
    def test_anchors_of_shows_what_there_is_byte_for_byte(self, w: World, alice: Calendar) -> None:
        configure(w, alice)
        row = requested(w)

        def shown() -> list[TimestampAnchor | OtsAnchor]:
            with w.ctx.engine.connect() as connection:
                return stamps.anchors_of(connection, row.log_id, row.size)

        assert shown() == []
        row = advanced(w)
        assert shown() == [OtsAnchor(row.data or b"")]

    def test_sealing_goes_on_while_nobody_answers(self, w: World) -> None:
        configure(w, closed_port())
        row = advanced(w)
        assert row.status == STAMP_WANTED
        w.put("b.txt")
        assert seal(w.ctx, "acme", [w.files]).head.size > row.size
        assert receipt_for(w.ctx, 1).anchors == ()
