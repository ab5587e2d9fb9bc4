"""What an enterprise is entitled to, with the reason; decisions kept; for officials who is entitled to an item."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.policies.api import (
    Decided,
    ReceiptView,
    decide_for,
    decide_one,
    freeze,
    get_receipt,
    matched_parties,
    reproduce,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors
from .parties import PartyOut, party_number

router = Router(tags=["政策匹配 · Policy matching"])

OWN, VIEW = "policies.match_own", "policies.view_matches"


class DecidedOut(Schema):
    """What one item means for an enterprise. Amounts are whole fen; null where no end is known, or no money is paid."""

    code: str
    version: int
    name: str
    outcome: Literal["entitled", "undecided", "refused", "error"]
    day: date
    certain_fen: int | None
    possible_fen: int | None
    grants: str
    window_open: bool | None
    closes_on: date | None
    opens_on: date | None
    missing: list[str] = Field(description="会改变结论或金额的未知事实 · facts that would settle it")
    problem: str


class ExplainedOut(DecidedOut):
    """The same with its whole reason, as `yingshang explain --json` gives it."""

    explanation: dict[str, Any]


class FrozenFactOut(Schema):
    """A fact as a decision saw it."""

    column: str
    value: Any
    source: str
    as_of: date | None


class ReceiptOut(Schema):
    """A decision that was kept, and whether it comes out the same when it is made again from what was kept."""

    id: int
    code: str
    credit_code: str
    item: str
    version: int
    day: date
    outcome: str
    certain_fen: int | None
    possible_fen: int | None
    digest: str
    decided_at: datetime
    facts: list[FrozenFactOut]
    explanation: dict[str, Any]
    reproduced: bool
    differences: list[str]


class MatchedOut(Schema):
    """An enterprise with what it is due; null where the amount is not known, or no money is paid."""

    party: PartyOut
    amount_fen: int | None


class MatchedQuery(cursors.PageQuery):
    """Of whom."""

    outcome: Literal["entitled", "undecided", "error"] = "entitled"
    region: str = Field("", max_length=9, description="区划代码，含下级 · a division, with those below")


@router.get(
    "/parties/{credit_code}/policies", response=list[DecidedOut], summary="可享政策 · What it is entitled to"
)
@needs(OWN, VIEW)
def list_decisions(request: HttpRequest, credit_code: str) -> list[dict[str, Any]]:
    """Every item in force where the enterprise is, decided this moment."""
    actor = actor_from(request)
    party_id = party_number(actor, credit_code)
    return [_told(each) for each in decide_for(actor=actor, party_id=party_id, day=timezone.localdate())]


@router.get(
    "/parties/{credit_code}/policies/{item}",
    response=ExplainedOut,
    summary="为什么 · Why, condition by condition",
)
@needs(OWN, VIEW)
def explain_decision(request: HttpRequest, credit_code: str, item: str) -> dict[str, Any]:
    """One item, with every condition, what it saw and what would change it."""
    actor = actor_from(request)
    found = decide_one(
        actor=actor, party_id=party_number(actor, credit_code), code=item, day=timezone.localdate()
    )
    return {**_told(found), "explanation": found.explanation()}


@router.post(
    "/parties/{credit_code}/policies/{item}/receipts",
    response={201: ReceiptOut},
    summary="保存判定 · Keep the decision",
)
@needs(OWN, VIEW)
def keep_decision(request: HttpRequest, credit_code: str, item: str) -> Status[dict[str, Any]]:
    """Keep today's decision with version, day and facts; its code can be verified by anybody."""
    actor = actor_from(request)
    kept = freeze(actor=actor, party_id=party_number(actor, credit_code), code=item, now=timezone.now())
    return Status(201, _receipt(request, kept))


@router.get(
    "/policy-decisions/{receipt_id}", response=ReceiptOut, summary="判定凭证 · A decision that was kept"
)
@needs(OWN, VIEW)
def get_decision(request: HttpRequest, receipt_id: int) -> dict[str, Any]:
    """What was kept, and what comes out of it now."""
    return _receipt(request, get_receipt(actor=actor_from(request), receipt_id=receipt_id))


@router.get(
    "/policy-items/{item}/enterprises",
    response=cursors.Page[MatchedOut],
    summary="符合的企业 · Enterprises entitled to it",
)
@needs(VIEW)
def list_matched(
    request: HttpRequest, response: HttpResponse, item: str, query: Query[MatchedQuery]
) -> dict[str, Any]:
    """The enterprises within one's reach, as last matched, in the order of their numbers."""
    place = cursors.read_cursor(request, query.cursor)
    found = matched_parties(
        actor=actor_from(request),
        code=item,
        outcome=query.outcome,
        after=int(place[0]) if place else 0,
        limit=query.limit + 1,
        region=query.region or None,
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.party.id])


def _told(decided: Decided) -> dict[str, Any]:
    names = ("code", "version", "name", "outcome", "day", "certain_fen", "possible_fen", "grants", "problem")
    return {
        **{name: getattr(decided, name) for name in names},
        "missing": list(decided.missing),
        "window_open": decided.window.open,
        "closes_on": decided.window.closes_on,
        "opens_on": decided.window.opens_on,
    }


def _receipt(request: HttpRequest, kept: ReceiptView) -> dict[str, Any]:
    again = reproduce(actor=actor_from(request), receipt_id=kept.id)
    names = (
        "id",
        "code",
        "version",
        "day",
        "outcome",
        "certain_fen",
        "possible_fen",
        "digest",
        "decided_at",
        "facts",
    )
    return {
        **{name: getattr(kept, name) for name in names},
        "credit_code": kept.credit_code,
        "item": kept.item_code,
        "explanation": dict(kept.result),
        "reproduced": again.same,
        "differences": list(again.differences),
    }
