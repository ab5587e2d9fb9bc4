"""Causes that come back: the same enterprise again, opened again, disputed, sent back; by topic and agency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet

from yingshang.kernel.access.api import Actor

from ..models import Appeal, Holding
from .periods import Period
from .reach import EACH, NAMED, appeals_in, appeals_of
from .rules import learning_rules


@dataclass(frozen=True, slots=True)
class RepeatCause:
    """A topic with an agency (none while nobody deals with it): how many were said, and why they came back. `bounced`
    are those the agency sent back, whoever has them now.
    """

    topic: str
    agency_id: int | None
    agency_name: str
    count: int
    again: int
    reopened: int
    disputed: int
    bounced: int

    @property
    def total(self) -> int:
        """All reasons together, by which the list is ordered."""
        return self.again + self.reopened + self.disputed + self.bounced


def repeat_causes(
    *, actor: Actor, region_path: str = "", period: Period, topic: str | None = None
) -> tuple[RepeatCause, ...]:
    """What came back of what was said in a period, the most first. Three queries. Raises NotAllowed."""
    again = _said_again(actor, region_path, period, topic)
    said = appeals_of(actor, region_path, period)
    if topic is not None:
        said = said.filter(topic=topic)
    bounced, names = _sent_back(said)
    rows: Any = said.values("topic", "agency", "agency__name").annotate(
        count=Count(EACH),
        reopened=Count(EACH, filter=Q(reopened_count__gt=0)),
        disputed=Count(EACH, filter=Q(disputed_count__gt=0)),
    )
    found = [
        RepeatCause(
            row["topic"],
            row["agency"],
            row["agency__name"] or "",
            row["count"],
            again[row["topic"], row["agency"]],
            row["reopened"],
            row["disputed"],
            bounced.pop((row["topic"], row["agency"]), 0),
        )
        for row in rows
    ]
    # Those who sent back all they had of a topic have none of it now.
    found += [
        RepeatCause(topic_, agency, names[agency], 0, 0, 0, 0, count)
        for (topic_, agency), count in bounced.items()
    ]
    return tuple(
        sorted(
            (each for each in found if each.total),
            key=lambda each: (-each.total, each.topic, each.agency_id or 0),
        )
    )


def _sent_back(said: QuerySet[Appeal]) -> tuple[dict[tuple[str, int | None], int], dict[int | None, str]]:
    """Of each topic and agency, how many it sent back; and what the agencies are called."""
    rows: Any = (
        Holding.objects.filter(ended_by="bounced", appeal__in=said)
        .order_by()
        .values("appeal__topic", "agency", "agency__name")
        .annotate(count=Count("appeal", distinct=True))
    )
    found = list(rows)
    return (
        {(row["appeal__topic"], row["agency"]): row["count"] for row in found},
        {row["agency"]: row["agency__name"] for row in found},
    )


def _said_again(
    actor: Actor, region_path: str, period: Period, topic: str | None
) -> Counter[tuple[str, int | None]]:
    """Of each topic and agency, how many the same enterprise had said before within the days of the rules, both times
    under its name.
    """
    days = timedelta(days=learning_rules().repeat_days)
    said = appeals_in(actor, region_path)
    if topic is not None:
        said = said.filter(topic=topic)
    rows = (
        said.filter(NAMED, submitted_at__gte=period.starts - days, submitted_at__lt=period.ends)
        .exclude(topic="")
        .values("party", "topic")
        .annotate(
            every=Count(EACH),
            here=Count(EACH, filter=Q(submitted_at__gte=period.starts)),
            moments=ArrayAgg("submitted_at", order_by="submitted_at"),
            agencies=ArrayAgg("agency", order_by="submitted_at"),
        )
        .filter(every__gt=1, here__gt=0)
    )
    found: Counter[tuple[str, int | None]] = Counter()
    for row in rows:
        moments: list[datetime] = row["moments"]
        for number, moment in enumerate(moments):
            before = [each for each in moments[:number] if each < moment]
            if moment >= period.starts and before and before[-1] >= moment - days:
                found[row["topic"], row["agencies"][number]] += 1
    return found
