"""What gateways report: only signed, only lately, each request once, and nothing half taken in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.kernel.access.factories import NOW, SYSTEM
from tests.kernel.notices.factories import gateways
from yingshang.kernel.notices.api import (
    BadSignature,
    InvalidReport,
    Recipient,
    ReplayedReport,
    StaleReport,
    UnknownGateway,
    receive_reports,
    send,
)
from yingshang.kernel.notices.callbacks import MOST_REPORTS, WINDOW
from yingshang.kernel.notices.channels.gateway import signature
from yingshang.kernel.notices.models import Delivery, GatewayReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Any:
    with gateways("http://127.0.0.1:1/", "sms", "wechat"):
        (number,) = send(
            actor=SYSTEM,
            to=Recipient(phone="13800138000"),
            template="notices.emergency",
            context={"title": "停机通知", "text": "今晚维护"},
            channels=["sms"],
            now=NOW,
        )
        yield Delivery.objects.get(pk=number)


def receive(told: Any, *, gateway: str = "sms", secret: str = "callback", now: Any = NOW, **more: Any) -> Any:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    moment = str(int(NOW.timestamp()))
    given = {"timestamp": moment, "signed": signature(secret, moment, body), "body": body, **more}
    return receive_reports(gateway=gateway, now=now, **given)


def test_a_forged_old_or_repeated_report_is_refused(row: Delivery) -> None:
    good = {"id": row.reference, "state": "delivered"}
    minute = timedelta(minutes=1)
    for error, change in (
        (BadSignature, {"secret": "wrong"}),
        (BadSignature, {"signed": ""}),
        (BadSignature, {"signed": "ü"}),
        (BadSignature, {"timestamp": str(int(NOW.timestamp()) + 1)}),
        (BadSignature, {"body": b'{"id": "x", "state": "read"}'}),
        (StaleReport, {"now": NOW + WINDOW + minute}),
        (StaleReport, {"now": NOW - WINDOW - minute}),
        (UnknownGateway, {"gateway": "pigeon"}),
        (UnknownGateway, {"gateway": "email"}),
    ):
        with pytest.raises(error):
            receive(good, **change)
    for moment in ("", "soon", "1" * 40, "-1", "１２３"):
        with pytest.raises(StaleReport):
            receive(b"{}", timestamp=moment, signed=signature("callback", moment, b"{}"))
    row.refresh_from_db()
    assert row.state == "queued"
    assert receive(good).applied == 1
    with pytest.raises(ReplayedReport):
        receive(good)
    assert GatewayReport.objects.count() == 1


def test_what_cannot_be_read_is_refused_whole(row: Delivery) -> None:
    good = {"id": row.reference, "state": "delivered"}
    for told in (
        b"",
        b"not json",
        b"\xff\xfe",
        b"[" * 100_000,
        b"7",
        {"reports": []},
        {"reports": "x"},
        {"reports": [good] * (MOST_REPORTS + 1)},
        {"reports": [good, 7]},
        {"reports": [good, {"id": "x"}]},
        {"reports": [good, {"id": 7, "state": "read"}]},
        {"reports": [good, {"id": "", "state": "read"}]},
        {"reports": [good, {"id": "a\0b", "state": "read"}]},
        {"reports": [good, {"id": "x", "state": "queued"}]},
        {"reports": [good, {"id": "x", "state": ["read"]}]},
        {"reports": [good, {**good, "at": "yesterday"}]},
        {"reports": [good, {**good, "at": "2026-11-23T10:00:00"}]},
        {"reports": [good, {**good, "at": 7}]},
        b" " * (256 * 1024 + 1),
    ):
        with pytest.raises(InvalidReport):
            receive(told)
    row.refresh_from_db()
    assert row.state == "queued"
    assert not GatewayReport.objects.exists()


def test_a_gateway_reports_of_its_own_messages_only(row: Delivery) -> None:
    assert receive({"id": row.reference, "state": "read"}, gateway="wechat").unknown == 1
    result = receive([{"id": "0" * 32, "state": "read"}, {"id": row.reference, "state": "read"}])
    assert (result.applied, result.unknown) == (1, 1)
    row.refresh_from_db()
    assert (row.state, row.read_at, row.sent_at, row.next_try_at) == ("read", NOW, NOW, None)


def test_times_of_the_future_are_now(row: Delivery) -> None:
    receive({"id": row.reference, "state": "read", "at": "2099-01-01T00:00:00+08:00"})
    row.refresh_from_db()
    assert row.read_at == NOW


def test_the_address_for_gateways(row: Delivery, client: Client) -> None:
    body = json.dumps({"id": row.reference, "state": "delivered"}).encode()
    moment = str(int(timezone.now().timestamp()))
    headers = {"X-Timestamp": moment, "X-Signature": signature("callback", moment, body)}

    def called(**change: Any) -> Any:
        return client.post(
            change.get("address", "/callbacks/messages/sms"),
            change.get("body", body),
            content_type="application/json",
            headers=change.get("headers", headers),
        )

    assert called(headers={}).status_code == 401
    assert called(body=b"{}").json()["code"] == "notices.bad_signature"
    assert called(address="/callbacks/messages/pigeon").status_code == 404
    assert client.get("/callbacks/messages/sms").status_code == 405
    answer = called()
    assert (answer.status_code, answer.json()) == (200, {"applied": 1, "known": 0, "unknown": 0})
    assert called().status_code == 409
    assert called(body=b" " * 300_000).status_code == 413
    unreadable = b"[]"
    headers = {"X-Timestamp": moment, "X-Signature": signature("callback", moment, unreadable)}
    assert called(body=unreadable, headers=headers).status_code == 422


def test_signs_and_times_that_no_database_gives_back_are_refused(row: Delivery) -> None:
    for told in (
        {"id": "\ud800", "state": "read"},
        {"id": "a\u0000b", "state": "read"},
        {"id": row.reference, "state": "read", "at": "0001-01-01T00:00:00+14:00"},
        {"id": row.reference, "state": "read", "at": "1970-01-01T00:00:00+00:00"},
    ):
        with pytest.raises(InvalidReport):
            receive(told)
    row = Delivery.objects.get(pk=row.pk)
    assert (row.state, row.read_at) == ("queued", None)
