"""Work of this area that runs in the worker. Each subject keeps its own in its package."""

from __future__ import annotations

from .dispatching.jobs import learn_job, propose_job
from .learning.jobs import freeze_records_job
from .stewards.jobs import remind_stewards_job
from .supervising.jobs import (
    follow_calendars_job,
    set_notices_job,
    set_waiting_notices_job,
    tell_of_silence_job,
)

__all__ = [
    "follow_calendars_job",
    "freeze_records_job",
    "learn_job",
    "propose_job",
    "remind_stewards_job",
    "set_notices_job",
    "set_waiting_notices_job",
    "tell_of_silence_job",
]
