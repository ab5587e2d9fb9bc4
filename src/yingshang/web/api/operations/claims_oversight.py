"""What the circuit breaker stopped, for supervisors; money asked back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import (
    RecoveryView,
    TripView,
    confirm_trip,
    get_recovery,
    get_trip,
    record_repayment,
    recoveries,
    release_trip,
    trips,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors

router = Router(tags=["监督和追回 · Circuit breaker and recoveries"])

RELEASE, VIEW, RECORD = "claims.release", "claims.view", "claims.reconcile"


class TripGroundOut(Schema):
    """What a rule found, in words that can be checked."""

    text: str
    text_en: str = ""


class TripOut(Schema):
    """Something that is stopped: a claim, an item or a fund. Amounts are whole fen."""

    id: int
    number: str
    rule: str
    version: str
    target: str
    of: str
    claim_id: int | None
    item_code: str
    amount_fen: int | None
    state: str
    grounds: list[TripGroundOut]
    tripped_at: datetime
    decided_at: datetime | None
    reason: str


class TripQuery(cursors.PageQuery):
    """Which of them."""

    state: str = Field("", max_length=10)
    rule: str = Field("", max_length=60)


class TripDecisionIn(Schema):
    """Whether it goes on, and why."""

    verdict: Literal["release", "confirm"]
    reason: str = Field(max_length=400)


class RecoveryPartOut(Schema):
    """A part of the plan."""

    due_on: date
    amount_fen: int
    open_fen: int
    overdue: bool


class RecoveryOut(Schema):
    """Money asked back, as it stands on `as_of`."""

    id: int
    number: str
    claim_number: str
    state: str
    principal_fen: int
    repaid_fen: int
    interest_rate: str
    interest_source: str
    unconfirmed_from: date | None
    interest_fen: int
    open_principal_fen: int
    open_interest_fen: int
    as_of: date
    basis: str
    plan: list[RecoveryPartOut]
    demanded_at: datetime
    ended_at: datetime | None


class RecoveryQuery(cursors.PageQuery):
    """Which of them."""

    state: str = Field("", max_length=12)


class RepaymentIn(Schema):
    """A line of a bank's statement."""

    amount_fen: int = Field(gt=0)
    paid_on: date
    bank_reference: str = Field(min_length=1, max_length=64)


@router.get("/claim-trips", response=cursors.Page[TripOut], summary="监督熔断 · What is stopped")
@needs(RELEASE)
def list_claim_trips(request: HttpRequest, response: HttpResponse, query: Query[TripQuery]) -> dict[str, Any]:
    """Those that wait for a supervisor first."""
    offset = _offset(request, query.cursor)
    found = trips(
        actor=actor_from(request), state=query.state, rule=query.rule, offset=offset, limit=query.limit + 1
    )
    return _page(request, response, found.rows, query.limit, offset)


@router.get("/claim-trips/{int:trip_id}", response=TripOut, summary="一项熔断 · One of them")
@needs(RELEASE)
def get_claim_trip(request: HttpRequest, trip_id: int) -> TripView:
    """What was found, and what became of it."""
    return get_trip(actor=actor_from(request), trip_id=trip_id)


@router.post("/claim-trips/{int:trip_id}/decision", response=TripOut, summary="处理熔断 · Decide on it")
@needs(RELEASE)
def decide_claim_trip(request: HttpRequest, trip_id: int, body: TripDecisionIn) -> TripView:
    """Let it go on, or find it to be so."""
    actor = actor_from(request)
    decide = release_trip if body.verdict == "release" else confirm_trip
    decide(actor=actor, trip_id=trip_id, reason=body.reason, now=timezone.now())
    return get_trip(actor=actor, trip_id=trip_id)


@router.get("/claim-recoveries", response=cursors.Page[RecoveryOut], summary="资金追回 · Money asked back")
@needs(VIEW)
def list_claim_recoveries(
    request: HttpRequest, response: HttpResponse, query: Query[RecoveryQuery]
) -> dict[str, Any]:
    """Newest first."""
    offset = _offset(request, query.cursor)
    found = recoveries(
        actor=actor_from(request),
        now=timezone.now(),
        state=query.state,
        offset=offset,
        limit=query.limit + 1,
    )
    return _page(request, response, found.rows, query.limit, offset)


@router.get("/claim-recoveries/{int:recovery_id}", response=RecoveryOut, summary="一项追回 · One of them")
@needs(VIEW)
def get_claim_recovery(request: HttpRequest, recovery_id: int) -> RecoveryView:
    """How much is owed today, by which plan."""
    return get_recovery(actor=actor_from(request), recovery_id=recovery_id, now=timezone.now())


@router.post(
    "/claim-recoveries/{int:recovery_id}/repayments",
    response={201: RecoveryOut},
    summary="登记退回资金 · Note a repayment",
)
@needs(RECORD)
def add_repayment(request: HttpRequest, recovery_id: int, body: RepaymentIn) -> Status[RecoveryView]:
    """What came back, by its line in the bank's statement; each line counts once."""
    actor, now = actor_from(request), timezone.now()
    record_repayment(
        actor=actor,
        recovery_id=recovery_id,
        amount_fen=body.amount_fen,
        paid_on=body.paid_on,
        bank_reference=body.bank_reference,
        now=now,
    )
    return Status(201, get_recovery(actor=actor, recovery_id=recovery_id, now=now))


def _offset(request: HttpRequest, cursor: str) -> int:
    place = cursors.read_cursor(request, cursor)
    return int(place[0]) if place else 0


def _page(request: HttpRequest, response: HttpResponse, rows: Any, limit: int, offset: int) -> dict[str, Any]:
    """What the room hands out by places: the cursor holds the next one."""
    return cursors.page(request, response, rows, limit=limit, key=lambda _row: [offset + limit])
