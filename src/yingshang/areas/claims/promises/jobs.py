"""Checks of claims that came to nothing end by themselves."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from ..models import PromiseCheck
from ..models.claims import ENDED_WITHOUT
from .beginning import drop


def drop_checks(*, now: datetime) -> int:
    """End the checks of claims that ended without a payment; how many. Each is a transaction of its own."""
    rows = PromiseCheck.objects.filter(state="open", claim__state__in=ENDED_WITHOUT, claim__paid_fen=0)
    return sum(_drop(pk, now) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _drop(number: int, now: datetime) -> int:
    row = PromiseCheck.objects.select_for_update(of=("self",)).get(pk=number)
    if row.state != "open":
        return 0
    drop(row, "申请已终止，没有拨付资金", now=now)
    return 1


# At night.
@app.periodic(cron="50 1 * * *")
@app.task(name="claims.drop_promise_checks", queueing_lock="claims.drop_promise_checks")
def drop_checks_job(timestamp: int = 0) -> None:
    """Promises of claims that were refused or withdrawn since."""
    drop_checks(now=timezone.now())
