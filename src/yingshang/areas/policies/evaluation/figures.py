"""How many were entitled to an item, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from ..models import ItemFigure, ItemVersion, MatchPart
from ..selectors import in_force


@dataclass(frozen=True, slots=True)
class DayFigure:
    """The figures of one day. Of days on which nobody counted there is none."""

    day: date
    version: int
    entitled: int
    undecided: int
    errors: int
    certain_fen: int


@transaction.atomic
def keep_figures(*, now: datetime) -> int:
    """Keep today's counts of every item in force; how many items. Counted again the same day, the later holds."""
    day = timezone.localdate(now)
    versions = dict(in_force(day).values_list("pk", "item"))
    sums: dict[int, Any] = {
        row["version"]: row
        for row in MatchPart.objects.filter(version__in=list(versions))
        .values("version")
        .annotate(
            entitled=Sum("entitled"),
            undecided=Sum("undecided"),
            errors=Sum("errors"),
            certain_fen=Sum("certain_fen"),
        )
    }
    names = ("entitled", "undecided", "errors", "certain_fen")
    ItemFigure.objects.bulk_create(
        (
            ItemFigure(
                item_id=item,
                version_id=version,
                day=day,
                **{name: sums.get(version, {}).get(name) or 0 for name in names},
            )
            for version, item in versions.items()
        ),
        update_conflicts=True,
        unique_fields=["item", "day"],
        update_fields=["version", *names],
    )
    return len(versions)


def figures_of(item_id: int, *, since: date | None = None) -> Sequence[DayFigure]:
    """The days that were counted, oldest first. For this area: whoever calls it has found the item."""
    rows = ItemFigure.objects.filter(item=item_id)
    if since is not None:
        rows = rows.filter(day__gte=since)
    numbers = dict(ItemVersion.objects.filter(item=item_id).values_list("pk", "number"))
    return [
        DayFigure(row.day, numbers[row.version_id], row.entitled, row.undecided, row.errors, row.certain_fen)
        for row in rows.order_by("day")
    ]
