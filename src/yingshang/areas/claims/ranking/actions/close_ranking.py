"""Everybody is known: who is in a quota is awarded, a pool is shared, and the others are told their place."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.areas.policies.api import Decided, PublishedItem, Sharing, published_items
from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import lock_parties
from yingshang.rules.errors import DomainError

from ...actions._steps import move, tell_enterprise
from ...actions.begin_claim import terms_for
from ...approving import award, decide_again, worth
from ...awards import Award
from ...errors import NotEntitled, NotPossibleNow
from ...models import Claim, ItemTerms
from ...reach import ensure_region
from ...reviewing.evidence import grounds_of
from ..places import Ranked, awarded, hold_places, in_order, rule_of, shares_of

PENDING = ("appointed", "accepting", "returned", "reviewing")


@dataclass(frozen=True, slots=True)
class RankingClosed:
    """What came of a ranking: the numbers of claims approved, outside, and refused because of what is so today."""

    approved: tuple[int, ...]
    unranked: tuple[int, ...]
    refused: tuple[int, ...]


@transaction.atomic
def close_ranking(*, actor: Actor, code: str, period: str, now: datetime) -> RankingClosed:
    """Rank the claims of an item and period that wait in line, and award as many as there are places; what a pool has
    is shared among those. Ranked is by the facts frozen when a claim was handed in, entitled has one to be today.

    Needs `claims.approve` for the whole region of the item's terms. Raises NoTerms, NotPossibleNow while the window is
    open, somebody is still under review, or nobody waits; and OverBudget: then nothing has happened.
    """
    scope = actor.require("claims.approve")
    terms = terms_for(code)
    ensure_region(scope, terms.region_path)
    hold_places(terms)
    day = timezone.localdate(now)
    rows = list(
        Claim.objects.select_for_update(of=("self",))
        .select_related("party__merged_into")
        .filter(item_code=code, period=period, state="ranking")
        .order_by("pk")
    )
    _ensure_ready(code, period, day, rows=len(rows))
    rule = rule_of(code, day, applied_on=rows[0].applied_on)
    if rule is None:
        raise _not_now("the item has neither quota nor pool", "该事项没有名额或资金池规定，不需要排序")
    version_id, shared = rule
    lock_parties([each.enterprise.pk for each in rows])
    ordered = in_order(rows, shared, version_id=version_id, day=day)
    entitled, refused = _entitled(ordered, actor=actor, now=now)
    places = len(entitled)
    if shared.count is not None:
        places = max(0, min(places, shared.count - awarded(code, period).count()))
    admitted, outside = entitled[:places], entitled[places:]
    amounts = _amounts(admitted, shared, code, period)
    approved = []
    for (ranked, decided, _), fen in zip(admitted, amounts, strict=True):
        if fen <= 0:
            outside.append((ranked, decided, None))
            continue
        _award(ranked, decided, fen, actor=actor, now=now, terms=terms)
        approved.append(ranked)
    cut_off = approved[-1] if approved else None
    for ranked, _, _ in outside:
        _outside(ranked, shared, cut_off, of=len(ordered), actor=actor, now=now)
    record(
        actor=actor,
        action="claims.ranking_closed",
        target=Target(
            "claim_terms", code, rows[0].item_name, region_path=terms.region_path, agency_id=terms.agency_id
        ),
        now=now,
        after={
            "period": period,
            "ranked": len(ordered),
            "approved": len(approved),
            "refused": len(refused),
            "cut_off": cut_off.by_text if cut_off else None,
            "order": hashlib.sha256(
                "\n".join(f"{each.place} {each.claim.number} {each.by_text}" for each in ordered).encode()
            ).hexdigest(),
        },
    )
    return RankingClosed(
        tuple(each.claim.pk for each in approved),
        tuple(ranked.claim.pk for ranked, _, _ in outside),
        tuple(refused),
    )


def _ensure_ready(code: str, period: str, day: date, *, rows: int) -> None:
    item = next(iter(published_items(day=day, codes=[code])), None)
    if item is not None and is_open(item, day):
        raise _not_now("the window is still open", "申报期还没有结束，结束后才能排序")
    pending = Claim.objects.filter(item_code=code, period=period, state__in=PENDING).count()
    if pending:
        raise _not_now(
            f"{pending} claims of this period are still under review",
            f"本期还有 {pending} 件申请没有审核完，不能排序",
        )
    if not rows:
        raise _not_now("nobody waits in line", "没有等待排序的申请")


def is_open(item: PublishedItem, day: date) -> bool:
    """Whether one of the windows of an item is open; an item without windows has none that could be."""
    return any(
        (window.get("from") or "") <= day.isoformat() <= (window.get("to") or "9999")
        for window in item.windows
    )


_Due = tuple[Ranked, Decided | None, Award | None]


def _entitled(ordered: list[Ranked], *, actor: Actor, now: datetime) -> tuple[list[_Due], list[int]]:
    """Who is due it today, with how much; the others are refused for what is so today."""
    entitled: list[_Due] = []
    refused: list[int] = []
    for each in ordered:
        try:
            decided = decide_again(each.claim, actor=actor, now=now)
            entitled.append((each, decided, worth(each.claim, decided, now=now)))
        except NotEntitled as refusal:
            _refuse(each.claim, refusal, actor=actor, now=now)
            refused.append(each.claim.pk)
    return entitled, refused


def _amounts(admitted: list[_Due], shared: Sharing, code: str, period: str) -> list[int]:
    own = [due.amount_fen if due else 0 for _, _, due in admitted]
    if shared.pool_fen is None:
        return own
    had = sum(fen or 0 for fen in awarded(code, period).values_list("award_fen", flat=True))
    left = max(shared.pool_fen - had, 0)
    if shared.pro_rata:
        return shares_of(left, own)
    given = []
    for fen in own:
        given.append(min(fen, left))
        left -= given[-1]
    return given


def _award(
    ranked: Ranked, decided: Decided | None, fen: int, *, actor: Actor, now: datetime, terms: ItemTerms
) -> None:
    award(
        ranked.claim,
        "approved",
        actor=actor,
        now=now,
        terms=terms,
        decided=decided,
        amount_fen=fen,
        reason=f"排序第 {ranked.place} 名",
        more={"place": ranked.place, "ranked_by": ranked.by_text},
        ranked=True,
    )


def _outside(
    ranked: Ranked, shared: Sharing, cut_off: Ranked | None, *, of: int, actor: Actor, now: datetime
) -> None:
    claim = ranked.claim
    line = f"，入围最后一名的排序值为 {cut_off.by_text}" if cut_off and shared.ranked else ""
    limit = f"名额 {shared.count} 个" if shared.count is not None else "资金池已分配完"
    claim.reason = f"共 {of} 家排序，本申请第 {ranked.place} 名，排序值 {ranked.by_text}；{limit}{line}。"
    claim.grounds = [
        {
            "condition": "quota",
            "text": limit,
            "value": f"第 {ranked.place} 名，排序值 {ranked.by_text}",
            "source": "",
            "as_of": None,
        }
    ]
    claim.decided_at = now
    claim.decided_event = move(
        claim, "unranked", actor=actor, now=now, reason=claim.reason, more={"place": ranked.place}
    )
    claim.save(update_fields=["decided_event"])
    tell_enterprise(claim, "refused", now=now, reason=claim.reason)


def _refuse(claim: Claim, refusal: DomainError, *, actor: Actor, now: datetime) -> None:
    claim.reason = refusal.message_zh or refusal.message
    claim.grounds = grounds_of(claim, now=now)
    claim.decided_at = now
    claim.decided_event = move(claim, "refused", actor=actor, now=now, reason=claim.reason)
    claim.save(update_fields=["decided_event"])
    tell_enterprise(claim, "refused", now=now, reason=claim.reason)


def _not_now(message: str, message_zh: str) -> NotPossibleNow:
    return NotPossibleNow(message, message_zh=message_zh)
