"""The worker's part: right after the commit, and once a minute for what waits or was left behind."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from procrastinate.contrib.django import app

from .delivery import deliver_due

AT_ONCE = 100
"""More messages than this in one transaction are left to the sweep, which takes them in turn."""


@app.task(name="notices.deliver", queue="notices")
def deliver(message_ids: list[int]) -> None:
    """Hand over these messages, as far as they are due and nobody else has."""
    deliver_due(clock=timezone.now, only=message_ids)


@app.periodic(cron="* * * * *")
@app.task(name="notices.deliver_waiting", queue="notices", queueing_lock="notices.deliver_waiting")
def deliver_waiting(timestamp: int) -> None:
    """Hand over whatever is due: second attempts, and what a killed process left behind."""
    deliver_due(clock=timezone.now, limit=2_000)


def deliver_soon(message_ids: Sequence[int]) -> None:
    """Queue the delivery in the open transaction, so that it starts with the commit and not without it."""
    if 0 < len(message_ids) <= AT_ONCE:
        deliver.defer(message_ids=list(message_ids))
