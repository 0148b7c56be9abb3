"""A real mail server on loopback that keeps what came: aiosmtpd, on a port of its own choosing, in a thread."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from typing import Self, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    """One message as it came."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return cast(EmailMessage, message_from_bytes(self.raw, policy=default))

    @property
    def message_id(self) -> str:
        """What stands in Message-ID, with its angle brackets."""
        return str(self.message["Message-ID"])


@dataclass
class MailServer:
    """Starts on entering; `mails` holds what was accepted, in order.

    refuse     SMTP answer to every recipient, such as "550 no such mailbox"; "" accepts
    before_ok  seconds between keeping a mail and answering 250: a client killed in between will send again
    """

    refuse: str = ""
    before_ok: float = 0.0
    mails: list[Mail] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """The Apprise address of this server for plain mailboxes."""
        return f"mailto://127.0.0.1:{self.port}/?from=Tallystick%20%3Ckeeper%40origin.test%3E&mode=insecure"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep one message."""
        content = cast(bytes, envelope.content)
        self.mails.append(Mail(str(envelope.mail_from), tuple(map(str, envelope.rcpt_tos)), content))
        await asyncio.sleep(self.before_ok)
        return "250 kept"

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: SMTP(self, loop=self._loop, hostname="mx.test"), "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)
