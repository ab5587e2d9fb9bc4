"""Firing what is due, each rung once.

What is promised: a rung of a deadline fires once for each date the deadline has had, however many sweepers run and
wherever one of them is killed. What a handler writes is committed together with the mark that the rung has fired, or
not at all. A handler that fails stops no other: its writes are undone, and the rung is tried again later and counted
among the failing ones until it succeeds. An owner that takes many at once is given those of a batch together; what it
leaves, and everything where it fails, is fired one by one.

A pass costs what is due, not what exists: the candidates are read from an index that holds nothing but coming rungs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import NewEvent, record_many

from .actions._steps import next_step, target_of, touched
from .calendars import Calendar
from .ladders import Step
from .models import Deadline, RungFiring
from .owners import FiredRung, owner_kind, takes_many
from .revisions import fresh_calendars
from .views import deadline_view

logger = structlog.get_logger(__name__)

BATCH = 250
"""How many deadlines are fired in one transaction: enough to share its cost, few enough to hold no lock for long."""

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""How long to wait after each failure of a handler; the last goes for all later ones. Nothing is given up."""

CANDIDATES = """
SELECT next_rung_at, id FROM clock_deadline
WHERE next_rung_at <= %(now)s AND (next_rung_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY next_rung_at, id LIMIT %(limit)s
"""
"""Answered from the index clock_next_rung alone (`EXPLAIN` in the tests says so)."""

_NEXT = """
UPDATE clock_deadline AS deadline
SET done = new.done, next_rung_at = new.next_rung_at, failures = new.failures, failure = new.failure
FROM unnest(%(ids)s::bigint[], %(done)s::jsonb[], %(next)s::timestamptz[], %(failures)s::int[], %(failure)s::text[])
     AS new (id, done, next_rung_at, failures, failure)
WHERE deadline.id = new.id
"""

_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did. `more` says that it stopped at its limit, with something left."""

    fired: int
    failed: int
    more: bool


def sweep(*, actor: Actor, now: datetime, limit: int = 20_000, batch: int = BATCH) -> SweepResult:
    """Fire every rung that is due, at most `limit`. Several may run at once.

    Not to be called in a transaction: every batch is one of its own, so that a killed sweeper loses one batch, which
    the next one fires.
    """
    fired = failed = 0
    calendars = fresh_calendars()
    while True:
        fired_in_pass = 0
        after: tuple[datetime, int] = (_BEGINNING, 0)
        while True:
            left = limit - fired - failed
            candidates = _candidates(now, after, min(batch, left)) if left > 0 else []
            if not candidates:
                break
            after = candidates[-1]
            done, broken = _fire([pk for _, pk in candidates], calendars, actor=actor, now=now)
            fired, failed, fired_in_pass = fired + done, failed + broken, fired_in_pass + done
        # A deadline with several rungs behind schedule comes once in every pass.
        if not fired_in_pass or fired + failed >= limit:
            break
    return SweepResult(
        fired, failed, more=fired + failed >= limit and bool(_candidates(now, (_BEGINNING, 0), 1))
    )


def _candidates(now: datetime, after: tuple[datetime, int], limit: int) -> list[tuple[datetime, int]]:
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"now": now, "after_at": after[0], "after_id": after[1], "limit": limit})
        return list(cursor.fetchall())


def _fire(
    ids: Sequence[int], calendars: Mapping[str, Calendar], *, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Fire one batch; where it cannot be committed, one by one, so that only what is broken is left out."""
    try:
        return _fire_together(ids, calendars, actor=actor, now=now)
    except Exception as error:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        logger.exception("a batch of rungs could not be committed", deadlines=len(ids))
        if len(ids) > 1:
            results = [_fire([pk], calendars, actor=actor, now=now) for pk in ids]
            return sum(done for done, _ in results), sum(broken for _, broken in results)
        with transaction.atomic():
            row = (
                Deadline.objects.select_for_update(skip_locked=True)
                .filter(pk=ids[0], next_rung_at__lte=now)
                .first()
            )
            if row is None:
                return 0, 0
            _note_failures([(row, "", error)], actor=actor, now=now)
        return 0, 1


@dataclass(slots=True)
class _Firing:
    row: Deadline
    step: Step
    before: tuple[list[str], int, str]
    mark: RungFiring


def _fire_together(
    ids: Sequence[int], calendars: Mapping[str, Calendar], *, actor: Actor, now: datetime
) -> tuple[int, int]:
    with transaction.atomic(), _watched() as changed:
        firings = _take(ids, calendars, now)
        succeeded: list[_Firing] = []
        broken: list[tuple[Deadline, str, Exception]] = []
        undone: list[int] = []
        taken = _call_for_many(firings, actor, now, changed)
        for firing in firings:
            row = firing.row
            if row.pk in taken:
                succeeded.append(firing)
                continue
            if row.pk in changed:
                # The handler of another deadline has changed this one since it was taken.
                if not Deadline.objects.filter(pk=row.pk, state=Deadline.RUNNING, round=row.round).exists():
                    undone.append(firing.mark.pk)
                    continue
                row.refresh_from_db()
            error = _call(firing, actor, now)
            if error is None:
                succeeded.append(firing)
            else:
                undone.append(firing.mark.pk)
                row.done, row.failures, row.failure = firing.before
                broken.append((row, firing.step.rung.code, error))
        if undone:
            RungFiring.objects.filter(pk__in=undone).delete()
        if broken:
            _note_failures(broken, actor=actor, now=now)
        if succeeded:
            record_many(actor=actor, events=[_event(firing) for firing in succeeded], now=now)
        return len(succeeded), len(broken)


def _take(ids: Sequence[int], calendars: Mapping[str, Calendar], now: datetime) -> list[_Firing]:
    """Lock what nobody else has, and mark it as fired."""
    rows = list(
        Deadline.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("ladder__ladder")
        .prefetch_related("pauses", "extensions", "firings")
        .filter(pk__in=ids, next_rung_at__lte=now)
        .order_by("next_rung_at", "id")
    )
    firings = []
    for row in rows:
        calendar = calendars[row.calendar]
        step = next_step(row, calendar)
        assert step is not None, f"deadline {row.pk} waits for a rung it does not have"
        before = (list(row.done), row.failures, row.failure)
        row.done = [*row.done, step.rung.code]
        row.failures, row.failure = 0, ""
        coming = next_step(row, calendar)
        row.next_rung_at = None if coming is None else coming.at
        mark = RungFiring(
            deadline=row, round=row.round, rung=step.rung.code, scheduled_for=step.at, fired_at=now
        )
        firings.append(_Firing(row, step, before, mark))
    if firings:
        _save([firing.row for firing in firings])
        RungFiring.objects.bulk_create([firing.mark for firing in firings])
    return firings


def _call_for_many(
    firings: Sequence[_Firing], actor: Actor, now: datetime, changed: Collection[int]
) -> set[int]:
    """Give what is due together to the owners that take many at once; the deadlines they took."""
    by_kind: dict[str, list[_Firing]] = {}
    for firing in firings:
        by_kind.setdefault(firing.row.owner_kind, []).append(firing)
    taken: set[int] = set()
    for kind, found in by_kind.items():
        on_rungs = takes_many(kind)
        # What the handler of another kind has changed meanwhile is looked at anew, one by one.
        rungs = [_fired(each, actor, now) for each in found if each.row.pk not in changed]
        if on_rungs is None or len(rungs) < 2:
            continue
        given = {each.deadline.id for each in rungs}
        try:
            with transaction.atomic():
                left = set(on_rungs(rungs))
                if not left <= given:
                    raise LookupError(f"left alone deadlines it was not given: {sorted(left - given)[:5]}")
        except Exception:
            logger.exception("the handler of many rungs failed; one by one", owner=kind, rungs=len(rungs))
            continue
        taken |= given - left
    return taken


def _fired(firing: _Firing, actor: Actor, now: datetime) -> FiredRung:
    return FiredRung(
        deadline=deadline_view(firing.row, now=now),
        rung=firing.step.rung,
        scheduled_for=firing.step.at,
        fired_at=now,
        actor=actor,
    )


def _call(firing: _Firing, actor: Actor, now: datetime) -> Exception | None:
    try:
        with transaction.atomic():
            owner_kind(firing.row.owner_kind).on_rung(_fired(firing, actor, now))
    except Exception as error:
        logger.exception(
            "the handler of a rung failed",
            deadline_id=firing.row.pk,
            owner=f"{firing.row.owner_kind} {firing.row.owner_id}",
            rung=firing.step.rung.code,
        )
        return error
    return None


def _note_failures(broken: Sequence[tuple[Deadline, str, Exception]], *, actor: Actor, now: datetime) -> None:
    for row, _, error in broken:
        row.failures = min(row.failures + 1, 30_000)
        row.failure = _words(error)[:400]
        row.next_rung_at = now + WAITS[min(row.failures, len(WAITS)) - 1]
    _save([row for row, _, _ in broken])
    record_many(
        actor=actor,
        events=[
            NewEvent(
                "clock.rung_failed",
                target_of(row),
                after={"rung": rung, "failures": row.failures, "again_at": row.next_rung_at},
                reason=row.failure,
            )
            for row, rung, _ in broken
        ],
        now=now,
    )


def _words(error: Exception) -> str:
    told = getattr(error, "message_zh", "") or str(error)
    return f"{type(error).__name__}: {told}"


def _save(rows: Sequence[Deadline]) -> None:
    """The four columns a sweep writes, of all rows in one statement."""
    field = Deadline._meta.get_field("done")
    with connection.cursor() as cursor:
        cursor.execute(
            _NEXT,
            {
                "ids": [row.pk for row in rows],
                "done": [field.get_db_prep_save(row.done, connection) for row in rows],
                "next": [row.next_rung_at for row in rows],
                "failures": [row.failures for row in rows],
                "failure": [row.failure for row in rows],
            },
        )


def _event(firing: _Firing) -> NewEvent:
    rung, row = firing.step.rung, firing.row
    after: dict[str, Any] = {
        "rung": rung.code,
        "action": rung.action,
        "to": list(rung.to),
        "due_on": row.due_on,
        "scheduled_for": firing.step.at,
        "owner": f"{row.owner_kind} {row.owner_id}",
    }
    return NewEvent("clock.rung_fired", target_of(row), after=after)


@contextmanager
def _watched() -> Iterator[set[int]]:
    """Notes which deadlines the actions of this room change meanwhile."""
    changed: set[int] = set()
    token = touched.set(changed)
    try:
        yield changed
    finally:
        touched.reset(token)
