"""In the worker: clocks are started each night, documents of notices set after the sweep that issued them."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ._steps import PLATFORM
from .clocks import watch
from .documents import AT_ONCE, set_waiting, waiting
from .gaps import tell_gaps
from .rungs import issue_missed

_SETTING = "contracts.set_notices"
"""Documents are set by one job at a time, and by none while another job waits: clocks and messages go first."""
_LAST = -10


@app.periodic(cron="10 1 * * *")
@app.task(name="contracts.watch", queueing_lock="contracts.watch")
def watch_job(timestamp: int = 0) -> None:
    """Each night, and after imports."""
    watch(actor=PLATFORM, now=timezone.now(), limit=200_000)


@app.periodic(cron="40 8 * * *")
@app.task(name="contracts.issue_missed", queueing_lock="contracts.issue_missed")
def issue_missed_job(timestamp: int = 0) -> None:
    """Each morning: notices of those who were late while nobody supervised; where still nobody does, who can appoint
    somebody is told every few days.
    """
    now = timezone.now()
    issue_missed(now=now)
    tell_gaps(now=now)


@app.task(name="contracts.set_notices", lock=_SETTING, priority=_LAST)
def set_notices_job(notice_ids: list[int]) -> None:
    """After the sweep that issued them."""
    set_waiting(actor=PLATFORM, now=timezone.now(), only=notice_ids)


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="contracts.set_waiting_notices",
    queueing_lock="contracts.set_waiting_notices",
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
