"""Scoring by experts and field checks: drawn, scored, visited, dealt with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, File, Router, Schema, Status
from ninja.files import UploadedFile

from yingshang.areas.claims.api import (
    Visit,
    add_photo,
    answer_finding,
    declare_conflict,
    draw_experts,
    experts,
    field_checks,
    get_field_check,
    get_own_scoring,
    get_scoring,
    order_field_check,
    own_scorings,
    record_visit,
    replace_expert,
    scorings,
    submit_scores,
)
from yingshang.kernel.access.api import actor_from, needs

router = Router(tags=["专家评审与实地核查 · Experts and field checks"])

VIEW, REVIEW, EXPERTS, SCORE = "claims.view", "claims.review", "claims.manage_experts", "claims.score"


class ExpertOut(Schema):
    """An expert of the register; the contact is masked."""

    id: int
    number: str
    name: str
    agency_name: str
    fields: list[str]
    employer_name: str
    employer_code: str
    contact: str
    active: bool
    seats: int


class ScoringOut(Schema):
    """A panel, and how many of its seats are done."""

    id: int
    number: str
    item_code: str
    item_name: str
    state: str
    claims: int
    done: int
    seats: int
    due_on: date | None
    drawn_at: datetime


class CriterionOut(Schema):
    """What points are given for."""

    code: str
    name: str
    weight: Decimal
    maximum: Decimal
    note: str


class ScoredOut(Schema):
    """A claim of a panel; `result` is null until all scores are in."""

    claim_id: int
    number: str
    party_name: str
    active: bool
    result: Decimal | None


class SheetOut(Schema):
    """What one expert gave: criterion, points, remark."""

    claim_id: int
    points: list[tuple[str, str, str]]
    remark: str
    total: Decimal
    submitted_at: datetime


class SeatOut(Schema):
    """A seat; `expert` and `sheets` are empty until all scores are in."""

    id: int
    place: int
    state: str
    due_on: date
    late: bool
    expert: str
    sheets: list[SheetOut]


class ScoringDetailOut(Schema):
    """A panel; `secret`, `pool`, `order` and `passed` are told once it has ended, for drawing it again."""

    summary: ScoringOut
    criteria: list[CriterionOut]
    result: str
    claims: list[ScoredOut]
    seats: list[SeatOut]
    commitment: str
    checkpoint_size: int
    checkpoint_root: str
    secret: str
    pool: list[str]
    order: list[str]
    passed: list[tuple[str, str]]


class OwnScoringOut(Schema):
    """A panel one was drawn for."""

    panel_id: int
    number: str
    item_name: str
    state: str
    due_on: date
    late: bool
    claims: int
    done: int


class ScoredClaimOut(Schema):
    """A claim to score, and one's own sheet if it is handed in."""

    claim_id: int
    number: str
    party_name: str
    sheet: SheetOut | None


class OwnScoringDetailOut(Schema):
    """What one scores by, and what."""

    summary: OwnScoringOut
    criteria: list[CriterionOut]
    claims: list[ScoredClaimOut]
    may_score: bool


class PhotoOut(Schema):
    """A photo, drawn anew; its file is a document."""

    id: int
    document_id: int
    name: str
    sha256: str


class FieldCheckOut(Schema):
    """A field check; `findings` are code, point, and what was found."""

    id: int
    number: str
    claim_id: int
    claim_number: str
    state: str
    assigned_name: str
    due_on: date
    late: bool
    visited_on: date | None
    place: str
    findings: list[tuple[str, str, str]]
    conclusion: str
    summary: str
    latitude: Decimal | None
    longitude: Decimal | None
    recorded_at: datetime | None
    answer: str
    photos: list[PhotoOut]


class DrawIn(Schema):
    """The claims of one item that are scored together."""

    claims: list[int] = Field(max_length=50)


class PanelReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=500)


class ScoresIn(Schema):
    """Points and remarks by criterion, and a remark on the whole."""

    points: dict[str, Decimal]
    remarks: dict[str, str] = Field(default_factory=dict)
    remark: str = Field(max_length=500)


class OrderIn(Schema):
    """Who is sent."""

    user_id: int


class VisitIn(Schema):
    """What was found; `findings` by the code of the point."""

    visited_on: date
    place: str = Field(max_length=200)
    findings: dict[str, str]
    conclusion: str = Field(max_length=16)
    summary: str = Field("", max_length=1000)


class FieldCheckAnswerIn(Schema):
    """What follows from a finding."""

    answer: str = Field(max_length=1000)


@router.get("/claim-experts", response=list[ExpertOut], summary="评审专家库 · The register of experts")
@needs(EXPERTS)
def list_experts(request: HttpRequest, text: str = "") -> list[Any]:
    """The newest of one's reach."""
    return list(experts(actor=actor_from(request), text=text[:60], limit=200)[0])


@router.get("/claim-scorings", response=list[ScoringOut], summary="专家评审 · Scorings")
@needs(VIEW)
def list_scorings(request: HttpRequest) -> list[Any]:
    """The newest panels of one's reach."""
    return list(scorings(actor=actor_from(request)))


@router.post("/claim-scorings", response={201: ScoringDetailOut}, summary="抽取专家 · Draw experts")
@needs(REVIEW)
def create_scoring(request: HttpRequest, body: DrawIn) -> Status[Any]:
    """Blind: who was drawn is told once all scores are in."""
    actor, now = actor_from(request), timezone.now()
    number = draw_experts(actor=actor, claim_ids=body.claims, now=now)
    return Status(201, get_scoring(actor=actor, panel_id=number, now=now))


@router.get("/claim-scorings/{int:panel_id}", response=ScoringDetailOut, summary="一次评审 · A scoring")
@needs(VIEW)
def show_scoring(request: HttpRequest, panel_id: int) -> Any:
    """Its seats; names and points once all scores are in."""
    return get_scoring(actor=actor_from(request), panel_id=panel_id, now=timezone.now())


@router.post(
    "/claim-scorings/{int:panel_id}/seats/{int:seat_id}/replace",
    response=ScoringDetailOut,
    summary="更换逾期专家 · Give a late seat on",
)
@needs(REVIEW)
def replace_one_expert(request: HttpRequest, panel_id: int, seat_id: int, body: PanelReasonIn) -> Any:
    """To the next of the draw."""
    actor, now = actor_from(request), timezone.now()
    replace_expert(actor=actor, panel_id=panel_id, seat_id=seat_id, reason=body.reason, now=now)
    return get_scoring(actor=actor, panel_id=panel_id, now=now)


@router.get("/my-scorings", response=list[OwnScoringOut], summary="我的评审 · What one was drawn for")
@needs(SCORE)
def list_own_scorings(request: HttpRequest) -> list[Any]:
    """Those to be scored first."""
    return list(own_scorings(actor=actor_from(request), now=timezone.now()))


@router.get("/my-scorings/{int:panel_id}", response=OwnScoringDetailOut, summary="我的一次评审 · One of them")
@needs(SCORE)
def show_own_scoring(request: HttpRequest, panel_id: int) -> Any:
    """One's own sheets, and nobody else's."""
    return get_own_scoring(actor=actor_from(request), panel_id=panel_id, now=timezone.now())


@router.post(
    "/my-scorings/{int:panel_id}/claims/{int:claim_id}",
    response=OwnScoringDetailOut,
    summary="提交评分 · Hand a score sheet in",
)
@needs(SCORE)
def score_one_claim(request: HttpRequest, panel_id: int, claim_id: int, body: ScoresIn) -> Any:
    """Once, for good."""
    actor, now = actor_from(request), timezone.now()
    submit_scores(
        actor=actor,
        panel_id=panel_id,
        claim_id=claim_id,
        points=body.points,
        remarks=body.remarks,
        remark=body.remark,
        now=now,
    )
    return get_own_scoring(actor=actor, panel_id=panel_id, now=now)


@router.post("/my-scorings/{int:panel_id}/conflict", response={204: None}, summary="申请回避 · Step aside")
@needs(SCORE)
def step_aside(request: HttpRequest, panel_id: int, body: PanelReasonIn) -> Status[None]:
    """The next of the draw takes the seat."""
    declare_conflict(actor=actor_from(request), panel_id=panel_id, reason=body.reason, now=timezone.now())
    return Status(204, None)


@router.get("/claim-field-checks", response=list[FieldCheckOut], summary="实地核查 · Field checks")
@needs(VIEW)
def list_field_checks(request: HttpRequest, mine: bool = False) -> list[Any]:
    """Those to be made or dealt with first."""
    return list(field_checks(actor=actor_from(request), mine=mine, now=timezone.now()))


@router.post(
    "/claims/{int:claim_id}/field-checks",
    response={201: FieldCheckOut},
    summary="安排实地核查 · Order a field check",
)
@needs(REVIEW)
def create_field_check(request: HttpRequest, claim_id: int, body: OrderIn) -> Status[Any]:
    """Somebody of the agency is sent."""
    actor, now = actor_from(request), timezone.now()
    number = order_field_check(actor=actor, claim_id=claim_id, user_id=body.user_id, now=now)
    return Status(201, get_field_check(actor=actor, check_id=number, now=now))


@router.get("/claim-field-checks/{int:check_id}", response=FieldCheckOut, summary="一次核查 · A field check")
@needs(VIEW)
def show_field_check(request: HttpRequest, check_id: int) -> Any:
    """What was found."""
    return get_field_check(actor=actor_from(request), check_id=check_id, now=timezone.now())


@router.post(
    "/claim-field-checks/{int:check_id}/photos",
    response={201: FieldCheckOut},
    summary="上传核查照片 · Add a photo",
)
@needs(REVIEW)
def add_field_photo(
    request: HttpRequest, check_id: int, photo: File[UploadedFile], keep_place: bool = False
) -> Status[Any]:
    """JPEG or PNG, drawn anew; where it was taken is kept only with `keep_place`."""
    actor, now = actor_from(request), timezone.now()
    add_photo(
        actor=actor,
        check_id=check_id,
        content=photo,
        name=photo.name or "",
        keep_place=keep_place,
        now=now,
    )
    return Status(201, get_field_check(actor=actor, check_id=check_id, now=now))


@router.post(
    "/claim-field-checks/{int:check_id}/record", response=FieldCheckOut, summary="登记核查 · Record a visit"
)
@needs(REVIEW)
def record_field_check(request: HttpRequest, check_id: int, body: VisitIn) -> Any:
    """By who was sent, for good."""
    actor, now = actor_from(request), timezone.now()
    record_visit(actor=actor, check_id=check_id, visit=Visit(**body.dict()), now=now)
    return get_field_check(actor=actor, check_id=check_id, now=now)


@router.post(
    "/claim-field-checks/{int:check_id}/answer",
    response=FieldCheckOut,
    summary="处理不符情况 · Deal with a finding",
)
@needs(VIEW)
def answer_field_check(request: HttpRequest, check_id: int, body: FieldCheckAnswerIn) -> Any:
    """By somebody other than who was there."""
    actor, now = actor_from(request), timezone.now()
    get_field_check(actor=actor, check_id=check_id, now=now)
    answer_finding(actor=actor, check_id=check_id, answer=body.answer, now=now)
    return get_field_check(actor=actor, check_id=check_id, now=now)
