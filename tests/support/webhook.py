"""A real HTTP server on loopback that keeps what was posted to it, on a port of its own choosing, in a thread."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, object]:
        """The JSON object."""
        body = json.loads(self.raw)
        assert isinstance(body, dict)
        return body

    @property
    def reference(self) -> str:
        """The number by which repetitions are recognised."""
        return self.headers["idempotency-key"]


@dataclass
class WebHookServer:
    """Starts on entering; `posts` holds all requests, refused ones included, in order.

    status     what is answered
    before_ok  seconds between keeping a post and answering
    """

    status: int = 204
    before_ok: float = 0.0
    answer: bytes = b""
    location: str = ""
    posts: list[Post] = field(default_factory=list)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                raw = self.rfile.read(length)
                if len(raw) < length:  # the client died while sending: nothing was received
                    self.close_connection = True
                    return
                outer.posts.append(Post(self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
                time.sleep(outer.before_ok)
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                if outer.status != 204:
                    self.send_header("Content-Length", str(len(outer.answer)))
                self.end_headers()
                if outer.status != 204:
                    self.wfile.write(outer.answer)

            do_GET = do_POST  # noqa: N815  the server looks for this name

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its Apprise address."""
        return f"json://127.0.0.1:{self.port}/hook"
