"""What enterprises say of an item: their own opinion for themselves, all opinions masked for officials."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.reference.api import find_region

from ..matching.live import OWN, VIEW
from ..models import PolicyOpinion
from ..outreach.reach import published_by_code
from ..outreach.rules import Level, opinion_rules
from ..review.masking import masked


@dataclass(frozen=True, slots=True)
class OwnOpinion:
    """What an enterprise has said."""

    rating: int
    comment: str
    given_at: datetime
    given_by_name: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """One opinion without whose it is: only the size and the county. Numbers and addresses in it are masked."""

    rating: int
    comment: str
    size: str
    region_name: str
    version: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class OpinionSummary:
    """How satisfied enterprises are. `average` and `satisfied` are None when too few have said anything."""

    counts: tuple[tuple[Level, int], ...]
    total: int
    average: float | None
    satisfied: float | None
    fewest: int


@dataclass(frozen=True, slots=True)
class OpinionPage:
    rows: tuple[Opinion, ...]
    total: int


def opinion_levels() -> tuple[Level, ...]:
    """The levels of satisfaction, the best first."""
    return opinion_rules().levels


def own_opinion(*, actor: Actor, party_id: int, code: str) -> OwnOpinion | None:
    """What one's own enterprise has said of an item. Needs `policies.match_own`."""
    scope = actor.require(OWN)
    party_id = actor.kept_entry(party_id, OWN)
    rows = scope.filter(PolicyOpinion.objects.all(), party="party")
    row = rows.filter(party__in=entries_of(party_id), item__code=code).first()
    return None if row is None else OwnOpinion(row.rating, row.comment, row.given_at, row.given_by_name)


def opinion_summary(*, actor: Actor, code: str) -> OpinionSummary:
    """How satisfied the enterprises of the actor's reach are. Needs `policies.view_matches`; raises ItemNotFound."""
    counts = Counter(_rows(actor, code).values_list("rating", flat=True))
    total = sum(counts.values())
    rules = opinion_rules()
    enough = total >= rules.fewest
    return OpinionSummary(
        counts=tuple((each, counts[each.code]) for each in rules.levels),
        total=total,
        average=sum(level * count for level, count in counts.items()) / total if enough else None,
        satisfied=(counts[4] + counts[5]) / total if enough else None,
        fewest=rules.fewest,
    )


def opinions(
    *, actor: Actor, code: str, rating: int | None = None, offset: int = 0, limit: int = 20
) -> OpinionPage:
    """Opinions with a comment, the latest first. Needs `policies.view_matches`; raises ItemNotFound."""
    rows = _rows(actor, code).exclude(comment="")
    if rating is not None:
        rows = rows.filter(rating=rating)
    found = rows.select_related("party__region", "version").defer("version__source")
    return OpinionPage(
        tuple(
            Opinion(
                row.rating,
                masked(row.comment),
                row.party.size,
                _county(row.party.region.path if row.party.region else ""),
                row.version.number,
                row.given_at,
            )
            for row in found[offset : offset + limit]
        ),
        rows.count(),
    )


def _county(path: str) -> str:
    region = find_region(path[:6]) if len(path) >= 6 else None
    return region.name if region else ""


def _rows(actor: Actor, code: str) -> QuerySet[PolicyOpinion]:
    scope = actor.require(VIEW)
    item = published_by_code(code)
    # Of merged entries the one that is kept speaks, if it has.
    kept = PolicyOpinion.objects.filter(item=OuterRef("item"), party=OuterRef("party__merged_into"))
    rows = PolicyOpinion.objects.filter(~Exists(kept), item=item.item_id)
    return scope.filter(rows, region="party__region__path", party="party")
