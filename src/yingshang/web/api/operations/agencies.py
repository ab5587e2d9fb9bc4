"""Agencies: found, set up, renamed, given a document code, moved, closed and opened again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, model_validator

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import (
    activate_agency,
    add_agency,
    agencies_after,
    deactivate_agency,
    get_agency,
    move_agency,
    rename_agency,
    set_document_code,
)

from .. import conditional, cursors

router = Router(tags=["机构 · Agencies"])


class AgencyOut(Schema):
    """An agency."""

    id: int
    code: str
    name: str
    kind: str
    region_code: str
    region_full_name: str
    parent_id: int | None
    is_active: bool
    document_code: str = Field(
        description="机关代字，文号的开头；未设置为空 · what numbers of its documents begin with, empty without one"
    )


class AgencyQuery(cursors.PageQuery):
    """Which agencies."""

    text: str = Field(
        "", max_length=80, description="名称中的文字或代码开头 · part of a name, beginning of a code"
    )
    region: str = Field("", max_length=9, description="区划代码，含下级 · a division, with those below")
    kind: str = Field("", max_length=40)


class AgencyIn(Schema):
    """An agency to be set up. Without `parent_id` the one above is of the same kind, in the nearest region above."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=80)
    kind: str = Field(min_length=1, max_length=40)
    region_code: str = Field(min_length=6, max_length=9)
    parent_id: int | None = Field(None, ge=1, lt=2**63)
    document_code: str = Field(
        "", max_length=20, description="机关代字，例如哈营商 · what numbers of its documents begin with"
    )


class AgencyChange(Schema):
    """One change at a time, so that the record of actions tells each with its reason."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=80)
    region_code: str | None = Field(None, min_length=6, max_length=9)
    is_active: bool | None = None
    document_code: str | None = Field(
        None, max_length=20, description="机关代字，空为取消 · the document code, empty to have none"
    )
    reason: str = Field("", max_length=400, description="停用时必填 · needed to close it")

    @model_validator(mode="after")
    def _one(self) -> AgencyChange:
        changes = (self.name, self.region_code, self.is_active, self.document_code)
        if sum(value is not None for value in changes) != 1:
            raise ValueError("exactly one of name, region_code, is_active and document_code")
        return self


@router.get("/agencies", response=cursors.Page[AgencyOut], summary="机构 · Agencies")
@needs("parties.view_agencies")
def list_agencies(request: HttpRequest, response: HttpResponse, query: Query[AgencyQuery]) -> dict[str, Any]:
    """The agencies one may see, in the order of their numbers."""
    place = cursors.read_cursor(request, query.cursor)
    found = agencies_after(
        actor=actor_from(request),
        after_id=int(place[0]) if place else 0,
        limit=query.limit + 1,
        text=query.text,
        region=query.region or None,
        kind=query.kind or None,
    )
    return cursors.page(request, response, found, limit=query.limit, key=lambda each: [each.id])


@router.post("/agencies", response={201: AgencyOut}, summary="设立机构 · Set up an agency")
@needs("parties.manage_agencies")
def create_agency(request: HttpRequest, response: HttpResponse, wanted: AgencyIn) -> Status[AgencyOut]:
    """Set up an agency in a region of one's own."""
    actor = actor_from(request)
    agency_id = add_agency(
        actor=actor,
        code=wanted.code,
        name=wanted.name,
        kind=wanted.kind,
        region=wanted.region_code,
        parent_id=wanted.parent_id,
        document_code=wanted.document_code,
        now=timezone.now(),
    )
    response["Location"] = f"/api/v1/agencies/{agency_id}"
    return Status(201, _agency(actor, agency_id, response))


@router.get("/agencies/{int:agency_id}", response=AgencyOut, summary="一个机构 · One agency")
@needs("parties.view_agencies")
def get_one_agency(request: HttpRequest, response: HttpResponse, agency_id: int) -> AgencyOut:
    """One agency by its number."""
    return _agency(actor_from(request), agency_id, response)


@router.patch("/agencies/{int:agency_id}", response=AgencyOut, summary="变更机构 · Change an agency")
@needs("parties.manage_agencies")
@conditional.heeds_if_match
def change_agency(
    request: HttpRequest, response: HttpResponse, agency_id: int, wanted: AgencyChange
) -> AgencyOut:
    """Rename it, move it, give it a document code, close it or open it again. With `If-Match` only if nobody has
    changed it meanwhile."""
    actor, now = actor_from(request), timezone.now()
    conditional.lock(f"agency {agency_id}")
    conditional.ensure_unchanged(request, conditional.etag_of_value(_agency(actor, agency_id, response)))
    if wanted.name is not None:
        rename_agency(actor=actor, agency_id=agency_id, name=wanted.name, reason=wanted.reason, now=now)
    elif wanted.region_code is not None:
        move_agency(
            actor=actor, agency_id=agency_id, region=wanted.region_code, reason=wanted.reason, now=now
        )
    elif wanted.document_code is not None:
        set_document_code(
            actor=actor,
            agency_id=agency_id,
            document_code=wanted.document_code,
            reason=wanted.reason,
            now=now,
        )
    elif wanted.is_active:
        activate_agency(actor=actor, agency_id=agency_id, reason=wanted.reason, now=now)
    else:
        deactivate_agency(actor=actor, agency_id=agency_id, reason=wanted.reason, now=now)
    return _agency(actor, agency_id, response)


def _agency(actor: Actor, agency_id: int, response: HttpResponse) -> AgencyOut:
    found = AgencyOut.from_orm(get_agency(actor=actor, agency_id=agency_id))
    response["ETag"] = conditional.etag_of_value(found)
    return found
