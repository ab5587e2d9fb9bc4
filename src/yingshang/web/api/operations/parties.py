"""The register: parties, and what is known about them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, StringConstraints, field_validator

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import (
    PartyNotFound,
    PartySummary,
    fact_history,
    get_party,
    parties_after,
    parties_by_code,
    portrait,
)
from yingshang.kernel.reference.api import get_fact, is_valid_credit_code

from .. import cursors
from ..dispatch import only_reads

router = Router(tags=["主体 · Parties"])
LOOKED_UP_AT_MOST = 1000

Value = bool | int | Decimal | date | str | list[Any] | None
Code = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class PartyOut(Schema):
    """A party as lists show it."""

    id: int
    kind: str
    credit_code: str | None
    name: str
    region_code: str | None
    region_full_name: str
    industry: str
    industry_name: str
    size: str
    status: str
    demonstration: bool


class PartyDetailOut(PartyOut):
    """A party. E-mail and phone are masked."""

    established_on: date | None
    contact_email: str
    contact_phone: str
    mandates_count: int
    created_at: datetime
    updated_at: datetime


class PartyQuery(cursors.PageQuery):
    """Which parties."""

    text: str = Field(
        "", max_length=120, description="名称、拼音首字母或代码开头 · name, initials or beginning of a code"
    )
    region: str = Field("", max_length=9, description="区划代码，含下级 · a division, with those below")
    industry: str = Field("", max_length=5, description="行业代码，含下级 · an industry, with those below")
    size: str = Field("", max_length=6)
    status: str = Field("", max_length=12)


class LookupIn(Schema):
    """Up to a thousand credit codes."""

    model_config = ConfigDict(extra="forbid")

    codes: list[Code] = Field(min_length=1, max_length=LOOKED_UP_AT_MOST)


class LookupOut(Schema):
    """One code and what it led to: `found`, `not_found` (or not in one's scope), or `invalid` by its digits."""

    code: str
    outcome: Literal["found", "not_found", "invalid"]
    party: PartyOut | None


class FactValueOut(Schema):
    """One value of one fact. Numbers are strings of decimal digits; a hidden personal one has stars for text."""

    column: str
    code: str
    name: str
    year: int | None
    type: str
    unit: str | None
    value: Value
    text: str
    source: str
    as_of: date
    received_at: datetime
    stale: bool
    stale_since: date | None
    sensitivity: str
    hidden: bool


class MissingOut(Schema):
    """A fact of which nothing is known. Unknown is neither zero nor no."""

    code: str
    name: str


class PortraitOut(Schema):
    """What is known about a party, or was known at an earlier moment."""

    party_id: int
    known_at: datetime | None
    facts: list[FactValueOut]
    missing: list[MissingOut]


class PortraitQuery(Schema):
    """As of when."""

    as_known_at: AwareDatetime | None = Field(
        None, description="当时已知的内容；缺省为现在 · what was known then; now when absent"
    )

    @field_validator("as_known_at")
    @classmethod
    def _in_every_zone(cls, moment: datetime | None) -> datetime | None:
        # The first and the last moments there are have no time in the zones to the west and to the east.
        if moment is not None and not 1 < moment.year < 9999:
            raise ValueError("out of range")
        return moment


@router.get("/parties", response=cursors.Page[PartyOut], summary="检索主体 · Parties")
@needs("parties.view", "parties.view_own")
def list_parties(request: HttpRequest, response: HttpResponse, query: Query[PartyQuery]) -> dict[str, Any]:
    """The enterprises one may see, in the order of their numbers."""
    place = cursors.read_cursor(request, query.cursor)
    found = parties_after(
        actor=actor_from(request),
        after_id=int(place[0]) if place else 0,
        limit=query.limit + 1,
        text=query.text,
        region=query.region or None,
        industry=query.industry or None,
        size=query.size or None,
        status=query.status or None,
    )
    return cursors.page(request, response, found, limit=query.limit, key=lambda each: [each.id])


@router.post("/parties/lookup", response=list[LookupOut], summary="批量查找 · Look up many")
@needs("parties.view", "parties.view_own")
@only_reads
def look_up_parties(request: HttpRequest, wanted: LookupIn) -> list[dict[str, Any]]:
    """The parties of up to a thousand credit codes, in the order they were asked for."""
    # Answers carry the code as it was sent, so that the caller finds it again.
    codes = {code: code.strip().upper() for code in wanted.codes}
    found = parties_by_code(actor=actor_from(request), codes=codes.values())
    return [_looked_up(code, found.get(codes[code])) for code in wanted.codes]


@router.get("/parties/{credit_code}", response=PartyDetailOut, summary="一个主体 · One party")
@needs("parties.view", "parties.view_own")
def get_one_party(request: HttpRequest, credit_code: str) -> Any:
    """One enterprise by its credit code. The code of a duplicate answers with the party it was merged into."""
    actor = actor_from(request)
    return get_party(actor=actor, party_id=party_number(actor, credit_code))


@router.get("/parties/{credit_code}/facts", response=PortraitOut, summary="画像 · What is known")
@needs("parties.view", "parties.view_own")
def get_portrait(request: HttpRequest, credit_code: str, query: Query[PortraitQuery]) -> Any:
    """The facts of a party with source and date, and those of which nothing is known; today or as known earlier."""
    actor = actor_from(request)
    return portrait(
        actor=actor,
        party_id=party_number(actor, credit_code),
        now=timezone.now(),
        as_known_at=query.as_known_at,
    )


@router.get(
    "/parties/{credit_code}/facts/{column}/history",
    response=list[FactValueOut],
    summary="事实的来历 · History of a fact",
)
@needs("parties.view", "parties.view_own")
def get_fact_history(request: HttpRequest, credit_code: str, column: str) -> Any:
    """Every statement on one fact, the one that holds first. A year of a series is `fin.revenue.2025`."""
    actor = actor_from(request)
    party_id = party_number(actor, credit_code)
    if column != "name":
        get_fact(column)
    return fact_history(actor=actor, party_id=party_id, column=column, now=timezone.now())


def _looked_up(code: str, party: PartySummary | None) -> dict[str, Any]:
    if party is not None:
        return {"code": code, "outcome": "found", "party": party}
    return {"code": code, "outcome": "not_found" if is_valid_credit_code(code) else "invalid", "party": None}


def party_number(actor: Actor, credit_code: str) -> int:
    """The number of the party with a code. Raises PartyNotFound, for no such party as for one out of scope."""
    code = credit_code.strip().upper()[:30]
    found = parties_by_code(actor=actor, codes=[code]).get(code)
    if found is None:
        raise PartyNotFound(f"no party {code}", message_zh=f"没有找到代码为 {code} 的主体", value=code)
    return found.id
