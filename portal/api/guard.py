"""Who may ask: the API key, and which host names a loopback server answers to.

The key travels in `Authorization: Bearer KEY` only.  The workspace keeps its SHA-256; the key has 256 random bits, so
a plain hash is enough.  Without a key the server is on loopback and answers only to loopback names, so that a web page
cannot reach it under a name of its own (DNS rebinding).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers

from portal.api.problems import answer
from portal.config import is_loopback
from portal.errors import BodyInvalid, Unauthorized

OPEN_PATHS: Final = frozenset({"/healthz", "/readyz"})
PREFIX: Final = "ts_"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def new_key() -> tuple[str, str]:
    """A new API key, and the hash to keep of it."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, hash_key(key)


def hash_key(key: str) -> str:
    """SHA-256 of an API key in hex."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Guard:
    """Middleware that lets a request through, or answers 401 or 400.

    key_hash   of the key that every request must carry; "" for a loopback server without a key
    """

    def __init__(self, app: App, key_hash: str) -> None:
        self.app, self.key_hash = app, key_hash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = self._refused(Headers(scope=scope), scope["path"])
            if refused is not None:
                await answer(refused, 401 if isinstance(refused, Unauthorized) else 400)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refused(self, headers: Headers, path: str) -> Exception | None:
        if self.key_hash:
            if path in OPEN_PATHS:
                return None
            scheme, _, given = headers.get("authorization", "").partition(" ")
            matches = hmac.compare_digest(hash_key(given.strip()), self.key_hash)
            return None if scheme.lower() == "bearer" and matches else Unauthorized()
        host = _name(headers.get("host", ""))
        if not is_loopback(host):
            return BodyInvalid((f"this server answers to 127.0.0.1 and localhost, not to {host!r}",))
        return None


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
