"""Jobs: functions that run in the worker, each with its progress, its actor and one run at a time.

The queue is procrastinate's, in the platform's own database: a job is queued in the transaction of the action that
wants it, so it exists exactly when that action happened.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from django.db import connection, transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job as QueuedJob

from yingshang.kernel.access.api import Actor, actor_by_reference, reference_of
from yingshang.kernel.ledger.api import Target, record
from yingshang.rules.errors import DomainError

from .errors import JobNotFailed, JobNotFound, StillRunning
from .models import JobProgress

logger = structlog.get_logger(__name__)

# The first half of the key of our advisory locks, so that they meet nobody else's.
_LOCK_SPACE = 4_742


class _Retry(BaseRetryStrategy):
    """After an accident: `attempts` runs in all, the waits doubling. A refusal is final."""

    def __init__(self, *, attempts: int, wait: int) -> None:
        self.attempts = attempts
        self.wait = wait

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        if isinstance(exception, StillRunning):
            return RetryDecision(retry_in={"seconds": self.wait or 1})
        if isinstance(exception, DomainError) or job.attempts + 1 >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": self.wait * 2**job.attempts})


class JobFunction(Protocol):
    """What runs: it is given its `Run` and the arguments it was queued with."""

    def __call__(self, run: Run, **arguments: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of job. `name` is `<room>.<verb>` and stays: queued jobs are found again by it."""

    name: str
    task: Any


class Run:
    """One run of a job, as the job sees it."""

    def __init__(self, *, job_id: int, actor: Actor, attempt: int) -> None:
        self.job_id = job_id
        self.actor = actor
        self.attempt = attempt

    def report(
        self, *, done: int | None = None, total: int | None = None, message: str | None = None
    ) -> None:
        """Say how far the job is. Call it outside the transactions of the work, so that others see it at once."""
        told = {"done": done, "total": total, "message": None if message is None else message[:400]}
        values = {name: value for name, value in told.items() if value is not None}
        JobProgress.objects.filter(job_id=self.job_id).update(updated_at=timezone.now(), **values)

    def points_to(self, url: str) -> None:
        """Where the result can be looked at."""
        JobProgress.objects.filter(job_id=self.job_id).update(result_url=url)


def job(
    *, name: str, queue: str = "default", attempts: int = 1, wait: int = 30
) -> Callable[[JobFunction], Job]:
    """Make a function a job.

    `attempts` counts all runs after errors, `wait` is the seconds before the second one, doubled each time. A
    DomainError is an answer, not an accident: it is never retried by itself. A run whose worker died is taken up
    again whatever `attempts` says, so what a job does must be safe to begin again.
    """

    def make(function: JobFunction) -> Job:
        @app.task(
            name=name,
            queue=queue,
            pass_context=True,
            retry=_Retry(attempts=attempts, wait=wait),
        )
        def run(context: JobContext, /, **arguments: Any) -> None:
            _run(function, name, context, arguments)

        return Job(name, run)

    return make


def enqueue(
    job: Job, *, actor: Actor, title: str, now: datetime, once: bool = False, **arguments: Any
) -> int:
    """Queue a job in the open transaction; it starts after the commit. Returns the job's number.

    `title` is what people see, in Chinese. `arguments` must be JSON. `once`: where the same job with the same arguments
    waits already, that one is meant; the caller holds the row it is about, so that two at once see each other.
    """
    with transaction.atomic():
        if once:
            same = ProcrastinateJob.objects.filter(task_name=job.name, status="todo", args=arguments)
            if (waiting := same.order_by("pk").values_list("pk", flat=True).first()) is not None:
                return int(waiting)
        job_id = int(job.task.defer(**arguments))
        JobProgress.objects.create(
            job_id=job_id,
            title=title,
            started_by=reference_of(actor),
            started_by_name=actor.name,
            created_at=now,
        )
    return job_id


def retry_job(*, actor: Actor, job_id: int, now: datetime) -> None:
    """Put a failed job back into the queue. Raises JobNotFound, JobNotFailed, NotAllowed."""
    actor.require("jobs.retry")
    with transaction.atomic():
        row = ProcrastinateJob.objects.select_for_update(of=("self",)).filter(pk=job_id).first()
        if row is None:
            raise JobNotFound(f"no job {job_id}", message_zh=f"没有编号为{job_id}的任务")
        if row.status != "failed":
            raise JobNotFailed(
                f"job {job_id} is {row.status}, not failed", message_zh=f"任务{job_id}没有失败，不能重试"
            )
        app.job_manager.retry_job_by_id(job_id, retry_at=now)
        JobProgress.objects.filter(job_id=job_id).update(error="", updated_at=now)
        record(
            actor=actor,
            action="jobs.retried",
            target=Target("job", str(job_id), row.task_name),
            now=now,
            before={"status": row.status},
            after={"status": "todo"},
        )


def _run(function: JobFunction, name: str, context: JobContext, arguments: dict[str, Any]) -> None:
    assert context.job.id is not None
    job_id = context.job.id
    progress = JobProgress.objects.filter(job_id=job_id).first()
    actor = actor_by_reference(progress.started_by if progress else f"system:{name}")
    with structlog.contextvars.bound_contextvars(job_id=job_id, job=name), _only_run(job_id):
        if progress:
            JobProgress.objects.filter(job_id=job_id).update(error="", updated_at=timezone.now())
        try:
            function(Run(job_id=job_id, actor=actor, attempt=context.job.attempts), **arguments)
        except Exception as error:
            told = error.message_zh if isinstance(error, DomainError) else traceback.format_exc()
            JobProgress.objects.filter(job_id=job_id).update(error=told, updated_at=timezone.now())
            logger.exception("job failed")
            raise


@contextmanager
def _only_run(job_id: int) -> Iterator[None]:
    """One run of a job at a time, even when a worker was taken for dead and was only slow.

    The lock belongs to the database connection, so it goes when the process goes.
    """
    # The lower 31 bits tell two thousand million jobs apart, far more than can be running at the same time.
    key = (_LOCK_SPACE, job_id & 0x7FFFFFFF)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        row = cursor.fetchone()
    if not row[0]:
        raise StillRunning(
            f"job {job_id} is still running elsewhere", message_zh=f"任务{job_id}的上一次运行尚未结束"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
