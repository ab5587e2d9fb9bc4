"""The sweeper over a million open deadlines, and how quickly dates are derived and deadlines are started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from bench.kernel import Figure
from yingshang.kernel.access.api import system_actor
from yingshang.kernel.clock.api import (
    FiredRung,
    Owner,
    Term,
    due_at,
    load_defaults,
    national,
    pause_deadline,
    register_owner,
    resume_deadline,
    start_deadline,
    sweep,
)
from yingshang.kernel.ledger.api import Target, record

ACTOR = system_actor("bench")
KIND = "bench.thing"
START = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
NOW = datetime(2026, 11, 27, 9, tzinfo=START.tzinfo)
"""The morning on which a term of five working days is reminded of."""

COPY = """
INSERT INTO clock_deadline (owner_kind, owner_id, kind, name, name_en, region_code, region_path, agency_id, party_id,
    calendar, calendar_version, start_event, term, started_at, due_at, due_on, provisional, state, ended_at, ladder_id,
    round, done, next_rung_at, failures, failure)
SELECT owner_kind, owner_id || '-' || n, kind, name, name_en, region_code, region_path, n %% 500, party_id,
    calendar, calendar_version, start_event, term, started_at, due_at, due_on, provisional, state, ended_at, ladder_id,
    round, done, next_rung_at + (n %% %(spread)s) * interval '1 minute', failures, failure
FROM clock_deadline, generate_series(1, %(count)s) AS n WHERE id = %(id)s
"""


def _start(identifier: str, term: Term) -> int:
    return start_deadline(
        actor=ACTOR,
        owner=Owner(KIND, identifier),
        kind="step",
        name="演示环节",
        name_en="A step",
        term=term,
        started_at=START,
        region_code="230102",
        agency_id=1,
        party_id=None,
        ladder="standard",
        now=START,
    ).id


def _copies(identifier: str, term: Term, count: int, spread: int) -> None:
    with transaction.atomic():
        pattern = _start(identifier, term)
        with connection.cursor() as cursor:
            cursor.execute(COPY, {"id": pattern, "count": count - 1, "spread": spread})


def _write_an_event(fired: FiredRung) -> None:
    """A handler that does what handlers do: a write of its own in the sweeper's transaction."""
    record(
        actor=fired.actor,
        action="bench.heard",
        target=Target("deadline", str(fired.deadline.id)),
        now=fired.fired_at,
    )


def measure(quick: bool) -> Iterator[Figure]:
    """Everything, with a twentieth of the deadlines when it is to be quick."""
    total, due = (50_000, 500) if quick else (1_000_000, 2_000)
    load_defaults(actor=ACTOR, region_path="", now=START)
    register_owner(KIND, on_rung=lambda fired: None)
    _copies("far", Term(60, "working_days"), total - 2 * due, 500_000)
    _copies("due", Term(5, "working_days"), due, 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) clock_deadline")

    began = perf_counter()
    result = sweep(actor=ACTOR, now=NOW)
    seconds = perf_counter() - began
    assert (result.fired, result.failed) == (due, 0), result
    yield Figure(f"sweep of {due:,} due among {total:,} open", seconds, "s", "< 5 s")

    _copies("heard", Term(5, "working_days"), due, 1)
    register_owner(KIND, on_rung=_write_an_event)
    began = perf_counter()
    result = sweep(actor=ACTOR, now=NOW)
    seconds = perf_counter() - began
    assert (result.fired, result.failed) == (due, 0), result
    yield Figure("the same, each handler writing an event", seconds, "s", "< 5 s")

    began, times = perf_counter(), 50
    for _ in range(times):
        assert sweep(actor=ACTOR, now=NOW).fired == 0
    yield Figure("sweep with nothing due", (perf_counter() - began) / times * 1000, "ms")

    began, times = perf_counter(), 200 if quick else 1_000
    numbers = [_start(f"one-{number}", Term(15, "working_days")) for number in range(times)]
    yield Figure("start a deadline", (perf_counter() - began) / times * 1000, "ms")

    began = perf_counter()
    for number in numbers:
        pause_deadline(
            actor=ACTOR, deadline_id=number, reason_code="correction", now=START + timedelta(days=1)
        )
        resume_deadline(actor=ACTOR, deadline_id=number, now=START + timedelta(days=3))
    yield Figure("pause and resume one", (perf_counter() - began) / times * 1000, "ms")

    calendar, term = national(), Term(20, "working_days")
    began, times = perf_counter(), 5_000
    for number in range(times):
        due_at(START + timedelta(days=number % 365), term, calendar).text()
    yield Figure("derive a due date and print it", (perf_counter() - began) / times * 1_000_000, "µs")
