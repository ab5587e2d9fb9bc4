"""In the worker: a month that is over is frozen."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from ..desks import PLATFORM
from .records.actions.freeze_months import freeze_months


@app.periodic(cron="10 3 * * *")
@app.task(name="appeals.freeze_records", queueing_lock="appeals.freeze_records")
def freeze_records_job(timestamp: int = 0) -> None:
    """Each night; it does something once a month."""
    freeze_months(actor=PLATFORM, now=timezone.now())
