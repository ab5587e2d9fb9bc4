"""The standards everything refers to: divisions, industries, the catalogue of facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from yingshang.kernel.access.api import needs, open_to_everybody
from yingshang.kernel.reference.api import (
    COUNTRY,
    FactDefinition,
    Industry,
    Region,
    UnknownIndustry,
    UnknownRegion,
    children_of,
    facts,
    get_industry,
    get_region,
    industries,
    region_path,
    regions,
)

from .. import cursors
from ..errors import NothingHere

router = Router(tags=["标准 · Reference data"])


class RegionOut(Schema):
    """An administrative division by GB/T 2260, or a township by GB/T 10114."""

    code: str
    name: str
    full_name: str
    level: str
    parent_code: str | None


class RegionQuery(cursors.PageQuery):
    """Which divisions."""

    parent: str = Field(COUNTRY, max_length=9, description="上级区划代码 · code of the division above")
    text: str = Field(
        "", max_length=60, description="名称中的文字，查全表 · part of a name, in the whole table"
    )


class IndustryOut(Schema):
    """A row of GB/T 4754-2017."""

    code: str
    name: str
    level: str
    section: str
    parent_code: str | None


class IndustryQuery(cursors.PageQuery):
    """Which industries."""

    section: str = Field("", max_length=1, description="门类字母 · letter of the section")
    text: str = Field("", max_length=60, description="名称中的文字 · part of a name")


class FactOut(Schema):
    """One fact of the catalogue."""

    code: str
    name: str
    type: str
    unit: str | None
    decimals: int | None
    values: list[str]
    minimum: Decimal | None
    maximum: Decimal | None
    agency: str
    sensitivity: str
    fresh_for: str
    series: str | None
    description: str


def _region(region: Region) -> dict[str, Any]:
    return {
        "code": region.code,
        "name": region.name,
        "full_name": region_path(region.code),
        "level": region.level,
        "parent_code": region.parent_code,
    }


def _industry(industry: Industry) -> dict[str, Any]:
    return {
        "code": industry.code,
        "name": industry.name,
        "level": industry.level,
        "section": industry.section,
        "parent_code": industry.parent_code,
    }


@router.get("/regions", response=cursors.Page[RegionOut], summary="区划 · Divisions")
@open_to_everybody
def list_regions(request: HttpRequest, response: HttpResponse, query: Query[RegionQuery]) -> dict[str, Any]:
    """The divisions directly below one, or those with a text in their name; by code."""
    found = (
        [each for each in regions().values() if query.text in each.name]
        if query.text
        else children_of(query.parent)
    )
    place = cursors.read_cursor(request, query.cursor)
    shown = cursors.after(found, place, key=lambda each: [each.code])
    return cursors.page(
        request,
        response,
        [_region(each) for each in shown[: query.limit + 1]],
        limit=query.limit,
        key=lambda each: [each["code"]],
    )


@router.get("/regions/{code}", response=RegionOut, summary="一个区划 · One division")
@open_to_everybody
def get_one_region(request: HttpRequest, code: str) -> dict[str, Any]:
    """One division by its code of six or nine digits."""
    try:
        return _region(get_region(code))
    except UnknownRegion as error:
        raise NothingHere(error.message, message_zh=error.message_zh) from error


@router.get("/industries", response=cursors.Page[IndustryOut], summary="行业 · Industries")
@open_to_everybody
def list_industries(
    request: HttpRequest, response: HttpResponse, query: Query[IndustryQuery]
) -> dict[str, Any]:
    """The rows of GB/T 4754-2017 by section and code."""
    found = sorted(
        (
            each
            for each in industries().values()
            if query.section in ("", each.section) and query.text in each.name
        ),
        key=_industry_place,
    )
    place = cursors.read_cursor(request, query.cursor)
    shown = cursors.after(found, place, key=_industry_place)
    return cursors.page(
        request,
        response,
        [_industry(each) for each in shown[: query.limit + 1]],
        limit=query.limit,
        key=lambda each: _industry_place(get_industry(each["code"])),
    )


@router.get("/industries/{code}", response=IndustryOut, summary="一个行业 · One industry")
@open_to_everybody
def get_one_industry(request: HttpRequest, code: str) -> dict[str, Any]:
    """One industry by its code."""
    try:
        return _industry(get_industry(code))
    except UnknownIndustry as error:
        raise NothingHere(error.message, message_zh=error.message_zh) from error


@router.get("/facts", response=cursors.Page[FactOut], summary="事实目录 · Catalogue of facts")
@needs("parties.view_catalogue", "parties.view", "parties.import")
def list_facts(
    request: HttpRequest, response: HttpResponse, query: Query[cursors.PageQuery]
) -> dict[str, Any]:
    """Every fact that can be known about a party: type, unit, who tells it, how long it stays fresh; by code."""
    found: list[FactDefinition] = sorted(facts().values(), key=lambda each: each.code)
    place = cursors.read_cursor(request, query.cursor)
    shown = cursors.after(found, place, key=lambda each: [each.code])
    return cursors.page(
        request, response, shown[: query.limit + 1], limit=query.limit, key=lambda each: [each.code]
    )


def _industry_place(industry: Industry) -> list[str]:
    """Sections in their order, each before what lies in it."""
    return [industry.section, "" if industry.level == "section" else industry.code]
