"""Work of this room that runs in the worker."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from .revisions import refresh_calendars
from .sweeper import sweep

SWEEPER = system_actor("deadline-sweeper")


@app.periodic(cron="* * * * *")
@app.task(name="clock.sweep", queueing_lock="clock.sweep")
def sweep_deadlines(timestamp: int) -> None:
    """Fire what is due. Two at once do no harm."""
    refresh_calendars()
    sweep(actor=SWEEPER, now=timezone.now())
