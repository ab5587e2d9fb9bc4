"""Numbers for Prometheus: what every process counts, and what is asked of the database at each visit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from time import perf_counter

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import yingshang
from yingshang.kernel.jobs.api import workers_alive
from yingshang.kernel.ledger.api import missing_guards
from yingshang.kernel.notices.api import outbox_lag_seconds

from . import checks

REQUESTS = Counter(
    "yingshang_http_requests", "Requests answered, by the name of the view", ("view", "method", "status")
)
SECONDS = Histogram(
    "yingshang_http_request_seconds",
    "How long answers took",
    ("view",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class _Platform(Collector):
    """Gauges about the whole platform, not about one process: read from the database when somebody looks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        release = GaugeMetricFamily("yingshang_release", "The release that runs", labels=["version"])
        release.add_metric([yingshang.__version__], 1)
        yield release
        began = perf_counter()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            yield GaugeMetricFamily("yingshang_database_up", "Whether the database answers", 0)
            return
        took = perf_counter() - began
        yield GaugeMetricFamily("yingshang_database_up", "Whether the database answers", 1)
        yield GaugeMetricFamily("yingshang_database_seconds", "How long its shortest answer took", took)
        # Tables of another release, as in the middle of an upgrade: what was counted so far is told all the same.
        with contextlib.suppress(DatabaseError):
            yield from self._of_database()

    def _of_database(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "yingshang_workers_alive",
            "Workers that gave a sign of life lately",
            workers_alive(now=timezone.now(), within_seconds=settings.WORKER_DEAD_AFTER_SECONDS),
        )
        states = GaugeMetricFamily("yingshang_jobs", "Jobs in the queue", labels=["state"])
        for state, count in sorted(checks.job_counts().items()):
            states.add_metric([state], count)
        yield states
        yield GaugeMetricFamily(
            "yingshang_job_lag_seconds",
            "For how long the oldest due job has waited",
            checks.job_lag_seconds(),
        )
        yield GaugeMetricFamily(
            "yingshang_unguarded_tables",
            "Tables that take writes without an audit event",
            len(missing_guards()),
        )
        yield GaugeMetricFamily(
            "yingshang_outbox_lag_seconds",
            "For how long the oldest message has waited",
            outbox_lag_seconds(timezone.now()),
        )


def exposition() -> bytes:
    """Everything in Prometheus' text format. With several web processes their counts are added up."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(_Platform())
    return generate_latest(registry)
