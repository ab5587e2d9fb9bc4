"""Rankings on the desk: which items wait to be closed, and how the line stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum

from yingshang.areas.policies.api import Sharing, published_items
from yingshang.kernel.access.api import Actor

from ..errors import NothingToRank
from ..models import Claim, ItemTerms
from ..reach import VIEW
from .actions.close_ranking import PENDING, is_open
from .places import awarded, in_order, rule_of


@dataclass(frozen=True, slots=True)
class RankingSummary:
    """An item and period whose claims wait in line; `pending` ones are still under review."""

    item_code: str
    item_name: str
    period: str
    waiting: int
    pending: int
    count: int | None
    taken: int
    pool_fen: int | None
    asked_fen: int
    window_open: bool

    @property
    def ready(self) -> bool:
        """Whether it can be closed."""
        return bool(self.waiting) and not self.pending and not self.window_open


@dataclass(frozen=True, slots=True)
class RankingPlace:
    """A claim in line. `within`: there is a place for it as the line stands now."""

    claim_id: int
    number: str
    party_name: str
    credit_code: str
    place: int
    by: str
    submitted_at: datetime | None
    expected_fen: int | None
    within: bool


@dataclass(frozen=True, slots=True)
class RankingDetail:
    """The line of an item and period, by the facts that were frozen."""

    summary: RankingSummary
    ranked: bool
    descending: bool
    places: tuple[RankingPlace, ...]


def rankings(*, actor: Actor, day: date) -> tuple[RankingSummary, ...]:
    """The items and periods within the actor's reach that have claims in line. Needs `claims.view`."""
    rows = actor.require(VIEW).filter(Claim.objects.all(), region="region_path")
    found = (
        rows.filter(state="ranking")
        .order_by("item_code", "period")
        .values_list("item_code", "period")
        .annotate(waiting=Count("pk"), asked=Sum("expected_fen"))
    )
    return tuple(_summary(code, period, waiting, asked, day) for code, period, waiting, asked in found)


def ready_lines(*, day: date) -> tuple[RankingSummary, ...]:
    """All lines that can be closed, for the platform."""
    found = (
        Claim.objects.filter(state="ranking")
        .order_by("item_code", "period")
        .values_list("item_code", "period")
        .annotate(waiting=Count("pk"), asked=Sum("expected_fen"))
    )
    lines = (_summary(code, period, waiting, asked, day) for code, period, waiting, asked in found)
    return tuple(line for line in lines if line.ready)


def get_ranking(*, actor: Actor, code: str, period: str, day: date) -> RankingDetail:
    """One line as it stands. Needs `claims.view` for the region of the item's terms. Raises NothingToRank."""
    terms = actor.require(VIEW).filter(ItemTerms.objects.all(), region="region_path")
    rule = _rule(code, period, day)
    if rule is None or not terms.filter(item_code=code).exists():
        raise NothingToRank(f"nothing of {code} is ranked", message_zh="该事项没有排序", value=code)
    version_id, shared = rule
    rows = Claim.objects.filter(item_code=code, period=period, state="ranking")
    claims = list(rows.select_related("party__merged_into"))
    asked = sum(each.expected_fen or 0 for each in claims)
    summary = _summary(code, period, len(claims), asked, day)
    left = len(claims) if shared.count is None else max(shared.count - summary.taken, 0)
    return RankingDetail(
        summary,
        shared.ranked,
        shared.descending,
        tuple(
            RankingPlace(
                each.claim.pk,
                each.claim.number,
                each.claim.enterprise.name,
                each.claim.enterprise.credit_code or "",
                each.place,
                each.by_text,
                each.claim.submitted_at,
                each.claim.expected_fen,
                each.place <= left,
            )
            for each in in_order(claims, shared, version_id=version_id, day=day)
        ),
    )


def _rule(code: str, period: str, day: date) -> tuple[int, Sharing] | None:
    waiting = (
        Claim.objects.filter(item_code=code, period=period, state="ranking").only("submitted_at").first()
    )
    return rule_of(code, day, applied_on=waiting.applied_on if waiting else None)


def _summary(code: str, period: str, waiting: int, asked: int | None, day: date) -> RankingSummary:
    item = next(iter(published_items(day=day, codes=[code])), None)
    rule = _rule(code, period, day)
    shared = rule[1] if rule else None
    pending = Q(item_code=code, period=period, state__in=PENDING)
    return RankingSummary(
        code,
        item.name if item else code,
        period,
        waiting,
        Claim.objects.filter(pending).count(),
        shared.count if shared else None,
        awarded(code, period).count(),
        shared.pool_fen if shared else None,
        asked or 0,
        bool(item and is_open(item, day)),
    )
