"""Work of gathering that runs in the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, job
from yingshang.rules.errors import DomainError

from ..ladder.clocks import watch
from ..models import ImportBatch
from .actions.run_import import give_up, run_import
from .files import forget_files
from .rules import gathering_rules

ATTEMPTS = 3


@job(name="contracts.import", attempts=ATTEMPTS)
def import_contracts_job(run: Run, **arguments: Any) -> None:
    """Take in the batch `batch_id`; taken up again, it goes on behind the last thousand."""
    batch_id = int(arguments["batch_id"])
    run.points_to(f"/desk/contracts/imports/{batch_id}/")
    try:
        batch = run_import(
            actor=run.actor,
            batch_id=batch_id,
            now=timezone.now(),
            progress=lambda done, total: run.report(done=done, total=total),
        )
    except DomainError:
        raise
    except Exception:
        # An accident that comes back: the batch says so, and may be tried again or sent anew.
        if run.attempt + 1 >= ATTEMPTS:
            give_up(actor=run.actor, batch_id=batch_id, now=timezone.now())
        raise
    # What is in force at once may fall due within days: its clocks do not wait for the night.
    watch(actor=system_actor("contracts-ladder"), now=timezone.now())
    run.report(
        done=batch.done_count,
        total=batch.row_count,
        message=f"登记 {batch.contract_count}，重复 {batch.duplicate_count}，问题 {batch.problem_count}",
    )


@app.periodic(cron="47 3 * * *")
@app.task(name="contracts.forget_import_files", queueing_lock="contracts.forget_import_files")
def forget_import_files_at_night(timestamp: int) -> None:
    """Once a night: uploaded files and rows that were not taken, kept long enough. What batches came to stays."""
    before = timezone.now() - timedelta(days=gathering_rules().keep_days)
    # Those of the last weeks are looked at; what is older went when it was due.
    since = before - timedelta(days=30)
    for batch in ImportBatch.objects.filter(ended_at__lt=before, ended_at__gte=since).iterator():
        forget_files(batch)
