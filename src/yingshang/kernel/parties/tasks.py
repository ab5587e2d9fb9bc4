"""Work of this room that runs in the worker."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, job

from .actions.forget_import_files import forget_import_files
from .actions.import_facts import import_facts
from .actions.import_persons import import_persons
from .actions.update_snapshot import update_snapshot
from .errors import InvalidImport, SnapshotRunning
from .imports import summary_of
from .models import FactImport
from .values import ImportSummary


@job(name="parties.import_facts", attempts=3)
def import_facts_job(run: Run, **arguments: Any) -> None:
    """Import the kept file of `import_id`; taken up again, it continues behind the last batch."""
    asked = _to_import(run, arguments["import_id"])
    if asked is None:
        return
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
    _tell(run, summary)


@job(name="parties.import_persons", attempts=3)
def import_persons_job(run: Run, **arguments: Any) -> None:
    """Import the kept file of `import_id`, and remove it when that is done."""
    asked = _to_import(run, arguments["import_id"])
    if asked is None:
        return
    summary = import_persons(
        actor=run.actor,
        path=default_storage.path(asked.stored_as),
        file_name=asked.file_name,
        now=timezone.now(),
        demonstration=asked.demonstration,
        progress=lambda done, total: run.report(done=done, total=total),
    )
    default_storage.delete(asked.stored_as)
    _tell(run, summary)


@app.periodic(cron="*/10 * * * *")
@app.task(name="parties.update_snapshot", queueing_lock="parties.update_snapshot")
def update_snapshot_now_and_then(timestamp: int) -> None:
    """Every ten minutes; it costs next to nothing when no portrait has changed."""
    with suppress(SnapshotRunning):
        update_snapshot(actor=system_actor("snapshot"), now=timezone.now())


@app.periodic(cron="27 3 * * *")
@app.task(name="parties.forget_import_files", queueing_lock="parties.forget_import_files")
def forget_import_files_at_night(timestamp: int) -> None:
    """Once a night: uploaded files and rejected rows that were kept long enough."""
    forget_import_files(actor=system_actor("retention"), now=timezone.now())


def _to_import(run: Run, import_id: int) -> FactImport | None:
    """The import whose kept file is to be read; None when it has been imported and the file is gone since.

    Raises InvalidImport when the file is gone before that.
    """
    asked = FactImport.objects.get(pk=import_id)
    if asked.stored_as and default_storage.exists(asked.stored_as):
        return asked
    if asked.state == FactImport.DONE:
        _tell(run, summary_of(asked))
        return None
    raise InvalidImport(
        f"the file {asked.file_name} is no longer kept; send it again",
        message_zh=f"文件 {asked.file_name} 已不再保存，请重新上传",
        value=import_id,
    )


def _tell(run: Run, summary: ImportSummary) -> None:
    run.report(
        done=summary.rows_done,
        total=summary.rows_done,
        message=f"新增 {summary.created}，变化 {summary.changed}，无变化 {summary.unchanged}，剔除 {summary.rejected}",
    )
