"""Work of this room that runs in the worker."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, job

from .actions.move_deadlines import move_deadlines, settle_provisional
from .revisions import refresh_calendars
from .sweeper import sweep

SWEEPER = system_actor("deadline-sweeper")
CALENDARS = system_actor("calendars")


@app.periodic(cron="* * * * *")
@app.task(name="clock.sweep", queueing_lock="clock.sweep")
def sweep_deadlines(timestamp: int) -> None:
    """Fire what is due. Two at once do no harm."""
    refresh_calendars()
    sweep(actor=SWEEPER, now=timezone.now())


@job(name="clock.move_deadlines", attempts=5)
def move_deadlines_job(run: Run, **arguments: Any) -> None:
    """Move the deadlines that the revision `revision_id` moves; begun again, it moves the rest."""
    moved = move_deadlines(actor=run.actor, revision_id=arguments["revision_id"], now=timezone.now())
    run.report(done=moved, total=moved, message=f"调整 {moved}")


@app.periodic(cron="23 * * * *")
@app.task(name="clock.settle_provisional", queueing_lock="clock.settle_provisional")
def settle_provisional_dates(timestamp: int) -> None:
    """Count provisional dates anew after an update has brought new calendars; otherwise one look at an index."""
    refresh_calendars()
    settle_provisional(actor=CALENDARS, now=timezone.now())
