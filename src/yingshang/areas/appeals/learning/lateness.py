"""When an appeal is late, as figures see it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

RUNNING = ("received", "dispatched", "handling")
"""States in which the case clock runs."""


def late_now(now: datetime) -> Q:
    """It was late once, or its day is over and nobody has answered."""
    return Q(late=True) | Q(state__in=RUNNING, due_on__lt=timezone.localdate(now))
