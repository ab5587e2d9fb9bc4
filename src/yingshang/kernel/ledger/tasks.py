"""The sequencer's turn in the worker."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from .sequencer import sequence


@app.periodic(cron="* * * * *")
@app.task(name="ledger.sequence", queue="ledger", queueing_lock="ledger.sequence")
def sequence_events(timestamp: int) -> None:
    """Gather what was recorded since the last minute."""
    sequence(now=timezone.now())
