"""The job console: what runs, waits and failed, for those who run the platform. No data of parties is in it."""

from __future__ import annotations

from typing import Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.jobs.api import get_job, job_counts, job_names, retry_job, workers_alive
from yingshang.kernel.jobs.api import jobs as find_jobs
from yingshang.web.listing import Listing, Page
from yingshang.web.words import JOB_STATES

from ..failures import failure_of
from ..forms import JobFilter
from ..tables import JobTable

WORKER_SIGN_SECONDS = 60

TILES: tuple[tuple[Literal["running", "waiting", "failed", "succeeded"], str, str], ...] = (
    ("running", "note", "progress"),
    ("waiting", "", "hourglass"),
    ("failed", "bad", "circle-x"),
    ("succeeded", "good", "circle-check"),
)


@needs("jobs.view")
def jobs(request: HttpRequest) -> HttpResponseBase:
    """The list, which refreshes itself while something runs or waits."""
    actor = actor_from(request)
    filters = JobFilter(request.GET, names=job_names(actor=actor))

    def fetch(order: str, page: int, per_page: int) -> Page:
        return find_jobs(actor=actor, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, JobTable, fetch, name="jobs", filters=filters)
    counts = job_counts(actor=actor)
    return listing.respond(
        "administration/jobs.html",
        {
            "tiles": [
                {
                    "state": state,
                    "name": JOB_STATES[state],
                    "count": counts[state],
                    "tone": tone,
                    "icon": icon,
                }
                for state, tone, icon in TILES
            ],
            "busy": counts["running"] + counts["waiting"] > 0,
            "workers": workers_alive(now=timezone.now(), within_seconds=WORKER_SIGN_SECONDS),
        },
    )


@needs("jobs.view")
def job(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """One job: progress, attempts, and the traceback folded."""
    actor = actor_from(request)
    found = get_job(actor=actor, job_id=job_id)
    htmx = bool(getattr(request, "htmx", None))
    template = "administration/job_state.html" if htmx else "administration/job.html"
    return render(
        request,
        template,
        {"job": found, "may_retry": actor.may("jobs.retry"), "failure": failure_of(found.error)},
    )


@needs("jobs.retry")
@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponseRedirect:
    """Try a failed job again."""
    retry_job(actor=actor_from(request), job_id=job_id, now=timezone.now())
    messages.success(request, _("任务已重新排队"))
    return redirect("administration:job", job_id=job_id)
