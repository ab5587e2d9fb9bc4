"""Let a clock stand still for a reason in law, and let it go on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..models import Deadline, Pause
from ..rules_of_law import pause_reason
from ..views import DeadlineView, told
from ._steps import calendar_of, count_anew, finish, load, must_be, not_before

PERMISSION = "clock.pause"


def pause_deadline(
    *,
    actor: Actor,
    deadline_id: int,
    reason_code: str,
    note: str = "",
    now: datetime,
    permission_required: bool = False,
) -> DeadlineView:
    """Let a running clock stand still; nothing fires meanwhile. What was late stays late.

    With `permission_required` the actor must hold clock.pause there: say so wherever a person asks for it directly.
    Raises DeadlineNotFound, DeadlineNotOpen, UnknownReason, NotAllowed.
    """
    reason = pause_reason(reason_code)
    with transaction.atomic():
        row = load(actor, deadline_id, permission=PERMISSION if permission_required else None)
        must_be(row, Deadline.RUNNING)
        last = row.pauses.last()
        not_before(now, last.until if last is not None and last.until else row.started_at)
        before = told(row)
        Pause.objects.create(
            deadline=row, reason=reason.code, note=note[:400], since=now, paused_by=actor.name[:120]
        )
        row.state, row.next_rung_at = Deadline.PAUSED, None
        return finish(
            row,
            actor=actor,
            action="clock.paused",
            now=now,
            before=before,
            after={"reason": reason.code, "basis": reason.basis},
            reason=f"{reason.name}（{reason.basis}）{note}",
        )


def resume_deadline(
    *, actor: Actor, deadline_id: int, now: datetime, permission_required: bool = False
) -> DeadlineView:
    """Let a clock go on, with the date moved by as much as it stood still. Raises as `pause_deadline` does."""
    with transaction.atomic():
        row = load(actor, deadline_id, permission=PERMISSION if permission_required else None)
        must_be(row, Deadline.PAUSED)
        pause = row.pauses.get(until__isnull=True)
        not_before(now, pause.since)
        before = told(row)
        pause.until, pause.resumed_by = now, actor.name[:120]
        pause.save(update_fields=["until", "resumed_by"])
        row.state = Deadline.RUNNING
        count_anew(row, calendar_of(row), now=now)
        return finish(row, actor=actor, action="clock.resumed", now=now, before=before)
