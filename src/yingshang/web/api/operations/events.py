"""The record of actions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from yingshang.kernel.access.api import actor_from, audit_events, get_audit_event, needs

from .. import cursors

router = Router(tags=["操作记录 · Events"])


class EventOut(Schema):
    """Who did what to what, and what changed."""

    id: int
    occurred_at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    target_name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


class EventQuery(cursors.PageQuery):
    """Which events."""

    who: str = Field(
        "", max_length=120, description="操作人姓名中的文字，或其编号 · part of a name, or a number"
    )
    action: str = Field("", max_length=80, description="动作，可只写前面部分 · an action, or its beginning")
    target_kind: str = Field("", max_length=60)
    target: str = Field(
        "", max_length=200, description="对象名称中的文字，或其编号 · part of a name, or a number"
    )
    since: date | None = Field(None, description="起始日，含当日 · first day")
    until: date | None = Field(None, description="截止日，含当日 · last day")


@router.get("/events", response=cursors.Page[EventOut], summary="操作记录 · Record of actions")
@needs("access.view_audit")
def list_events(request: HttpRequest, response: HttpResponse, query: Query[EventQuery]) -> dict[str, Any]:
    """What was done within one's scope, newest first."""
    place = cursors.read_cursor(request, query.cursor)
    found = audit_events(
        actor=actor_from(request),
        who=query.who,
        action=query.action,
        target=query.target,
        target_kind=query.target_kind,
        since=query.since,
        until=query.until,
        before_id=int(place[0]) if place else None,
        per_page=query.limit + 1,
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])


@router.get("/events/{int:event_id}", response=EventOut, summary="一条操作记录 · One event")
@needs("access.view_audit")
def get_one_event(request: HttpRequest, event_id: int) -> Any:
    """One event, within one's scope."""
    return get_audit_event(actor=actor_from(request), event_id=event_id).event
