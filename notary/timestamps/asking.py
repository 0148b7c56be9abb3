"""One question over HTTP to a machine that is not ours, and its answer, bounded in time and size.

Redirects are not followed and proxies of the environment not used: who is asked is the configuration's to say.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


class NoAnswer(Exception):
    """Nothing came, or not in time; the text says why, and names no address: it may carry a password."""


class AnswerUnusable(Exception):
    """An answer came and was not read; the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def client(seconds: float) -> httpx.AsyncClient:
    """For `ask`; several questions may share one."""
    import httpx

    headers = {"Accept-Encoding": "identity", "User-Agent": "tallystick"}
    return httpx.AsyncClient(timeout=seconds, trust_env=False, follow_redirects=False, headers=headers)


async def ask(
    http: httpx.AsyncClient,
    url: str,
    content: bytes | None,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int,
) -> tuple[int, bytes]:
    """Status and body of the answer.

    content  of a POST; None for a GET
    seconds  for everything that is said
    most     bytes of the body

    Raises NoAnswer, AnswerUnusable.
    """
    import httpx

    method = "GET" if content is None else "POST"
    try:
        async with (
            asyncio.timeout(seconds),  # of everything: a read's own limit begins anew with each byte
            http.stream(method, url, content=content, headers=headers) as answer,
        ):
            status = answer.status_code
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise AnswerUnusable(status, "its answer is compressed, which was not asked for")
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > most:
                    raise AnswerUnusable(status, f"its answer has more than {most} bytes")
            return status, bytes(body)
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise NoAnswer(f"no answer within {seconds:g} s") from exc
    except httpx.RemoteProtocolError as exc:
        raise NoAnswer("it broke the connection off, or speaks no HTTP") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise NoAnswer(f"it cannot be reached: {type(exc).__name__}") from exc
