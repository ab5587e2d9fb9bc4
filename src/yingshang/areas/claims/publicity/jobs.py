"""Publicity in the worker: long lists are put together, and what is over goes on to payment."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, job

from .clearing import clear_published
from .filling import fill_publicity

ACTOR = "claim-publicity"


@job(name="claims.publish_awards", attempts=3, wait=5)
def publish_awards_job(run: Run, **arguments: Any) -> None:
    """The public list with `publicity_id`."""
    publicity_id = int(arguments["publicity_id"])
    run.points_to("/desk/claims/publicities/")
    fill_publicity(
        actor=run.actor,
        publicity_id=publicity_id,
        now=timezone.now(),
        progress=lambda done, total: run.report(done=done),
    )


@app.periodic(cron="*/10 * * * *")
@app.task(name="claims.clear_published", queueing_lock="claims.clear_published")
def clear_published_job(timestamp: int = 0) -> None:
    """Awards nothing stands before any more."""
    clear_published(actor=system_actor(ACTOR), now=timezone.now())
