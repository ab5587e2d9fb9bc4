"""What supervisors are told by themselves, dates that moved with a calendar, and the documents of notices."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import get_deadlines

from ..actions._steps import note, tell_agency
from ..desks import PLATFORM
from ..models import Appeal
from ..models.appeals import OPEN
from ..reach import SUPERVISE
from ..rules import rules_of
from .documents import AT_ONCE, set_waiting, waiting

_AT_ONCE = 500
_SETTING = "appeals.set_notices"
"""Documents are set by one job at a time, and by none while another job waits: clocks and messages go first."""
_LAST = -10


def tell_of_silence(*, actor: Actor, now: datetime) -> int:
    """Tell who supervises of answered appeals on which who said it has been silent for the days of the rules; how many.
    They are theirs to close, with a reason. Told once for each reply.
    """
    rows = Appeal.objects.filter(
        state="answered", silence_told_at__isnull=True, answered_at__lte=now - timedelta(days=1)
    )
    return sum(_tell(number, now) for number in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _tell(number: int, now: datetime) -> int:
    appeal = Appeal.objects.select_for_update(of=("self",)).get(pk=number)
    days = rules_of(appeal.region_path).silence_days
    if appeal.state != "answered" or appeal.silence_told_at is not None or appeal.answered_at is None:
        return 0
    if appeal.answered_at > now - timedelta(days=days):
        return 0
    appeal.silence_told_at = now
    appeal.save(update_fields=["silence_told_at"])
    note(appeal, "silent", actor=PLATFORM, now=now, after={"days": days})
    tell_agency(appeal.desk_id, SUPERVISE, "silent", appeal=appeal, now=now, days=days)
    return 1


def follow_calendars(*, actor: Actor, now: datetime) -> int:
    """Dates that a published calendar has moved are moved in the lists, too; how many. A block is a transaction."""
    moved, last = 0, 0
    while True:
        rows = list(
            Appeal.objects.filter(state__in=OPEN, pk__gt=last, deadline_id__isnull=False)
            .order_by("pk")
            .values_list("pk", "deadline_id", "reopened_deadline_id", "due_on")[:_AT_ONCE]
        )
        if not rows:
            return moved
        last = rows[-1][0]
        clocks = get_deadlines([reopened or case for _, case, reopened, _ in rows if case], now=now)
        for number, case, reopened, due_on in rows:
            view = clocks.get(reopened or case or 0)
            if view is not None and view.state == "running" and view.due_on != due_on:
                moved += _move(number, actor, now)


@transaction.atomic
def _move(number: int, actor: Actor, now: datetime) -> int:
    appeal = Appeal.objects.select_for_update(of=("self",)).get(pk=number)
    clock = appeal.reopened_deadline_id or appeal.deadline_id
    view = get_deadlines([clock], now=now).get(clock) if clock else None
    if view is None or view.state != "running" or view.due_on == appeal.due_on:
        return 0
    before, appeal.due_on = appeal.due_on, view.due_on
    appeal.save(update_fields=["due_on"])
    note(appeal, "due_moved", actor=actor, now=now, after={"from": str(before), "to": str(appeal.due_on)})
    return 1


@app.periodic(cron="20 8 * * *")
@app.task(name="appeals.tell_of_silence", queueing_lock="appeals.tell_of_silence")
def tell_of_silence_job(timestamp: int = 0) -> None:
    """Each morning."""
    tell_of_silence(actor=PLATFORM, now=timezone.now())


@app.periodic(cron="40 1 * * *")
@app.task(name="appeals.follow_calendars", queueing_lock="appeals.follow_calendars")
def follow_calendars_job(timestamp: int = 0) -> None:
    """Each night."""
    follow_calendars(actor=PLATFORM, now=timezone.now())


@app.task(name="appeals.set_notices", lock=_SETTING, priority=_LAST)
def set_notices_job(notice_ids: list[int]) -> None:
    """After the sweep that issued them."""
    set_waiting(actor=PLATFORM, now=timezone.now(), only=notice_ids)


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="appeals.set_waiting_notices",
    queueing_lock="appeals.set_waiting_notices",
    lock=_SETTING,
    priority=_LAST,
)
def set_waiting_notices_job(timestamp: int = 0, after: int = 0) -> None:
    """What could not be set, or was left behind by a worker that was killed; what is more than one job sets goes to the
    next, which begins behind it: so those that cannot be set hold up nothing.
    """
    now = timezone.now()
    numbers = waiting(now=now, after=after)
    set_waiting(actor=PLATFORM, now=now, only=numbers)
    if len(numbers) == AT_ONCE:
        with suppress(AlreadyEnqueued), transaction.atomic():
            set_waiting_notices_job.defer(after=numbers[-1])
