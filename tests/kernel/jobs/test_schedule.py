"""Schedules tell the time of the platform, not that of Greenwich."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicDeferrer

from yingshang.kernel.jobs.schedule import LocalTask

HERE = ZoneInfo(settings.TIME_ZONE)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=HERE)
NIGHT = {
    "documents.sweep": "02:41",
    "forms.sweep_unsubmitted": "02:11",
    "jobs.forget_old": "03:17",
    "parties.forget_import_files": "03:27",
    "notices.forget_old": "03:41",
    "policies.match_everybody": "00:07",
    "policies.rebuild_search": "01:23",
    "claims.reconcile": "01:20",
}


def test_hours_are_those_of_the_platform_in_every_room() -> None:
    tasks = app.periodic_registry.periodic_tasks
    assert tasks and all(isinstance(each, LocalTask) for each in tasks.values())
    after = {}
    for (name, _), each in tasks.items():
        hours = each.cron.split()[1]
        # As the deferrer asks: with a moment of Greenwich.
        told = each.croniter.get_next(ret_type=float, start_time=NOON.timestamp())
        after[name] = datetime.fromtimestamp(told, HERE)
        if hours.isdigit():
            assert after[name].hour == int(hours), name
    assert {name: f"{after[name]:%H:%M}" for name in NIGHT} == NIGHT


def test_what_was_due_a_moment_ago_is_found_in_local_time() -> None:
    night = datetime(2026, 11, 23, 2, 41, 30, tzinfo=HERE)
    due = PeriodicDeferrer(app.periodic_registry).get_previous_tasks(at=night.timestamp())
    found = {each.task.name: datetime.fromtimestamp(at, HERE) for each, at in due}
    assert f"{found['documents.sweep']:%d %H:%M}" == "23 02:41"
    assert "claims.reconcile" not in found and "clock.sweep" in found
