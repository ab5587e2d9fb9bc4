"""Work that goes on after the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from yingshang.kernel.access.api import actor_from, needs, signed_in
from yingshang.kernel.jobs.api import JobView, get_job, jobs, retry_job

from .. import cursors

router = Router(tags=["任务 · Jobs"])


class JobOut(Schema):
    """One job and how far it is. `error` is the reason of a failure, for those who may see jobs."""

    id: int
    name: str
    title: str
    state: str
    attempts: int
    created_at: datetime | None
    updated_at: datetime | None
    started_by_name: str
    done: int
    total: int | None
    message: str
    result_url: str
    error: str


class JobQuery(cursors.PageQuery):
    """Which jobs."""

    state: Literal["waiting", "running", "succeeded", "failed", "cancelled"] | None = None
    name: str = Field("", max_length=80)


@router.get("/jobs", response=cursors.Page[JobOut], summary="任务 · Jobs")
@needs("jobs.view")
def list_jobs(request: HttpRequest, response: HttpResponse, query: Query[JobQuery]) -> dict[str, Any]:
    """Every job, newest first."""
    place = cursors.read_cursor(request, query.cursor)
    found = jobs(
        actor=actor_from(request),
        state=query.state,
        name=query.name,
        before_id=int(place[0]) if place else None,
        per_page=query.limit + 1,
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])


@router.get("/jobs/{int:job_id}", response=JobOut, summary="一个任务 · One job")
@signed_in
def get_one_job(request: HttpRequest, job_id: int) -> JobView:
    """One job: one's own, or any for those who may see jobs."""
    actor = actor_from(request)
    found = get_job(actor=actor, job_id=job_id)
    if found.error.startswith("Traceback") and not actor.scope("jobs.view").everywhere:
        # A refusal is for whoever began the job; an accident is for those who mend it.
        return replace(found, error="")
    return found


@router.post("/jobs/{int:job_id}/retry", response={202: JobOut}, summary="重试任务 · Retry a failed job")
@needs("jobs.retry")
def retry_one_job(request: HttpRequest, response: HttpResponse, job_id: int) -> Status[JobView]:
    """Put a failed job back into the queue."""
    actor = actor_from(request)
    retry_job(actor=actor, job_id=job_id, now=timezone.now())
    response["Location"] = f"/api/v1/jobs/{job_id}"
    return Status(202, get_job(actor=actor, job_id=job_id))
