"""Results by agency, for everybody: of the frozen records, and only where enough enterprises stand behind them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from ..models import PerformanceRecord, RecordLine, RecordMonth
from .rules import learning_rules


@dataclass(frozen=True, slots=True)
class AgencyResult:
    """An agency over the months that are published. Shares and days are None where too little stands behind them."""

    agency_name: str
    region_path: str
    received: int
    answered: int
    in_time: float | None
    contacted_in_time: float | None
    days_to_answer: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """What is published, of which months."""

    since: date | None
    until: date | None
    rows: tuple[AgencyResult, ...]


def published_results(*, region_path: str = "") -> Results:
    """Agencies over the last months that were frozen. Three queries, however many appeals there are.

    Only of months with enough different enterprises: of one with a single one, the sums of this month less those of the
    month before would be that enterprise's. Replies, terms and first contacts are of other appeals than those of their
    month: each is only taken from months that have enough of it. And a share, or an average, only of as many.
    """
    rules = learning_rules()
    enough = rules.publish_from
    months = list(RecordMonth.objects.order_by("-month").values_list("pk", "month")[: rules.publish_months])
    if not months:
        return Results(None, None, ())
    numbers = [number for number, _month in months]
    rows: Any = (
        _published(numbers, region_path)
        .order_by()
        .values("agency", "agency__name", "region_path")
        .annotate(
            got=Sum("received"),
            replied=Sum("answered", filter=Q(answered__gte=enough), default=0),
            term_over=Sum("due", filter=Q(due__gte=enough), default=0),
            to_contact=Sum("contacts_due", filter=Q(contacts_due__gte=enough), default=0),
            hours=Sum("answer_hours", filter=Q(answered__gte=enough), default=0),
        )
    )
    found = list(rows)
    # An agency that moved to another region has two rows, each with what speaks against it there.
    against: dict[tuple[int, str], Any] = defaultdict(dict)
    lines = RecordLine.objects.filter(record__in=_published(numbers, region_path), counts=True).order_by()
    for each in lines.values("record__agency", "record__region_path").annotate(
        late=Count("pk", filter=Q(figure="late", record__due__gte=enough)),
        contact_late=Count("pk", filter=Q(figure="contact_late", record__contacts_due__gte=enough)),
    ):
        against[each["record__agency"], each["record__region_path"]] = each
    results = [
        AgencyResult(
            row["agency__name"],
            row["region_path"],
            row["got"],
            row["replied"],
            _share(row["term_over"], against[row["agency"], row["region_path"]].get("late", 0)),
            _share(row["to_contact"], against[row["agency"], row["region_path"]].get("contact_late", 0)),
            round(row["hours"] / 24 / row["replied"], 1) if row["replied"] else None,
        )
        for row in found
    ]
    results.sort(key=lambda each: (each.region_path, -each.received, each.agency_name))
    return Results(months[-1][1], months[0][1], tuple(results))


def _published(months: list[int], region_path: str) -> QuerySet[PerformanceRecord]:
    rows = PerformanceRecord.objects.filter(month__in=months, parties__gte=learning_rules().publish_from)
    return rows.filter(region_path__startswith=region_path)


def _share(every: int, late: int) -> float | None:
    return round(1 - late / every, 2) if every else None
