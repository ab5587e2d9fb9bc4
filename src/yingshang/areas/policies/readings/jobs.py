"""Readings in the worker."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yingshang.kernel.jobs.api import Run, job
from yingshang.rules.errors import DomainError

from .actions.carry_out import carry_out, note_failure

ATTEMPTS = 3


@job(name="policies.read_document", attempts=ATTEMPTS, wait=5)
def read_document_job(run: Run, **arguments: Any) -> None:
    """The reading with `reading_id`."""
    reading_id = int(arguments["reading_id"])
    try:
        carry_out(
            actor=run.actor,
            reading_id=reading_id,
            progress=lambda done, total: run.report(done=done, total=total),
            now=timezone.now(),
        )
    except DomainError:
        raise
    except Exception:
        # Before the last run the page goes on waiting: the next one takes up where this one was.
        if run.attempt + 1 >= ATTEMPTS:
            note_failure(
                reading_id,
                "the reading broke off several times; the operator finds the reason among the jobs",
                "读取多次中断，运维人员可在后台任务中查看原因；请稍后重试",
                actor=run.actor,
                now=timezone.now(),
            )
        raise
