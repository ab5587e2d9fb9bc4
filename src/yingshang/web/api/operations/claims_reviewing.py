"""Claims on the desk: the list, one with its evidence, terms, rankings, and identical ones approved together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import (
    Terms,
    approve_together,
    claims,
    close_ranking,
    draw_sample,
    evidence_of,
    get_approval,
    get_claim,
    get_ranking,
    item_terms,
    look_at_sampled,
    rankings,
    set_terms,
    terms_of_item,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors

router = Router(tags=["兑现审核 · Review of claims"])

VIEW, SET, APPROVE = "claims.view", "claims.set_terms", "claims.approve"


class ClaimOut(Schema):
    """A claim. Amounts are whole fen; null is not known."""

    id: int
    number: str
    party_id: int
    party_name: str
    credit_code: str
    item_code: str
    item_name: str
    period: str
    mode: str
    state: str
    expected_fen: int | None
    award_fen: int | None
    paid_fen: int
    region_path: str
    agency_name: str
    submitted_at: datetime | None
    ended_at: datetime | None
    stopped: bool


class EvidenceFactOut(Schema):
    """A fact as it was frozen, and as it is today; personal values are stars."""

    column: str
    name: str
    text: str
    source: str
    as_of: date | None
    text_now: str
    source_now: str
    as_of_now: date | None
    changed: bool
    hidden: bool


class EvidenceRowOut(Schema):
    """A condition, as decided from the frozen facts."""

    id: str
    depth: int
    outcome: str
    text: str
    clause: str
    facts: list[EvidenceFactOut]


class EvidenceOut(Schema):
    """What a claim was decided on; `changed` counts the facts that are others today."""

    rows: list[EvidenceRowOut]
    others: list[EvidenceFactOut]
    outcome: str
    outcome_now: str
    expected_fen: int | None
    amount_now_fen: int | None
    version: int
    version_now: int | None
    changed: int


class ClaimDetailOut(Schema):
    """A claim with its evidence, and the grounds of a refusal."""

    claim: ClaimOut
    evidence: EvidenceOut
    reason: str
    grounds: list[dict[str, Any]]


class TermsIn(Schema):
    """How claims for an item are dealt with."""

    agency_id: int
    mode: str = Field(max_length=12)
    fund_id: int
    period: str = Field("year", max_length=12)
    publicity_working_days: int = Field(5, ge=0, le=60)
    consent_working_days: int = Field(15, ge=1, le=90)
    needs_representative: bool = False
    separate: list[str] = Field(default_factory=lambda: ["accept", "review", "approve", "pay"])
    reviews: list[str] = Field(default_factory=list)
    joint_agencies: list[int] = Field(default_factory=list)
    materials: list[dict[str, Any]] = Field(default_factory=list)
    lines: dict[str, Any] = Field(default_factory=dict)
    form_code: str = Field("", max_length=60)
    scoring: dict[str, Any] = Field(default_factory=dict)
    field_check: dict[str, Any] = Field(default_factory=dict)
    sample_percent: int = 10
    ranking_by: str = Field("approver", max_length=10, description="approver or platform")
    source: str = Field("", max_length=400)


class TermsOut(Schema):
    """The terms of an item."""

    code: str
    name: str
    mode: str
    agency_name: str
    fund_name: str
    period: str
    changed_at: datetime
    changed_by_name: str


class RankingOut(Schema):
    """An item and period whose claims wait in line."""

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


class PlaceOut(Schema):
    """A claim in line; `within`: there is a place for it as the line stands now."""

    claim_id: int
    number: str
    party_name: str
    credit_code: str
    place: int
    by: str
    expected_fen: int | None
    within: bool


class RankingDetailOut(Schema):
    """A line as it stands."""

    summary: RankingOut
    ranked: bool
    descending: bool
    places: list[PlaceOut]


class ClosedOut(Schema):
    """The claims approved, outside, and refused by what is so today."""

    approved: list[int]
    unranked: list[int]
    refused: list[int]


class ApprovalRowOut(Schema):
    """A claim of a batch; `sound` is null until somebody looked at a sampled one."""

    claim_id: int
    number: str
    state: str
    sampled: bool
    sound: bool | None
    note: str
    outcome: str


class ApprovalOut(Schema):
    """A batch, and what its sample was drawn by."""

    id: int = Field(alias="summary.id")
    number: str = Field(alias="summary.number")
    item_code: str = Field(alias="summary.item_code")
    state: str = Field(alias="summary.state")
    rows: list[ApprovalRowOut]
    percent: int
    seed: str
    checkpoint_size: int
    checkpoint_root: str


class TogetherOut(Schema):
    """The claims approved, and those left to be dealt with one by one, with the reason."""

    approved: list[int]
    refused: list[tuple[int, str]]


class SampleIn(Schema):
    """The claims to approve together."""

    claims: list[int]


class LookIn(Schema):
    """What was found of a drawn claim."""

    sound: bool
    note: str = Field("", max_length=400)


class ApprovalOpinionIn(Schema):
    """The opinion that stands with each approval."""

    opinion: str = Field("", max_length=400)


class ClaimQuery(cursors.PageQuery):
    """Which claims."""

    text: str = Field("", max_length=60)
    state: str = Field("", max_length=16)
    mode: str = Field("", max_length=12)
    item: str = Field("", max_length=80)
    region: str = Field("", max_length=12, description="path of a region, with everything below it")
    stopped: bool | None = None


@router.get("/claims", response=cursors.Page[ClaimOut], summary="兑现申请 · Claims, newest first")
@needs(VIEW)
def list_claims(request: HttpRequest, response: HttpResponse, query: Query[ClaimQuery]) -> dict[str, Any]:
    """Claims within one's reach."""
    place = cursors.read_cursor(request, query.cursor)
    offset = int(place[0]) if place else 0
    found = claims(
        actor=actor_from(request),
        text=query.text,
        states=[query.state] if query.state else [],
        modes=[query.mode] if query.mode else [],
        item_code=query.item,
        region_path=query.region,
        stopped=query.stopped,
        offset=offset,
        limit=query.limit + 1,
    )
    return cursors.page(
        request, response, found.rows, limit=query.limit, key=lambda _row: [offset + query.limit]
    )


@router.get("/claims/{int:claim_id}", response=ClaimDetailOut, summary="一项申请 · A claim with its evidence")
@needs(VIEW)
def show_claim(request: HttpRequest, claim_id: int) -> dict[str, Any]:
    """What it was decided on, and what has changed since."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    return {
        "claim": found.summary,
        "evidence": evidence_of(actor=actor, claim_id=claim_id, now=timezone.now()),
        "reason": found.reason,
        "grounds": [dict(each) for each in found.grounds],
    }


@router.get("/claim-terms", response=list[TermsOut], summary="办理规则 · How claims are dealt with")
@needs(VIEW)
def list_claim_terms(request: HttpRequest) -> list[Any]:
    """The terms of every item within one's reach."""
    return list(item_terms(actor=actor_from(request), day=timezone.localdate()))


@router.put("/claim-terms/{code}", response={204: None}, summary="设定办理规则 · Set them for an item")
@needs(SET)
def set_claim_terms(request: HttpRequest, code: str, body: TermsIn) -> Status[None]:
    """Claims that have begun keep their way. What has no field here stays as it is set."""
    actor = actor_from(request)
    kept = terms_of_item(actor=actor, code=code, day=timezone.localdate())
    given = body.dict()
    terms = replace(kept.terms, **given) if kept and kept.terms else Terms(**given)
    set_terms(actor=actor, code=code, terms=terms, now=timezone.now())
    return Status(204, None)


@router.get("/claim-rankings", response=list[RankingOut], summary="名额排序 · Lines that wait to be ranked")
@needs(VIEW)
def list_rankings(request: HttpRequest) -> list[Any]:
    """Items and periods whose claims wait until everybody is known."""
    return list(rankings(actor=actor_from(request), day=timezone.localdate()))


@router.get(
    "/claim-rankings/{code}/{period}", response=RankingDetailOut, summary="一次排序 · A line as it stands"
)
@needs(VIEW)
def show_ranking(request: HttpRequest, code: str, period: str) -> Any:
    """By the facts that were frozen; of equals the earlier."""
    return get_ranking(actor=actor_from(request), code=code, period=period, day=timezone.localdate())


@router.post("/claim-rankings/{code}/{period}/close", response=ClosedOut, summary="完成排序 · Close a line")
@needs(APPROVE)
def close_one_ranking(request: HttpRequest, code: str, period: str) -> Any:
    """Award those who are in, share the pool, and tell the others their place."""
    return close_ranking(actor=actor_from(request), code=code, period=period, now=timezone.now())


@router.post("/claim-approvals", response={201: ApprovalOut}, summary="抽取样本 · Draw the sample of a batch")
@needs(APPROVE)
def create_approval(request: HttpRequest, body: SampleIn) -> Status[Any]:
    """Claims that are decided alike; the sample is drawn by a seed anybody can work out."""
    actor = actor_from(request)
    number = draw_sample(actor=actor, claim_ids=body.claims, now=timezone.now())
    return Status(201, get_approval(actor=actor, batch_id=number))


@router.get("/claim-approvals/{int:batch_id}", response=ApprovalOut, summary="一批核准 · A batch")
@needs(VIEW)
def show_approval(request: HttpRequest, batch_id: int) -> Any:
    """Its sample, what was found, and what became of its claims."""
    return get_approval(actor=actor_from(request), batch_id=batch_id)


@router.post(
    "/claim-approvals/{int:batch_id}/claims/{int:claim_id}",
    response=ApprovalOut,
    summary="核对样本 · Say what was found of a drawn claim",
)
@needs(APPROVE)
def look_at_one(request: HttpRequest, batch_id: int, claim_id: int, body: LookIn) -> Any:
    """One that is not sound stops the batch."""
    actor = actor_from(request)
    look_at_sampled(
        actor=actor,
        batch_id=batch_id,
        claim_id=claim_id,
        sound=body.sound,
        note=body.note,
        now=timezone.now(),
    )
    return get_approval(actor=actor, batch_id=batch_id)


@router.post(
    "/claim-approvals/{int:batch_id}/approve", response=TogetherOut, summary="整批核准 · Approve a batch"
)
@needs(APPROVE)
def approve_one_batch(request: HttpRequest, batch_id: int, body: ApprovalOpinionIn) -> Any:
    """Each by its own task of the flow; whose facts changed meanwhile is left."""
    return approve_together(
        actor=actor_from(request), batch_id=batch_id, opinion=body.opinion, now=timezone.now()
    )
