"""What every action on a deadline does: load it with a lock, count anew, save, record."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..calendars import Calendar
from ..errors import DeadlineNotFound, DeadlineNotOpen, NotAMoment
from ..ladders import Step, schedule
from ..models import OPEN, Deadline
from ..revisions import fresh_calendar
from ..rules_of_law import pause_reason
from ..terms import Stop, Term, TermDerivation, derive_due
from ..views import DeadlineView, deadline_view, is_late, rungs_of, told

touched: ContextVar[set[int] | None] = ContextVar("clock_touched", default=None)
"""Deadlines that handlers have changed during a sweep, so that the sweeper does not fire what is no longer due."""

_STATE_NAMES = {"running": "计时中", "paused": "已中止", "met": "已办结", "cancelled": "已取消"}


def load(actor: Actor, deadline_id: int, *, permission: str | None) -> Deadline:
    """The deadline, locked. With a permission, only where the actor's reach takes it in. Raises DeadlineNotFound."""
    rows = Deadline.objects.select_for_update(of=("self",)).select_related("ladder__ladder")
    if permission is not None:
        rows = actor.require(permission).filter(rows, region="region_path", agency="agency_id")
    row = rows.filter(pk=deadline_id).first()
    if row is None:
        raise DeadlineNotFound(
            f"no deadline {deadline_id}", message_zh=f"没有编号为{deadline_id}的时限", value=deadline_id
        )
    return row


def must_be(row: Deadline, *states: str) -> None:
    """Raises DeadlineNotOpen unless the deadline is in one of these states."""
    if row.state not in states:
        wanted = "、".join(_STATE_NAMES[state] for state in states)
        raise DeadlineNotOpen(
            f"deadline {row.pk} is {row.state}; this is possible while it is {' or '.join(states)}",
            message_zh=f"时限“{row.name}”目前{_STATE_NAMES[row.state]}，只有在{wanted}时才能这样做",
            state=row.state,
        )


def must_be_open(row: Deadline) -> None:
    """Raises DeadlineNotOpen unless it is running or paused."""
    must_be(row, *OPEN)


def not_before(now: datetime, earliest: datetime) -> None:
    """Raises NotAMoment for a moment before what it follows."""
    if now < earliest:
        raise NotAMoment(
            f"{now.isoformat()} lies before {earliest.isoformat()}, which it must follow",
            message_zh=f"时间{now.isoformat()}早于{earliest.isoformat()}，顺序不对",
            value=now.isoformat(),
        )


def derive(row: Deadline, calendar: Calendar) -> TermDerivation:
    """The due date by what the tables say of the deadline now."""
    extensions = [Term.from_dict(each.term) for each in row.extensions.all()]
    stops = []
    for each in row.pauses.all():
        reason = pause_reason(each.reason)
        stops.append(Stop(each.since, each.until, reason.names, reason.bases))
    return derive_due(
        row.started_at,
        (Term.from_dict(row.term), *extensions),
        calendar,
        stops=stops,
        start_event=row.start_event,
    )


def count_anew(row: Deadline, calendar: Calendar, *, now: datetime) -> bool:
    """Set date and next rung by what the tables say now; returns whether the date has moved. Does not save.

    For a new date a rung is behind the deadline if its moment is past and it fired for an earlier date. A rung whose
    moment is past and that never fired, fires; one whose moment lies ahead fires again: it is another date.
    """
    reached = derive(row, calendar)
    moved = reached.due_at != row.due_at
    row.due_at, row.due_on = reached.due_at, reached.due_on
    row.provisional, row.calendar_version = reached.provisional, reached.version
    if moved:
        row.round += 1
        row.failures, row.failure = 0, ""
        fired = set(row.firings.values_list("rung", flat=True))
        row.done = [
            step.rung.code
            for step in steps_of(row, calendar)
            if step.at <= row.started_at or (step.at <= now and step.rung.code in fired)
        ]
    set_next(row, calendar)
    return moved


def set_next(row: Deadline, calendar: Calendar) -> None:
    """Set when the sweeper has to look at the deadline next. Does not save."""
    coming = next_step(row, calendar) if row.state == Deadline.RUNNING else None
    row.next_rung_at = None if coming is None else coming.at


def steps_of(row: Deadline, calendar: Calendar) -> tuple[Step, ...]:
    """The rungs of the deadline's ladder with their moments for the date it has."""
    return () if row.ladder is None else schedule(rungs_of(row.ladder), row.due_at, calendar)


def next_step(row: Deadline, calendar: Calendar) -> Step | None:
    """The first rung that is not behind the deadline."""
    done = set(row.done)
    return next((step for step in steps_of(row, calendar) if step.rung.code not in done), None)


def finish(
    row: Deadline,
    *,
    actor: Actor,
    action: str,
    now: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> DeadlineView:
    """Save, record, and give the deadline as a value."""
    row.save()
    during_sweep = touched.get()
    if during_sweep is not None:
        during_sweep.add(row.pk)
    record(
        actor=actor,
        action=action,
        target=target_of(row),
        now=now,
        before=dict(before),
        after={**told(row), **(after or {})},
        reason=reason[:400],
    )
    return deadline_view(row, now=now)


def target_of(row: Deadline) -> Target:
    """The deadline as the target of an event."""
    return Target("deadline", str(row.pk), row.name, row.region_path, row.agency_id, row.party_id)


def calendar_of(row: Deadline) -> Calendar:
    """The calendar the deadline began with, with what is published now."""
    return fresh_calendar(row.calendar)


def late(row: Deadline, now: datetime) -> bool:
    """Whether the due moment has passed."""
    last = row.pauses.last()
    return is_late(row, last.since if last else None, now)
