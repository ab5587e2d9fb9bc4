"""Messages on their way, against real servers: late, refusing, silent, and killed in the middle."""

from __future__ import annotations

import hmac
import os
import signal
import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from tests.forked import leave_connections
from tests.kernel.access.factories import NOW, SYSTEM
from tests.kernel.notices.servers import Gateway, Mailbox, http_server, mail_server
from yingshang.kernel.notices.api import Recipient, deliver_due, register, send
from yingshang.kernel.notices.channels.registry import Envelope
from yingshang.kernel.notices.delivery import CLAIM, WAITS
from yingshang.kernel.notices.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

TELL = {"template": "notices.announcement", "context": {"title": "停机通知", "text": "今晚维护"}}


def post(**to: str) -> Delivery:
    numbers = send(actor=SYSTEM, to=Recipient(**to), channels=["email", "sms", "webhook"], now=NOW, **TELL)  # type: ignore[arg-type]
    return Delivery.objects.get(pk=numbers[0])


def deliver(now: datetime = NOW) -> int:
    return deliver_due(clock=lambda: now)


def test_a_mail_arrives_as_it_was_written() -> None:
    row = post(email="who@example.org")
    with mail_server(Mailbox()) as mailbox:
        assert deliver() == 1
        assert deliver() == 0
    mail = mailbox.received[0]
    assert mail["Subject"] == "停机通知"
    assert mail["To"] == "who@example.org"
    assert mail["Message-ID"] == f"<notice-{row.pk}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "今晚维护" in mail.get_content()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.sent_at, row.next_try_at) == ("sent", 1, NOW, None)


def test_a_server_that_is_busy_gets_it_later() -> None:
    row = post(email="who@example.org")
    with mail_server(Mailbox(answer=lambda attempt: "451 busy" if attempt < 3 else "250 OK")) as mailbox:
        deliver()
        row.refresh_from_db()
        assert (row.state, row.next_try_at) == ("queued", NOW + WAITS[0])
        assert "451 busy" in row.error
        assert "who@example.org" not in row.error
        assert deliver(NOW + WAITS[0] - timedelta(seconds=1)) == 0
        deliver(NOW + WAITS[0])
        row.refresh_from_db()
        later = row.next_try_at
        assert later == NOW + WAITS[0] + WAITS[1]
        deliver(later)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("sent", 3, "")
    assert len(mailbox.received) == 1


def test_a_server_that_refuses_the_recipient_is_not_asked_again() -> None:
    row = post(email="nobody@example.org")
    with mail_server(Mailbox(answer=lambda attempt: "550 no such user <nobody@example.org>")):
        deliver()
        assert deliver(NOW + timedelta(days=2)) == 0
    row.refresh_from_db()
    assert row.state == "failed"
    assert "550 no such user <nob*************rg>" in row.error


@pytest.mark.parametrize(
    ("stage", "answer", "state"),
    [
        ("RCPT", "421 shutting down", "queued"),
        ("RCPT", "450 mailbox busy", "queued"),
        ("RCPT", "452 too many recipients", "queued"),
        ("RCPT", "550 no such user", "failed"),
        ("RCPT", "551 user not local", "failed"),
        ("RCPT", "552 mailbox full", "failed"),
        ("RCPT", "553 name not allowed", "failed"),
        ("RCPT", "554 transaction failed", "failed"),
        ("DATA", "451 local error", "queued"),
        ("DATA", "552 too large", "failed"),
        ("DATA", "554 looks like spam", "failed"),
        ("MAIL", "451 try later", "queued"),
        # Not the recipient but we are refused: once the configuration is mended it goes.
        ("MAIL", "530 authentication required", "queued"),
    ],
)
def test_what_a_server_says_no_to_and_when(stage: str, answer: str, state: str) -> None:
    """4xx is tried again, 5xx is given up, each with what the server said; wherever in the conversation it says so."""
    row = post(email="who@example.org")
    mailbox = Mailbox(answer=lambda attempt: answer) if stage == "RCPT" else Mailbox(says={stage: answer})
    with mail_server(mailbox):
        assert deliver() == 1
        row.refresh_from_db()
        assert (row.state, row.next_try_at) == (state, NOW + WAITS[0] if state == "queued" else None)
        assert answer in row.error
        mailbox.says, mailbox.answer = {}, lambda attempt: "250 OK"
        deliver(NOW + WAITS[0])
    row.refresh_from_db()
    assert row.state == ("sent" if state == "queued" else "failed")
    assert len(mailbox.received) == (1 if state == "queued" else 0)


def test_a_server_that_is_not_there_is_asked_again_until_it_is_given_up() -> None:
    row = post(email="who@example.org")
    now = NOW
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1
    ):
        for attempt in range(1, len(WAITS) + 2):
            assert deliver(now) == 1
            row.refresh_from_db()
            assert row.attempts == attempt
            now = row.next_try_at or now
    assert row.state == "failed"
    assert "refused" in row.error


def test_a_mail_server_that_answers_late_gets_the_same_message_number_again() -> None:
    """It took the message, but we did not hear so: it comes a second time, and can be told apart by its number."""
    row = post(email="who@example.org")
    with mail_server(Mailbox(delay=1.0)) as mailbox, pytest.MonkeyPatch.context() as patch:
        patch.setattr("yingshang.kernel.notices.channels.email.SECONDS", 0.3)
        deliver()
        row.refresh_from_db()
        assert row.state == "queued"
        mailbox.delay = 0
        patch.setattr("yingshang.kernel.notices.channels.email.SECONDS", 20)
        deliver(NOW + WAITS[0])
    row.refresh_from_db()
    assert row.state == "sent"
    assert len(mailbox.received) == 2
    assert len({mail["Message-ID"] for mail in mailbox.received}) == 1


def test_a_process_killed_between_handing_over_and_noting_it_hands_over_again() -> None:
    row = post(email="who@example.org")
    with mail_server(Mailbox()) as mailbox:
        connection.close()
        child = os.fork()
        if child == 0:
            leave_connections()

            class Killing:
                code, name, name_en, immediate = "email", "", "", False

                def deliver(self, envelope: Envelope) -> None:
                    from yingshang.kernel.notices.channels.email import Email

                    Email().deliver(envelope)
                    os.kill(os.getpid(), signal.SIGKILL)

            register(Killing())  # type: ignore[arg-type]
            deliver()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("queued", 1)
        assert deliver(NOW + CLAIM - timedelta(seconds=1)) == 0, "it may still be at work"
        assert deliver(NOW + CLAIM) == 1
    row.refresh_from_db()
    assert row.state == "sent"
    assert [mail["Message-ID"] for mail in mailbox.received] == [f"<notice-{row.pk}@example.org>"] * 2


def test_two_workers_do_not_send_the_same_message() -> None:
    for number in range(20):
        post(email=f"who{number}@example.org")

    def work() -> None:
        deliver()
        connection.close()

    with mail_server(Mailbox()) as mailbox:
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(mailbox.received) == 20
    assert len({mail["To"] for mail in mailbox.received}) == 20


def test_who_was_too_slow_does_not_overwrite_what_another_did_since() -> None:
    row = post(email="who@example.org")

    class Slow:
        code, name, name_en, immediate = "email", "", "", False

        def deliver(self, envelope: Envelope) -> None:
            # Meanwhile the claim ran out, another worker took over, and was told that the address does not exist.
            Delivery.objects.filter(pk=row.pk).update(attempts=2, state="failed", next_try_at=None)

    from yingshang.kernel.notices.channels.email import Email

    register(Slow())  # type: ignore[arg-type]
    try:
        deliver()
    finally:
        register(Email())
    row.refresh_from_db()
    assert row.state == "failed"


def test_a_defect_of_a_channel_stops_only_its_own_message() -> None:
    class Broken:
        code, name, name_en, immediate = "email", "", "", False

        def deliver(self, envelope: Envelope) -> None:
            raise KeyError("defect")

    from yingshang.kernel.notices.channels.email import Email

    rows = [post(email=f"who{number}@example.org") for number in range(2)]
    register(Broken())  # type: ignore[arg-type]
    try:
        assert deliver() == 2
    finally:
        register(Email())
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.error) == ("queued", "KeyError: 'defect'")


def test_what_is_out_of_date_is_given_up_unsent() -> None:
    send(
        actor=SYSTEM,
        to=Recipient(email="who@example.org"),
        channels=["email"],
        now=NOW,
        expires_at=NOW + timedelta(minutes=10),
        **TELL,  # type: ignore[arg-type]
    )
    with mail_server(Mailbox()) as mailbox:
        deliver(NOW + timedelta(minutes=10))
    assert mailbox.received == []
    assert Delivery.objects.get().state == "failed"


def test_a_text_message_goes_to_the_gateway() -> None:
    with http_server(Gateway()) as gateway:
        settings = {"url": gateway.url, "token": "key", "sign": "营商"}
        with override_settings(SMS_GATEWAY=settings):
            row = post(phone="13800138000")
            deliver()
    headers, payload, _ = gateway.requests[0]
    assert payload["to"] == "13800138000"
    assert payload["text"] == "【营商】今晚维护"
    assert headers["Authorization"] == "Bearer key"
    assert headers["Idempotency-Key"] == payload["id"]
    row.refresh_from_db()
    assert row.state == "sent"


@pytest.mark.parametrize(
    ("status", "headers", "state", "wait"),
    [
        (500, {}, "queued", WAITS[0]),
        (503, {"Retry-After": "600"}, "queued", timedelta(minutes=10)),
        (429, {"Retry-After": "999999"}, "queued", timedelta(hours=1)),
        (408, {"Retry-After": "soon"}, "queued", WAITS[0]),
        (400, {}, "failed", None),
        (401, {}, "failed", None),
        (302, {"Location": "http://127.0.0.1:1/elsewhere"}, "failed", None),
    ],
)
def test_what_a_gateway_may_answer(
    status: int, headers: dict[str, str], state: str, wait: timedelta | None
) -> None:
    with (
        http_server(Gateway(answer=lambda number: (status, headers))) as gateway,
        override_settings(SMS_GATEWAY={"url": gateway.url}),
    ):
        row = post(phone="13800138000")
        deliver()
    row.refresh_from_db()
    assert row.state == state
    assert row.next_try_at == (NOW + wait if wait else None)
    assert str(status) in row.error


def test_a_gateway_that_fails_once_is_given_the_same_key_again() -> None:
    with (
        http_server(Gateway(answer=lambda number: (502 if number == 1 else 200, {}))) as gateway,
        override_settings(SMS_GATEWAY={"url": gateway.url}),
    ):
        row = post(phone="13800138000")
        deliver()
        deliver(NOW + WAITS[0])
    row.refresh_from_db()
    assert row.state == "sent"
    assert len({headers["Idempotency-Key"] for headers, _, _ in gateway.requests}) == 1


def test_a_webhook_is_signed() -> None:
    with http_server(Gateway()) as gateway:
        endpoints = {"wechat": {"url": gateway.url, "secret": "shared"}}
        with override_settings(WEBHOOKS=endpoints):
            post(endpoint="wechat")
            deliver()
    headers, payload, body = gateway.requests[0]
    expected = hmac.digest(b"shared", headers["X-Timestamp"].encode() + b"." + body, "sha256").hex()
    assert headers["X-Signature"] == expected
    assert (payload["subject"], payload["body"]) == ("停机通知", "今晚维护")


def test_a_webhook_that_is_configured_no_more_fails() -> None:
    with override_settings(WEBHOOKS={"wechat": {"url": "http://127.0.0.1:1/"}}):
        row = post(endpoint="wechat")
    deliver()
    row.refresh_from_db()
    assert row.state == "failed"


def test_the_task_of_the_queue_delivers() -> None:
    from yingshang.kernel.notices.tasks import deliver as task
    from yingshang.kernel.notices.tasks import deliver_waiting

    # The task reads the clock itself: by night, what is not urgent waits.
    urgent = {"template": "notices.emergency", "context": {"title": "停机通知", "text": "今晚维护"}}
    for number in range(2):
        to = Recipient(email=f"who{number}@example.org")
        send(actor=SYSTEM, to=to, channels=["email"], now=NOW, **urgent)  # type: ignore[arg-type]
    rows = Delivery.objects.order_by("pk")
    Delivery.objects.update(next_try_at=timezone.now())
    with mail_server(Mailbox()) as mailbox:
        task(message_ids=[rows[0].pk])
        assert len(mailbox.received) == 1
        deliver_waiting(timestamp=0)
        assert len(mailbox.received) == 2
