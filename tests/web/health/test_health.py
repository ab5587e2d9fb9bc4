"""Probes, metrics and the checks behind them, on the real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import path

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.clock.api import national
from yingshang.web.health import checks, urls
from yingshang.web.health.checks import Finding

pytestmark = pytest.mark.django_db


@open_to_everybody
def broken(request: Any, name: str) -> None:
    raise RuntimeError


urlpatterns = [*urls.urlpatterns, path("broken/<str:name>", broken, name="broken")]


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.METRICS_TOKEN = "secret"


def test_live_asks_nobody(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"live": True})
    assert "no-cache" in answer["Cache-Control"]
    assert client.post("/health/live").status_code == 405


def test_ready_says_which_check_failed_and_no_more(client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "checks": {"database": True, "migrations": True}},
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"database": True, "migrations": False}}
    found = checks.migrations()
    assert found.values["missing"] == ["sessions.0001_initial"]
    assert "yingshang manage migrate" in found.advice_zh


def test_metrics_are_for_who_has_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401, (
        "closed without a token"
    )
    settings.METRICS_TOKEN = "秘密"
    refused = client.get("/metrics")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 401
    settings.METRICS_TOKEN = "secret"
    assert client.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_metrics_tell_of_the_platform(client: Client) -> None:
    text = client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines["yingshang_database_up"] == "1.0"
    assert lines["yingshang_unguarded_tables"] == "0.0"
    assert lines["yingshang_workers_alive"] == "0.0"
    assert lines["yingshang_job_lag_seconds"] == lines["yingshang_outbox_lag_seconds"] == "0.0"


def test_requests_are_counted_by_view_and_not_by_address(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = ["yingshang.web.health.middleware.MetricsMiddleware", *settings.MIDDLEWARE]
    client = Client(raise_request_exception=False)
    client.get("/health/live")
    client.get("/no/such/张三")
    client.generic("BREW", "/health/live")
    client.get("/broken/张三")
    text = client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()
    assert 'yingshang_http_requests_total{method="GET",status="200",view="live"}' in text
    assert 'method="other",status="405",view="live"' in text
    assert 'status="404",view="unknown"' in text
    assert 'status="500",view="broken"' in text
    assert 'yingshang_http_request_seconds_bucket{le="0.1",view="live"}' in text
    assert "张三" not in text
    assert "BREW" not in text


def _defer(*, due: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
            "VALUES ('default', 'x', now() + %s) RETURNING id",
            [due],
        )


@pytest.mark.parametrize(
    ("due", "status"),
    [
        (timedelta(hours=1), "ok"),
        (timedelta(), "ok"),
        (timedelta(minutes=-5), "warning"),
        (timedelta(hours=-1), "failure"),
    ],
)
def test_jobs_that_wait_although_they_are_due_are_told(due: timedelta, status: str) -> None:
    _defer(due=due)
    found = checks.jobs()
    assert found.status == status
    assert found.values["counts"] == {"todo": 1}
    assert bool(found.advice) is (status != "ok")


def test_failed_jobs_are_a_warning() -> None:
    _defer(due=timedelta())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert checks.jobs().status == "warning"


def test_a_worker_is_alive_while_its_heart_beats() -> None:
    assert checks.worker().status == "failure"
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert checks.worker().status == "ok"
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    assert checks.worker().status == "failure"


def test_a_table_without_its_guard_is_told() -> None:
    assert checks.write_guards().status == "ok"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_user DISABLE TRIGGER ledger_guard")
    found = checks.write_guards()
    assert (found.status, found.values["missing"]) == ("failure", ["access_user"])


@pytest.mark.parametrize(("hours", "status"), [(0, "ok"), (3, "failure"), (-3, "failure")])
def test_clocks_are_compared(hours: int, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.timezone, "now", lambda: datetime.now(UTC) + timedelta(hours=hours))
    assert checks.clock_skew().status == status


def test_the_calendar_is_told_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    coverage = national().coverage()
    days = {
        coverage.settled_until - timedelta(days=40): "ok",
        coverage.settled_until - timedelta(days=10): "warning",
        coverage.last - timedelta(days=10): "failure",
    }
    for day, status in days.items():
        monkeypatch.setattr(checks.timezone, "localdate", lambda day=day: day)
        assert checks.calendar().status == status, day
    assert isinstance(coverage.last, date)


def test_a_check_that_cannot_be_made_is_a_failure_and_the_others_go_on() -> None:
    def raises() -> Finding:
        raise ValueError("no\nmore")

    found = checks.run((raises, checks.database))
    assert [(each.code, each.status) for each in found] == [("raises", "failure"), ("database", "ok")]
    assert found[0].message == "raises could not be checked: no"


def test_without_a_database_only_that_is_told() -> None:
    def database() -> Finding:
        return Finding("database", "failure", "gone", "没了")

    assert [each.code for each in checks.run((database, checks.worker))] == ["database"]


def test_every_finding_is_in_both_languages() -> None:
    for found in checks.run(checks.ALL):
        assert found.message != found.message_zh
        assert bool(found.advice) is bool(found.advice_zh) is (found.status != "ok"), found
