"""Work of this room that runs in the worker."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from .leftovers import sweep_unsubmitted


@app.periodic(cron="11 2 * * *")
@app.task(name="forms.sweep_unsubmitted", queueing_lock="forms.sweep_unsubmitted")
def sweep_at_night(timestamp: int) -> None:
    """Once a night, before the bytes without a document are swept."""
    sweep_unsubmitted(actor=system_actor("file-sweeper"), now=timezone.now())
