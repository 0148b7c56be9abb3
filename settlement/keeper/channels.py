"""A written notice to a mail server or a web hook, by Apprise; the answer comes back as a value or an error.

A repetition of a notice bears the same number everywhere: in mail as `Message-ID: <number@origin>`, at a web hook as
the header `Idempotency-Key` and in the body, so that receivers can drop what they have seen.  Apprise 2.2 gives every
mail a random Message-ID after its own headers, so its plugins are used for what they know (the addresses' syntax,
providers' servers, TLS, login) and the message is ours.

Addresses come from the operator, as Apprise writes them.  `mailto:somebody@example.org` (no slashes) means: by the mail
server of the configuration.  Secrets stand in the environment and are referred to as ${NAME}.
"""

from __future__ import annotations

import hashlib
import json
import re
import smtplib
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

import apprise
import requests
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.email.smtp import AppriseSMTPController
from urllib3.exceptions import HTTPError

from settlement.keeper.notices import Letter
from settlement.service_errors import (
    ChannelRefused,
    ChannelUnreachable,
    ContactInvalid,
    ContactSecret,
    ContactVariableMissing,
)

MAX_ADDRESS = 2_000
"""Longest contact address; honest ones are below 500 characters."""

MAX_ANSWER = 200
"""Characters kept of a server's answer."""

TIMEOUT_SECONDS = 10
"""How long one connection or answer is waited for."""

WORDS_SECONDS = 2.0
"""How long the words after an answer's status are waited for in all; the status alone decides."""

_TRY_LATER = frozenset({408, 425, 429})
"""HTTP statuses below 500 that ask to come back."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MAILBOX = re.compile(r"mailto:([^/?\s][^?\s]*)", re.ASCII)
_ORIGIN = re.compile(r"[A-Za-z0-9.-]{1,200}", re.ASCII)
_MAIL_SCHEMES = (NotifyEmail.protocol, NotifyEmail.secure_protocol)
_HOOK_SCHEMES = (NotifyJSON.protocol, NotifyJSON.secure_protocol)


def reference_of(key: str) -> str:
    """Return the number by which repetitions of a notice are recognised: 64 hex digits, SHA-256 of its action's key."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a server said when it took a notice.

    message_id  number@origin, without the angle brackets
    answer      the server's own words, shortened
    """

    message_id: str
    answer: str


class Channel(Protocol):
    """Hands a letter over."""

    def deliver(self, letter: Letter, key: str, sent_at: int) -> Delivery:
        """Hand over `letter`, the notice of the action `key`.

        sent_at  Unix seconds, for the date that readers see

        Raises ChannelUnreachable, ChannelRefused.
        """


@dataclass(frozen=True, slots=True)
class Notifier:
    """The outside world of notices.

    origin       whence the notices come, such as "settlements.example.org" or a log's origin; message ids end with it
    smtp_url     Apprise address of the mail server for plain mailboxes, with from=; None: they cannot be used
    environment  where ${NAME} is looked up
    """

    origin: str
    smtp_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if _ORIGIN.fullmatch(self.domain) is None:
            raise ContactInvalid(role="operator", channel="origin", reason=f"{self.origin[:80]!r} is not a domain")

    @property
    def domain(self) -> str:
        """The origin as message ids can hold it: "host/log" becomes "log.host"."""
        return ".".join(reversed(self.origin.split("/")))

    def channel(self, address: str, *, role: str, name: str) -> Channel:
        """Return the channel behind an address.

        role, name  whose and which it is, for messages

        Raises ContactInvalid, ContactVariableMissing.
        """
        mailbox = _mailbox(address)
        if mailbox is not None:
            if self.smtp_url is None:
                raise ContactInvalid(role=role, channel=name, reason="no mail server is configured")
            return Mail(self.domain, name, _read_mail(self._resolved(self.smtp_url), role, name), (mailbox,))
        resolved = self._resolved(address)
        scheme = resolved.partition(":")[0].lower()
        if scheme in _MAIL_SCHEMES:
            server = _read_mail(resolved, role, name)
            return Mail(self.domain, name, server, server.targets)
        if scheme in _HOOK_SCHEMES:
            return WebHook(self.domain, name, _read_hook(resolved, role, name))
        service = apprise.Apprise.instantiate(resolved)
        if service is None:
            raise ContactInvalid(role=role, channel=name, reason="Apprise does not know this address")
        return Service(self.domain, name, service)

    def _resolved(self, address: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] not in self.environment:
                raise ContactVariableMissing(variable=match[1])
            return quote(self.environment[match[1]], safe="")

        return _VARIABLE.sub(value, address)


def check_address(address: str, *, role: str, channel: str) -> None:
    """Check a contact's address as it will be stored.

    Raises ContactInvalid; ContactSecret: it holds a password instead of a ${NAME}.
    """
    if not 0 < len(address) <= MAX_ADDRESS or not address.isprintable():
        raise ContactInvalid(role=role, channel=channel, reason=f"not one line of 1 to {MAX_ADDRESS} characters")
    if address.startswith("mailto:") and not address.startswith("mailto://"):
        if _mailbox(address) is None:
            raise ContactInvalid(role=role, channel=channel, reason="not a mailbox after mailto:")
        return
    try:
        password = urlsplit(_VARIABLE.sub("", address)).password
    except ValueError as wrong:
        raise ContactInvalid(role=role, channel=channel, reason="not a URL") from wrong
    if password:
        raise ContactSecret(role=role, channel=channel)
    if apprise.Apprise.instantiate(_VARIABLE.sub("x", address)) is None:
        raise ContactInvalid(role=role, channel=channel, reason="Apprise does not know this address")


# --- mail ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out and from whom, as Apprise read it.  Mailboxes are written as in headers."""

    host: str
    port: int
    secure_mode: str
    user: str | None
    password: str | None = field(repr=False)
    verify_certificate: bool
    sender: str
    targets: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    reply_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to all targets."""

    origin: str
    name: str
    server: MailServer
    targets: tuple[str, ...]

    def deliver(self, letter: Letter, key: str, sent_at: int) -> Delivery:
        """Hand the letter to the mail server; see `Channel`."""
        server = self.server
        message_id = f"{reference_of(key)}@{self.origin}"
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message["Message-ID"] = f"<{message_id}>"
        message["Date"] = format_datetime(datetime.fromtimestamp(sent_at, UTC))
        message["Subject"] = letter.subject
        message["From"] = server.sender
        message["To"] = ", ".join(self.targets)
        if server.cc:
            message["Cc"] = ", ".join(server.cc)
        if server.reply_to:
            message["Reply-To"] = ", ".join(server.reply_to)
        message["Content-Language"] = letter.locale
        message["Auto-Submitted"] = "auto-generated"
        message["Idempotency-Key"] = reference_of(key)
        message.set_content(letter.text, cte="base64")
        message.add_alternative(letter.html, subtype="html", cte="base64")
        recipients = [parseaddr(mailbox)[1] for mailbox in (*self.targets, *server.cc, *server.bcc)]
        return Delivery(message_id, self._submit(message.as_bytes(), recipients))

    def _submit(self, raw: bytes, recipients: list[str]) -> str:
        server = self.server
        try:
            with _Connection(
                host=server.host,
                port=server.port,
                secure_mode=server.secure_mode,
                user=server.user,
                password=server.password,
                verify_certificate=server.verify_certificate,
                socket_connect_timeout=TIMEOUT_SECONDS,
            ) as connection:
                refused = connection.submit(parseaddr(server.sender)[1], recipients, raw)
        except smtplib.SMTPRecipientsRefused as exc:
            raise self._failure(*max(exc.recipients.values())) from exc
        except smtplib.SMTPResponseException as exc:
            raise self._failure(exc.smtp_code, exc.smtp_error) from exc
        except (OSError, smtplib.SMTPException, RuntimeError, AppriseImproperlyConfigured) as exc:
            raise ChannelUnreachable(channel=self.name, reason=f"{server.host}: {type(exc).__name__}") from exc
        if refused:
            raise self._failure(*max(refused.values()))
        return "250"

    def _failure(self, code: int, text: bytes | str) -> ChannelRefused | ChannelUnreachable:
        kind = ChannelRefused if code >= 500 else ChannelUnreachable
        return kind(channel=self.name, reason=_answer(code, text))


class _Connection(AppriseSMTPController):
    """Apprise's connection, with the server's answer instead of a yes or no."""

    def __enter__(self) -> _Connection:
        super().__enter__()
        return self

    def submit(self, sender: str, recipients: list[str], raw: bytes) -> dict[str, tuple[int, bytes]]:
        """Send one message; returns the recipients that were refused, raises what smtplib raises."""
        server: smtplib.SMTP | None = self._socket
        if server is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return server.sendmail(sender, recipients, raw)


def _read_mail(address: str, role: str, name: str) -> MailServer:
    try:
        parsed = NotifyEmail.parse_url(address)  # type: ignore[no-untyped-call]  # Apprise has no annotation here
        if not parsed:
            raise ContactInvalid(role=role, channel=name, reason="Apprise cannot read this address")
        plugin = NotifyEmail(**parsed)  # type: ignore[no-untyped-call]
    except (AppriseImproperlyConfigured, TypeError) as exc:
        raise ContactInvalid(role=role, channel=name, reason="Apprise cannot use this address") from exc
    return MailServer(
        host=str(plugin.smtp_host),
        port=int(plugin.port or 0),
        secure_mode=str(plugin.secure_mode),
        user=str(plugin.user) if plugin.user else None,
        password=str(plugin.password) if plugin.password else None,
        verify_certificate=bool(plugin.verify_certificate),
        sender=_header(*plugin.from_addr),
        targets=tuple(_header(*target) for target in plugin.targets),
        cc=tuple(sorted(_header(plugin.names.get(one), one) for one in plugin.cc)),
        bcc=tuple(sorted(plugin.bcc)),
        reply_to=tuple(sorted(_header(plugin.names.get(one), one) for one in plugin.reply_to)),
    )


def _mailbox(address: str) -> str | None:
    """Return the mailbox of `mailto:somebody@example.org`, or None where it is another kind of address."""
    match = _MAILBOX.fullmatch(address)
    if match is None:
        return None
    mailbox = unquote(match[1])
    plain = parseaddr(mailbox) == ("", mailbox) and mailbox.count("@") == 1 and not mailbox.endswith("@")
    return mailbox if plain and mailbox.isprintable() else None


def _header(name: object, address: object) -> str:
    return formataddr((str(name) if name else "", str(address)))


# --- web hooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hook:
    """An HTTP server's address, as Apprise read it; all but the host may hold secrets."""

    method: str
    host: str
    url: str = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    extras: Mapping[str, str] = field(repr=False)
    login: tuple[str, str] | None = field(repr=False)
    verify_certificate: bool


@dataclass(frozen=True, slots=True)
class WebHook:
    """A JSON object to an HTTP server; any 2xx means taken.

    {"version", "idempotency_key", "key", "title", "message", "html", "locale", "sent_at"}
    """

    origin: str
    name: str
    hook: Hook

    def deliver(self, letter: Letter, key: str, sent_at: int) -> Delivery:
        """Post the letter; see `Channel`.  Redirects are not followed: they would take the notice elsewhere."""
        hook, reference = self.hook, reference_of(key)
        body = {
            **hook.extras,
            "version": 1,
            "idempotency_key": reference,
            "key": key,
            "title": letter.subject,
            "message": letter.text,
            "html": letter.html,
            "locale": letter.locale,
            "sent_at": sent_at,
        }
        try:
            answer = _Session().request(
                hook.method,
                hook.url,
                data=json.dumps(body, ensure_ascii=False).encode(),
                params=hook.params,
                headers={"Content-Type": "application/json", **hook.headers, "Idempotency-Key": reference},
                auth=hook.login,
                verify=hook.verify_certificate,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, HTTPError, OSError) as exc:
            raise ChannelUnreachable(channel=self.name, reason=f"{hook.host}: {type(exc).__name__}") from exc
        code, text = answer.status_code, _words(answer)
        if 200 <= code < 300:
            return Delivery(f"{reference}@{self.origin}", _answer(code, text))
        if code >= 500 or code in _TRY_LATER:
            raise ChannelUnreachable(channel=self.name, reason=_answer(code, text))
        raise ChannelRefused(channel=self.name, reason=_answer(code, text))


class _Session(requests.Session):
    """A session that takes no answer for a redirect: requests would read all of such a body to tell where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere."""


def _words(answer: requests.Response) -> bytes:
    """Return the first words after an answer's status, and close it; what breaks or takes too long counts as none.

    The whole reading is bounded, not each byte's: a server may send one every few seconds.
    """

    def give_up() -> None:
        with suppress(Exception):  # it may have come to its end just now
            answer.raw.shutdown()

    watch = threading.Timer(WORDS_SECONDS, give_up)
    watch.daemon = True
    watch.start()
    try:
        return bytes(answer.raw.read1(MAX_ANSWER, decode_content=False))
    except Exception:  # words are a decoration: nothing that goes wrong with them says anything about the notice
        return b""
    finally:
        watch.cancel()
        with suppress(Exception):
            answer.close()


def _read_hook(address: str, role: str, name: str) -> Hook:
    try:
        parsed = NotifyJSON.parse_url(address)  # type: ignore[no-untyped-call]  # Apprise has no annotation here
        if not parsed:
            raise ContactInvalid(role=role, channel=name, reason="Apprise cannot read this address")
        plugin = NotifyJSON(**parsed)  # type: ignore[no-untyped-call]
    except (AppriseImproperlyConfigured, TypeError) as exc:
        raise ContactInvalid(role=role, channel=name, reason="Apprise cannot use this address") from exc
    port = f":{plugin.port}" if plugin.port else ""
    return Hook(
        method=str(plugin.method),
        host=str(plugin.host),
        url=f"{'https' if plugin.secure else 'http'}://{plugin.host}{port}{plugin.fullpath}",
        params=dict(plugin.params),
        headers=dict(plugin.headers),
        extras=dict(plugin.payload_extras),
        login=(str(plugin.user), str(plugin.password or "")) if plugin.user else None,
        verify_certificate=bool(plugin.verify_certificate),
    )


# --- everything else -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Service:
    """Any other service that Apprise knows (text message, chat): the notice's number stands in the text."""

    origin: str
    name: str
    plugin: apprise.NotifyBase = field(repr=False)

    def deliver(self, letter: Letter, key: str, sent_at: int) -> Delivery:  # noqa: ARG002  these services date by themselves
        """Hand the letter to the service; see `Channel`."""
        if not self.plugin.notify(body=letter.text, title=letter.subject, body_format=apprise.NotifyFormat.TEXT):
            raise ChannelUnreachable(channel=self.name, reason=f"{self.plugin.service_name} did not take it")
        return Delivery(f"{reference_of(key)}@{self.origin}", "accepted")


def _answer(code: int, text: bytes | str) -> str:
    """Return a server's answer as one printable line."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join(f"{code} {words}".split())
    return "".join(c if c.isprintable() else "?" for c in line)[:MAX_ANSWER]
