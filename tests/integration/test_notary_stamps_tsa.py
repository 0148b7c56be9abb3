"""Time stamps of heads by RFC 3161 authorities: real ones on loopback, which behave well or badly."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from sqlalchemy.exc import IntegrityError
from support.calendar import RegtestChain, running_calendar
from support.notaryworld import World, world
from support.stamping import advance_all
from support.tsa import Running, handmade_tsa, openssl_tsa, openssl_verifies
from support.tsa_chain import LEAF, YEAR, Chain, Shape, chain, crl

from notary.log import ledger
from notary.proofs.receipt import OtsAnchor, TimestampAnchor
from notary.proofs.receipts import receipt_for
from notary.sealing.seal import seal
from notary.store import STAMP_OBTAINED, STAMP_PENDING, STAMP_WANTED
from notary.store import stamps as table
from notary.timestamps import stamps, tsp
from notary.timestamps.stamp_rows import StampRow
from notary.timestamps.stamp_sources import Authority, TimestampSources
from notary.timestamps.stamps import WANTED_SECONDS, pause
from notary.verdicts.trust import Trust, TrustedHeader
from notary.verdicts.verdict import Status
from notary.verdicts.verify import DocumentDigests, verify_bytes

GOOD = chain()
STRANGER = chain(title="Stranger")


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put("a.txt")
        seal(made.ctx, "acme", [made.files])
        yield made


@pytest.fixture
def servers(w: World) -> Iterator[list[Running]]:
    """Three good authorities."""
    with ExitStack() as stack:
        yield [stack.enter_context(handmade_tsa(GOOD, w.clock)) for _ in range(3)]


def authority(running: Running, name: str, made: Chain = GOOD, **changes: object) -> Authority:
    values: dict[str, object] = {"root": made.root.der, **changes}
    return Authority(name, running.url, **values)  # type: ignore[arg-type]  # the test names the fields


def configure(w: World, authorities: Sequence[Authority], tokens: int = 1, calendars: tuple[str, ...] = ()) -> None:
    w.with_context(
        timestamps=TimestampSources(
            tuple(authorities), tokens, calendars, calendars_needed=len(calendars), allowed=calendars
        )
    )


def configure_three(w: World, servers: list[Running], tokens: int = 1) -> None:
    configure(w, [authority(server, f"tsa{i}") for i, server in enumerate(servers, 1)], tokens)


def advanced(w: World) -> StampRow:
    (row,) = stamps.request(w.ctx)
    return stamps.advance(w.ctx, row.id, w.clock())


def note_of(w: World) -> bytes:
    with w.ctx.engine.connect() as connection:
        head = ledger.head(connection, ledger.log_of(connection, w.ctx.note_key).id)
    assert head is not None
    return head.note.encode()


def assert_proves(w: World, row: StampRow, made: Chain = GOOD) -> None:
    assert row.status == STAMP_OBTAINED and row.data is not None and row.next_at is None
    token = tsp.read_token(row.data)
    signer = tsp.check_token(token, note_of(w), made.certificates)
    tsp.judge_token(token, signer, made.trusted())
    assert token.gen_time == w.clock()


class TestFailover:
    def test_the_first_authority_is_asked_and_no_other_when_it_answers(self, w: World, servers: list[Running]) -> None:
        configure_three(w, servers)
        row = advanced(w)
        assert (row.authority, row.error) == ("tsa1", None)
        assert_proves(w, row)
        assert [len(server.asked) for server in servers] == [1, 0, 0]
        assert stamps.advance(w.ctx, row.id, w.clock()) == row
        assert [len(server.asked) for server in servers] == [1, 0, 0]

    def test_the_third_gives_the_token_when_the_first_is_down_and_the_second_answers_garbage(
        self, w: World, servers: list[Running]
    ) -> None:
        servers[0].behaviour, servers[1].behaviour = "drop", "garbage"
        configure_three(w, servers)
        row = advanced(w)
        assert row.authority == "tsa3" and row.error is not None
        assert "tsa1" in row.error and "tsa2" in row.error
        assert_proves(w, row)

    @pytest.mark.parametrize(
        "behaviour",
        [
            "wrong-nonce",
            "no-nonce",
            "wrong-imprint",
            "bit-flip",
            "truncated",
            "rejection",
            "redirect",
            "error",
            "empty",
            "huge",
            "no-certificates",
        ],
    )
    def test_a_bad_answer_is_not_kept_and_the_next_authority_is_asked(
        self, w: World, servers: list[Running], behaviour: str
    ) -> None:
        servers[0].behaviour = behaviour
        configure_three(w, servers)
        row = advanced(w)
        assert row.authority == "tsa2"
        assert_proves(w, row)

    @pytest.mark.parametrize("behaviour", ["wrong-nonce", "wrong-imprint", "garbage"])
    def test_the_row_stays_wanted_with_the_error_and_a_later_time_when_all_fail(
        self, w: World, servers: list[Running], behaviour: str
    ) -> None:
        for server in servers:
            server.behaviour = behaviour
        configure_three(w, servers)
        for attempt in (1, 2):
            row = advanced(w)
            assert (row.status, row.data, row.authority, row.attempts) == (STAMP_WANTED, None, None, attempt)
            assert row.error is not None and all(name in row.error for name in ("tsa1", "tsa2", "tsa3"))
            assert row.next_at == w.clock() + pause(row.id, attempt, WANTED_SECONDS)
        servers[2].behaviour = "honest"
        assert_proves(w, advanced(w))

    def test_an_authority_whose_files_are_missing_is_named_when_nobody_else_is_left(self, w: World) -> None:
        w.with_context(timestamps=TimestampSources(unusable=("tsa1 cannot be used: no root",)))
        assert stamps.request(w.ctx) == []  # nobody to ask: nothing is wanted yet
        configure(w, [Authority("tsa1", "http://127.0.0.1:9")])
        (row,) = stamps.request(w.ctx)
        w.with_context(timestamps=TimestampSources(unusable=("tsa1 cannot be used: no root",)))
        assert "no root" in (stamps.advance(w.ctx, row.id, w.clock()).error or "")


class TestCertificates:
    def refused_then_elsewhere(self, w: World, bad: Chain, **changes: object) -> StampRow:
        with handmade_tsa(bad, w.clock) as first, handmade_tsa(GOOD, w.clock) as second:
            configure(w, [authority(first, "bad", bad, **changes), authority(second, "good")])
            row = advanced(w)
        assert row.authority == "good" and row.error is not None
        assert_proves(w, row)
        return row

    def test_a_token_of_an_expired_certificate_is_refused(self, w: World) -> None:
        now = w.clock()
        expired = chain(title="Expired", leaf=Shape(begins=now - YEAR, ends=now - 1, eku=LEAF.eku))
        assert "expired" in (self.refused_then_elsewhere(w, expired).error or "")

    def test_a_token_of_a_certificate_that_ends_now_is_taken(self, w: World) -> None:
        now = w.clock()
        last = chain(title="Last", leaf=Shape(begins=now - YEAR, ends=now, eku=LEAF.eku))
        with handmade_tsa(last, w.clock) as running:
            configure(w, [authority(running, "last", last)])
            assert_proves(w, advanced(w), last)

    def test_a_token_of_a_revoked_certificate_is_refused(self, w: World) -> None:
        revoked = chain(title="Revoked")
        when = w.clock() - 1000
        listed = crl(revoked.between[-1], [(revoked.leaf, when, x509.ReasonFlags.key_compromise)])
        assert "revoked" in (self.refused_then_elsewhere(w, revoked, crls=(listed,)).error or "")

    def test_a_token_of_another_root_than_the_configured_one_is_refused(self, w: World) -> None:
        assert "untrusted" in (self.refused_then_elsewhere(w, STRANGER, root=GOOD.root.der).error or "")

    def test_a_token_is_taken_without_a_root_if_it_proves_itself(self, w: World) -> None:
        with handmade_tsa(STRANGER, w.clock) as running:
            configure(w, [authority(running, "stranger", root=None)])
            row = advanced(w)
        assert row.status == STAMP_OBTAINED
        tsp.check_token(tsp.read_token(row.data or b""), note_of(w))

    def test_openssl_gives_a_token_and_openssl_verifies_it_over_the_note(self, w: World, tmp_path: Path) -> None:
        w.clock.now = int(time.time())
        with openssl_tsa(GOOD, tmp_path / "tsa") as running:
            configure(w, [authority(running, "openssl", hash="sha512")])
            row = advanced(w)
        assert row.status == STAMP_OBTAINED and row.data is not None
        untrusted = [one.der for one in GOOD.between]
        assert openssl_verifies(row.data, note_of(w), GOOD.root.der, tmp_path / "check", untrusted=untrusted, at=None)
        assert not openssl_verifies(
            row.data, note_of(w) + b"\n", GOOD.root.der, tmp_path / "check", untrusted=untrusted, at=None
        )


class TestSeveral:
    def test_each_token_of_a_head_is_of_another_authority(self, w: World, servers: list[Running]) -> None:
        configure_three(w, servers, tokens=3)
        rows = stamps.request(w.ctx)
        assert [row.slot for row in rows] == [1, 2, 3]
        done = [stamps.advance(w.ctx, row.id, w.clock()) for row in rows]
        assert sorted(row.authority or "" for row in done) == ["tsa1", "tsa2", "tsa3"]
        for row in done:
            assert_proves(w, row)

    def test_the_last_token_stays_wanted_while_only_authorities_that_gave_one_are_left(
        self, w: World, servers: list[Running]
    ) -> None:
        servers[1].behaviour = "error"
        configure_three(w, servers, tokens=3)
        done = [stamps.advance(w.ctx, row.id, w.clock()) for row in stamps.request(w.ctx)]
        assert sorted(row.authority or "" for row in done) == ["", "tsa1", "tsa3"]
        servers[1].behaviour = "honest"
        again = advance_all(w.ctx, w.clock())
        assert [row.authority for row in again] == ["tsa2"]

    def test_more_tokens_are_wanted_of_the_same_head_when_more_are_configured(
        self, w: World, servers: list[Running]
    ) -> None:
        configure_three(w, servers)
        first = advanced(w)
        configure_three(w, servers, tokens=2)
        rows = stamps.request(w.ctx)
        assert rows[0] == first and [row.slot for row in rows] == [1, 2]
        assert stamps.advance(w.ctx, rows[1].id, w.clock()).authority == "tsa2"

    def test_the_table_refuses_two_tokens_of_one_authority_for_a_head(self, w: World, servers: list[Running]) -> None:
        configure_three(w, servers, tokens=2)
        first, second = (stamps.advance(w.ctx, row.id, w.clock()) for row in stamps.request(w.ctx))
        assert first.authority != second.authority
        with pytest.raises(IntegrityError), w.ctx.engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == second.id).values(authority=first.authority))

    def test_many_at_once_end_with_one_token_for_each_slot_and_no_authority_twice(
        self, w: World, servers: list[Running]
    ) -> None:
        configure_three(w, servers, tokens=3)
        ready, failed = threading.Barrier(6), []

        def work() -> None:
            ready.wait()
            try:
                for row in stamps.request(w.ctx):
                    stamps.advance(w.ctx, row.id, w.clock())
            except BaseException as exc:
                failed.append(exc)
                raise

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        advance_all(w.ctx, w.clock())  # a slot that lost the race for an authority
        rows = stamps.list_stamps(w.ctx)
        assert sorted(row.authority or "" for row in rows) == ["tsa1", "tsa2", "tsa3"]
        for row in rows:
            assert_proves(w, row)


class TestBoth:
    def test_a_calendar_that_is_down_holds_up_no_token_and_the_other_way_round(
        self, w: World, servers: list[Running]
    ) -> None:
        with running_calendar(mode="error") as calendar:
            configure(w, [authority(servers[0], "tsa1")], calendars=(calendar.url,))
            token, proof = (stamps.advance(w.ctx, row.id, w.clock()) for row in stamps.request(w.ctx))
            assert (token.status, proof.status) == (STAMP_OBTAINED, STAMP_WANTED)
            calendar.mode, servers[0].behaviour = "ok", "error"
            w.put("b.txt")
            seal(w.ctx, "acme", [w.files])
            token, proof = (stamps.advance(w.ctx, row.id, w.clock()) for row in stamps.request(w.ctx))
            assert (token.status, proof.status) == (STAMP_WANTED, STAMP_PENDING)

    def test_anchors_of_shows_the_tokens_and_then_the_proof(self, w: World, servers: list[Running]) -> None:
        with running_calendar() as calendar:
            configure(w, [authority(servers[0], "tsa1")], calendars=(calendar.url,))
            token, proof = (stamps.advance(w.ctx, row.id, w.clock()) for row in stamps.request(w.ctx))
        with w.ctx.engine.connect() as connection:
            shown = stamps.anchors_of(connection, token.log_id, token.size)
        assert shown == [TimestampAnchor(token.data or b""), OtsAnchor(proof.data or b"")]

    def test_receipts_with_both_are_verified_offline_by_either_side_that_is_known(
        self, w: World, servers: list[Running]
    ) -> None:
        with running_calendar(RegtestChain(block_seconds=w.clock() - 1_296_688_602 + 7200)) as calendar:
            configure(w, [authority(servers[0], "tsa1")], calendars=(calendar.url,))
            for row in stamps.request(w.ctx):
                stamps.advance(w.ctx, row.id, w.clock())
            pending = receipt_for(w.ctx, 1).to_bytes()
            height = calendar.mine()
            advance_all(w.ctx, w.clock())
            complete = receipt_for(w.ctx, 1).to_bytes()
            header = TrustedHeader(height, calendar.chain.headers[height], regtest=True)
        document = document_of(b"evidence")
        root, bitcoin = Trust(authorities=(GOOD.trusted(),)), Trust(bitcoin=(header,))

        for receipt in (pending, complete):
            verdict = verify_bytes(receipt, document, root)
            assert verdict.status is Status.PASSED
            assert verdict.interval is not None and verdict.interval.not_after is not None
            assert 0 <= verdict.interval.not_after - w.clock() <= 1
            assert verify_bytes(receipt, document).status is Status.INDETERMINATE
            other = verify_bytes(receipt, document, Trust(authorities=(STRANGER.trusted(),)))
            assert other.status is Status.INDETERMINATE
        assert verify_bytes(pending, document, bitcoin).status is Status.INDETERMINATE  # nothing pending is proven
        proven = verify_bytes(complete, document, bitcoin)
        assert proven.status is Status.PASSED
        assert proven.interval is not None and proven.interval.not_after == w.clock() + 7200


def document_of(data: bytes) -> DocumentDigests:
    return DocumentDigests(len(data), {"sha256": hashlib.sha256(data).digest()})
