"""Appeals that say the same of a policy, or of a topic: what a suggestion can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from yingshang.areas.policies.api import published_items
from yingshang.kernel.access.api import Actor

from ...models import Appeal, PolicySuggestion
from ...searching import query_of
from ..periods import midnight
from ..reach import EACH, appeals_in, parties_among
from ..rules import learning_rules

ITEM = "policy_item"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Appeals about one policy item (`item_code`), or of one topic, of the last days of the rules. `parties` are the
    different enterprises that say it under their name.
    """

    topic: str
    item_code: str
    item_name: str
    count: int
    parties: int
    unsolved: int
    # One that waits for an answer already, with its number in the register.
    suggested: int | None


@dataclass(slots=True)
class _Counted:
    count: int = 0
    unsolved: int = 0
    name: str = ""
    parties: set[int] = field(default_factory=set)


def clusters(*, actor: Actor, region_path: str = "", now: datetime) -> tuple[Cluster, ...]:
    """What enough different enterprises say: policies first, then topics, the most voices first. Three queries.

    Raises NotAllowed.
    """
    rules = learning_rules()
    rows = appeals_in(actor, region_path).filter(submitted_at__gte=cluster_since(now))
    waiting = _waiting(region_path)
    found = [
        Cluster("", code, each.name, each.count, len(each.parties), each.unsolved, waiting.get(("", code)))
        for code, each in _by_item(rows).items()
        if len(each.parties) >= rules.cluster_from
    ]
    found.sort(key=lambda each: (-each.count, each.item_code))
    topics: Any = (
        rows.exclude(topic="")
        .exclude(state="withdrawn")
        .values("topic")
        .annotate(
            count=Count(EACH),
            parties=parties_among(),
            unsolved=Count(EACH, filter=Q(disputed_count__gt=0) | Q(reopened_count__gt=0)),
        )
        .filter(parties__gte=rules.cluster_from)
        .order_by("-count", "topic")
    )
    return (
        *found,
        *(
            Cluster(
                row["topic"],
                "",
                "",
                row["count"],
                row["parties"],
                row["unsolved"],
                waiting.get((row["topic"], "")),
            )
            for row in topics
        ),
    )


def voices_of(
    actor: Actor, *, region_path: str, topic: str, item_code: str, now: datetime
) -> QuerySet[Appeal]:
    """The appeals behind a cluster: linked to the policy item or naming it; or of the topic. Raises NotAllowed."""
    rows = (
        appeals_in(actor, region_path).filter(submitted_at__gte=cluster_since(now)).exclude(state="withdrawn")
    )
    if not item_code:
        return rows.filter(topic=topic) if topic else rows.none()
    about = Q(links__contains=[{"kind": ITEM, "id": item_code}])
    words = query_of(item_name(item_code, timezone.localdate(now)))
    return rows.filter(about | Q(words=words) if words is not None else about)


def parties_of(rows: QuerySet[Appeal]) -> int:
    """How many different enterprises say it under their name."""
    return rows.order_by().aggregate(parties=parties_among())["parties"]  # type: ignore[no-any-return]


def item_name(code: str, day: date) -> str:
    """What a policy item in force is called; empty for one that is not."""
    found = published_items(day=day, codes=[code])
    return found[0].name if found else ""


def cluster_since(now: datetime) -> datetime:
    """How far back the appeals of a cluster go."""
    return midnight(timezone.localdate(now) - timedelta(days=learning_rules().cluster_days))


def _by_item(rows: QuerySet[Appeal]) -> Mapping[str, _Counted]:
    found: dict[str, _Counted] = {}
    linked = rows.filter(links__contains=[{"kind": ITEM}]).exclude(state="withdrawn")
    for links, party, anonymous, disputed, reopened in linked.values_list(
        "links", "party", "anonymous", "disputed_count", "reopened_count"
    ).iterator(chunk_size=2000):
        for link in links:
            if link["kind"] != ITEM:
                continue
            each = found.setdefault(link["id"], _Counted())
            each.count += 1
            each.unsolved += bool(disputed or reopened)
            each.name = link.get("label") or each.name
            if party is not None and not anonymous:
                each.parties.add(party)
    return found


def _waiting(region_path: str) -> dict[tuple[str, str], int]:
    rows = PolicySuggestion.objects.filter(state="sent", region_path=region_path).order_by("pk")
    return {
        ("" if code else topic, code): number
        for number, topic, code in rows.values_list("pk", "topic", "item_code")
    }
