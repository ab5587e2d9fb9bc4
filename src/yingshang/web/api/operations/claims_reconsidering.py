"""Reconsideration: asked for by an enterprise, decided by an official who had no hand in the decision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import (
    ReconsiderationView,
    ask_reconsideration,
    change_decision,
    dismiss_reconsideration,
    get_reconsideration,
    keep_decision,
    reconsiderations,
    withdraw_reconsideration,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors

router = Router(tags=["复核 · Reconsideration of claims"])

OWN, VIEW, DECIDE = "claims.apply_own", "claims.view", "claims.reconsider"


class ConditionOut(Schema):
    """A condition that fails by the facts of the day; `reason` says why, once it was decided."""

    key: str
    text: str
    value: str
    source: str
    as_of: date | None
    reason: str = ""


class ReconsiderationOut(Schema):
    """A reconsideration. `about` is refusal or amount; amounts are whole fen.

    `questions` are what a decision to keep it answers, for who may decide.
    """

    id: int
    number: str
    claim_id: int
    claim_number: str
    item_name: str
    item_code: str
    party_name: str
    about: str
    agency_name: str
    state: str
    told_at: datetime
    ask_by: date
    asked_at: datetime
    reasons: str
    late_reason: str
    due_on: date
    overdue: bool
    decided_at: datetime | None
    ground: str
    decision: str
    findings: list[ConditionOut]
    questions: list[ConditionOut]
    added_fen: int


class ReconsiderationQuery(cursors.PageQuery):
    """Which of them."""

    state: str = Field("", max_length=12)
    text: str = Field("", max_length=60)
    overdue: bool | None = None


class AskIn(Schema):
    """What is wrong with a decision. Files are sent by the page."""

    reasons: str = Field(min_length=1, max_length=2000)
    late_reason: str = Field("", max_length=400)
    account_id: int | None = None


class DecisionIn(Schema):
    """What becomes of it: `reasons` by condition where it is kept, `ground` where it is not looked at."""

    what: Literal["keep", "change", "dismiss"]
    decision: str = Field(max_length=1000)
    reasons: dict[str, str] = Field(default_factory=dict)
    ground: str = Field("", max_length=20)


@router.get(
    "/claim-reconsiderations", response=cursors.Page[ReconsiderationOut], summary="复核 · Reconsiderations"
)
@needs(VIEW)
def list_reconsiderations(
    request: HttpRequest, response: HttpResponse, query: Query[ReconsiderationQuery]
) -> dict[str, Any]:
    """Those that wait first, the one due soonest ahead."""
    place = cursors.read_cursor(request, query.cursor)
    offset = int(place[0]) if place else 0
    found = reconsiderations(
        actor=actor_from(request),
        now=timezone.now(),
        state=query.state,
        text=query.text,
        overdue=query.overdue,
        offset=offset,
        limit=query.limit + 1,
    )
    return cursors.page(
        request, response, found.rows, limit=query.limit, key=lambda _row: [offset + query.limit]
    )


@router.get(
    "/claim-reconsiderations/{int:reconsideration_id}",
    response=ReconsiderationOut,
    summary="一项复核 · One of them",
)
@needs(VIEW)
def show_reconsideration(request: HttpRequest, reconsideration_id: int) -> ReconsiderationView:
    """What is asked, and what was decided."""
    return _one(request, reconsideration_id)


@router.post(
    "/claims/{int:claim_id}/reconsiderations",
    response={201: ReconsiderationOut},
    summary="申请复核 · Ask for reconsideration",
)
@needs(OWN)
def ask_for_reconsideration(request: HttpRequest, claim_id: int, body: AskIn) -> Status[ReconsiderationView]:
    """Ask that a refusal, or an award lower than was worked out, be looked at once more."""
    number = ask_reconsideration(
        actor=actor_from(request),
        claim_id=claim_id,
        reasons=body.reasons,
        late_reason=body.late_reason,
        account_id=body.account_id,
        now=timezone.now(),
    )
    return Status(201, _one(request, number))


@router.post(
    "/claim-reconsiderations/{int:reconsideration_id}/withdrawal",
    response=ReconsiderationOut,
    summary="撤回复核申请 · Withdraw it",
)
@needs(OWN)
def withdraw_one_reconsideration(request: HttpRequest, reconsideration_id: int) -> ReconsiderationView:
    """It is not wanted any more; within its period it can be asked for anew."""
    withdraw_reconsideration(
        actor=actor_from(request), reconsideration_id=reconsideration_id, now=timezone.now()
    )
    return _one(request, reconsideration_id)


@router.post(
    "/claim-reconsiderations/{int:reconsideration_id}/decision",
    response=ReconsiderationOut,
    summary="作出复核决定 · Decide on it",
)
@needs(DECIDE)
def decide_reconsideration(
    request: HttpRequest, reconsideration_id: int, body: DecisionIn
) -> ReconsiderationView:
    """Keep the decision with a reason for each condition, change it, or do not look at it."""
    common: dict[str, Any] = {
        "actor": actor_from(request),
        "reconsideration_id": reconsideration_id,
        "decision": body.decision,
        "now": timezone.now(),
    }
    if body.what == "keep":
        keep_decision(**common, reasons=body.reasons)
    elif body.what == "change":
        change_decision(**common)
    else:
        dismiss_reconsideration(**common, ground=body.ground)
    return _one(request, reconsideration_id)


def _one(request: HttpRequest, reconsideration_id: int) -> ReconsiderationView:
    return get_reconsideration(
        actor=actor_from(request), reconsideration_id=reconsideration_id, now=timezone.now()
    )
