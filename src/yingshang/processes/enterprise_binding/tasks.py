"""What happens by itself."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from .actions.lapse_bindings import lapse_bindings
from .desks import PLATFORM


@app.periodic(cron="23 * * * *")
@app.task(name="enterprise_binding.lapse", queueing_lock="enterprise_binding.lapse")
def lapse(timestamp: int) -> None:
    """Once an hour, close the requests that nobody will answer any more."""
    lapse_bindings(actor=PLATFORM, now=timezone.now())
