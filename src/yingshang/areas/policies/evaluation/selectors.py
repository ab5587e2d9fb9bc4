"""An item in figures: reach, money, over time, by region and size, opinions, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import receipt_code

from ..content import program_of
from ..errors import InvalidItem
from ..models import EvaluationDecision
from ..outreach.reach import Funnel, ItemReach, RegionReach, funnel_of, item_reach
from ..outreach.stages import CarriedOut, carried_out
from ..values import PublishedItem
from .figures import DayFigure, figures_of
from .opinions import OpinionSummary, opinion_summary

PUBLISH = "policies.publish"


@dataclass(frozen=True, slots=True)
class SizeReach:
    """Enterprises of one size; empty where it is not known."""

    size: str
    funnel: Funnel
    certain_fen: int


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What was decided, by whom and on which figures; `code` is that of its receipt."""

    decision: str
    reason: str
    version: int
    figures: dict[str, Any]
    decided_at: datetime
    decided_by_name: str
    code: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An item in figures. Within the reader's reach but for `days` and the budget, which are of the whole item.

    `certain_fen` is what the entitled are due as far as known, `unknown_amounts` of how many it is not; `paid_share` is
    None while nobody can say who was paid. `budget_fen` is None where the item has no budget, `carried_out` where
    nobody can say what has come of the item.
    """

    item: PublishedItem
    funnel: Funnel
    paid_share: float | None
    certain_fen: int
    unknown_amounts: int
    budget_fen: int | None
    regions: tuple[RegionReach, ...]
    sizes: tuple[SizeReach, ...]
    days: Sequence[DayFigure]
    opinions: OpinionSummary
    decisions: tuple[DecisionView, ...]
    pays: bool
    carried_out: CarriedOut | None


def evaluate(*, actor: Actor, code: str, now: datetime) -> Evaluation:
    """Everything about an item. Needs `policies.view_matches`; raises ItemNotFound."""
    reach = item_reach(actor=actor, code=code)
    funnel = reach.funnel
    budget, pays = _money_of(reach.item, now)
    return Evaluation(
        item=reach.item,
        funnel=funnel,
        paid_share=None if funnel.paid is None or not funnel.matched else funnel.paid / funnel.matched,
        certain_fen=sum(each.fen or 0 for each in reach.rows),
        unknown_amounts=sum(each.fen is None for each in reach.rows) if pays else 0,
        budget_fen=budget,
        regions=reach.regions,
        sizes=_by_size(reach),
        days=figures_of(reach.item.item_id),
        opinions=opinion_summary(actor=actor, code=code),
        decisions=decisions_of(reach.item.item_id),
        pays=pays,
        carried_out=carried_out(reach.item),
    )


def decisions_of(item_id: int) -> tuple[DecisionView, ...]:
    """What was decided about an item, the latest first. For this area."""
    rows = EvaluationDecision.objects.filter(item=item_id).select_related("version").defer("version__source")
    return tuple(
        DecisionView(
            row.decision,
            row.reason,
            row.version.number,
            dict(row.figures),
            row.decided_at,
            row.decided_by_name,
            receipt_code(row.event_id) if row.event_id else "",
        )
        for row in rows
    )


def _money_of(item: PublishedItem, now: datetime) -> tuple[int | None, bool]:
    try:
        program = program_of(item.source, timezone.localdate(now))
    except InvalidItem:
        return None, True
    budget = None if program.budget is None else int(program.budget * 100)
    return budget, program.benefit.grants is None


def _by_size(reach: ItemReach) -> tuple[SizeReach, ...]:
    order = {"大型": 0, "中型": 1, "小型": 2, "微型": 3, "": 9}
    groups: dict[str, list[Any]] = {}
    for each in reach.rows:
        groups.setdefault(each.traits.size, []).append(each)
    found = [
        SizeReach(size, funnel_of(rows), sum(each.fen or 0 for each in rows)) for size, rows in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (order.get(each.size, 5), each.size)))
