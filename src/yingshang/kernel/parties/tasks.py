"""Work of this room that runs in the worker."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, job

from .actions.import_facts import import_facts
from .actions.import_persons import import_persons
from .actions.update_snapshot import update_snapshot
from .errors import SnapshotRunning
from .models import FactImport


@job(name="parties.import_facts", attempts=3)
def import_facts_job(run: Run, **arguments: Any) -> None:
    """Import the kept file of `import_id`; taken up again, it continues behind the last batch."""
    asked = FactImport.objects.get(pk=arguments["import_id"])
    summary = import_facts(
        actor=run.actor,
        path=default_storage.path(asked.stored_as),
        file_name=asked.file_name,
        as_of=asked.as_of,
        source=asked.source or None,
        now=timezone.now(),
        demonstration=asked.demonstration,
        progress=lambda done, total: run.report(done=done, total=total),
    )
    run.report(
        done=summary.rows_done,
        total=summary.rows_done,
        message=f"新增 {summary.created}，变化 {summary.changed}，无变化 {summary.unchanged}，剔除 {summary.rejected}",
    )


@job(name="parties.import_persons", attempts=3)
def import_persons_job(run: Run, **arguments: Any) -> None:
    """Import the kept file of `import_id`, and remove it when that is done."""
    asked = FactImport.objects.get(pk=arguments["import_id"])
    summary = import_persons(
        actor=run.actor,
        path=default_storage.path(asked.stored_as),
        file_name=asked.file_name,
        now=timezone.now(),
        demonstration=asked.demonstration,
        progress=lambda done, total: run.report(done=done, total=total),
    )
    default_storage.delete(asked.stored_as)
    run.report(
        done=summary.rows_done,
        total=summary.rows_done,
        message=f"新增 {summary.created}，变化 {summary.changed}，无变化 {summary.unchanged}，剔除 {summary.rejected}",
    )


@app.periodic(cron="*/10 * * * *")
@app.task(name="parties.update_snapshot", queueing_lock="parties.update_snapshot")
def update_snapshot_now_and_then(timestamp: int) -> None:
    """Every ten minutes; it costs next to nothing when no portrait has changed."""
    with suppress(SnapshotRunning):
        update_snapshot(actor=system_actor("snapshot"), now=timezone.now())
