"""The API's own housekeeping, on a schedule."""

from __future__ import annotations

from django.utils import timezone
from oauth2_provider.models import clear_expired
from procrastinate.contrib.django import app

from .idempotency import forget_expired
from .limits import forget_whole_allowances


@app.periodic(cron="23 * * * *")
@app.task(name="api.forget_expired", queueing_lock="api.forget_expired")
def forget_what_is_over(timestamp: int) -> None:
    """Remove answers kept long enough, allowances that are whole again, and tokens that are no good any more."""
    now = timezone.now()
    forget_expired(now=now)
    forget_whole_allowances(now=now)
    clear_expired()
