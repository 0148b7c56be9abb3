"""The adapter to RFC 3161 time-stamp authorities: the time-stamp protocol over HTTP (RFC 3161, section 3.4).

    POST <address>, application/timestamp-query    200: application/timestamp-reply, a TimeStampResp

A fresh nonce of 64 bits goes with every request. What comes back is verified at once, as a stranger would: it answers
this request, its signature holds over the data, and, where a root is configured, its signer leads there. Only then it
counts. Redirects are not followed, and proxies of the environment not used: who stamps is the configuration's to say.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from notary.errors import NotaryError, TokenInvalid, TokenUntrusted
from notary.service_errors import TimestampRefused, TimestampUnavailable
from notary.timestamps import asking, tsp
from notary.timestamps.stamp_sources import Authority

TIMEOUT_SECONDS = 20.0  # of one request, all in all; public authorities answer in about one second
MAX_ANSWER_BYTES = tsp.MAX_TOKEN_BYTES
NONCE_BITS = 64
CLOCK_SECONDS = 86_400  # an authority and we ourselves, further apart than this: one of the two clocks is wrong
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Given:
    """A token that verified.

    authority  name of the one that gave it
    token      DER or BER of the ContentInfo, exactly as it came
    failures   what each authority that was asked before said: its name, and the error
    """

    authority: str
    token: bytes
    failures: tuple[tuple[str, NotaryError], ...] = ()


def stamp(authority: Authority, data: bytes, now: int, *, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """Have `data` time-stamped by one authority; returns the token, verified.

    data  whole; hashed here
    now   Unix seconds

    Raises TimestampUnavailable, TimestampRefused.
    """
    hash_name = authority.hash
    if hash_name not in tsp.HASH_NAMES:
        raise TimestampUnavailable(authority.name, f"its hash is none of {', '.join(tsp.HASH_NAMES)}")
    digest = hashlib.new(hash_name, data).digest()
    nonce = secrets.randbits(NONCE_BITS) | 1  # never zero, which some authorities take for none
    try:
        query = tsp.request(digest, hash_name, nonce, authority.policy)
    except ValueError as exc:
        raise TimestampUnavailable(authority.name, "the policy configured for it is no object identifier") from exc
    answer = asyncio.run(post(authority, query, timeout_seconds))
    try:
        token = tsp.accept_response(answer, digest, hash_name, nonce, authority.policy)
        _verify(authority, token, data)
    except (TokenInvalid, TokenUntrusted) as exc:
        raise TimestampRefused(authority.name, 200, f"{exc} ({exc.reason})") from exc
    if abs(token.gen_time - now) > CLOCK_SECONDS:
        says, own = datetime.fromtimestamp(token.gen_time, UTC), datetime.fromtimestamp(now, UTC)
        raise TimestampRefused(
            authority.name, 200, f"it says that it is {says:%Y-%m-%d %H:%M} UTC, this machine {own:%Y-%m-%d %H:%M}"
        )
    return token.der


def stamp_any(
    authorities: Sequence[Authority], data: bytes, now: int, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> Given:
    """Have `data` time-stamped by the first authority that does, in the order given.

    Raises TimestampUnavailable, which says what each of them said, when none does.
    """
    failures: list[tuple[str, NotaryError]] = []
    for authority in authorities:
        try:
            token = stamp(authority, data, now, timeout_seconds=timeout_seconds)
        except (TimestampUnavailable, TimestampRefused) as exc:
            failures.append((authority.name, exc))
        else:
            return Given(authority.name, token, tuple(failures))
    if len(failures) == 1:
        raise failures[0][1]
    names = ", ".join(name for name, _ in failures) or "none is named"
    raise TimestampUnavailable(names, "; ".join(str(error) for _, error in failures) or "nobody was asked")


def _verify(authority: Authority, token: tsp.Token, data: bytes) -> None:
    """Raises TokenInvalid, TokenUntrusted."""
    root = () if authority.root is None else (authority.root,)
    signer = tsp.check_token(token, data, (*authority.certificates, *root))
    trusted = authority.trusted()
    if trusted is not None:  # its policy was compared with the request's
        tsp.judge_token(token, signer, trusted)


async def post(authority: Authority, query: bytes, seconds: float = TIMEOUT_SECONDS) -> bytes:
    """The body of the answer to a query, not looked at.  Raises TimestampUnavailable, TimestampRefused."""
    name = authority.name
    _check_address(authority)
    headers = {"Content-Type": QUERY, "Accept": REPLY}
    try:
        async with asking.client(seconds) as http:
            status, body = await asking.ask(http, authority.url, query, headers, seconds=seconds, most=MAX_ANSWER_BYTES)
    except asking.NoAnswer as exc:
        raise TimestampUnavailable(name, str(exc)) from exc
    except asking.AnswerUnusable as exc:
        raise TimestampRefused(name, exc.status, str(exc)) from exc
    if 300 <= status < 400:
        raise TimestampRefused(name, status, "it sends us elsewhere, and nobody else is asked in its place")
    if status != 200:
        raise TimestampRefused(name, status, "it gave no token")
    return body


def _check_address(authority: Authority) -> None:
    """Raises TimestampUnavailable, without the address: it may carry a password."""
    try:
        parts = urlsplit(authority.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TimestampUnavailable(authority.name, "its address is no http or https URL with a port from 1 to 65535")
