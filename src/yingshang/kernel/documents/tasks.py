"""Work of this room that runs in the worker."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from .actions.sweep import sweep_files


@app.periodic(cron="41 2 * * *")
@app.task(name="documents.sweep", queueing_lock="documents.sweep")
def sweep_at_night(timestamp: int) -> None:
    """Once a night; what it leaves behind is found the next."""
    sweep_files(actor=system_actor("file-sweeper"), now=timezone.now())
