"""Awards before the public, for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.areas.claims.api import get_publicity, object_to_award, public_awards, publicities
from yingshang.kernel.access.api import actor_from, open_to_everybody

from .. import cursors

router = Router(tags=["兑现公示 · Awards before the public"])

_NEWEST = 2**62


class PublicityOut(Schema):
    """A public list. Amounts are whole fen; one can object until the end of `closes_on`."""

    id: int
    number: str
    item_code: str
    item_name: str
    agency_name: str
    working_days: int
    state: str
    entries: int
    amount_fen: int
    published_at: datetime | None
    closes_on: date | None
    derivation: str
    contact: str


class PublicAwardOut(Schema):
    """One award, masked as it was published."""

    id: int
    name: str
    credit_code: str
    region_name: str
    amount_fen: int
    standing: str = Field(description="open, objected, taken_off, through")


class ObjectIn(Schema):
    """What is wrong, and a name or a way to be reached."""

    text: str = Field(max_length=2000)
    name: str = Field("", max_length=60)
    contact: str = Field("", max_length=100)


class ObjectedOut(Schema):
    """The number of the objection."""

    number: str


@router.get("/publicities", response=cursors.Page[PublicityOut], summary="公示 · Public lists")
@open_to_everybody
def list_publicities(
    request: HttpRequest, response: HttpResponse, query: Query[cursors.PageQuery]
) -> dict[str, Any]:
    """Newest first."""
    place = cursors.read_cursor(request, query.cursor)
    found = publicities(before=int(place[0]) if place else _NEWEST, limit=query.limit + 1)
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])


@router.get("/publicities/{publicity_id}", response=PublicityOut, summary="一份公示 · A public list")
@open_to_everybody
def get_one_publicity(request: HttpRequest, publicity_id: int) -> Any:
    """One public list, with how its last day was counted."""
    return get_publicity(publicity_id=publicity_id)


@router.get(
    "/publicities/{publicity_id}/awards",
    response=cursors.Page[PublicAwardOut],
    summary="公示的企业 · Awards on it",
)
@open_to_everybody
def list_public_awards(
    request: HttpRequest, response: HttpResponse, publicity_id: int, query: Query[cursors.PageQuery]
) -> dict[str, Any]:
    """In the order of the list."""
    place = cursors.read_cursor(request, query.cursor)
    found = public_awards(
        publicity_id=publicity_id, after=int(place[0]) if place else 0, limit=query.limit + 1
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])


@router.post(
    "/public-awards/{entry_id}/objections",
    response={201: ObjectedOut},
    summary="提出异议 · Object to an award",
)
@open_to_everybody
def object_to_one_award(request: HttpRequest, entry_id: int, body: ObjectIn) -> Status[dict[str, str]]:
    """The award stops until the objection is decided."""
    number = object_to_award(
        actor=actor_from(request),
        entry_id=entry_id,
        text=body.text,
        name=body.name,
        contact=body.contact,
        address=str(get_adapter().get_client_ip(request)),
        now=timezone.now(),
    )
    return Status(201, {"number": number})
