"""The adapter to OpenTimestamps calendars.

    POST /digest           the commitment's bytes          200: a tree of it that ends in a promise (an address)
    GET  /timestamp/<hex>  a message that was promised     200: a tree of it that ends in a Bitcoin block
                                                           404: not yet, or not known; the text says which

All calendars are asked at once, each within a time limit for everything it says. What they answer is recomputed before
it is believed (notary/timestamps/ots.py). Addresses inside a proof are never connected to: they are only compared with
those of the configuration, so that a proof from outside cannot make us call a machine of its choice. Redirects are not
followed and proxies of the environment not used, for the same reason.
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from notary.errors import NotaryError, OtsInvalid
from notary.service_errors import CalendarNotConfigured, CalendarRefused, CalendarUnavailable
from notary.timestamps import asking, ots
from notary.timestamps.ots import MAX_ANSWER_BYTES, Attestation, Kind, OtsProof
from notary.timestamps.ots_tree import Node

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 10.0  # of one question, all in all; public calendars answer in about one
MAX_CALENDARS = 32  # asked at once
MAX_QUESTIONS = 64  # in one upgrade; a proof has as many promises as there are calendars
MAX_COMMITMENT_BYTES = 64  # calendars refuse more; promised messages have 44
MAX_REASON = 160  # characters of a calendar's words that we repeat
MEDIA_TYPE = "application/vnd.opentimestamps.v1"
_PLAIN = frozenset(string.ascii_letters + string.digits + "#-.,;: ")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a calendar said of a commitment.

    calendar  as it was named in the question
    tree      bytes for ots.graft
    promises  addresses under which the rest is to be asked for; some calendars name another one than their own
    """

    calendar: str
    tree: bytes
    promises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A calendar that did not answer, or not usably. error: CalendarUnavailable or CalendarRefused."""

    calendar: str
    error: NotaryError


@dataclass(frozen=True, slots=True)
class Submission:
    """Who took the commitment and who did not, each in the order of the question."""

    answers: tuple[Answer, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Grafted:
    """Proofs with the answers of calendars.

    taken   the answers that are in them now
    errors  why those of other calendars are not, a sentence each
    """

    proofs: tuple[OtsProof, ...]
    taken: tuple[Answer, ...]
    errors: tuple[str, ...]


class State(StrEnum):
    """What became of a promise when its calendar was asked."""

    UPGRADED = "upgraded"  # the proof has more now
    WAITING = "waiting"  # the calendar knows it and has no block yet
    NOT_FOUND = "not-found"  # the calendar does not know it (any more); shortly after submission this may pass
    FAILED = "failed"  # no answer, or an unusable one
    UNLISTED = "unlisted"  # the address is not among those that may be asked: it was not


@dataclass(frozen=True, slots=True)
class Outcome:
    """One promise of a proof and what became of it.

    calendar  as the proof names it
    message   that was promised
    reason    one sentence, or the calendar's own words
    error     if FAILED
    """

    calendar: str
    message: bytes
    state: State
    reason: str = ""
    error: NotaryError | None = None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The proof after all its calendars were asked, and what each said. Unchanged: the same proof, byte for byte."""

    proof: OtsProof
    outcomes: tuple[Outcome, ...]

    @property
    def changed(self) -> bool:
        return any(outcome.state is State.UPGRADED for outcome in self.outcomes)


def submit(
    commitment: bytes, calendars: Sequence[str], needed: int = 1, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> Submission:
    """Give a commitment to every one of the calendars.

    commitment  of ots.stamp or ots.many
    calendars   base addresses, 1 to MAX_CALENDARS
    needed      how many must have taken it; 0: whoever has, has

    Must not be called where an event loop runs.
    Raises CalendarUnavailable or CalendarRefused (fewer than `needed` took it), CalendarNotConfigured.
    """
    urls = [_base(url) for url in calendars]
    if not 0 <= needed <= len(urls) or not 1 <= len(urls) <= MAX_CALENDARS:
        raise CalendarNotConfigured(f"{needed} of {len(urls)} calendars are needed; 1 to {MAX_CALENDARS} can be asked")
    if not 1 <= len(commitment) <= MAX_COMMITMENT_BYTES:
        raise ValueError(f"a commitment has 1 to {MAX_COMMITMENT_BYTES} bytes, not {len(commitment)}")
    given = asyncio.run(_together(timeout_seconds, [_Question(url, "digest", commitment) for url in urls]))
    answers: list[Answer] = []
    failures: list[Failure] = []
    for url, said in zip(urls, given, strict=True):
        try:
            body = _body(url, said)
            node = _tree(url, body, commitment)
            answers.append(Answer(url, body, tuple(sorted({a.uri for a in _attestations(node) if a.uri}))))
        except (CalendarUnavailable, CalendarRefused) as exc:
            failures.append(Failure(url, exc))
    if len(answers) < needed:
        if len(urls) == 1:
            raise failures[0].error
        reasons = "; ".join(str(failure.error) for failure in failures)
        raise CalendarUnavailable(f"{len(answers) + 1} of {needed}", f"none was left that takes it: {reasons}")
    return Submission(tuple(answers), tuple(failures))


def graft(proofs: Sequence[OtsProof], commitment: bytes, submission: Submission) -> Grafted:
    """Add what calendars said of a commitment to each of the proofs that lead to it.

    An answer that does not fit into all of them, as one that is valid in itself but too deep, spoils no other.
    """
    grown, taken = tuple(proofs), list[Answer]()
    errors = [str(failure.error) for failure in submission.failures]
    for answer in submission.answers:
        try:
            grown = tuple(ots.graft(proof, commitment, answer.tree) for proof in grown)
        except OtsInvalid as exc:
            errors.append(str(CalendarRefused(answer.calendar, f"its answer does not fit into the proof: {exc}")))
        else:
            taken.append(answer)
    return Grafted(grown, tuple(taken), tuple(errors))


def upgrade(
    proof: OtsProof,
    allowed: Sequence[str],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Upgrade:
    """Ask every calendar whose promise the proof still waits for, and add what they say.

    allowed  base addresses of calendars that may be asked; a promise of another address is left as it is

    A promise that led to a Bitcoin block before is not asked for again. Asking twice does no harm.
    Must not be called where an event loop runs.
    Raises CalendarNotConfigured.
    """
    listed = {_base(url) for url in allowed}
    outcomes: list[Outcome] = []
    questions: list[_Question] = []
    asked: list[Attestation] = []
    for promise in proof.awaited():
        url = promise.uri.rstrip("/")
        if url not in listed:
            reason = "not among the calendars that may be asked"
            outcomes.append(Outcome(promise.uri, promise.message, State.UNLISTED, reason))
        elif len(promise.message) > MAX_COMMITMENT_BYTES or len(questions) == MAX_QUESTIONS:
            error = CalendarRefused(url, f"not asked: more than {MAX_QUESTIONS} promises, or a message too long")
            outcomes.append(Outcome(promise.uri, promise.message, State.FAILED, str(error), error))
        else:
            questions.append(_Question(url, f"timestamp/{promise.message.hex()}"))
            asked.append(promise)
    given = asyncio.run(_together(timeout_seconds, questions)) if questions else []
    for promise, question, said in zip(asked, questions, given, strict=True):
        proof, outcome = _take(proof, promise, question.calendar, said)
        outcomes.append(outcome)
    return Upgrade(proof, tuple(outcomes))


def _take(
    proof: OtsProof, promise: Attestation, url: str, said: tuple[int, bytes] | NotaryError
) -> tuple[OtsProof, Outcome]:
    """Add one calendar's answer, or say why not."""
    uri, message = promise.uri, promise.message
    if isinstance(said, tuple) and said[0] == 404:
        words = plain(said[1])
        state = State.NOT_FOUND if "not found" in words.lower() else State.WAITING
        return proof, Outcome(uri, message, state, words)
    try:
        body = _body(url, said)
        added = _attestations(_tree(url, body, message))
        if all(attestation.kind is Kind.PENDING for attestation in added):
            return proof, Outcome(uri, message, State.WAITING, "it only promises again")
        grown = ots.graft(proof, message, body)
    except OtsInvalid as exc:  # the proof would grow out of its bounds
        error: NotaryError = CalendarRefused(url, str(exc))
        return proof, Outcome(uri, message, State.FAILED, str(error), error)
    except (CalendarUnavailable, CalendarRefused) as exc:
        return proof, Outcome(uri, message, State.FAILED, str(exc), exc)
    if grown is proof:
        return proof, Outcome(uri, message, State.WAITING, "it says nothing new")
    return grown, Outcome(uri, message, State.UPGRADED)


def _attestations(node: Node) -> tuple[Attestation, ...]:
    return tuple(attestation for below in node.walk() for attestation in below.attestations)


def _tree(url: str, body: bytes, message: bytes) -> Node:
    try:
        return ots.read_answer(body, message)
    except OtsInvalid as exc:
        raise CalendarRefused(url, f"its answer is no time stamp: {exc}") from exc


def _body(url: str, said: tuple[int, bytes] | NotaryError) -> bytes:
    """The body of an answer of status 200.  Raises what was said otherwise."""
    if isinstance(said, NotaryError):
        raise said
    status, body = said
    if status == 200:
        return body
    words = f"status {status}: {plain(body) or 'no reason given'}"
    raise CalendarUnavailable(url, words) if status >= 500 or status == 429 else CalendarRefused(url, words)


def plain(body: bytes) -> str:
    """A calendar's words, fit for one line: it is free to send control characters or another line that looks ours."""
    text = body[:MAX_REASON].decode("ascii", errors="replace")
    return "".join(char if char in _PLAIN else "_" for char in text).strip("_ ")


@dataclass(frozen=True, slots=True)
class _Question:
    """One request. content: of a POST; None for a GET."""

    calendar: str
    path: str
    content: bytes | None = None


async def _together(seconds: float, questions: Sequence[_Question]) -> list[tuple[int, bytes] | NotaryError]:
    """Status and body, or the error, of each question."""
    async with asking.client(seconds) as http:
        return list(await asyncio.gather(*(_ask(http, question, seconds) for question in questions)))


async def _ask(http: httpx.AsyncClient, question: _Question, seconds: float) -> tuple[int, bytes] | NotaryError:
    url, accepted = f"{question.calendar}/{question.path}", {"Accept": MEDIA_TYPE}
    try:
        return await asking.ask(http, url, question.content, accepted, seconds=seconds, most=MAX_ANSWER_BYTES)
    except asking.NoAnswer as exc:
        return CalendarUnavailable(question.calendar, str(exc))
    except asking.AnswerUnusable as exc:
        return CalendarRefused(question.calendar, str(exc))


def _base(url: str) -> str:
    """A calendar's base address, without a slash at its end.  Raises CalendarNotConfigured."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise CalendarNotConfigured("a calendar's address is not a URL with a port from 1 to 65535") from exc
    extra = parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in ("http", "https") or not parts.hostname or extra or port == 0:
        raise CalendarNotConfigured(
            "a calendar's address must look like https://calendar.example.org, without a user name, ? and #"
        )
    return url.rstrip("/")
