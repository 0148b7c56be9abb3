"""A real mail server and a real HTTP server on loopback, for the demo's notices; each keeps what came in a folder."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_BODY = 1024 * 1024  # bytes of one mail or post; a notice is a few kilobytes


@dataclass(frozen=True)
class Received:
    """One notice as it arrived: by which way, from which file it can be read, and its subject."""

    way: str
    path: Path
    subject: str


@dataclass
class Receivers:
    """Both servers, each on a port of its own choosing; listening between entering and leaving.

    folder    where mails (.eml) and posts (.json) are kept
    received  what came, in order
    """

    folder: Path
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._loop = asyncio.new_event_loop()
        self._mail_thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._mail_thread.start()
        self._mail = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self._hook = ThreadingHTTPServer(("127.0.0.1", 0), self._hook_handler())
        self._hook_thread = threading.Thread(target=self._hook.serve_forever, args=(0.05,), daemon=True)
        self._hook_thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.shutdown()
        self._hook.server_close()
        self._hook_thread.join(10)
        self._loop.call_soon_threadsafe(self._mail.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._mail_thread.join(10)

    @property
    def smtp_url(self) -> str:
        """Apprise address of the mail server, for plain mailboxes."""
        port = self._mail.sockets[0].getsockname()[1]
        return f"mailto://127.0.0.1:{port}/?from=Tallystick%20%3Ckeeper%40demo.example%3E&mode=insecure"

    @property
    def hook_url(self) -> str:
        """Apprise address of the web hook."""
        return f"json://127.0.0.1:{self._hook.server_address[1]}/notices"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        """Keep one mail."""
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self._keep("mail", "eml", raw, str(message_from_bytes(raw, policy=default)["Subject"]).strip())
        return "250 kept"

    async def _listen(self) -> asyncio.Server:
        def session() -> SMTP:
            return SMTP(self, data_size_limit=MAX_BODY, loop=self._loop, hostname="demo.example")

        return await self._loop.create_server(session, "127.0.0.1", 0)

    def _keep(self, way: str, suffix: str, raw: bytes, subject: str) -> None:
        path = self.folder / f"{len(self.received) + 1:03d}-{way}.{suffix}"
        path.write_bytes(raw)
        self.received.append(Received(way, path, subject))

    def _hook_handler(self) -> type[BaseHTTPRequestHandler]:
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                if length > MAX_BODY:
                    self.send_error(413)
                    return
                raw = self.rfile.read(length)
                keep("webhook", "json", raw, str(json.loads(raw).get("title", "")))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The demo shows what arrives itself."""

        return Handler
