"""What was promised instead of a document, and the later conditions of instalments: read and decided by officials."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import (
    ClaimNotFound,
    PromiseView,
    WaitingInstalment,
    break_promise,
    confirm_promise,
    drop_instalment,
    get_instalment,
    get_promise,
    promises,
    release_instalment,
    waiting_instalments,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors

router = Router(tags=["承诺和分期 · Promises and later instalments"])

VIEW, REVIEW, APPROVE = "claims.view", "claims.review", "claims.approve"


class PromiseOut(Schema):
    """A promise. `due_on` is when it has to be checked, where it was drawn; amounts are whole fen.

    `open`: it can still be brought and checked. `recovery_id` is what was asked back where it was broken.
    """

    id: int
    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    party_name: str
    code: str
    name: str
    agency_name: str
    state: str
    made_at: datetime
    promised_until: date
    due_on: date | None
    overdue: bool
    document_name: str
    brought_at: datetime | None
    finding: str
    checked_at: datetime | None
    recovery_id: int | None
    trip_number: str
    paid_fen: int
    open: bool


class PromiseQuery(cursors.PageQuery):
    """Which of them."""

    state: str = Field("", max_length=12)
    due: Literal["", "overdue", "week", "month"] = ""
    text: str = Field("", max_length=60)
    claim_id: int | None = None


class PromiseCheckIn(Schema):
    """What was found. `fact` is the column of the register that shows it was kept, where the enterprise brought no
    file; files are sent by the page.
    """

    what: Literal["kept", "broken"]
    finding: str = Field(max_length=400)
    fact: str = Field("", max_length=80)


class InstalmentFactOut(Schema):
    """A fact that was read."""

    name: str
    text: str
    source: str
    as_of: date | None = None


class LaterInstalmentOut(Schema):
    """An instalment with a later condition; amounts are whole fen.

    `found` is what the facts say: due, later, lost (no part of the award any more), unknown; empty where nobody has
    looked yet. `lacking` are the columns nobody has told.
    """

    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    party_name: str
    agency_name: str
    number: int
    text: str
    amount_fen: int
    state: str
    condition: str
    found: str
    found_at: datetime | None
    evidence: list[InstalmentFactOut]
    lacking: list[str]
    reason: str


class InstalmentQuery(cursors.PageQuery):
    """Which of them; `person` are those that wait for a person."""

    found: Literal["", "person", "unknown", "lost", "later"] = ""
    text: str = Field("", max_length=60)
    item_code: str = Field("", max_length=80)


class InstalmentDecisionIn(Schema):
    """It can be paid, or its condition will not come true."""

    what: Literal["release", "drop"]
    reason: str = Field(max_length=400)


@router.get("/claim-promises", response=cursors.Page[PromiseOut], summary="告知承诺 · Promises")
@needs(VIEW)
def list_promises(request: HttpRequest, response: HttpResponse, query: Query[PromiseQuery]) -> dict[str, Any]:
    """Open ones first, the one due soonest ahead."""
    offset = _offset(request, query.cursor)
    found = promises(
        actor=actor_from(request),
        now=timezone.now(),
        state=query.state,
        due=query.due,
        text=query.text,
        claim_id=query.claim_id,
        offset=offset,
        limit=query.limit + 1,
    )
    return cursors.page(
        request, response, found.rows, limit=query.limit, key=lambda _row: [offset + query.limit]
    )


@router.get("/claim-promises/{int:promise_id}", response=PromiseOut, summary="一项承诺 · One of them")
@needs(VIEW)
def show_promise(request: HttpRequest, promise_id: int) -> PromiseView:
    """What was promised, until when, and what was found."""
    return get_promise(actor=actor_from(request), promise_id=promise_id, now=timezone.now())


@router.post(
    "/claim-promises/{int:promise_id}/check", response=PromiseOut, summary="核查承诺 · Check a promise"
)
@needs(REVIEW)
def check_one_promise(request: HttpRequest, promise_id: int, body: PromiseCheckIn) -> PromiseView:
    """It was kept, or broken: then what was paid is asked back, and what is to come is stopped."""
    actor, now = actor_from(request), timezone.now()
    if body.what == "kept":
        confirm_promise(actor=actor, promise_id=promise_id, finding=body.finding, fact=body.fact, now=now)
    else:
        break_promise(actor=actor, promise_id=promise_id, finding=body.finding, now=now)
    return get_promise(actor=actor, promise_id=promise_id, now=now)


@router.get(
    "/claim-instalments",
    response=cursors.Page[LaterInstalmentOut],
    summary="等待条件的各期 · Later instalments",
)
@needs(VIEW)
def list_instalments(
    request: HttpRequest, response: HttpResponse, query: Query[InstalmentQuery]
) -> dict[str, Any]:
    """Those that wait for a condition, as the last look found them: those a person has to decide first."""
    offset = _offset(request, query.cursor)
    found = waiting_instalments(
        actor=actor_from(request),
        found=query.found,
        text=query.text,
        item_code=query.item_code,
        offset=offset,
        limit=query.limit + 1,
    )
    return cursors.page(
        request, response, found.rows, limit=query.limit, key=lambda _row: [offset + query.limit]
    )


@router.get(
    "/claims/{int:claim_id}/instalments/{int:number}",
    response=LaterInstalmentOut,
    summary="一期资金 · One of them",
)
@needs(VIEW)
def show_instalment(request: HttpRequest, claim_id: int, number: int) -> WaitingInstalment:
    """Its condition, and what the facts of today say of it."""
    return _instalment(request, claim_id, number)


@router.post(
    "/claims/{int:claim_id}/instalments/{int:number}/decision",
    response={204: None},
    summary="决定一期资金 · Decide on an instalment",
)
@needs(APPROVE)
def decide_instalment(
    request: HttpRequest, claim_id: int, number: int, body: InstalmentDecisionIn
) -> Status[None]:
    """Where the facts leave it open: it can be paid, or is given up and its budget free again. A claim of which nothing
    is left comes to nothing, and its instalments are not shown any more.
    """
    act = release_instalment if body.what == "release" else drop_instalment
    act(
        actor=actor_from(request),
        claim_id=claim_id,
        number=number,
        reason=body.reason,
        now=timezone.now(),
    )
    return Status(204, None)


def _instalment(request: HttpRequest, claim_id: int, number: int) -> WaitingInstalment:
    found = get_instalment(actor=actor_from(request), claim_id=claim_id, number=number, now=timezone.now())
    if found is None:
        raise ClaimNotFound(
            f"no instalment {number} of claim {claim_id}",
            message_zh="没有这一期资金，或者不在您的管辖范围",
            value=number,
        )
    return found


def _offset(request: HttpRequest, cursor: str) -> int:
    place = cursors.read_cursor(request, cursor)
    return int(place[0]) if place else 0
