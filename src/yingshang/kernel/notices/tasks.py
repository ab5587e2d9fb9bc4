"""The worker's part: right after the commit, and once a minute for what waits or was left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import actor_by_reference, system_actor
from yingshang.kernel.jobs.api import Run, job

from .actions.campaigns import start_due_campaigns
from .campaign_sending import send_campaign
from .delivery import deliver_due
from .retention import forget_old_messages

AT_ONCE = 100
"""More messages than this in one transaction are left to the sweep, which takes them in turn."""

SWEEP = timedelta(seconds=55)
"""For how long one sweep goes on; the next one follows within the minute."""


@app.task(name="notices.deliver", queue="notices")
def deliver(message_ids: list[int]) -> None:
    """Hand over these messages, as far as they are due and nobody else has."""
    deliver_due(clock=timezone.now, only=message_ids)


@app.periodic(cron="* * * * *")
@app.task(name="notices.deliver_waiting", queue="notices", queueing_lock="notices.deliver_waiting")
def deliver_waiting(timestamp: int) -> None:
    """Hand over whatever is due: second attempts, what waited for the morning, what a killed process left behind."""
    deliver_due(clock=timezone.now, limit=100_000, until=timezone.now() + SWEEP)


@app.periodic(cron="* * * * *")
@app.task(name="notices.start_campaigns", queue="notices", queueing_lock="notices.start_campaigns")
def start_campaigns(timestamp: int) -> None:
    """Begin the mass messages whose time has come."""
    start_due_campaigns(clock=timezone.now, as_whom=actor_by_reference)


@job(name="notices.send_campaign", attempts=5)
def send_campaign_job(run: Run, **arguments: Any) -> None:
    """Write the messages of `campaign_id`; taken up again, it goes on behind the last step."""
    done = send_campaign(
        actor=run.actor,
        campaign_id=arguments["campaign_id"],
        clock=timezone.now,
        progress=lambda progress: run.report(done=progress.done, total=progress.recipients),
    )
    run.report(
        done=done.done,
        total=done.recipients,
        message=f"写给 {done.written} 家，无法送达 {done.unreached} 家，待发 {done.waiting} 家",
    )


@app.periodic(cron="41 3 * * *")
@app.task(name="notices.forget_old", queue="notices", queueing_lock="notices.forget_old")
def forget_old(timestamp: int) -> None:
    """Remove what is older than the rules keep it."""
    forget_old_messages(actor=system_actor("retention"), now=timezone.now())


def deliver_soon(message_ids: Sequence[int]) -> None:
    """Queue the delivery in the open transaction, so that it starts with the commit and not without it."""
    if 0 < len(message_ids) <= AT_ONCE:
        deliver.defer(message_ids=list(message_ids))
