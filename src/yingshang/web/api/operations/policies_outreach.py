"""Policy seeks enterprise: how far items have come, who has not acted, reminders, and what an enterprise was told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from yingshang.areas.policies.api import (
    get_package,
    item_reach,
    plan_reminder,
    reach_summaries,
    remind,
    unacted_parties,
)
from yingshang.kernel.access.api import actor_from, needs

from .. import cursors
from .parties import PartyOut, party_number

router = Router(tags=["政策找企业 · Policy seeks enterprise"])

VIEW, SEND, OWN = "policies.view_matches", "notices.send_mass", "policies.match_own"
Progress = Literal["", "untold", "told", "read", "clicked"]


class ReachOut(Schema):
    """An item with how many are entitled and were told, everywhere; of whom is told within one's reach."""

    code: str
    name: str
    issuer: str
    region_name: str
    entitled: int
    told: int
    demonstration: bool


class FunnelOut(Schema):
    """Enterprises by how far they have come. Null: nobody can say yet."""

    matched: int
    sent: int
    read: int
    clicked: int
    applied: int | None
    paid: int | None


class RegionReachOut(Schema):
    """The same of one place."""

    code: str
    name: str
    funnel: FunnelOut
    certain_fen: int


class ItemReachOut(Schema):
    """How far an item has come among the enterprises of one's reach."""

    code: str
    version: int
    name: str
    funnel: FunnelOut
    unacted: int
    regions: list[RegionReachOut]


class UnactedOut(Schema):
    """An enterprise that is entitled and has not acted."""

    party: PartyOut
    progress: str
    certain_fen: int | None
    told_at: datetime | None
    reminded_at: datetime | None


class ReminderPlanOut(Schema):
    """To how many a reminder would go; how many were reminded lately, or are not one's own to send to."""

    parties: int
    lately: int
    out_of_reach: int


class ReminderOut(Schema):
    """The mass message that was submitted."""

    campaign_id: int
    state: str
    parties: int


class PackagedOut(Schema):
    """An item of a package; `entitled` says whether the enterprise still was when matched last."""

    code: str
    name: str
    issuer: str
    certain_fen: int | None
    entitled: bool


class PackageOut(Schema):
    """What an enterprise was told on a day."""

    party_id: int
    day: date
    items: list[PackagedOut]


class ReachQuery(cursors.PageQuery):
    """Which items."""

    text: str = Field("", max_length=60)


class Narrowed(Schema):
    """Which enterprises."""

    text: str = Field("", max_length=60)
    region: str = Field("", max_length=9)
    industry: str = Field("", max_length=6)
    size: str = Field("", max_length=6)


class UnactedQuery(cursors.PageQuery, Narrowed):
    """Which enterprises, page by page."""

    progress: Progress = ""


class PlanQuery(Narrowed):
    """Which enterprises."""

    progress: Progress = ""


class ReminderIn(Narrowed):
    """Who is reminded."""

    model_config = ConfigDict(extra="forbid")

    progress: Progress = ""


@router.get("/policy-reach", response=cursors.Page[ReachOut], summary="政策触达 · How far items have come")
@needs(VIEW)
def list_reach(request: HttpRequest, response: HttpResponse, query: Query[ReachQuery]) -> dict[str, Any]:
    """Items in force by their codes, with counts."""
    place = cursors.read_cursor(request, query.cursor)
    begin = int(place[0]) if place else 0
    found = reach_summaries(
        actor=actor_from(request),
        day=timezone.localdate(),
        text=query.text,
        offset=begin,
        limit=query.limit + 1,
    )
    rows = [
        {"place": begin + at, **{name: getattr(each, name) for name in ReachOut.model_fields}}
        for at, each in enumerate(found.rows, 1)
    ]
    return cursors.page(request, response, rows, limit=query.limit, key=lambda each: [each["place"]])


@router.get("/policy-items/{code}/reach", response=ItemReachOut, summary="一个事项的触达 · One item")
@needs(VIEW)
def get_reach(request: HttpRequest, code: str, query: Query[Narrowed]) -> dict[str, Any]:
    """The funnel of an item, by region, within one's reach."""
    found = item_reach(actor=actor_from(request), code=code, **_narrowed(query))
    return {
        "code": found.item.code,
        "version": found.item.version,
        "name": found.item.name,
        "funnel": found.funnel,
        "unacted": found.unacted,
        "regions": list(found.regions),
    }


@router.get(
    "/policy-items/{code}/unacted",
    response=cursors.Page[UnactedOut],
    summary="尚未行动的企业 · Who has not acted",
)
@needs(VIEW)
def list_unacted(
    request: HttpRequest, response: HttpResponse, code: str, query: Query[UnactedQuery]
) -> dict[str, Any]:
    """The entitled of one's reach that have not acted, the largest amounts first."""
    actor = actor_from(request)
    place = cursors.read_cursor(request, query.cursor)
    begin = int(place[0]) if place else 0
    reach = item_reach(actor=actor, code=code, **_narrowed(query))
    found = unacted_parties(
        actor=actor, reach=reach, progress=query.progress, offset=begin, limit=query.limit + 1
    )
    names = ("party", "progress", "certain_fen", "told_at", "reminded_at")
    rows = [
        {"place": begin + at, **{name: getattr(each, name) for name in names}}
        for at, each in enumerate(found.rows, 1)
    ]
    return cursors.page(request, response, rows, limit=query.limit, key=lambda each: [each["place"]])


@router.get(
    "/policy-items/{code}/reminders", response=ReminderPlanOut, summary="提醒范围 · Whom one would reach"
)
@needs(SEND)
def plan_one_reminder(request: HttpRequest, code: str, query: Query[PlanQuery]) -> dict[str, Any]:
    """To how many a reminder would go. Needs policies.view_matches too."""
    found = plan_reminder(
        actor=actor_from(request),
        code=code,
        now=timezone.now(),
        progress=query.progress,
        **_narrowed(query),
    )
    return {"parties": len(found.parties), "lately": found.lately, "out_of_reach": found.out_of_reach}


@router.post("/policy-items/{code}/reminders", response={201: ReminderOut}, summary="提醒 · Remind them")
@needs(SEND)
def send_reminder(request: HttpRequest, code: str, wanted: ReminderIn) -> Status[Any]:
    """Have those reminded who have not acted, nobody too often. Needs policies.view_matches too."""
    return Status(
        201,
        remind(
            actor=actor_from(request),
            code=code,
            now=timezone.now(),
            progress=wanted.progress,
            **_narrowed(wanted),
        ),
    )


@router.get(
    "/parties/{credit_code}/policy-packages/{day}", response=PackageOut, summary="政策包 · What it was told"
)
@needs(OWN)
def get_policy_package(request: HttpRequest, credit_code: str, day: date) -> dict[str, Any]:
    """What one's own enterprise was told on a day."""
    actor = actor_from(request)
    found = get_package(actor=actor, party_id=party_number(actor, credit_code), day=day)
    return {"party_id": found.party_id, "day": found.day, "items": list(found.items)}


def _narrowed(query: Narrowed) -> dict[str, Any]:
    return {
        "text": query.text,
        "region": query.region or None,
        "industry": query.industry or None,
        "size": query.size or None,
    }
