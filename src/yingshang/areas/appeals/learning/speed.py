"""How fast agencies are: until they have it, until the first contact, until the answer; and how often in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q

from yingshang.kernel.access.api import Actor

from .lateness import late_now
from .periods import Period
from .reach import EACH, appeals_of


class Percentile(Aggregate):
    """Below this value lies a share of the rows; rows without a value do not count."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()

    def __init__(self, expression: Any, share: float, **extra: Any) -> None:
        super().__init__(expression, share=share, **extra)


@dataclass(frozen=True, slots=True)
class AgencySpeed:
    """One agency, of the appeals of a period that are with it (or ended with it). Times run day and night; None where
    there is none yet. `in_time` is a share of those whose term has ended, `contacted_in_time` of those to contact.
    What went along with another one is `received` and nothing else; what was opened again has been answered more than
    once, and says nothing of how long an answer takes.
    """

    agency_id: int
    agency_name: str
    received: int
    answered: int
    late: int
    dispatch_median: timedelta | None
    dispatch_most: timedelta | None
    contact_median: timedelta | None
    contact_most: timedelta | None
    answer_median: timedelta | None
    answer_most: timedelta | None
    in_time: float | None
    contacted_in_time: float | None


def agency_speeds(
    *, actor: Actor, region_path: str = "", period: Period, topic: str | None = None, now: datetime
) -> tuple[AgencySpeed, ...]:
    """Agencies with what was said in a period, those with the most first; `…_most` is what nine of ten stay below.
    One query. Raises NotAllowed.
    """
    rows = appeals_of(actor, region_path, period).filter(agency__isnull=False)
    if topic is not None:
        rows = rows.filter(topic=topic)
    late = late_now(now)
    # Joined to another one, it waits for nobody of its own; opened again, it does.
    own = Q(main__isnull=True) | Q(reopened_count__gt=0)
    ended_before = Q(contacted_at__isnull=True, ended_at__isnull=False, ended_at__lte=F("contact_due_at"))
    over = Q(main__isnull=True) & (Q(contact_due_at__lt=now) | Q(contacted_at__isnull=False)) & ~ended_before
    found: Any = (
        rows.values("agency", "agency__name")
        .annotate(
            received=Count(EACH),
            answered=Count(EACH, filter=Q(answered_at__isnull=False)),
            were_late=Count(EACH, filter=late),
            own_late=Count(EACH, filter=own & late),
            ended=Count(EACH, filter=own & (Q(answered_at__isnull=False) | late)),
            to_contact=Count(EACH, filter=over),
            contacted=Count(EACH, filter=Q(main__isnull=True, contacted_at__lte=F("contact_due_at"))),
            **{
                f"{name}_{what}": Percentile(_since(column), share, filter=counts)
                for name, column, counts in (
                    ("dispatch", "dispatched_at", Q(main__isnull=True)),
                    ("contact", "contacted_at", Q(main__isnull=True)),
                    ("answer", "answered_at", Q(main__isnull=True, reopened_count=0)),
                )
                for what, share in (("median", 0.5), ("most", 0.9))
            },
        )
        .order_by("-received", "agency")
    )
    return tuple(
        AgencySpeed(
            row["agency"],
            row["agency__name"],
            row["received"],
            row["answered"],
            row["were_late"],
            row["dispatch_median"],
            row["dispatch_most"],
            row["contact_median"],
            row["contact_most"],
            row["answer_median"],
            row["answer_most"],
            (row["ended"] - row["own_late"]) / row["ended"] if row["ended"] else None,
            row["contacted"] / row["to_contact"] if row["to_contact"] else None,
        )
        for row in found
    )


def _since(column: str) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(F(column) - F("submitted_at"), output_field=DurationField())
