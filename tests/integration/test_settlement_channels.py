"""Notices through Apprise to a real mail server and a real web hook on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.smtpd import MailServer
from support.webhook import WebHookServer

from settlement.keeper.channels import TIMEOUT_SECONDS, WORDS_SECONDS, Notifier, check_address, reference_of
from settlement.keeper.notices import Letter
from settlement.service_errors import (
    ChannelRefused,
    ChannelUnreachable,
    ContactInvalid,
    ContactSecret,
    ContactVariableMissing,
)

LETTER = Letter("第 1/12 期款项今日到期", "您好\n\n应付 1,000.00 USDX\n", "<p>应付 1,000.00 USDX</p>", "zh-Hans")
KEY = "plan:0xab:v0:k1:due-day:mail:debtor"
SENT_AT = 1_800_000_000


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broken_hook(head: bytes, *, trickle: bytes = b"", stall: bool = False) -> Iterator[str]:
    """An HTTP server whose one answer breaks off after its head; yields its Apprise address.

    trickle  bytes that are sent again and again, until the client has gone
    stall    the connection stays open and nothing comes
    """
    over = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)

        def serve() -> None:
            taken, _ = listener.accept()
            with taken:
                taken.recv(65_536)
                taken.sendall(b"HTTP/1.1 " + head + b"\r\n\r\n")
                while trickle and not over.wait(0.1):
                    try:
                        taken.sendall(trickle)
                    except OSError:
                        return
                if stall:
                    over.wait(TIMEOUT_SECONDS + 5)

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"json://127.0.0.1:{listener.getsockname()[1]}/hook"
        finally:
            over.set()
            server.join(10)


class TestMail:
    def test_delivers_both_forms_in_the_readers_language(self) -> None:
        with MailServer() as server:
            notifier = Notifier("origin.test", server.url)
            delivery = notifier.channel("mailto:li@debtor.test", role="debtor", name="mail").deliver(
                LETTER, KEY, SENT_AT
            )
        (mail,) = server.mails
        message = mail.message
        assert mail.sender == "keeper@origin.test"
        assert mail.recipients == ("li@debtor.test",)
        assert message["Subject"] == LETTER.subject
        assert message["From"] == "Tallystick <keeper@origin.test>"
        assert message["To"] == "li@debtor.test"
        assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None and plain.get_content().replace("\r\n", "\n") == LETTER.text
        assert html is not None and html.get_content().strip() == LETTER.html
        assert delivery.message_id == f"{reference_of(KEY)}@origin.test"

    def test_repetition_bears_the_same_single_message_id(self) -> None:
        with MailServer() as server:
            channel = Notifier("origin.test", server.url).channel("mailto:li@debtor.test", role="debtor", name="mail")
            for _ in range(2):
                channel.deliver(LETTER, KEY, SENT_AT)
            channel.deliver(LETTER, KEY + "2", SENT_AT)
        first, second, other = server.mails
        assert first.message.get_all("Message-ID") == [f"<{reference_of(KEY)}@origin.test>"]
        assert second.message_id == first.message_id != other.message_id

    def test_full_address_brings_its_own_server_and_copies(self) -> None:
        with MailServer() as server:
            address = f"mailto://127.0.0.1:{server.port}/?from=a@origin.test&to=b@b.test&cc=c@c.test&bcc=d@d.test&mode=insecure"
            Notifier("origin.test").channel(address, role="creditor", name="mail").deliver(LETTER, KEY, SENT_AT)
        (mail,) = server.mails
        assert mail.recipients == ("b@b.test", "c@c.test", "d@d.test")
        assert mail.message["Cc"] == "c@c.test"
        assert b"d@d.test" not in mail.raw

    def test_refused_for_good_when_the_server_answers_5xx(self) -> None:
        with MailServer(refuse="550 no such mailbox") as server:
            channel = Notifier("origin.test", server.url).channel("mailto:li@debtor.test", role="debtor", name="mail")
            with pytest.raises(ChannelRefused, match="550 no such mailbox"):
                channel.deliver(LETTER, KEY, SENT_AT)

    def test_to_be_tried_again_when_the_server_answers_4xx(self) -> None:
        with MailServer(refuse="451 come back later") as server:
            channel = Notifier("origin.test", server.url).channel("mailto:li@debtor.test", role="debtor", name="mail")
            with pytest.raises(ChannelUnreachable, match="451 come back later"):
                channel.deliver(LETTER, KEY, SENT_AT)

    def test_to_be_tried_again_when_nobody_listens(self) -> None:
        url = f"mailto://127.0.0.1:{closed_port()}/?from=a@origin.test&mode=insecure"
        channel = Notifier("origin.test", url).channel("mailto:li@debtor.test", role="debtor", name="mail")
        with pytest.raises(ChannelUnreachable, match="ConnectionRefusedError"):
            channel.deliver(LETTER, KEY, SENT_AT)

    def test_address_with_a_line_break_cannot_add_a_header(self) -> None:
        with pytest.raises(ContactInvalid):
            check_address("mailto:li@debtor.test%0ABcc:all@x.test", role="debtor", channel="mail")


class TestWebHook:
    def test_posts_the_notice_with_its_number(self) -> None:
        with WebHookServer() as server:
            channel = Notifier("origin.test").channel(server.url + "?:tenant=7", role="operator", name="hook")
            delivery = channel.deliver(LETTER, KEY, SENT_AT)
        (post,) = server.posts
        assert post.path == "/hook"
        assert post.reference == reference_of(KEY)
        assert post.body == {
            "version": 1,
            "idempotency_key": reference_of(KEY),
            "key": KEY,
            "title": LETTER.subject,
            "message": LETTER.text,
            "html": LETTER.html,
            "locale": "zh-Hans",
            "sent_at": SENT_AT,
            "tenant": "7",
        }
        assert delivery.answer == "204"

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (200, None),
            (299, None),
            (300, ChannelRefused),
            (404, ChannelRefused),
            (428, ChannelRefused),
            (429, ChannelUnreachable),
            (499, ChannelRefused),
            (500, ChannelUnreachable),
        ],
    )
    def test_answer_decides_what_happens_next(self, status: int, error: type[Exception] | None) -> None:
        with WebHookServer(status=status, answer=b"words\nof\x00the server") as server:
            channel = Notifier("origin.test").channel(server.url, role="operator", name="hook")
            if error is None:
                assert channel.deliver(LETTER, KEY, SENT_AT).answer == f"{status} words of?the server"
            else:
                with pytest.raises(error, match=f"{status} words of.the server"):
                    channel.deliver(LETTER, KEY, SENT_AT)

    def test_redirect_is_not_followed(self) -> None:
        with WebHookServer() as elsewhere, WebHookServer(status=307) as server:
            server.location = f"http://127.0.0.1:{elsewhere.port}/"
            with pytest.raises(ChannelRefused):
                Notifier("origin.test").channel(server.url, role="operator", name="hook").deliver(LETTER, KEY, SENT_AT)
        assert elsewhere.posts == []

    def test_to_be_tried_again_when_nobody_listens(self) -> None:
        channel = Notifier("origin.test").channel(f"json://127.0.0.1:{closed_port()}/", role="operator", name="hook")
        with pytest.raises(ChannelUnreachable, match="ConnectionError"):
            channel.deliver(LETTER, KEY, SENT_AT)

    @pytest.mark.parametrize("stall", [False, True], ids=["breaks-off", "stalls"])
    def test_taken_notice_stays_taken_when_the_answers_body_breaks(self, stall: bool) -> None:
        with broken_hook(b"200 OK\r\nContent-Length: 100", stall=stall) as url:
            channel = Notifier("origin.test").channel(url, role="operator", name="hook")
            assert channel.deliver(LETTER, KEY, SENT_AT).answer == "200"

    @pytest.mark.parametrize("stall", [False, True], ids=["breaks-off", "stalls"])
    def test_busy_server_is_tried_again_when_the_answers_body_breaks(self, stall: bool) -> None:
        with broken_hook(b"503 Busy\r\nContent-Length: 100", stall=stall) as url:
            channel = Notifier("origin.test").channel(url, role="operator", name="hook")
            with pytest.raises(ChannelUnreachable, match="503"):
                channel.deliver(LETTER, KEY, SENT_AT)

    @pytest.mark.parametrize(
        ("head", "error"),
        [
            (b"200 OK\r\nTransfer-Encoding: chunked", None),
            (b"307 Elsewhere\r\nLocation: /\r\nContent-Length: 100000", ChannelRefused),
        ],
    )
    def test_body_that_trickles_does_not_hold_the_keeper(self, head: bytes, error: type[Exception] | None) -> None:
        begun = time.monotonic()
        with broken_hook(head, trickle=b"0") as url:
            channel = Notifier("origin.test").channel(url, role="operator", name="hook")
            if error is None:
                channel.deliver(LETTER, KEY, SENT_AT)
            else:
                with pytest.raises(error, match="307"):
                    channel.deliver(LETTER, KEY, SENT_AT)
            assert time.monotonic() - begun < WORDS_SECONDS + 3


class TestSecrets:
    def test_variable_is_put_in_when_sending_and_never_shown(self) -> None:
        with WebHookServer() as server:
            notifier = Notifier("origin.test", environment={"HOOK_TOKEN": "s3cr/t?&"})
            address = f"json://127.0.0.1:{server.port}/hook?+Authorization=${{HOOK_TOKEN}}"
            channel = notifier.channel(address, role="operator", name="hook")
            channel.deliver(LETTER, KEY, SENT_AT)
        assert server.posts[0].headers["authorization"] == "s3cr/t?&"
        assert "s3cr" not in repr(channel) + repr(notifier)

    def test_missing_variable_is_named(self) -> None:
        with pytest.raises(ContactVariableMissing, match="HOOK_TOKEN"):
            Notifier("origin.test").channel("json://h.test/?+Authorization=${HOOK_TOKEN}", role="operator", name="hook")

    def test_password_in_plain_sight_is_refused(self) -> None:
        with pytest.raises(ContactSecret):
            check_address("mailtos://me:hunter2@mail.test/?to=x@y.test", role="debtor", channel="mail")
        check_address("mailtos://me:${PASSWORD}@mail.test/?to=x@y.test", role="debtor", channel="mail")


class TestCheckAddress:
    @pytest.mark.parametrize(
        "address",
        [
            "mailto:li@debtor.test",
            "json://hook.test/path",
            "jsons://hook.test",
            "tgram://123456789:${TOKEN}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/123456",
        ],
    )
    def test_accepts_what_can_be_used(self, address: str) -> None:
        check_address(address, role="debtor", channel="x")

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "mailto:",
            "mailto:nobody",
            "mailto:a@b@c",
            "mailto:a@",
            "nosuch://x",
            "json://a\nb",
            "x" * 2001,
            "http://[",
        ],
    )
    def test_refuses_what_cannot(self, address: str) -> None:
        with pytest.raises(ContactInvalid):
            check_address(address, role="debtor", channel="x")

    def test_plain_mailbox_needs_a_configured_server(self) -> None:
        with pytest.raises(ContactInvalid, match="no mail server"):
            Notifier("origin.test").channel("mailto:li@debtor.test", role="debtor", name="mail")

    @pytest.mark.parametrize("origin", ["", "a b", "x@y", "a\n"])
    def test_origin_must_be_a_domain(self, origin: str) -> None:
        with pytest.raises(ContactInvalid):
            Notifier(origin)
