"""Days that moved with a calendar are moved in the lists, too."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import get_deadlines

from .models import Rating, RatingFollowUp
from .steps import PLATFORM, note

_AT_ONCE = 500


def follow_calendars(*, actor: Actor, now: datetime) -> int:
    """The day of a follow-up is that of its clock; how many were moved. A follow-up is a transaction."""
    moved, last = 0, 0
    while True:
        rows = list(
            RatingFollowUp.objects.filter(
                rating__waits_until__isnull=False, corrected_at__isnull=True, pk__gt=last
            )
            .order_by("pk")
            .values_list("pk", "deadline_id", "due_on", "rating")[:_AT_ONCE]
        )
        if not rows:
            return moved
        last = rows[-1][0]
        clocks = get_deadlines([deadline for _, deadline, _, _ in rows], now=now)
        for _, deadline, due_on, rating in rows:
            view = clocks.get(deadline)
            if view is not None and view.state == "running" and view.due_on != due_on:
                moved += _move(rating, actor, now)


@transaction.atomic
def _move(rating_id: int, actor: Actor, now: datetime) -> int:
    rating = Rating.objects.select_for_update().get(pk=rating_id)
    row = RatingFollowUp.objects.get(rating=rating)
    view = get_deadlines([row.deadline_id], now=now).get(row.deadline_id)
    if rating.waits_until is None or view is None or view.state != "running" or view.due_on == row.due_on:
        return 0
    before, row.due_on, rating.waits_until = row.due_on, view.due_on, view.due_on
    row.save(update_fields=["due_on"])
    rating.save(update_fields=["waits_until"])
    note(rating, "due_moved", actor=actor, now=now, after={"from": str(before), "to": str(row.due_on)})
    return 1


@app.periodic(cron="45 1 * * *")
@app.task(name="ratings.follow_calendars", queueing_lock="ratings.follow_calendars")
def follow_calendars_job(timestamp: int = 0) -> None:
    """Each night."""
    follow_calendars(actor=PLATFORM, now=timezone.now())
