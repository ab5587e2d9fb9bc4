"""Gateways that are slow, down, answer twice, late, or nonsense: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connection

from tests.forked import leave_connections
from tests.kernel.access.factories import NOW, SYSTEM, one_event
from tests.kernel.access.factories import official as official_of
from tests.kernel.notices.factories import gateways, reachable
from tests.kernel.notices.servers import Gateway, http_server
from yingshang.kernel.notices.api import Recipient, deliver_due, receive_reports, retry_delivery, send
from yingshang.kernel.notices.channels.gateway import signature
from yingshang.kernel.notices.delivery import CLAIM, WAITS
from yingshang.kernel.notices.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)


def post(*channels: str, to: Recipient | None = None) -> Delivery:
    numbers = send(
        actor=SYSTEM,
        to=to or Recipient(phone="13800138000"),
        template="notices.emergency",
        context={"title": "停机通知", "text": "今晚维护"},
        channels=channels or ("sms",),
        now=NOW,
    )
    return Delivery.objects.get(pk=numbers[0])


def deliver(now: datetime = NOW) -> int:
    return deliver_due(clock=lambda: now)


def report(row: Delivery, state: str, *, now: datetime = NOW, gateway: str = "sms", **more: Any) -> Any:
    body = json.dumps({"reports": [{"id": row.reference, "state": state, **more}]}).encode()
    moment = str(int(now.timestamp()))
    return receive_reports(
        gateway=gateway, timestamp=moment, signed=signature("callback", moment, body), body=body, now=now
    )


@contextmanager
def gateway_of(**behaviour: Any) -> Iterator[Gateway]:
    with http_server(Gateway(**behaviour)) as gateway, gateways(gateway.url, "sms", "wechat", "message_5g"):
        yield gateway


@pytest.mark.parametrize("channel", ["sms", "wechat", "message_5g"])
def test_each_of_the_three_reaches_a_telephone_number(channel: str) -> None:
    who = reachable()
    with gateway_of(
        body=lambda message: json.dumps({"id": message["id"], "state": "accepted"}).encode()
    ) as gateway:
        row = post(channel, to=Recipient(user_id=who.id))
        assert deliver() == 1
    headers, payload, body = gateway.requests[0]
    assert payload["to"] == who.user.phone
    assert payload["id"] == headers["Idempotency-Key"] == row.reference
    assert ("subject" in payload) is (channel != "sms")
    assert headers["X-Signature"] == signature("outgoing", headers["X-Timestamp"], body)
    row.refresh_from_db()
    assert (row.state, row.sent_at) == ("sent", NOW)


def nonsense_page(number: int, handler: BaseHTTPRequestHandler) -> bool:
    if number == 1:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n<html>log in</html>\r\n")
    return number == 1


def no_http(number: int, handler: BaseHTTPRequestHandler) -> bool:
    if number == 1:
        handler.wfile.write(b"\x00\xff\x13 what?\r\n\r\n")
    return number == 1


def hangs_up(number: int, handler: BaseHTTPRequestHandler) -> bool:
    if number == 1:
        handler.connection.close()
    return number == 1


def too_short(number: int, handler: BaseHTTPRequestHandler) -> bool:
    if number == 1:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}")
    return number == 1


def answers_late(number: int, handler: BaseHTTPRequestHandler) -> bool:
    if number == 1:
        time.sleep(1.2)
    return False


def never_quite_silent(number: int, handler: BaseHTTPRequestHandler) -> bool:
    """A header line every tenth of a second, for as long as anybody listens."""
    if number > 1:
        return False
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        for line in range(90):
            handler.wfile.write(b"X-Line: %d\r\n" % line)
            time.sleep(0.1)
    except OSError:
        pass
    return True


def answers_twice(number: int, handler: BaseHTTPRequestHandler) -> bool:
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"
    )
    return True


@pytest.mark.parametrize(
    ("behave", "requests"),
    [
        (nonsense_page, 2),
        (no_http, 2),
        (hangs_up, 2),
        (too_short, 2),
        (answers_late, 2),
        (never_quite_silent, 2),
        (answers_twice, 1),
    ],
)
def test_whatever_a_gateway_does_the_message_is_sent_once(
    behave: Callable[[int, BaseHTTPRequestHandler], bool], requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yingshang.kernel.notices.channels.gateway.SECONDS", 0.6)
    monkeypatch.setattr("yingshang.kernel.notices.channels.gateway.TOGETHER_SECONDS", 1.0)
    with gateway_of(behave=behave) as gateway:
        row = post()
        began = time.monotonic()
        deliver()
        assert time.monotonic() - began < 5
        row.refresh_from_db()
        if requests > 1:
            assert (row.state, row.next_try_at) == ("queued", NOW + WAITS[0]), "kept for later"
            assert row.error
        deliver(NOW + WAITS[0])
        row.refresh_from_db()
    assert row.state == "sent"
    assert len(gateway.requests) == requests
    assert len(gateway.sent) == 1, "the same key each time, so it went out once"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"", "sent"),
        (b"{}", "sent"),
        (b'{"state": "duplicate"}', "sent"),
        (b'{"state": "rejected", "error": "no such number"}', "failed"),
        (b'{"id": "another"}', "queued"),
        (b'{"state": "perhaps"}', "queued"),
        (b"[1, 2]", "queued"),
        (b'"ok"', "queued"),
        (b"OK", "queued"),
        (b"[" * 40_000, "queued"),
    ],
)
def test_what_an_answer_means(answer: bytes, state: str) -> None:
    with gateway_of(body=lambda message: answer):
        row = post()
        deliver()
    row.refresh_from_db()
    assert row.state == state


def test_a_gateway_that_is_down_loses_nothing() -> None:
    with gateways("http://127.0.0.1:1/"):
        row = post()
        deliver()
        row.refresh_from_db()
        assert row.state == "queued"
    with gateway_of() as gateway:
        deliver(NOW + WAITS[0])
    row.refresh_from_db()
    assert (row.state, len(gateway.sent)) == ("sent", 1)


def test_a_report_that_comes_before_the_answer_counts() -> None:
    """The gateway has delivered before our side has heard that it took the message: it is not handed over again."""
    with gateway_of() as gateway:
        row = post()
        gateway.behave = lambda number, handler: bool(report(row, "delivered")) and hangs_up(1, handler)
        # The report is taken in by the server's thread, on a connection of its own.
        deliver()
        row.refresh_from_db()
        assert row.state == "delivered"
        assert deliver(NOW + WAITS[0]) == 0
    assert len(gateway.sent) == 1


def test_reports_in_any_order_come_to_the_same() -> None:
    with gateway_of():
        rows = [post(to=Recipient(phone=f"1380013800{number}")) for number in range(4)]
        deliver()
        later = NOW + timedelta(minutes=1)
        for row, states in zip(
            rows,
            (
                ["delivered", "read"],
                ["read", "delivered"],
                ["failed", "delivered"],
                ["delivered", "failed", "sent"],
            ),
            strict=True,
        ):
            for second, state in enumerate(states):
                # Each a little later, so that none is the very same request.
                report(row, state, now=later + timedelta(seconds=second))
    for row, expected in zip(rows, ("read", "read", "delivered", "delivered"), strict=True):
        row.refresh_from_db()
        assert row.state == expected
        assert row.delivered_at is not None
        assert row.error == ""


def test_the_same_report_again_changes_nothing() -> None:
    with gateway_of():
        row = post()
        deliver()
        first = report(row, "delivered", now=NOW)
        row.refresh_from_db()
        again = report(row, "delivered", now=NOW + timedelta(seconds=9))
        before = row.delivered_at
        row.refresh_from_db()
    assert (first.applied, again.applied, again.known) == (1, 0, 1)
    assert row.delivered_at == before


def test_what_a_gateway_failed_to_deliver_can_be_sent_again_under_a_new_number() -> None:
    with gateway_of() as gateway:
        row = post()
        deliver()
        report(row, "failed", error="1042 no such number 13800138000")
        row.refresh_from_db()
        assert (row.state, row.error) == ("failed", "1042 no such number …")
        operator = official_of("operator").actor()
        with one_event("notices.retried"):
            retry_delivery(actor=operator, message_id=row.pk, now=NOW)
        deliver()
        # What belongs to the first attempt says nothing of the second.
        assert report(row, "failed", now=NOW + timedelta(seconds=5)).unknown == 1
    row.refresh_from_db()
    assert row.state == "sent"
    assert len(gateway.sent) == 2


def test_what_a_gateway_never_answered_keeps_its_number_when_it_is_sent_again() -> None:
    with gateways("http://127.0.0.1:1/"):
        row = post()
        now = NOW
        for _ in range(len(WAITS) + 1):
            deliver(now)
            row.refresh_from_db()
            now = row.next_try_at or now
        assert row.state == "failed"
        before = row.reference
        retry_delivery(actor=official_of("operator").actor(), message_id=row.pk, now=NOW)
    row.refresh_from_db()
    assert row.reference == before, "it might have been sent"


def test_a_worker_killed_in_the_middle_of_many_sends_each_once() -> None:
    """Claimed together, some handed over, the process killed: all arrive, under one number each."""
    with gateway_of() as gateway:
        rows = [post(to=Recipient(phone=f"138001380{number:02d}")) for number in range(12)]
        connection.close()
        child = os.fork()
        if child == 0:
            leave_connections()
            from yingshang.kernel.notices.channels import http_gateways

            real, calls = http_gateways.post, []

            def fourth_kills(*arguments: Any, **more: Any) -> bytes:
                answer = real(*arguments, **more)
                calls.append(1)
                if len(calls) == 4:
                    os.kill(os.getpid(), signal.SIGKILL)
                return answer

            http_gateways.post = fourth_kills
            deliver()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        states = [Delivery.objects.get(pk=row.pk).state for row in rows]
        assert states.count("sent") == 3
        deliver()
        deliver(NOW + CLAIM)
        assert {Delivery.objects.get(pk=row.pk).state for row in rows} == {"sent"}
    assert len(gateway.sent) == 12
    assert len(gateway.requests) == 13, "the fourth was handed over twice, and carried out once"
