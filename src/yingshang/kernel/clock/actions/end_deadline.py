"""Stop a clock for good: because what was promised is done, or because it is no longer asked for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..models import Deadline
from ..views import DeadlineView, told
from ._steps import calendar_of, count_anew, finish, late, load, must_be_open, not_before


def meet_deadline(*, actor: Actor, deadline_id: int, now: datetime) -> DeadlineView:
    """What was promised is done. Raises DeadlineNotFound, DeadlineNotOpen."""
    return _end(actor, deadline_id, Deadline.MET, "clock.met", "", now)


def cancel_deadline(*, actor: Actor, deadline_id: int, reason: str, now: datetime) -> DeadlineView:
    """It is no longer asked for, and neither kept nor broken. Raises DeadlineNotFound, DeadlineNotOpen."""
    return _end(actor, deadline_id, Deadline.CANCELLED, "clock.cancelled", reason, now)


def _end(actor: Actor, deadline_id: int, state: str, action: str, reason: str, now: datetime) -> DeadlineView:
    with transaction.atomic():
        row = load(actor, deadline_id, permission=None)
        must_be_open(row)
        not_before(now, row.started_at)
        before = told(row)
        if row.state == Deadline.PAUSED:
            # What ends while it stands still stood still until then.
            not_before(now, row.pauses.latest("since").since)
            row.pauses.filter(until__isnull=True).update(until=now, resumed_by=actor.name[:120])
            count_anew(row, calendar_of(row), now=now)
        row.state, row.ended_at, row.next_rung_at = state, now, None
        row.failures, row.failure = 0, ""
        return finish(
            row,
            actor=actor,
            action=action,
            now=now,
            before=before,
            after={"late": late(row, now)},
            reason=reason,
        )
