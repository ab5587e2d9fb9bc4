"""Reading jobs: the queue's row and our progress, as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Count, Max, Min, QuerySet
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinateWorker,
)

from yingshang.kernel.access.api import Actor, reference_of

from .errors import JobNotFound
from .models import JobProgress

State = Literal["waiting", "running", "succeeded", "failed", "cancelled"]

_STATES: dict[str, State] = {
    "todo": "waiting",
    "doing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "aborted": "cancelled",
}


@dataclass(frozen=True, slots=True)
class JobView:
    """One job. `total` is None while unknown; `error` is the reason of a failure, for operators."""

    id: int
    name: str
    title: str
    state: State
    attempts: int
    scheduled_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    started_by_name: str
    done: int
    total: int | None
    message: str
    result_url: str
    error: str

    @property
    def percent(self) -> int | None:
        """How far, in whole per cent; None while the total is unknown."""
        return None if not self.total else min(100, self.done * 100 // self.total)

    @property
    def is_over(self) -> bool:
        return self.state in ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of jobs, newest first."""

    rows: tuple[JobView, ...]
    total: int
    page: int
    pages: int


def get_job(*, actor: Actor, job_id: int) -> JobView:
    """One job: any for those who may see jobs everywhere, otherwise the actor's own. Raises JobNotFound."""
    row = ProcrastinateJob.objects.filter(pk=job_id).first()
    progress = JobProgress.objects.filter(pk=job_id).first()
    own = progress is not None and progress.started_by == reference_of(actor)
    if row is None or not (own or actor.scope("jobs.view").everywhere):
        raise JobNotFound(f"no job {job_id}", message_zh=f"没有编号为{job_id}的任务")
    return _view(row, progress, _moments([row.pk]).get(row.pk))


def jobs(
    *,
    actor: Actor,
    state: State | None = None,
    name: str = "",
    before_id: int | None = None,
    page: int = 1,
    per_page: int = 20,
) -> JobPage:
    """Jobs for the console, newest first. Raises NotAllowed. Four queries whatever the page's length.

    A job belongs to no region: who may see jobs in some regions only sees those they started themself.

    `before_id` leaves out that job and all later ones: a list read on from it does not shift when jobs are added.
    """
    rows = _visible(actor).order_by("-id")
    if state is not None:
        rows = rows.filter(status__in=[status for status, told in _STATES.items() if told == state])
    if name:
        rows = rows.filter(task_name=name)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    total = rows.count()
    pages = max(1, -(-total // per_page))
    page = min(max(1, page), pages)
    shown = list(rows[(page - 1) * per_page : page * per_page])
    numbers = [row.pk for row in shown]
    progress, moments = JobProgress.objects.in_bulk(numbers), _moments(numbers)
    views = (_view(row, progress.get(row.pk), moments.get(row.pk)) for row in shown)
    return JobPage(tuple(views), total, page, pages)


def job_counts(*, actor: Actor) -> dict[State, int]:
    """How many jobs are in each state, for those who may see jobs."""
    rows = _visible(actor)
    counts: dict[State, int] = dict.fromkeys(("waiting", "running", "succeeded", "failed", "cancelled"), 0)
    for row in rows.values("status").annotate(count=Count("id")).order_by():
        counts[_STATES[row["status"]]] += row["count"]
    return counts


def job_names(*, actor: Actor) -> tuple[str, ...]:
    """The kinds of job there are in the queue, sorted."""
    names = _visible(actor).order_by("task_name").values_list("task_name", flat=True).distinct()
    return tuple(names)


def workers_alive(*, now: datetime, within_seconds: int) -> int:
    """How many workers gave a sign of life lately."""
    return ProcrastinateWorker.objects.filter(
        last_heartbeat__gte=now - timedelta(seconds=within_seconds)
    ).count()


def _visible(actor: Actor) -> QuerySet[ProcrastinateJob]:
    rows = ProcrastinateJob.objects.all()
    if actor.require("jobs.view").everywhere:
        return rows
    return rows.filter(pk__in=JobProgress.objects.filter(started_by=reference_of(actor)).values("job_id"))


def _moments(numbers: list[int]) -> dict[int, tuple[datetime, datetime]]:
    """When jobs were queued, and when something happened to them last, as the queue itself remembers it."""
    rows = ProcrastinateEvent.objects.filter(job__in=numbers).values("job").order_by()
    told = rows.annotate(first=Min("at"), last=Max("at"))
    return {each["job"]: (each["first"], each["last"]) for each in told}


def _view(
    row: ProcrastinateJob, progress: JobProgress | None, moments: tuple[datetime, datetime] | None
) -> JobView:
    queued, last = moments or (None, None)
    return JobView(
        id=row.pk,
        name=row.task_name,
        title=progress.title if progress else row.task_name,
        state=_STATES[row.status],
        attempts=row.attempts,
        scheduled_at=row.scheduled_at,
        # Those on a schedule have nobody who started them, and no progress of their own.
        created_at=progress.created_at if progress else queued,
        updated_at=progress.updated_at if progress else last,
        started_by_name=progress.started_by_name if progress else "",
        done=progress.done if progress else 0,
        total=progress.total if progress else None,
        message=progress.message if progress else "",
        result_url=progress.result_url if progress else "",
        error=progress.error if progress else "",
    )
