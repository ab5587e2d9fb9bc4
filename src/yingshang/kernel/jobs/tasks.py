"""The queue's own housekeeping, on a schedule."""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext


@app.periodic(cron="* * * * *")
@app.task(name="jobs.take_up_stalled", queueing_lock="jobs.take_up_stalled", pass_context=True)
async def take_up_stalled(context: JobContext, timestamp: int) -> None:
    """Queue again what a worker was doing when it died: its heartbeat has stopped and the job has not ended."""
    manager = context.app.job_manager
    stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_DEAD_AFTER_SECONDS)
    for job in stalled:
        await manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(name="jobs.forget_old", queueing_lock="jobs.forget_old", pass_context=True)
async def forget_old(context: JobContext, timestamp: int) -> None:
    """Remove jobs that ended well long ago; failed ones stay until somebody has looked at them."""
    await context.app.job_manager.delete_old_jobs(nb_hours=settings.FINISHED_JOBS_KEPT_HOURS)
