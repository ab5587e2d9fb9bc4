"""In the worker: portraits of a large region take minutes. Those of a quarter come by themselves."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import Actor, actor_by_reference, reference_of

from ..errors import InvalidStep
from .actions.publish import publish_due_portraits, publish_portraits
from .telling import PLATFORM


def request_portraits(*, actor: Actor, region_path: str, until: date) -> None:
    """Queue the publishing of a region's portraits; it acts as who asked. Raises what can be said at once of it."""
    from .. import reach

    actor.require(reach.PUBLISH)
    if until >= timezone.localdate():
        raise InvalidStep(
            f"{until} is not over; choose an earlier day",
            message_zh=f"{until} 尚未结束，请选择更早的一天",
            field="until",
        )
    publish_portraits_job.defer(by=reference_of(actor), region_path=region_path, until=until.isoformat())


_PUBLISHING = "contracts.publish_portraits"
"""One publishing at a time."""


@app.task(name="contracts.publish_portraits", lock=_PUBLISHING)
def publish_portraits_job(by: str, region_path: str, until: str) -> None:
    """One region, until one day."""
    publish_portraits(
        actor=actor_by_reference(by, today=timezone.localdate()),
        region_path=region_path,
        until=date.fromisoformat(until),
        now=timezone.now(),
    )


@app.periodic(cron="20 3 * * *")
@app.task(
    name="contracts.publish_due_portraits",
    queueing_lock="contracts.publish_due_portraits",
    lock=_PUBLISHING,
)
def publish_due_portraits_job(timestamp: int = 0) -> None:
    """Each night it is looked whether those of a quarter are due."""
    publish_due_portraits(actor=PLATFORM, now=timezone.now())
