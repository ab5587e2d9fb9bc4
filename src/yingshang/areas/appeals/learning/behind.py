"""The appeals behind a figure, one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from yingshang.kernel.access.api import Actor

from ..models import Holding
from ..selectors.desk import COUNTED, DeskAppealPage, summary_of
from .lateness import late_now
from .periods import Period
from .reach import NAMED, appeals_in, appeals_of
from .rules import learning_rules


def _again(actor: Actor, region_path: str) -> Q:
    """As `repeats` counts it: of what the reader reaches, and of nobody who is anonymous."""
    days = timedelta(days=learning_rules().repeat_days)
    earlier = appeals_in(actor, region_path).filter(
        NAMED,
        party=OuterRef("party"),
        topic=OuterRef("topic"),
        submitted_at__lt=OuterRef("submitted_at"),
        submitted_at__gte=OuterRef("submitted_at") - days,
    )
    return NAMED & Q(Exists(earlier)) & ~Q(topic="")


def _sent_back(agency_id: int | None) -> Q:
    """Sent back by that agency, whoever has it now; or by any."""
    rows = Holding.objects.filter(appeal=OuterRef("pk"), ended_by="bounced")
    return Q(Exists(rows if agency_id is None else rows.filter(agency=agency_id)))


WHAT: Mapping[str, Callable[[datetime], Q]] = {
    "answered": lambda now: Q(answered_at__isnull=False),
    "late": late_now,
    "unsolved": lambda now: Q(disputed_count__gt=0) | Q(reopened_count__gt=0),
    "reopened": lambda now: Q(reopened_count__gt=0),
    "disputed": lambda now: Q(disputed_count__gt=0),
}
"""Which of the appeals of a period a figure counts, but for those said again and sent back."""


def appeals_behind(
    *,
    actor: Actor,
    region_path: str = "",
    period: Period,
    what: str = "",
    topic: str | None = None,
    agency_id: int | None = None,
    offset: int = 0,
    limit: int = 20,
    now: datetime,
) -> DeskAppealPage:
    """The appeals a figure of a period counts, newest first; `topic` "" are those without one. `agency_id` has it, or
    ended it, and of those that were `bounced` it is who sent it back. Two queries.

    Raises NotAllowed.
    """
    rows = appeals_of(actor, region_path, period)
    if topic is not None:
        rows = rows.filter(topic=topic)
    if what == "bounced":
        rows = rows.filter(_sent_back(agency_id))
    elif agency_id is not None:
        rows = rows.filter(agency=agency_id)
    if what == "again":
        rows = rows.filter(_again(actor, region_path))
    elif what in WHAT:
        rows = rows.filter(WHAT[what](now))
    total = rows[: COUNTED + 1].count()
    page = rows.select_related("party", "agency", "desk").defer("body", "text", "words").order_by("-id")
    return DeskAppealPage(
        tuple(summary_of(row) for row in page[offset : offset + limit]), min(total, COUNTED), total > COUNTED
    )
