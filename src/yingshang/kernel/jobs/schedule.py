"""Schedules tell the time of the platform: `cron="41 2 * * *"` is at night where its people are, in every room.

Procrastinate counts in Greenwich time. Its registry is replaced when it is ready (PROCRASTINATE_ON_APP_READY), so that
`app.periodic` is used as ever and nobody reckons hours.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from procrastinate import App
from procrastinate.exceptions import TaskAlreadyRegistered
from procrastinate.periodic import PeriodicRegistry, PeriodicTask


class LocalTask(PeriodicTask[Any, Any, Any]):
    """A task whose hours are those of `settings.TIME_ZONE`, also where these change twice a year."""

    @cached_property
    def croniter(self) -> Any:
        counted = super().croniter
        # It keeps the zone of the moment it is given here; later ones are told as seconds.
        counted.set_current(datetime.now(ZoneInfo(settings.TIME_ZONE)), force=True)
        return counted


class LocalRegistry(PeriodicRegistry):
    """A registry of such tasks."""

    def register_task(self, task: Any, cron: str, periodic_id: str, configure_kwargs: Any) -> LocalTask:
        """As in procrastinate, in local time. Raises TaskAlreadyRegistered."""
        key = (task.name, periodic_id)
        if key in self.periodic_tasks:
            raise TaskAlreadyRegistered(f"{task.name} has a schedule with the id {periodic_id!r} already")
        made = LocalTask(task=task, cron=cron, periodic_id=periodic_id, configure_kwargs=configure_kwargs)
        self.periodic_tasks[key] = made
        return made


def in_local_time(app: App) -> None:
    """Put the schedules that are known, and those to come, into local time."""
    local = LocalRegistry()  # type: ignore[no-untyped-call]
    for each in app.periodic_registry.periodic_tasks.values():
        local.register_task(each.task, each.cron, each.periodic_id, each.configure_kwargs)
    app.periodic_registry = local
