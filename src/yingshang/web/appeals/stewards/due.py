"""Visits on the home of the workbench: those that are due soon, and enterprises that wait to be got in touch with."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.appeals.api import StewardshipRow, stewardships
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.due import LIMIT, Delivered, DueItem, Provider, register


def due_visits(actor: Actor, now: datetime) -> Delivered:
    """One's own enterprises that have to be visited within the days of the reminder, or got in touch with."""
    found = stewardships(actor=actor, mine=True, due="to_do", limit=LIMIT, now=now)
    return Delivered([_item(each) for each in found.rows], found.total)


def _item(row: StewardshipRow) -> DueItem:
    called = row.call_due_on is not None
    words = _("联系企业：%(name)s") if called else _("走访企业：%(name)s")
    return DueItem(
        kind="steward_visit",
        title=words % {"name": row.party_name},
        url=reverse("appeals_desk:stewardship", args=[row.id]),
        since=timezone.localdate(row.last_visit_at or row.since),
        due_on=row.call_due_on or row.visit_due_on,
        agency_name=row.agency_name,
    )


def register_due() -> None:
    """Called when Django starts."""
    register(Provider("steward_visit", gettext_lazy("企业走访"), ("appeals.steward",), due_visits))
