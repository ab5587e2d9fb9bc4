"""The door of jobs. See README.md."""

from __future__ import annotations

from .errors import JobNotFailed, JobNotFound, StillRunning
from .queue import Job, Run, enqueue, job, retry_job
from .selectors import JobPage, JobView, get_job, job_counts, job_names, jobs, workers_alive

__all__ = [
    "Job",
    "JobNotFailed",
    "JobNotFound",
    "JobPage",
    "JobView",
    "Run",
    "StillRunning",
    "enqueue",
    "get_job",
    "job",
    "job_counts",
    "job_names",
    "jobs",
    "retry_job",
    "workers_alive",
]
