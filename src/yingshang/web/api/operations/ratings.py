"""Ratings 好差评, of whatever is rated: those on the desk with what is done about them, and figures for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.kernel.access.api import actor_from, needs, open_to_everybody
from yingshang.kernel.ratings.api import (
    RatingView,
    appeal_rating,
    decide_appeal,
    end_follow_up,
    get_rating,
    note_call,
    note_correction,
    public_ratings,
    ratings,
)

from .. import cursors

router = Router(tags=["好差评 · Ratings"])

VIEW, REVIEW, DECIDE = "ratings.view", "ratings.review", "ratings.decide"
_WORDS = 1000


class RatingOut(Schema):
    """A rating on the desk, with its follow-up and the appeal against it. What was written is not in it."""

    id: int
    kind: str = Field(description="What was rated: claim, appeal, …")
    subject_id: int
    number: str
    label: str
    agency_name: str
    step: str
    level: int
    first_level: int
    bad: bool
    reasons: list[str]
    answers: dict[str, bool]
    has_words: bool
    excluded: bool
    given_at: datetime
    follow_up: str
    due_on: date | None
    called_at: datetime | None
    correction: str
    corrected_at: datetime | None
    appeal: str
    appeal_kind: str
    appeal_decision: str


class RatingQuery(cursors.PageQuery):
    """Which of them."""

    kind: str = Field("", max_length=20, description="claim, appeal, …")
    state: str = Field("", max_length=12, description="open, called, corrected, closed, dropped; or appealed")
    level: int | None = Field(None, ge=1, le=5)


class FollowUpIn(Schema):
    """What was done about a bad rating. The text of a call is encrypted; who rated reads that of a correction."""

    what: Literal["call", "correct", "end"]
    text: str = Field("", max_length=_WORDS, description="Needed for call and correct")


class RatingAppealIn(Schema):
    """Why the rating should not count."""

    kind: Literal["malicious", "mistaken"]
    reason: str = Field(min_length=1, max_length=_WORDS)


class RatingDecisionIn(Schema):
    """Upheld, the rating is kept and counts no more."""

    upheld: bool
    decision: str = Field(min_length=1, max_length=_WORDS)


class YesOut(Schema):
    """How many answered a question with yes, of how many who answered it."""

    yes: int
    answered: int


class AgencyRatingsOut(Schema):
    """How an agency is found at a step. `counts` are ratings by level; `satisfied` is the share of levels 3 to 5."""

    kind: str
    agency_name: str
    step: str
    total: int
    counts: dict[str, int]
    satisfied: float
    answers: dict[str, YesOut]


@router.get("/ratings", response=cursors.Page[RatingOut], summary="评价和整改 · Ratings on the desk")
@needs(VIEW)
def list_ratings(request: HttpRequest, response: HttpResponse, query: Query[RatingQuery]) -> dict[str, Any]:
    """Those of one's reach; what waits first, by its deadline."""
    place = cursors.read_cursor(request, query.cursor)
    offset = int(place[0]) if place else 0
    found = ratings(
        actor=actor_from(request),
        kind=query.kind,
        state=query.state,
        level=query.level,
        offset=offset,
        limit=query.limit + 1,
    )
    return cursors.page(
        request, response, found.rows, limit=query.limit, key=lambda _row: [offset + query.limit]
    )


@router.get("/ratings/{int:rating_id}", response=RatingOut, summary="一条评价 · One of them")
@needs(VIEW)
def get_one_rating(request: HttpRequest, rating_id: int) -> RatingView:
    """With what was done about it."""
    return get_rating(actor=actor_from(request), rating_id=rating_id)


@router.post("/ratings/{int:rating_id}/follow-up", response=RatingOut, summary="办理差评 · Follow it up")
@needs(REVIEW)
def follow_up_rating(request: HttpRequest, rating_id: int, body: FollowUpIn) -> RatingView:
    """Called back, put right (who rated is asked to rate anew), or ended without that; in this order."""
    actor, now = actor_from(request), timezone.now()
    if body.what == "end":
        end_follow_up(actor=actor, rating_id=rating_id, now=now)
    else:
        act = note_call if body.what == "call" else note_correction
        act(actor=actor, rating_id=rating_id, text=body.text, now=now)
    return get_rating(actor=actor, rating_id=rating_id)


@router.post("/ratings/{int:rating_id}/appeal", response={201: RatingOut}, summary="申诉 · Appeal against it")
@needs(REVIEW)
def appeal_one_rating(request: HttpRequest, rating_id: int, body: RatingAppealIn) -> Status[RatingView]:
    """Once, as malicious or mistaken; it counts until that is decided."""
    actor = actor_from(request)
    appeal_rating(actor=actor, rating_id=rating_id, kind=body.kind, reason=body.reason, now=timezone.now())
    return Status(201, get_rating(actor=actor, rating_id=rating_id))


@router.post(
    "/ratings/{int:rating_id}/appeal/decision",
    response=RatingOut,
    summary="处理申诉 · Decide an appeal",
)
@needs(DECIDE)
def decide_rating_appeal(request: HttpRequest, rating_id: int, body: RatingDecisionIn) -> RatingView:
    """By somebody of another agency than the one that was rated."""
    actor = actor_from(request)
    # Of elsewhere it does not exist, whatever is sent.
    get_rating(actor=actor, rating_id=rating_id)
    decide_appeal(
        actor=actor, rating_id=rating_id, upheld=body.upheld, decision=body.decision, now=timezone.now()
    )
    return get_rating(actor=actor, rating_id=rating_id)


@router.get("/ratings/public", response=list[AgencyRatingsOut], summary="评价结果公开 · Published ratings")
@open_to_everybody
def list_public_ratings(request: HttpRequest) -> list[dict[str, Any]]:
    """By agency and step, only where enough have rated; excluded ratings are not in them."""
    return [
        {
            "kind": each.kind,
            "agency_name": each.agency_name,
            "step": each.step,
            "total": each.total,
            "counts": {str(level): count for level, count in each.counts},
            "satisfied": round(each.satisfied, 4),
            "answers": {code: {"yes": yes, "answered": asked} for code, yes, asked in each.answers},
        }
        for each in public_ratings()
    ]
