"""Money asked back, in the worker: enterprises are reminded of what is due, and of what is overdue."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from ..actions._steps import tell_enterprise, yuan
from ..models import Recovery
from .actions.recover import recovery_rules
from .recoveries import view_of


def remind_of_repayments(*, now: datetime) -> int:
    """Remind of the parts that are due in as many days as `data/recovery.yaml` says, once each; how many were."""
    today = timezone.localdate(now)
    days = {today + timedelta(days=int(each)): int(each) for each in recovery_rules()["remind_days"]}
    reminded = 0
    rows = Recovery.objects.filter(state="demanded").select_related("claim__party__merged_into")
    for row in rows.prefetch_related("repayments").order_by("pk").iterator(chunk_size=500):
        for part in view_of(row, now).plan:
            if part.open_fen and part.due_on in days:
                tell_enterprise(
                    row.claim,
                    "repayment_due",
                    now=now,
                    once=f"claims.repayment_due:{row.pk}:{part.due_on}:{days[part.due_on]}",
                    recovery=row.number,
                    asked=yuan(part.open_fen),
                    until=part.due_on.isoformat(),
                    overdue=part.overdue,
                )
                reminded += 1
    return reminded


# In the morning.
@app.periodic(cron="40 8 * * *")
@app.task(name="claims.remind_of_repayments", queueing_lock="claims.remind_of_repayments")
def remind_of_repayments_job(timestamp: int = 0) -> None:
    """What is due soon, today, or since a while."""
    remind_of_repayments(now=timezone.now())
