"""Count open deadlines anew after a calendar has changed, and move those whose date has: each once, with an event."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import NewEvent, Target, record_many

from ..models import OPEN, CalendarRevision, Deadline
from ..revisions import fresh_calendars
from ..views import told
from ._steps import count_anew, target_of
from .publish_calendar import affected_codes

BATCH = 250
LONGEST_WAIT_SECONDS = 60.0


def move_deadlines(*, actor: Actor, revision_id: int, now: datetime, batch: int = BATCH) -> int:
    """Move the open deadlines that a published revision moves, and return how many.

    Safe to run again, and beside others: a deadline is locked while it is counted, carries the version of the calendar
    it was counted with, and has an event only where its date has changed. A deadline that was being started while the
    calendar was published is found by a second pass, after every transaction of that time has ended.
    """
    revision = CalendarRevision.objects.get(pk=revision_id)
    chosen = Q(calendar__in=affected_codes(revision.calendar)) & (
        Q(due_on__gte=revision.first_change) | Q(provisional=True)
    )
    moved = _pass(chosen, actor=actor, revision=revision, now=now, batch=batch)
    if not connection.in_atomic_block:
        _wait_for_older_transactions()
        moved += _pass(chosen, actor=actor, revision=revision, now=now, batch=batch)
    with transaction.atomic():
        CalendarRevision.objects.filter(pk=revision.pk).update(settled_at=now)
        _note_calendar(actor, revision.calendar, f"{revision.year}", moved, now, "clock.calendar_applied")
    return moved


def settle_provisional(*, actor: Actor, now: datetime, batch: int = BATCH) -> int:
    """Count provisional deadlines anew whose calendar has another version now, as a new release of the data brings."""
    current = fresh_calendars()
    moved = 0
    for code, calendar in current.items():
        chosen = Q(calendar=code, provisional=True) & ~Q(calendar_version=calendar.version)
        moved += _pass(chosen, actor=actor, revision=None, now=now, batch=batch)
    return moved


def _pass(chosen: Q, *, actor: Actor, revision: CalendarRevision | None, now: datetime, batch: int) -> int:
    moved, after = 0, 0
    while True:
        ids = list(
            Deadline.objects.filter(chosen, state__in=OPEN, pk__gt=after)
            .order_by("pk")
            .values_list("pk", flat=True)[:batch]
        )
        if not ids:
            return moved
        after = ids[-1]
        moved += _count_batch(ids, actor=actor, revision=revision, now=now)


def _count_batch(
    ids: Sequence[int], *, actor: Actor, revision: CalendarRevision | None, now: datetime
) -> int:
    with transaction.atomic():
        rows = list(
            Deadline.objects.select_for_update(of=("self",))
            .select_related("ladder__ladder")
            .prefetch_related("pauses", "extensions")
            .filter(pk__in=ids, state__in=OPEN)
            .order_by("pk")
        )
        calendars = fresh_calendars()
        events: list[NewEvent] = []
        same: dict[tuple[bool, str], list[int]] = {}
        for row in rows:
            calendar = calendars[row.calendar]
            if row.calendar_version == calendar.version:
                continue
            before = told(row)
            if count_anew(row, calendar, now=now):
                row.save()
                events.append(
                    NewEvent(
                        "clock.moved",
                        target_of(row),
                        before=before,
                        after={**told(row), "calendar": calendar.code, "version": calendar.version},
                        reason="" if revision is None else revision.title,
                    )
                )
            else:
                same.setdefault((row.provisional, row.calendar_version), []).append(row.pk)
        for (provisional, version), unmoved in same.items():
            Deadline.objects.filter(pk__in=unmoved).update(provisional=provisional, calendar_version=version)
        if events and revision is not None:
            CalendarRevision.objects.filter(pk=revision.pk).update(moved=F("moved") + len(events))
        if events:
            record_many(actor=actor, events=events, now=now)
        elif same:
            settled = sum(map(len, same.values()))
            code = "" if revision is None else revision.calendar
            _note_calendar(actor, code, f"{settled}", 0, now, "clock.dates_confirmed")
        return len(events)


def _note_calendar(actor: Actor, code: str, name: str, moved: int, now: datetime, action: str) -> None:
    record_many(
        actor=actor,
        events=[NewEvent(action, Target("calendar", code, name), after={"moved": moved})],
        now=now,
    )


def _wait_for_older_transactions() -> None:
    """Until every transaction that is open now has ended: one that began earlier may still start a deadline."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        [limit] = cursor.fetchone()
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while time.monotonic() < end:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            [oldest] = cursor.fetchone()
            if oldest >= limit:
                return
            time.sleep(0.1)
