"""Stewards are reminded of visits by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import Actor, system_actor

from ..models import Stewardship
from .actions.keep_stewards import note_stewardship
from .rules import steward_rules
from .selectors import still_stewards
from .telling import tell_managers, tell_stewards


def remind_stewards(*, actor: Actor, now: datetime) -> int:
    """Remind who has to visit soon, and again who has not; of those who have left, who manages stewards. How many. Each
    is a transaction of its own.
    """
    rules = steward_rules()
    today = timezone.localdate(now)
    rows = Stewardship.objects.filter(
        until__isnull=True, visit_due_on__lte=today + timedelta(days=rules.remind_before_days)
    )
    again = today - timedelta(days=rules.remind_again_days)
    # Before it is due once; after that every so many days.
    rows = rows.filter(
        Q(reminded_on__isnull=True)
        | Q(visit_due_on__lt=today, reminded_on__lte=again)
        | Q(visit_due_on__lt=today, reminded_on__lte=F("visit_due_on"))
    )
    return sum(_remind(pk, actor, now) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _remind(number: int, actor: Actor, now: datetime) -> int:
    row = Stewardship.objects.select_for_update(of=("self",)).select_related("party").get(pk=number)
    today = timezone.localdate(now)
    if row.until is not None or row.reminded_on == today:
        return 0
    row.reminded_on = today
    row.save(update_fields=["reminded_on"])
    late = row.visit_due_on < today
    note_stewardship(
        row, "visit_reminded", actor=actor, now=now, after={"due": str(row.visit_due_on), "late": late}
    )
    # Who has left visits nobody: whoever manages stewards is told, and hands it over.
    there = (row.steward_id, row.agency_id) in still_stewards({row.steward_id}, today)
    told, once = (tell_stewards, "appeals.visit_due") if there else (tell_managers, "appeals.steward_gone")
    told(
        row,
        "visit_due" if there else "steward_gone",
        now=now,
        once=f"{once}:{row.pk}:{row.visit_due_on}:{today}",
        **({} if there else {"steward": row.steward_name}),
        enterprise=row.party.name,
        due=row.visit_due_on,
        late=late,
    )
    return 1


@app.periodic(cron="0 9 * * 1-5")
@app.task(name="appeals.remind_stewards", queueing_lock="appeals.remind_stewards")
def remind_stewards_job(timestamp: int = 0) -> None:
    """On the morning of each working day of the week."""
    remind_stewards(actor=system_actor("appeals"), now=timezone.now())
