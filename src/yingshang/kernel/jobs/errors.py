"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class JobNotFound(DomainError):
    """No such job, or not one of this actor's."""

    code = "jobs.not_found"


class JobNotFailed(DomainError):
    """Only a failed job can be tried again."""

    code = "jobs.not_failed_conflict"


class StillRunning(DomainError):
    """An earlier run of the same job has not ended; the queue tries again later."""

    code = "jobs.still_running"
