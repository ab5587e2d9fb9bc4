"""What hurts, where, and since when: topics of a period compared with the one before, over time, and by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q
from django.db.models.functions import Left, TruncMonth, TruncWeek
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from .lateness import late_now
from .periods import Period
from .reach import EACH, appeals_in, appeals_of, parties_among
from .rules import learning_rules

_PARTS = {0: 2, 2: 4, 4: 6, 6: 9, 9: 12}
"""How long the paths of the parts of a region are, by the length of its own."""
_NOT_SOLVED = Q(disputed_count__gt=0) | Q(reopened_count__gt=0)


@dataclass(frozen=True, slots=True)
class HotTopic:
    """A topic in a period; `topic` is empty for what nobody has said the topic of yet. `change` is how much it grew
    since the period before, None where there was nothing then. `parties` are those who said it under their name.
    """

    topic: str
    count: int
    before: int
    parties: int
    unsolved: int
    change: Decimal | None
    rising: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """A period in a few figures, of what was said in it."""

    count: int
    before: int
    parties: int
    answered: int
    late: int
    unsolved: int


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic over time: one figure for each of the periods asked for."""

    topic: str
    counts: tuple[int, ...]


def overview(
    *, actor: Actor, region_path: str = "", period: Period, topic: str | None = None, now: datetime
) -> Overview:
    """The figures of a period. One query. Raises NotAllowed."""
    here = Q(submitted_at__gte=period.starts)
    rows = appeals_in(actor, region_path).filter(
        submitted_at__gte=period.before.starts, submitted_at__lt=period.ends
    )
    if topic is not None:
        rows = rows.filter(topic=topic)
    found = rows.aggregate(
        count=Count(EACH, filter=here),
        before=Count(EACH, filter=~here),
        parties=parties_among(here),
        answered=Count(EACH, filter=here & Q(answered_at__isnull=False)),
        late=Count(EACH, filter=here & late_now(now)),
        unsolved=Count(EACH, filter=here & _NOT_SOLVED),
    )
    return Overview(**found)


def hot_topics(*, actor: Actor, region_path: str = "", period: Period) -> tuple[HotTopic, ...]:
    """Topics of a period, the most frequent first. One query. Raises NotAllowed."""
    rules = learning_rules()
    here = Q(submitted_at__gte=period.starts)
    rows = (
        appeals_in(actor, region_path)
        .filter(submitted_at__gte=period.before.starts, submitted_at__lt=period.ends)
        .values("topic")
        .annotate(
            count=Count(EACH, filter=here),
            before=Count(EACH, filter=~here),
            parties=parties_among(here),
            unsolved=Count(EACH, filter=here & _NOT_SOLVED),
        )
        .order_by("-count", "topic")
    )
    found = []
    for row in rows:
        count, before = row["count"], row["before"]
        change = (Decimal(count) / before - 1).quantize(Decimal("0.001")) if before else None
        rising = count >= rules.rising_from and (change is None or change >= rules.rising_by)
        found.append(HotTopic(row["topic"], count, before, row["parties"], row["unsolved"], change, rising))
    return tuple(found)


def topics_over_time(
    *, actor: Actor, region_path: str = "", periods: Sequence[Period], topics: Sequence[str]
) -> tuple[TopicLine, ...]:
    """Some topics over periods that follow each other. One query. Raises NotAllowed."""
    if not periods or not topics:
        return ()
    whole = Period(periods[0].since, periods[-1].until, periods[0].kind)
    trunc = TruncMonth if whole.kind == "month" else TruncWeek
    rows = (
        appeals_of(actor, region_path, whole)
        .filter(topic__in=topics)
        .annotate(part=trunc("submitted_at"))
        .values("topic", "part")
        .annotate(count=Count(EACH))
    )
    counted = {(row["topic"], timezone.localdate(row["part"])): row["count"] for row in rows}
    return tuple(
        TopicLine(topic, tuple(counted.get((topic, each.since), 0) for each in periods)) for topic in topics
    )


def appeals_by_part(
    *, actor: Actor, region_path: str = "", period: Period, topic: str | None = None
) -> Mapping[str, int]:
    """Path of a part of a region → how many were said there. What was said of the region as a whole is under its own
    path. One query. Raises NotAllowed.
    """
    length = _PARTS.get(len(region_path), 12)
    rows = appeals_of(actor, region_path, period)
    if topic is not None:
        rows = rows.filter(topic=topic)
    found = rows.annotate(part=Left("region_path", length)).values("part").annotate(count=Count(EACH))
    return {row["part"]: row["count"] for row in found}
