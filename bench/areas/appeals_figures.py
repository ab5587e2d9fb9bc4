"""What appeals teach, of 560,000 with their history: how long a leader waits for the figures of a city.

    python -m bench.areas appeals_figures [--quick]         (BENCH_APPEALS=100000 for another number)

The appeals are those of `appeals_lists`, here of 60,000 enterprises, evenly over five months, and with the moments of
dispatching, contact and answer over hours and days. A leader of the city opens the pages, of the newest whole month.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bench.areas import Figure
from bench.areas.appeals_lists import CITY, PASSWORD, _arrange

AIM = ""
LOOKS = 5
PARTIES = 60_000


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database."""
    from django.utils import timezone

    from yingshang.areas.appeals.api import freeze_months, period_of
    from yingshang.kernel.access.api import system_actor

    count = int(os.environ.get("BENCH_APPEALS") or (20_000 if quick else 560_000))
    now = timezone.now()
    _arrange(count, now)
    _told_more()
    yield from _pages(_leader(now), period_of(timezone.localdate(now)).before.code)
    began = time.perf_counter()
    freeze_months(actor=system_actor("bench"), now=now + timedelta(days=32))
    yield Figure("the record of a month, of every agency", time.perf_counter() - began, "s", AIM)


def _pages(username: str, period: str) -> Iterator[Figure]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    client = Client(SERVER_NAME="localhost", HTTP_X_FORWARDED_FOR="192.0.2.1")
    client.post("/account/login/", {"login": username, "password": PASSWORD}, secure=True)
    asked: dict[str, Any] = {"period": period, "region": CITY}
    for name, address, more in (
        ("the cockpit's figures of a city and a month", "/cockpit/appeals/", {}),
        ("the speed of all agencies", "/cockpit/appeals/agencies/", {}),
        ("all causes that come back", "/cockpit/appeals/repeats/", {}),
        ("the late appeals behind a figure", "/cockpit/appeals/list/", {"what": "late"}),
        ("the repeated appeals behind a figure", "/cockpit/appeals/list/", {"what": "again"}),
        ("what several enterprises say, of ninety days", "/desk/appeals/suggestions/clusters/", {}),
    ):
        looks = []
        for number in range(LOOKS + 1):
            with CaptureQueriesContext(connection) as captured:
                began = time.perf_counter()
                answer = client.get(address, {**asked, **more}, secure=True)
                took = time.perf_counter() - began
            if answer.status_code != 200:
                raise SystemExit(f"{answer.status_code} {address} {answer.content[:400]!r}")
            if number:
                looks.append(took)
        for each in sorted(captured.captured_queries, key=lambda row: -float(row["time"]))[:2]:
            print(f"    {each['time']} s {each['sql'][:300]}", flush=True)
        yield Figure(f"{name}, median of {LOOKS}", sorted(looks)[LOOKS // 2], "s", AIM)


def _leader(now: Any) -> str:
    from yingshang.kernel.access.api import appoint, create_user, system_actor
    from yingshang.kernel.parties.models import Agency

    actor = system_actor("bench")
    place = Agency.objects.get(region_id=CITY, kind="government")
    user = create_user(
        actor=actor, username="bench-leader", name="leader", agency_id=place.pk, password=PASSWORD, now=now
    )
    appoint(
        actor=actor, user_id=user, role="leader", agency_id=place.pk, valid_from=date(2020, 1, 1), now=now
    )
    return "bench-leader"


def _told_more() -> None:
    """Enterprises, and when each was dispatched, contacted, answered; indexes no figure reads are left out."""
    from django.db import connection, transaction
    from django.utils import timezone

    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    with transaction.atomic(), connection.cursor() as cursor:
        for name in ("appeals_by_words", "appeals_alike", "appeals_about"):
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(
            """
            INSERT INTO parties_party (kind, credit_code, name, name_key, identity_number, industry, status, size,
                                       contact_email, contact_phone, demonstration, created_at, updated_at)
            SELECT 'enterprise', 'BENCH' || n, '演示企业' || n, '演示企业' || n, '', '', '', '', '', '', true,
                   now(), now()
            FROM generate_series(1, %s) AS n
            """,
            [PARTIES],
        )
        cursor.execute(
            """
            UPDATE appeals_appeal SET
                party_id = first.id + (appeals_appeal.id * 7919) %% %s,
                submitted_at = day.at,
                due_on = day.at::date + 5,
                dispatched_at = day.at + make_interval(mins => appeals_appeal.id::int %% 300),
                contacted_at = day.at + make_interval(mins => 60 + appeals_appeal.id::int %% 900),
                contact_due_at = day.at + interval '12 hours',
                answered_at = CASE WHEN state IN ('closed', 'answered')
                              THEN day.at + make_interval(hours => 2 + appeals_appeal.id::int %% 150) END,
                late = appeals_appeal.id %% 17 = 0,
                reopened_count = (appeals_appeal.id %% 61 = 0)::int,
                disputed_count = (appeals_appeal.id %% 43 = 0)::int,
                bounce_count = (appeals_appeal.id %% 37 = 0)::int
            FROM (SELECT min(id) AS id FROM parties_party WHERE credit_code LIKE 'BENCH%%') AS first,
                 -- Evenly over five months.
                 (SELECT id, now() - make_interval(mins => (id * 7907 %% 216000)::int) AS at FROM appeals_appeal) AS day
            WHERE deadline_id IS NULL AND day.id = appeals_appeal.id
            """,
            [PARTIES],
        )
        record(
            actor=system_actor("bench"),
            action="bench.arranged",
            target=Target("bench", "2"),
            now=timezone.now(),
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE appeals_appeal")
