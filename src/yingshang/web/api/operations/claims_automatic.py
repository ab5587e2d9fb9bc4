"""Lists of the automatic mode, for agencies; offers, for enterprises."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import (
    ListSummary,
    OfferView,
    approve_list,
    confirm_offer,
    decline_offer,
    draw_up_list,
    get_list,
    get_offer,
    listed_claims,
    lists,
    offers_of,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors
from .parties import party_number

router = Router(tags=["免申即享 · Claims without an application"])

VIEW, REVIEW, APPROVE = "claims.view", "claims.review", "claims.approve"
OWN, CONFIRM = "claims.apply_own", "claims.confirm_own"
_NEWEST = 2**62


class ClaimListOut(Schema):
    """A list. Amounts are whole fen; `waiting` enterprises the budget does not hold."""

    id: int
    number: str
    item: str
    name: str
    version: int
    period: str
    day: date
    state: str
    total: int
    amount_fen: int
    offered: int
    offered_fen: int
    waiting: int
    confirm_by: date | None
    made_at: datetime
    approved_at: datetime | None


class ClaimListDetailOut(ClaimListOut):
    """One list; `digest` is what an approval has to repeat."""

    digest: str
    states: dict[str, int]
    left_out: dict[str, int] = Field(description="未列入的原因和企业数 · who is not on it, by reason")


class ListedOut(Schema):
    """An enterprise on a list."""

    claim_id: int
    number: str
    name: str
    credit_code: str
    state: str
    amount_fen: int | None


class ListedQuery(cursors.PageQuery):
    """Which of them."""

    state: str = Field("", max_length=16, description="申请状态 · the state of the claim")


class BeginListIn(Schema):
    """Of which item."""

    item: str = Field(max_length=80, description="事项编号 · code of the item")


class ApproveListIn(Schema):
    """As it was looked at."""

    digest: str = Field(max_length=64)


class OfferOut(Schema):
    """What an enterprise is offered without having asked."""

    claim_id: int
    number: str
    item: str
    name: str
    period: str
    state: str
    amount_fen: int
    confirm_by: date | None
    answerable: bool
    account_tail: str | None = Field(description="已有收款账户的尾号 · of the account that is known")


class ConfirmIn(Schema):
    """The account to be paid to; `standing`: next time without asking."""

    account_id: int
    standing: bool = False


class DeclineIn(Schema):
    """Why not, if one wants to say."""

    reason: str = Field("", max_length=400)


class StateOut(Schema):
    """The state of the claim then."""

    state: str


@router.get("/claim-lists", response=cursors.Page[ClaimListOut], summary="名单 · Lists")
@needs(VIEW)
def list_claim_lists(
    request: HttpRequest, response: HttpResponse, query: Query[cursors.PageQuery]
) -> dict[str, Any]:
    """The lists of one's reach, newest first."""
    place = cursors.read_cursor(request, query.cursor)
    found = lists(
        actor=actor_from(request), before=int(place[0]) if place else _NEWEST, limit=query.limit + 1
    )
    page = cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])
    return {**page, "items": [_list(each) for each in page["items"]]}


@router.get("/claim-lists/{list_id}", response=ClaimListDetailOut, summary="一份名单 · A list")
@needs(VIEW)
def get_claim_list(request: HttpRequest, list_id: int) -> dict[str, Any]:
    """How far it is, and what became of those on it."""
    found = get_list(actor=actor_from(request), list_id=list_id)
    return {
        **_list(found.summary),
        "digest": found.digest,
        "states": found.states,
        "left_out": found.left_out,
    }


@router.get(
    "/claim-lists/{list_id}/enterprises",
    response=cursors.Page[ListedOut],
    summary="名单上的企业 · Enterprises on it",
)
@needs(VIEW)
def list_listed(
    request: HttpRequest, response: HttpResponse, list_id: int, query: Query[ListedQuery]
) -> dict[str, Any]:
    """In the order of their numbers."""
    place = cursors.read_cursor(request, query.cursor)
    found = listed_claims(
        actor=actor_from(request),
        list_id=list_id,
        state=query.state,
        after=int(place[0]) if place else 0,
        limit=query.limit + 1,
    )
    page = cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])
    return {
        **page,
        "items": [
            {
                "claim_id": each.id,
                "number": each.number,
                "name": each.name,
                "credit_code": each.credit_code,
                "state": each.state,
                "amount_fen": each.expected_fen if each.award_fen is None else each.award_fen,
            }
            for each in page["items"]
        ],
    }


@router.post("/claim-lists", response={201: ClaimListDetailOut}, summary="生成名单 · Draw up a list")
@needs(REVIEW)
def begin_claim_list(request: HttpRequest, body: BeginListIn) -> Status[dict[str, Any]]:
    """The worker draws it up; ask for it until its state is `frozen`."""
    number = draw_up_list(actor=actor_from(request), code=body.item, now=timezone.now())
    return Status(201, get_claim_list(request, number))


@router.post(
    "/claim-lists/{list_id}/approval", response=ClaimListDetailOut, summary="审核名单 · Approve a list"
)
@needs(APPROVE)
def approve_claim_list(request: HttpRequest, list_id: int, body: ApproveListIn) -> dict[str, Any]:
    """By somebody else than who had it drawn up."""
    approve_list(actor=actor_from(request), list_id=list_id, digest=body.digest, now=timezone.now())
    found = get_list(actor=actor_from(request), list_id=list_id)
    return {
        **_list(found.summary),
        "digest": found.digest,
        "states": found.states,
        "left_out": found.left_out,
    }


@router.get("/parties/{credit_code}/offers", response=list[OfferOut], summary="免申即享 · What it is offered")
@needs(OWN)
def list_offers(request: HttpRequest, credit_code: str) -> list[dict[str, Any]]:
    """What can be answered first."""
    actor = actor_from(request)
    found = offers_of(actor=actor, party_id=party_number(actor, credit_code), today=timezone.localdate())
    return [_offer(each) for each in found]


@router.get("/offers/{claim_id}", response=OfferOut, summary="一项免申即享 · One offer")
@needs(OWN)
def get_one_offer(request: HttpRequest, claim_id: int) -> dict[str, Any]:
    """One offer of one's own enterprise."""
    return _offer(get_offer(actor=actor_from(request), claim_id=claim_id, today=timezone.localdate()))


@router.post("/offers/{claim_id}/confirmation", response=StateOut, summary="确认享受 · Take it")
@needs(CONFIRM)
def confirm_one_offer(request: HttpRequest, claim_id: int, body: ConfirmIn) -> dict[str, str]:
    """To be paid to this account."""
    state = confirm_offer(
        actor=actor_from(request),
        claim_id=claim_id,
        account_id=body.account_id,
        standing=body.standing,
        now=timezone.now(),
    )
    return {"state": state}


@router.post("/offers/{claim_id}/refusal", response=StateOut, summary="放弃享受 · Do without it")
@needs(CONFIRM)
def decline_one_offer(request: HttpRequest, claim_id: int, body: DeclineIn) -> dict[str, str]:
    """Its budget serves others."""
    decline_offer(actor=actor_from(request), claim_id=claim_id, reason=body.reason, now=timezone.now())
    return {"state": "declined"}


def _list(each: ListSummary) -> dict[str, Any]:
    names = ("id", "number", "version", "period", "day", "state", "total", "amount_fen", "offered")
    more = ("offered_fen", "waiting", "confirm_by", "made_at", "approved_at")
    return {
        **{name: getattr(each, name) for name in (*names, *more)},
        "item": each.item_code,
        "name": each.item_name,
    }


def _offer(each: OfferView) -> dict[str, Any]:
    names = ("claim_id", "number", "period", "state", "amount_fen", "confirm_by", "answerable")
    return {
        **{name: getattr(each, name) for name in names},
        "item": each.item_code,
        "name": each.item_name,
        "account_tail": each.account.tail if each.account else None,
    }
