"""OpenTimestamps from stamping to a confirmed block, with real calendars on loopback, good and bad ones."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.calendar import Calendar, RegtestChain, running_calendar
from support.ots_bytes import at_height, file, fork, pending, strange

from notary.errors import OtsInvalid, OtsUnconfirmed
from notary.service_errors import CalendarNotConfigured, CalendarRefused, CalendarUnavailable
from notary.timestamps import calendars, ots
from notary.timestamps.bitcoin import REGTEST, HeaderChain
from notary.timestamps.calendars import State
from notary.timestamps.header_file import HeaderFile
from notary.timestamps.ots import Kind, OtsProof

DOCUMENT = b"a signed note"
DIGEST = hashlib.sha256(DOCUMENT).digest()
SOON = 0.4  # seconds that a test waits for a calendar that says nothing


@pytest.fixture
def chain() -> RegtestChain:
    return RegtestChain()


@pytest.fixture
def three(chain: RegtestChain) -> Iterator[list[Calendar]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running_calendar(chain)) for _ in range(3)]


@pytest.fixture
def calendar(chain: RegtestChain) -> Iterator[Calendar]:
    with running_calendar(chain) as running:
        yield running


def urls(running: list[Calendar]) -> list[str]:
    return [one.url for one in running]


def stamped(running: list[Calendar], needed: int = 1) -> OtsProof:
    proof, commitment = ots.stamp(DIGEST, os.urandom(16))
    for answer in calendars.submit(commitment, urls(running), needed, timeout_seconds=SOON).answers:
        proof = ots.graft(proof, commitment, answer.tree)
    return proof


def headers_of(chain: RegtestChain) -> HeaderChain:
    return HeaderChain(b"".join(chain.headers), 0, REGTEST)


class TestSubmit:
    def test_every_calendar_gets_the_commitment_and_promises(self, three: list[Calendar]) -> None:
        proof = stamped(three, needed=3)
        assert {a.uri for a in proof.awaited()} == set(urls(three))
        assert all(len(a.message) == 44 for a in proof.awaited())  # time, digest and code of the calendar
        assert [one.asked for one in three] == [[("POST", "/digest")]] * 3
        with pytest.raises(OtsUnconfirmed) as caught:
            ots.judge(ots.check_proof(proof.to_bytes(), DOCUMENT), HeaderChain(RegtestChain().headers[0], 0, REGTEST))
        assert caught.value.reason == ots.OTS_PENDING

    def test_an_answer_says_where_the_rest_is_to_be_asked_for(self, calendar: Calendar) -> None:
        (answer,) = calendars.submit(DIGEST, [calendar.url + "/"]).answers
        assert answer.calendar == calendar.url and answer.promises == (calendar.url,)

    def test_two_of_three_are_enough_where_two_are_needed(self, three: list[Calendar]) -> None:
        three[1].mode = "error"
        given = calendars.submit(DIGEST, urls(three), 2)
        assert [answer.calendar for answer in given.answers] == [three[0].url, three[2].url]
        (failure,) = given.failures
        assert failure.calendar == three[1].url and failure.error.code == "notary.calendar-unavailable"

    def test_one_of_three_is_refused_where_two_are_needed_and_all_reasons_are_told(self, three: list[Calendar]) -> None:
        three[0].mode, three[2].mode = "garbage", "refuse"
        with pytest.raises(CalendarUnavailable) as caught:
            calendars.submit(DIGEST, urls(three), 2)
        text = str(caught.value)
        assert "2 of 2" in text and "no time stamp" in text and "status 403: go away" in text
        assert len(calendars.submit(DIGEST, urls(three), 0).answers) == 1

    @pytest.mark.parametrize(
        ("mode", "error", "text"),
        [
            ("garbage", CalendarRefused, "operation 0x3c at byte 0 is unknown"),
            ("empty", CalendarRefused, "cut off"),
            ("trailing", CalendarRefused, "1 bytes are left over"),
            ("oversize", CalendarRefused, "more than 10000 bytes"),
            ("endless", CalendarRefused, "more than 10000 bytes"),
            ("refuse", CalendarRefused, "status 403: go away"),
            ("redirect", CalendarRefused, "status 307"),
            ("compressed", CalendarRefused, "compressed"),
            ("error", CalendarUnavailable, "status 500: out of fees"),
            ("broken", CalendarUnavailable, "broke the connection off"),
            ("slow", CalendarUnavailable, "no answer within 0.4 s"),
            ("trickle", CalendarUnavailable, "no answer within 0.4 s"),
        ],
    )
    def test_a_calendar_that_misbehaves_is_an_error_within_its_time(
        self, calendar: Calendar, mode: str, error: type[Exception], text: str
    ) -> None:
        calendar.mode = mode
        begin = time.monotonic()
        with pytest.raises(error) as caught:
            calendars.submit(DIGEST, [calendar.url], timeout_seconds=SOON)
        assert text in str(caught.value) and calendar.url in str(caught.value)
        assert time.monotonic() - begin < SOON + 2
        assert len(calendar.asked) == 1  # no second try, and no following

    def test_slow_calendars_are_waited_for_together(self, three: list[Calendar]) -> None:
        for one in three:
            one.mode = "slow"
        begin = time.monotonic()
        assert len(calendars.submit(DIGEST, urls(three), 0, timeout_seconds=SOON).failures) == 3
        assert time.monotonic() - begin < 2 * SOON + 1

    def test_a_port_where_nobody_listens_is_unavailable(self) -> None:
        with pytest.raises(CalendarUnavailable, match="cannot be reached: ConnectError"):
            calendars.submit(DIGEST, ["http://127.0.0.1:9"])

    def test_a_calendars_words_are_shown_in_one_line_without_control_characters(self, calendar: Calendar) -> None:
        calendar.mode = "error"
        with pytest.raises(CalendarUnavailable) as caught:
            calendars.submit(DIGEST, [calendar.url])
        assert str(caught.value).isprintable()
        assert calendars.plain(b"a" * 1000) == "a" * 160
        assert calendars.plain(b"\xff\r\nok\x1b[0m") == "ok__0m"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "a.example",
            "ftp://a.example",
            "http://",
            "http://a:99999",
            "http://u:p@a.example",
            "http://a/?q",
            "http://a/#f",
        ],
    )
    def test_an_address_that_cannot_be_a_calendars_is_refused(self, url: str) -> None:
        with pytest.raises(CalendarNotConfigured) as caught:
            calendars.submit(DIGEST, [url])
        assert "u:p" not in str(caught.value)

    def test_more_needed_than_named_none_named_and_too_many_are_refused(self, calendar: Calendar) -> None:
        for many, needed in (([calendar.url], 2), ([], 0), ([calendar.url], -1), ([calendar.url] * 33, 1)):
            with pytest.raises(CalendarNotConfigured):
                calendars.submit(DIGEST, many, needed)
        with pytest.raises(ValueError, match="1 to 64 bytes, not 65"):
            calendars.submit(bytes(65), [calendar.url])
        assert calendars.submit(bytes(64), [calendar.url]).answers and len(calendar.asked) == 1


class TestUpgrade:
    def test_from_stamping_to_a_confirmed_block(self, chain: RegtestChain, calendar: Calendar, tmp_path: Path) -> None:
        proof = stamped([calendar])
        early = calendars.upgrade(proof, [calendar.url])
        assert early.proof is proof and not early.changed
        assert [(o.state, o.reason) for o in early.outcomes] == [
            (State.WAITING, "Pending confirmation in Bitcoin blockchain")
        ]
        height = calendar.mine()
        late = calendars.upgrade(proof, [calendar.url])
        assert late.changed and [o.state for o in late.outcomes] == [State.UPGRADED]
        read = ots.check_proof(late.proof.to_bytes(), DOCUMENT)
        confirmed = ots.judge(read, HeaderFile(chain.write(tmp_path / "headers"), 0, REGTEST))
        block = chain.headers[height]
        assert (confirmed.height, confirmed.time) == (height, int.from_bytes(block[68:72], "little"))

    def test_all_calendars_are_asked_and_each_block_is_kept(self, chain: RegtestChain, three: list[Calendar]) -> None:
        """opentimestamps-client stops at the first block (#27, #28, #156)."""
        proof = stamped(three)
        for one in (three[2], three[0]):
            one.mine()
        half = calendars.upgrade(proof, urls(three))
        assert sorted(o.state for o in half.outcomes) == [State.UPGRADED, State.UPGRADED, State.WAITING]
        three[1].mine()
        whole = calendars.upgrade(half.proof, urls(three))
        assert [o.calendar for o in whole.outcomes] == [three[1].url]  # the others are not asked again
        found = whole.proof.attestations()
        assert sorted(a.height or 0 for a in found if a.kind is Kind.BITCOIN) == [1, 2, 3]
        assert {a.uri for a in found if a.kind is Kind.PENDING} == set(urls(three))
        assert ots.judge(whole.proof, headers_of(chain)).height == 1
        again = calendars.upgrade(whole.proof, urls(three))
        assert again.proof is whole.proof and again.outcomes == ()

    def test_many_documents_are_confirmed_by_one_commitment(self, chain: RegtestChain, calendar: Calendar) -> None:
        documents = [b"%d" % i for i in range(5)]
        digests = [hashlib.sha256(document).digest() for document in documents]
        proofs, commitment = ots.many(digests, [os.urandom(16) for _ in digests])
        (answer,) = calendars.submit(commitment, [calendar.url]).answers
        calendar.mine()
        for document, proof in zip(documents, proofs, strict=True):
            grown = calendars.upgrade(ots.graft(proof, commitment, answer.tree), [calendar.url]).proof
            assert ots.judge(ots.check_proof(grown.to_bytes(), document), headers_of(chain)).height == 1
        assert len(calendar.asked) == 6

    def test_a_calendar_with_many_others_documents_confirms_each(self, chain: RegtestChain, calendar: Calendar) -> None:
        proofs = [stamped([calendar]) for _ in range(5)]
        calendar.mine()
        for proof in proofs:
            assert ots.judge(calendars.upgrade(proof, [calendar.url]).proof, headers_of(chain)).height == 1

    def test_an_address_in_a_proof_that_is_not_configured_is_never_connected_to(
        self, calendar: Calendar, three: list[Calendar]
    ) -> None:
        proof = stamped([calendar, *three[:1]])
        calendar.mine()
        asked = len(calendar.asked)
        given = calendars.upgrade(proof, [three[0].url])
        states = {o.calendar: o.state for o in given.outcomes}
        assert states == {calendar.url: State.UNLISTED, three[0].url: State.WAITING}
        assert len(calendar.asked) == asked and given.proof is proof

    @pytest.mark.parametrize("uri", ["{}.evil.example", "{}/x", "http://evil.example/{}", "{}:1", "a{}", "https{}"])
    def test_an_address_that_only_looks_like_a_configured_one_is_not_asked(self, calendar: Calendar, uri: str) -> None:
        given = calendars.upgrade(OtsProof.from_bytes(file(pending(uri.format(calendar.url)))), [calendar.url])
        assert [o.state for o in given.outcomes] == [State.UNLISTED] and calendar.asked == []

    def test_a_calendar_that_forgot_is_told_from_one_that_is_not_ready(self, calendar: Calendar) -> None:
        proof = stamped([calendar])
        calendar.mode = "forgotten"
        (outcome,) = calendars.upgrade(proof, [calendar.url]).outcomes
        assert (outcome.state, outcome.reason) == (State.NOT_FOUND, "Commitment not found")

    def test_a_promise_of_another_commitment_is_found_out_when_it_is_asked_for(self, calendar: Calendar) -> None:
        """Any path fits any digest: that a calendar took another one shows when it does not know ours."""
        calendar.mode = "wrong-commitment"
        proof = stamped([calendar])
        calendar.mode = "ok"
        calendar.mine()
        (outcome,) = calendars.upgrade(proof, [calendar.url]).outcomes
        assert outcome.state is State.NOT_FOUND

    @pytest.mark.parametrize(
        ("mode", "state", "text"),
        [
            ("garbage", State.FAILED, "no time stamp"),
            ("empty", State.FAILED, "cut off"),
            ("trailing", State.FAILED, "left over"),
            ("oversize", State.FAILED, "more than 10000 bytes"),
            ("endless", State.FAILED, "more than 10000 bytes"),
            ("refuse", State.FAILED, "status 403"),
            ("redirect", State.FAILED, "status 307"),
            ("compressed", State.FAILED, "compressed"),
            ("error", State.FAILED, "status 500"),
            ("broken", State.FAILED, "broke the connection off"),
            ("slow", State.FAILED, "no answer within"),
            ("trickle", State.FAILED, "no answer within"),
            ("again", State.WAITING, "only promises again"),
        ],
    )
    def test_a_bad_answer_leaves_the_proof_as_it_was_and_the_good_ones_count(
        self, chain: RegtestChain, three: list[Calendar], mode: str, state: State, text: str
    ) -> None:
        proof = stamped(three[:2])
        for one in three[:2]:
            one.mine()
        three[0].mode = mode
        given = calendars.upgrade(proof, urls(three), timeout_seconds=SOON)
        found = {o.calendar: o for o in given.outcomes}
        assert found[three[0].url].state is state and text in found[three[0].url].reason
        assert found[three[1].url].state is State.UPGRADED
        assert ots.judge(given.proof, headers_of(chain)).height == 2
        three[0].mode = "ok"
        mended = calendars.upgrade(given.proof, urls(three))
        assert ots.judge(mended.proof, headers_of(chain)).height == 1

    @pytest.mark.parametrize("mode", ["wrong-root", "wrong-commitment"])
    def test_a_block_with_another_root_proves_nothing_and_spoils_nothing(
        self, chain: RegtestChain, three: list[Calendar], mode: str
    ) -> None:
        proof = stamped(three[:2])
        for one in three[:2]:
            one.mine()
        three[0].mode = mode
        alone = calendars.upgrade(proof, [three[0].url]).proof
        with pytest.raises(OtsInvalid) as caught:
            ots.judge(alone, headers_of(chain))
        assert caught.value.reason == ots.ROOT_DIFFERS
        both = calendars.upgrade(alone, urls(three)).proof
        confirmed = ots.judge(both, headers_of(chain))
        assert confirmed.height == 2 and [a.height for a in confirmed.differing] == [1]

    def test_blocks_that_were_reorganised_away_are_contradicted(self, chain: RegtestChain, calendar: Calendar) -> None:
        proof = stamped([calendar])
        calendar.mine()
        grown = calendars.upgrade(proof, [calendar.url]).proof
        del chain.headers[1]
        chain.add(os.urandom(32))
        with pytest.raises(OtsInvalid) as caught:
            ots.judge(grown, headers_of(chain))
        assert caught.value.reason == ots.ROOT_DIFFERS

    def test_unknown_attestations_survive_stamping_and_upgrading(self, chain: RegtestChain, calendar: Calendar) -> None:
        (answer,) = calendars.submit(DIGEST, [calendar.url]).answers
        proof = OtsProof.from_bytes(file(fork(strange(b"keep me"), at_height(900_000)), DIGEST))
        proof = ots.graft(proof, DIGEST, answer.tree)
        calendar.mine()
        grown = calendars.upgrade(proof, [calendar.url]).proof
        assert [a.payload for a in grown.attestations() if a.kind is Kind.UNKNOWN] == [b"keep me"]
        confirmed = ots.judge(grown, headers_of(chain))
        assert confirmed.height == 1 and confirmed.differing == ()

    def test_a_hostile_proof_cannot_make_us_ask_without_end(self, calendar: Calendar) -> None:
        promises = [b"\xf0\x02" + i.to_bytes(2, "big") + pending(calendar.url) for i in range(100)]
        given = calendars.upgrade(OtsProof.from_bytes(file(fork(*promises))), [calendar.url])
        states = [o.state for o in given.outcomes]
        assert (states.count(State.NOT_FOUND), states.count(State.FAILED), len(calendar.asked)) == (64, 36, 64)
        long = OtsProof.from_bytes(file(b"\xf0\x21" + bytes(33) + pending(calendar.url)))
        (outcome,) = calendars.upgrade(long, [calendar.url]).outcomes
        assert outcome.state is State.FAILED and len(calendar.asked) == 64
