"""When enterprises are told, and when the figures of the day are kept."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from ..evaluation.figures import keep_figures
from .digest import send_packages

ACTOR = "policy-outreach"


# Every hour of the day: a run that died is gone on with, and who was told already today is passed over.
@app.periodic(cron="40 9-18 * * *")
@app.task(name="policies.send_packages", queueing_lock="policies.send_packages")
def send_packages_job(timestamp: int = 0) -> None:
    """Tell enterprises what they are newly entitled to, each at most once a day."""
    send_packages(actor=system_actor(ACTOR), now=timezone.now())


@app.periodic(cron="45 23 * * *")
@app.task(name="policies.keep_figures", queueing_lock="policies.keep_figures")
def keep_figures_job(timestamp: int = 0) -> None:
    """How many are entitled to each item today, before the day ends."""
    keep_figures(now=timezone.now())
