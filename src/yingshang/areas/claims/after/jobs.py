"""Results of claims flow back by themselves."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from .results import record_results


@app.periodic(cron="*/5 * * * *")
@app.task(name="claims.record_results", queueing_lock="claims.record_results")
def record_results_job(timestamp: int = 0) -> None:
    """What was paid, or came back, becomes facts."""
    record_results(actor=system_actor("claim-results"), now=timezone.now())
