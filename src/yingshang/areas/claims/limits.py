"""What several claims of one enterprise limit together: groups of which the highest is paid, and items that exclude
each other. Caps by year and over all years are the policy's own: it reads them from the facts payments leave behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.areas.policies.api import Decided, published_items, read_source
from yingshang.kernel.access.api import entries_of

from .awards import Award, cut
from .errors import NotEntitled
from .models import Claim
from .models.claims import ENDED_WITHOUT


def limited(award: Award, *, claim: Claim, decided: Decided, now: datetime) -> Award:
    """The award after what the enterprise was awarded already in the same group, or by items that exclude this one.

    Raises NotEntitled where nothing is left, naming the other claim.
    """
    return limited_by(award, claim=claim, source=read_source(decided.item.source), now=now)


def limited_by(award: Award, *, claim: Claim, source: Mapping[str, Any], now: datetime) -> Award:
    """The same by the text of the item's version, for whoever decides many claims of one item."""
    group = dict(source.get("stacking") or {})
    excluded = set(source.get("excludes") or ())
    others = list(
        Claim.objects.filter(party__in=entries_of(claim.enterprise.pk), award_fen__gt=0)
        .exclude(pk=claim.pk)
        .exclude(state__in=ENDED_WITHOUT)
    )
    if not others:
        return award
    for other in others:
        if (other.item_code, other.period) == (claim.item_code, claim.period):
            # Two entries of one enterprise claimed, and were merged since.
            raise NotEntitled(
                f"{other.number} was awarded for the same item and period",
                message_zh=f"该企业本期已获得本事项（{other.number}），不能重复享受",
                value=other.number,
            )
        if other.item_code in excluded or claim.item_code in _excluded_by(other, now):
            raise NotEntitled(
                f"{other.number} ({other.item_name}) was awarded, which excludes this one",
                message_zh=f"已获得“{other.item_name}”（{other.number}），按规定不能同时享受",
                value=other.number,
            )
    if not group.get("group"):
        return award
    same = [each for each in others if _group_of(each, now) == group["group"]]
    had = sum(each.award_fen or 0 for each in same)
    if not had:
        return award
    # 就高不重复、补差: of one group the enterprise has the highest award; what it had already is not paid again.
    highest = max(award.amount_fen - had, 0)
    if highest <= 0:
        raise NotEntitled(
            f"as much or more was awarded in the same group ({', '.join(each.number for each in same)})",
            message_zh="同类政策已获得不低于本项的金额，按就高原则不再重复兑付："
            + "、".join(each.number for each in same),
            value=same[0].number,
        )
    return cut(award, min(highest, award.amount_fen))


def _source(claim: Claim, now: datetime) -> dict[str, Any]:
    """What its item says today; of one that is not in force any more, what it said when it was awarded."""
    awarded = timezone.localdate(claim.decided_at or claim.created_at)
    for day, upcoming in ((timezone.localdate(now), False), (awarded, True)):
        found: Iterable[Any] = published_items(day=day, codes=[claim.item_code], upcoming=upcoming)
        item = next(iter(found), None)
        if item is not None:
            return dict(read_source(item.source))
    return {}


def _excluded_by(claim: Claim, now: datetime) -> set[str]:
    return set(_source(claim, now).get("excludes") or ())


def _group_of(claim: Claim, now: datetime) -> str:
    return str((_source(claim, now).get("stacking") or {}).get("group") or "")
