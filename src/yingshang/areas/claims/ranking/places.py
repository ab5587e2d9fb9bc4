"""The places of a quota and the money of a pool: what is left, and who comes before whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cmp_to_key

from django.db.models import QuerySet, Sum
from django.utils import timezone

from yingshang.areas.policies.api import Sharing, published_items, rank_frozen, rank_order, sharing_of
from yingshang.rules.errors import DomainError

from ..awards import split
from ..errors import NeedsRanking, NotPossibleNow, QuotaFull
from ..models import Claim, ItemTerms
from ..models.claims import ENDED_WITHOUT


@dataclass(frozen=True, slots=True)
class Ranked:
    """A claim at its place. `by` is what it is ranked by, None where that is not known: such come last."""

    claim: Claim
    place: int
    by: tuple[object, ...] | None

    @property
    def by_text(self) -> str:
        """What it is ranked by, in words."""
        return "—" if self.by is None else "、".join(str(each) for each in self.by)


def awarded(item_code: str, period: str) -> QuerySet[Claim]:
    """The claims of an item and period that have a place."""
    rows = Claim.objects.filter(item_code=item_code, period=period, award_fen__isnull=False)
    return rows.exclude(state__in=ENDED_WITHOUT)


def hold_places(terms: ItemTerms) -> None:
    """Wait for whoever awards claims of the item at this moment; taken before everything else an award holds."""
    ItemTerms.objects.select_for_update().only("pk").get(pk=terms.pk)


def first_come(claim: Claim, *, version_id: int, day: date, wanted_fen: int) -> int:
    """What is left for a claim that is awarded by itself, of a quota or pool that is first come; the places are held.

    Raises NeedsRanking where everybody has to be known first, QuotaFull where nothing is left.
    """
    shared = sharing_of(version_id=version_id, day=day)
    if shared is None:
        return wanted_fen
    if shared.together:
        raise NeedsRanking(
            "everybody who claims has to be known first; put it in line",
            message_zh="该事项按名额排序或按比例分配，请选择“列入排序”，申报结束后统一核准",
            value=claim.item_code,
        )
    rows = awarded(claim.item_code, claim.period).exclude(pk=claim.pk)
    if shared.count is not None and rows.count() >= shared.count:
        raise QuotaFull(
            f"all {shared.count} places are taken",
            message_zh=f"名额 {shared.count} 个已满",
            value=claim.item_code,
            count=shared.count,
        )
    if shared.pool_fen is None:
        return wanted_fen
    left = shared.pool_fen - int(rows.aggregate(fen=Sum("award_fen"))["fen"] or 0)
    if left <= 0:
        raise QuotaFull(
            f"the pool of {shared.pool_fen / 100:.2f} yuan is used up",
            message_zh=f"资金池 {shared.pool_fen / 100:.2f} 元已用完",
            value=claim.item_code,
            pool_fen=shared.pool_fen,
        )
    return min(wanted_fen, left)


def first_come_only(shared: Sharing | None) -> tuple[str, str] | None:
    """Why an item cannot be carried out by list: what it has goes to whoever comes first. In English and Chinese."""
    if shared is None:
        return None
    if shared.count is not None and not shared.ranked:
        return (
            "its places go to whoever comes first, and on a list nobody does: write in the item what they are ranked "
            "by (quota.rank_by), or choose the mode instant, online or once",
            "该事项名额先到先得，名单上的企业没有先后：请在政策事项中写明排序规则（quota.rank_by），"
            "或将办理方式改为即申即享、零跑动、最多跑一次",
        )
    if shared.pool_fen is not None and not shared.pro_rata and not shared.ranked:
        return (
            "its pool goes to whoever comes first, and on a list nobody does: have the item share it pro rata "
            "(pool.sharing), or choose the mode instant, online or once",
            "该事项资金池先到先得，名单上的企业没有先后：请在政策事项中改为按比例分配（pool.sharing: pro rata），"
            "或将办理方式改为即申即享、零跑动、最多跑一次",
        )
    return None


def ensure_ranked(claim: Claim, now: datetime) -> None:
    """That an item is ranked or shared at all: nobody is put in a line that never moves. Raises NotPossibleNow."""
    rule = rule_of(claim.item_code, timezone.localdate(now), applied_on=claim.applied_on)
    if rule is None or not rule[1].together:
        raise NotPossibleNow(
            f"{claim.item_code} has no ranking and no pool to be shared; approve or refuse it",
            message_zh="该事项没有名额排序或按比例分配的规定，请直接核准或不予兑付",
            value=claim.number,
        )


def in_order(claims: Sequence[Claim], shared: Sharing, *, version_id: int, day: date) -> list[Ranked]:
    """Claims at their places: by the rule over the facts that were frozen, then by the moment they were handed in and
    their number. Who was frozen without what is ranked by comes last. Without a ranking the earlier comes first.
    """
    values = list(rank_frozen(version_id=version_id, day=day, facts=[each.facts for each in claims]))
    known = dict(zip((each.pk for each in claims), values, strict=True))
    direction = -1 if shared.descending else 1

    def ahead(left: Claim, right: Claim) -> int:
        one, other = known[left.pk], known[right.pk]
        if (one is None) != (other is None):
            return 1 if one is None else -1
        return direction * rank_order(one, other) if one is not None and other is not None else 0

    # Sorting is stable: of equal ranks who was earlier stays ahead.
    earlier = sorted(claims, key=lambda each: (each.submitted_at or each.created_at, each.number))
    ordered = sorted(earlier, key=cmp_to_key(ahead)) if shared.ranked else earlier
    return [Ranked(each, place, known[each.pk]) for place, each in enumerate(ordered, 1)]


def shares_of(pool_fen: int, own: Sequence[int]) -> list[int]:
    """What each gets of a pool: its own amount where the pool holds them all, else in proportion to the fen; never
    more than its own.

    >>> shares_of(100, [30, 30]), shares_of(100, [100, 100, 100])
    ([30, 30], [34, 33, 33])
    """
    if not own or sum(own) <= pool_fen:
        return list(own)
    return split(max(pool_fen, 0), own)


def rule_of(item_code: str, day: date, *, applied_on: date | None = None) -> tuple[int, Sharing] | None:
    """(version in force, its quota and pool); None where the item has neither, or is not in force.

    Of one that has run out since it was applied for, what was in force then counts.
    """
    found = published_items(day=day, codes=[item_code])
    if not found and applied_on is not None:
        found = published_items(day=applied_on, codes=[item_code])
    item = next(iter(found), None)
    if item is None:
        return None
    try:
        shared = sharing_of(version_id=item.version_id, day=day)
    except DomainError:
        return None
    return (item.version_id, shared) if shared is not None else None
