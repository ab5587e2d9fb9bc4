"""Messages written and delivered a second: one by one, as a mass message, and over real connections."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.kernel import Figure


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database, with a gateway of our own on this machine."""
    from django.test import override_settings
    from django.utils import timezone

    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.notices import delivery
    from yingshang.kernel.notices.api import (
        CampaignContent,
        Recipient,
        create_campaign,
        deliver_due,
        receive_reports,
        send,
        send_campaign,
        submit_campaign,
    )
    from yingshang.kernel.notices.channels.gateway import signature
    from yingshang.kernel.notices.models import Delivery

    actor, now = system_actor("bench"), timezone.now()
    single, many = (100, 1_000) if quick else (1_000, 20_000)
    with _gateway() as url, override_settings(MESSAGE_GATEWAYS={"sms": {"url": url, "callback_secret": "s"}}):
        took = _seconds(
            lambda: [
                send(
                    actor=actor,
                    to=Recipient(phone="13800138000"),
                    template="notices.emergency",
                    context={"title": "停水", "text": "明天停水"},
                    channels=["sms"],
                    now=now,
                )
                for _ in range(single)
            ]
        )
        yield Figure("one message written, each in its own transaction", single / took, "messages/s")

        _enterprises(many)
        content = CampaignContent(
            title="bench",
            kind="emergency",
            channels=["sms"],
            texts={"zh-hans": ("停水", "{{ enterprise }}：明天停水")},
        )
        number = create_campaign(actor=actor, content=content, now=now)
        submit_campaign(actor=actor, campaign_id=number, now=now)
        took = _seconds(lambda: send_campaign(actor=actor, campaign_id=number, clock=timezone.now))
        yield Figure(
            f"a mass message to {many:,} enterprises written",
            many / took,
            "messages/s",
            note="audience found, texts filled in and encrypted, outbox written, audited",
        )

        handed = min(many, 200 if quick else 4_000)
        took = _seconds(lambda: deliver_due(clock=timezone.now, limit=handed))
        yield Figure(
            "handed over to a gateway over HTTP by one worker",
            handed / took,
            "messages/s",
            note="one connection a message, the gateway on this machine; workers add up",
        )
        took = _parallel(lambda: deliver_due(clock=timezone.now, limit=handed // 2))
        yield Figure("the same by two workers at once", handed // 2 * 2 / took, "messages/s")

        sent = Delivery.objects.filter(state=Delivery.SENT).values_list("reference", flat=True)[
            : delivery.AT_A_TIME * 50
        ]
        body = json.dumps({"reports": [{"id": each, "state": "delivered"} for each in sent]}).encode()
        moment = str(int(time.time()))
        took = _seconds(
            lambda: receive_reports(
                gateway="sms",
                timestamp=moment,
                signed=signature("s", moment, body),
                body=body,
                now=timezone.now(),
            )
        )
        yield Figure("reports of a gateway taken in, 500 a request", len(sent) / took, "reports/s")


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _parallel(work: Callable[[], Any]) -> float:
    from django.db import connection

    def worked() -> None:
        work()
        connection.close()

    threads = [threading.Thread(target=worked) for _ in range(2)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _enterprises(number: int) -> None:
    from django.db import transaction
    from django.utils import timezone

    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.models import Party
    from yingshang.kernel.reference.api import make_credit_code

    now = timezone.now()
    with transaction.atomic():
        Party.objects.bulk_create(
            (
                Party(
                    kind=Party.ENTERPRISE,
                    credit_code=make_credit_code("9", "1", "230102", f"{each:08d}"),
                    name=f"演示企业{each}",
                    contact_phone=f"138{each:08d}",
                    created_at=now,
                    updated_at=now,
                )
                for each in range(number)
            ),
            batch_size=5_000,
        )
        record(actor=system_actor("bench"), action="bench.arranged", target=Target("bench", "1"), now=now)


class _gateway:
    """An HTTP server that takes everything."""

    def __enter__(self) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
