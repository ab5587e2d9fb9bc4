"""Funds and budgets, payment batches, what banks and books do not agree on, and the journal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import (
    BatchView,
    batches,
    check_batch,
    differences,
    funds,
    get_batch,
    journal_lines,
    orders_of,
    prepare_batch,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors

router = Router(tags=["资金拨付 · Payments"])

VIEW, PAY, CHECK = "claims.view_money", "claims.pay", "claims.check_payments"


class BudgetOut(Schema):
    """What a level has set aside for a year. Amounts are whole fen."""

    year: int
    level: str = Field(description="national, province, city, county")
    amount_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int


class FundOut(Schema):
    """A fund with its budgets, and what waits to be paid from it."""

    id: int
    code: str
    name: str
    agency_name: str
    channel: str
    budgets: list[BudgetOut]
    waiting_count: int
    waiting_fen: int


class BatchOut(Schema):
    """A batch of payment orders."""

    id: int
    message_id: str
    fund_id: int
    fund_name: str
    state: str
    execute_on: date
    orders_count: int
    amount_fen: int
    made_by_name: str
    made_at: datetime
    checked_by_name: str
    checked_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    problem: str
    digest: str = Field(description="复核时原样送回 · sent back by who checks it")


class OrderOut(Schema):
    """One payment order; the account but for its last four is not told."""

    end_to_end_id: str
    claim_number: str
    party_name: str
    account_name: str
    account_tail: str
    amount_fen: int
    state: str
    reason_code: str
    reason: str
    bank_reference: str
    paid_on: date | None


class DifferenceOut(Schema):
    """What bank and books do not agree on; `explained_at` is null until somebody has said what it is."""

    id: int
    day: date
    kind: str
    key: str
    ours_fen: int | None
    theirs_fen: int | None
    told: str
    found_at: datetime
    explained_at: datetime | None
    explained_by_name: str
    explanation: str


class JournalLineOut(Schema):
    """A line of the journal: positive is a debit."""

    entry_id: int
    day: date
    kind: str
    reference: str
    told: str
    fund: str
    year: int
    level: str
    account: str
    amount_fen: int
    event_id: int


class PrepareIn(Schema):
    """What to order: everything of a fund that waits, or some claims."""

    fund_id: int
    execute_on: date | None = None
    claims: list[int] | None = None


class CheckIn(Schema):
    """The digest of the batch that was looked at."""

    digest: str = Field(max_length=64)


class BatchQuery(cursors.PageQuery):
    """Which batches."""

    state: str = Field("", max_length=12)


class DifferenceQuery(cursors.PageQuery):
    """Which differences."""

    explained: bool | None = None


class JournalQuery(cursors.PageQuery):
    """Of which days."""

    since: date | None = None
    until: date | None = None


@router.get("/funds", response=list[FundOut], summary="专项资金 · Funds and their budgets")
@needs(VIEW)
def list_funds(request: HttpRequest) -> list[Any]:
    """Every fund within one's reach."""
    return list(funds(actor=actor_from(request)))


@router.get(
    "/payment-batches", response=cursors.Page[BatchOut], summary="拨付批次 · Payment batches, newest first"
)
@needs(VIEW)
def list_batches(request: HttpRequest, response: HttpResponse, query: Query[BatchQuery]) -> dict[str, Any]:
    """Batches within one's reach."""
    offset = _offset(request, query.cursor)
    found = batches(actor=actor_from(request), state=query.state, offset=offset, limit=query.limit + 1)
    return _page(request, response, found.rows, query.limit, offset)


@router.post("/payment-batches", response={201: BatchOut}, summary="编制批次 · Prepare a batch")
@needs(PAY)
def create_batch(request: HttpRequest, body: PrepareIn) -> Status[BatchView]:
    """Orders of what waits for payment; somebody else checks them."""
    actor, now = actor_from(request), timezone.now()
    number = prepare_batch(
        actor=actor, fund_id=body.fund_id, execute_on=body.execute_on, claims=body.claims, now=now
    )
    return Status(201, get_batch(actor=actor, batch_id=number, now=now).batch)


@router.get("/payment-batches/{int:batch_id}", response=BatchOut, summary="一个批次 · A batch")
@needs(VIEW)
def show_batch(request: HttpRequest, batch_id: int) -> BatchView:
    """How far it is."""
    return get_batch(actor=actor_from(request), batch_id=batch_id, now=timezone.now()).batch


@router.get(
    "/payment-batches/{int:batch_id}/orders",
    response=cursors.Page[OrderOut],
    summary="支付指令 · The orders of a batch",
)
@needs(VIEW)
def list_orders(
    request: HttpRequest, response: HttpResponse, batch_id: int, query: Query[cursors.PageQuery]
) -> dict[str, Any]:
    """Every order with what the bank said of it."""
    offset = _offset(request, query.cursor)
    found = orders_of(actor=actor_from(request), batch_id=batch_id, offset=offset, limit=query.limit + 1)
    return _page(request, response, found.rows, query.limit, offset)


@router.post("/payment-batches/{int:batch_id}/check", response=BatchOut, summary="复核批次 · Check a batch")
@needs(CHECK)
def approve_batch(request: HttpRequest, batch_id: int, body: CheckIn) -> BatchView:
    """A second person has looked at it; it goes to the bank by itself then."""
    actor, now = actor_from(request), timezone.now()
    check_batch(actor=actor, batch_id=batch_id, digest=body.digest, now=now)
    return get_batch(actor=actor, batch_id=batch_id, now=now).batch


@router.get(
    "/payment-differences",
    response=cursors.Page[DifferenceOut],
    summary="对账差异 · Differences with banks",
)
@needs(VIEW)
def list_differences(
    request: HttpRequest, response: HttpResponse, query: Query[DifferenceQuery]
) -> dict[str, Any]:
    """Those that are open first."""
    offset = _offset(request, query.cursor)
    found = differences(
        actor=actor_from(request), explained=query.explained, offset=offset, limit=query.limit + 1
    )
    return _page(request, response, found.rows, query.limit, offset)


@router.get(
    "/journal-lines", response=cursors.Page[JournalLineOut], summary="资金分录 · The journal, newest first"
)
@needs(VIEW)
def list_journal(request: HttpRequest, response: HttpResponse, query: Query[JournalQuery]) -> dict[str, Any]:
    """Double entries: the lines of each add up to zero."""
    offset = _offset(request, query.cursor)
    found = journal_lines(
        actor=actor_from(request),
        since=query.since,
        until=query.until,
        offset=offset,
        limit=query.limit + 1,
    )
    return _page(request, response, found.rows, query.limit, offset)


def _offset(request: HttpRequest, cursor: str) -> int:
    place = cursors.read_cursor(request, cursor)
    return int(place[0]) if place else 0


def _page(request: HttpRequest, response: HttpResponse, rows: Any, limit: int, offset: int) -> dict[str, Any]:
    """What the room hands out by places: the cursor holds the next one."""
    return cursors.page(request, response, rows, limit=limit, key=lambda _row: [offset + limit])
