"""Stewards of enterprises: one's own, and those an official reaches; for reading."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from yingshang.areas.appeals.api import OwnSteward, own_stewards, stewardships
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors

router = Router(tags=["服务管家 · Stewards"])

OWN, STEWARD, MANAGE = "appeals.file_own", "appeals.steward", "appeals.manage_stewards"


class OwnVisitOut(Schema):
    """A visit. `level` is what the enterprise itself said of it, 5 to 1."""

    id: int
    way: str
    at: datetime
    by_name: str
    level: int | None
    may_rate: bool


class OwnStewardOut(Schema):
    """The steward of one of one's enterprises. `call_due_on`: until when they have to get in touch."""

    party_id: int
    party_name: str
    steward_name: str
    agency_name: str
    phone: str
    tier: str
    services: list[str]
    since: datetime
    last_visit_at: datetime | None
    planned_on: date | None
    call_due_on: date | None
    visits: list[OwnVisitOut]


class StewardshipOut(Schema):
    """An enterprise and its steward. `gone`: the steward holds no office any more in which they could be."""

    id: int
    party_id: int
    party_name: str
    credit_code: str
    steward_name: str
    agency_name: str
    region_path: str
    tier: str
    services: list[str]
    since: datetime
    last_visit_at: datetime | None
    visit_due_on: date
    planned_on: date | None
    call_due_on: date | None
    gone: bool


class StewardshipQuery(cursors.PageQuery):
    """Those to be visited late or soon, those with a visit arranged, those that wait to be got in touch with."""

    due: Literal["", "late", "soon", "planned", "called"] = ""
    tier: str = Field("", max_length=12)
    region_path: str = Field("", max_length=12)


@router.get("/stewards/own", response=list[OwnStewardOut], summary="我的服务管家 · One's own stewards")
@needs(OWN)
def list_own_stewards(request: HttpRequest) -> tuple[OwnSteward, ...]:
    """Of each enterprise one acts for that has one, with its visits."""
    return own_stewards(actor=actor_from(request), now=timezone.now())


@router.get(
    "/stewardships", response=cursors.Page[StewardshipOut], summary="联系的企业 · Enterprises with stewards"
)
@needs(STEWARD, MANAGE)
def list_stewardships(
    request: HttpRequest, response: HttpResponse, query: Query[StewardshipQuery]
) -> dict[str, Any]:
    """Those one is steward of, and those of the regions whose stewards one manages. What was said is not here."""
    place = cursors.read_cursor(request, query.cursor)
    found = stewardships(
        actor=actor_from(request),
        due=query.due,
        tier=query.tier,
        region_path=query.region_path,
        after_id=int(place[0]) if place else 0,
        limit=query.limit + 1,
        now=timezone.now(),
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda row: [row.id])
