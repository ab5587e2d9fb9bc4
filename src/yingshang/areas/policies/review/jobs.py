"""When consultations close, and when authors are told that an item runs out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import agencies_that_may, officials_who_may

from ..actions._steps import note_version
from ..models import ExpiryReminder, ItemVersion
from ._steps import tell
from .actions.consultations import close_consultations
from .data import figures
from .desks import PLATFORM


@app.periodic(cron="5 * * * *")
@app.task(name="policies.close_consultations", queueing_lock="policies.close_consultations")
def close_consultations_job(timestamp: int = 0) -> None:
    """Consultations whose last day is over."""
    close_consultations(actor=PLATFORM, now=timezone.now())


@app.periodic(cron="30 8 * * *")
@app.task(name="policies.remind_of_expiry", queueing_lock="policies.remind_of_expiry")
def remind_of_expiry_job(timestamp: int = 0) -> None:
    """Items that run out soon."""
    remind_of_expiry(now=timezone.now())


def remind_of_expiry(*, now: datetime) -> int:
    """Tell the authors of every item that runs out within the days of the data, once for each; how many items."""
    days = sorted(int(each) for each in figures()["expiry"]["days"])
    today = timezone.localdate(now)
    rows = ItemVersion.objects.filter(
        state="published", effective_to__gte=today, effective_to__lte=today + timedelta(days=days[-1])
    )
    told = 0
    for row in rows.select_related("item").prefetch_related("expiry_reminders"):
        assert row.effective_to is not None
        left = (row.effective_to - today).days
        # The nearest rung counts; one that was missed is not made up for beside a later one.
        rung = next(each for each in days if left <= each)
        if any(each.days == rung for each in row.expiry_reminders.all()):
            continue
        with transaction.atomic():
            _, new = ExpiryReminder.objects.get_or_create(version=row, days=rung, defaults={"sent_at": now})
            if not new:
                continue
            note_version(
                row,
                "expiry_reminded",
                actor=PLATFORM,
                now=now,
                after={"effective_to": row.effective_to.isoformat(), "days": rung},
            )
            tell(
                _authors(row, now),
                "expiry",
                link=f"/desk/policies/items/{row.item.code}/versions/",
                once=f"expiry:{row.pk}:{rung}",
                now=now,
                item=row.name,
                until=row.effective_to,
                left=left,
            )
            told += 1
    return told


def _authors(row: ItemVersion, now: datetime) -> tuple[int, ...]:
    """Who writes policies in the item's agency, or else in the nearest one of its region."""
    today = timezone.localdate(now)
    if row.item.agency_id is not None:
        found = officials_who_may("policies.author", agency_id=row.item.agency_id, today=today)
        if found:
            return found
    desks = agencies_that_may("policies.author", region_path=row.item.region_path, today=today)
    return officials_who_may("policies.author", agency_id=desks[0].agency_id, today=today) if desks else ()
