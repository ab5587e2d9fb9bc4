"""What items have achieved: figures, effect, opinions, and what was decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from yingshang.areas.policies.api import (
    compare_effect,
    evaluate,
    give_opinion,
    opinion_summary,
    opinions,
    own_opinion,
    record_evaluation,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ledger.api import receipt_code

from .. import cursors
from .parties import party_number
from .policies_outreach import FunnelOut, RegionReachOut

router = Router(tags=["政策评价 · Evaluation of policies"])

VIEW, PUBLISH, OWN = "policies.view_matches", "policies.publish", "policies.match_own"


class SizeReachOut(Schema):
    """Enterprises of one size; empty where it is not known."""

    size: str
    funnel: FunnelOut
    certain_fen: int


class DayFigureOut(Schema):
    """The counts of one day, of the whole item."""

    day: date
    version: int
    entitled: int
    undecided: int
    errors: int
    certain_fen: int


class EvaluationDecisionOut(Schema):
    """What was decided, on which figures; `code` is that of its receipt."""

    decision: str
    reason: str
    version: int
    figures: dict[str, Any]
    decided_at: datetime
    decided_by_name: str
    code: str


class OpinionSummaryOut(Schema):
    """How satisfied enterprises are; averages are null while too few have said anything."""

    counts: dict[str, int]
    total: int
    average: float | None
    satisfied: float | None
    fewest: int


class CarriedOutOut(Schema):
    """What has come of an item, of everybody; null where it is not known or too few have said."""

    fund: str
    fund_fen: int
    reserved_fen: int
    spent_fen: int
    paid: int
    days: float | None
    ratings: int
    satisfied: float | None


class EvaluationOut(Schema):
    """An item in figures. Within one's reach but for `days` and the budget, which are of the whole item."""

    code: str
    version: int
    name: str
    funnel: FunnelOut
    paid_share: float | None
    certain_fen: int
    unknown_amounts: int
    budget_fen: int | None
    pays: bool
    carried_out: CarriedOutOut | None
    regions: list[RegionReachOut]
    sizes: list[SizeReachOut]
    days: list[DayFigureOut]
    opinions: OpinionSummaryOut
    decisions: list[EvaluationDecisionOut]


class FactEffectOut(Schema):
    """The change of one fact of those compared; shares, null where too few are known."""

    column: str
    name: str
    treated: int
    others: int
    compared: int
    change: float | None
    change_of_others: float | None
    difference: float | None
    low: float | None
    high: float | None


class EffectOut(Schema):
    """A difference from similar others, no proof of a cause. `basis`: paid or, while nobody can say, entitled."""

    basis: str
    year: int | None
    years: list[int]
    later: bool
    fewest: int
    facts: list[FactEffectOut]


class OpinionOut(Schema):
    """One opinion without whose it is."""

    rating: int
    comment: str
    size: str
    region_name: str
    version: int
    given_at: datetime


class OwnOpinionOut(Schema):
    """What one's own enterprise has said."""

    rating: int
    comment: str
    given_at: datetime


class OpinionIn(Schema):
    """How one finds an item: 5 is the best."""

    model_config = ConfigDict(extra="forbid")

    rating: int = Field(ge=1, le=5)
    comment: str = Field("", max_length=500)


class EvaluationIn(Schema):
    """What is to become of an item, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["continue", "change", "stop"]
    reason: str = Field(max_length=1000)


class EvaluatedOut(Schema):
    """A decision and the code of its receipt."""

    code: str
    receipt: str


class EffectQuery(Schema):
    """Which year."""

    year: int | None = Field(None, ge=2000, le=2100)


class OpinionQuery(cursors.PageQuery):
    """Which opinions."""

    rating: int | None = Field(None, ge=1, le=5)


@router.get(
    "/policy-items/{code}/evaluation", response=EvaluationOut, summary="政策评价 · An item in figures"
)
@needs(VIEW)
def get_evaluation(request: HttpRequest, code: str) -> dict[str, Any]:
    """Reach, money, over time, by region and size, opinions and decisions."""
    found = evaluate(actor=actor_from(request), code=code, now=timezone.now())
    names = ("funnel", "paid_share", "certain_fen", "unknown_amounts", "budget_fen", "pays", "carried_out")
    return {
        **{name: getattr(found, name) for name in names},
        "code": found.item.code,
        "version": found.item.version,
        "name": found.item.name,
        "regions": list(found.regions),
        "sizes": list(found.sizes),
        "days": list(found.days),
        "decisions": list(found.decisions),
        "opinions": {
            "counts": {str(level.code): count for level, count in found.opinions.counts},
            **{name: getattr(found.opinions, name) for name in ("total", "average", "satisfied", "fewest")},
        },
    }


@router.get("/policy-items/{code}/effect", response=EffectOut, summary="效果 · Its effect")
@needs(VIEW)
def get_effect(request: HttpRequest, code: str, query: Query[EffectQuery]) -> dict[str, Any]:
    """Yearly facts of who got an item beside those of similar others."""
    found = compare_effect(actor=actor_from(request), code=code, year=query.year)
    return {
        **{name: getattr(found, name) for name in ("basis", "year", "later", "fewest")},
        "years": list(found.years),
        "facts": [
            {
                "column": each.column,
                "name": each.name,
                **{name: getattr(each.effect, name) for name in _EFFECT},
            }
            for each in found.facts
        ],
    }


@router.get(
    "/policy-items/{code}/opinions",
    response=cursors.Page[OpinionOut],
    summary="企业评价 · What enterprises say",
)
@needs(VIEW)
def list_opinions(
    request: HttpRequest, response: HttpResponse, code: str, query: Query[OpinionQuery]
) -> dict[str, Any]:
    """Opinions with a comment, the latest first."""
    actor = actor_from(request)
    place = cursors.read_cursor(request, query.cursor)
    begin = int(place[0]) if place else 0
    opinion_summary(actor=actor, code=code)
    found = opinions(actor=actor, code=code, rating=query.rating, offset=begin, limit=query.limit + 1)
    rows = [
        {"place": begin + at, **{name: getattr(each, name) for name in OpinionOut.model_fields}}
        for at, each in enumerate(found.rows, 1)
    ]
    return cursors.page(request, response, rows, limit=query.limit, key=lambda each: [each["place"]])


@router.post(
    "/policy-items/{code}/evaluations", response={201: EvaluatedOut}, summary="评价结论 · Record a decision"
)
@needs(PUBLISH)
def decide_evaluation(request: HttpRequest, code: str, wanted: EvaluationIn) -> Status[dict[str, Any]]:
    """Continue, change or stop, with the figures as they are; it changes nothing of the item by itself."""
    event = record_evaluation(
        actor=actor_from(request),
        code=code,
        decision=wanted.decision,
        reason=wanted.reason,
        now=timezone.now(),
    )
    return Status(201, {"code": code, "receipt": receipt_code(event)})


@router.get(
    "/parties/{credit_code}/policies/{item}/opinion",
    response={200: OwnOpinionOut, 204: None},
    summary="本企业的评价 · One's own opinion",
)
@needs(OWN)
def get_own_opinion(request: HttpRequest, credit_code: str, item: str) -> Status[Any]:
    """What one's own enterprise has said of an item; nothing yet: 204."""
    actor = actor_from(request)
    found = own_opinion(actor=actor, party_id=party_number(actor, credit_code), code=item)
    return Status(204, None) if found is None else Status(200, found)


@router.put(
    "/parties/{credit_code}/policies/{item}/opinion",
    response=OwnOpinionOut,
    summary="评价政策 · Give an opinion",
)
@needs(OWN)
def put_own_opinion(request: HttpRequest, credit_code: str, item: str, wanted: OpinionIn) -> Any:
    """Say how one's enterprise finds an item; said again, it replaces what was said."""
    actor = actor_from(request)
    party_id = party_number(actor, credit_code)
    give_opinion(
        actor=actor,
        party_id=party_id,
        code=item,
        rating=wanted.rating,
        comment=wanted.comment,
        now=timezone.now(),
    )
    return own_opinion(actor=actor, party_id=party_id, code=item)


_EFFECT = ("treated", "others", "compared", "change", "change_of_others", "difference", "low", "high")
