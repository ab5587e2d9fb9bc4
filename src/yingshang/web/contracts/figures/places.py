"""The regions below the one shown, with what is owed late there, and the map of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import PartFigures
from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import RegionRow, region_children
from yingshang.kernel.reference.api import COUNTRY, Region, ancestors_of, get_region
from yingshang.web.design.charts import RegionMap, RegionValue
from yingshang.web.regions import region_of_path

VIEW = "contracts.view"
_PARTS_OF = ("country", "province", "prefecture", "county")
_WAN_OF_FEN = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a region: its figures, None outside the scope, and where a click leads."""

    code: str
    name: str
    figures: PartFigures | None
    url: str


def _paths(actor: Actor) -> set[str]:
    """Where an official sees contracts: regions, or the region of an agency that is all they see."""
    scope = actor.scope(VIEW)
    of_agencies = {
        grant.region_path
        for grant in actor.grants
        if VIEW in grant.permissions and grant.reach == "agency" and grant.agency_id in scope.agencies
    }
    return {*scope.subtrees, *scope.regions, *of_agencies}


def top_of(actor: Actor) -> str:
    """The region where an official's view begins: the only one they reach, or the nearest above all of them."""
    paths = sorted(_paths(actor))
    if actor.scope(VIEW).everywhere or not paths:
        return COUNTRY
    common = paths[0]
    while not all(path.startswith(common) for path in paths) or region_of_path(common) is None:
        common = common[:-1]
    found = region_of_path(common)
    assert found is not None
    return found.code


def leads_to_scope(actor: Actor, region: Region) -> bool:
    """Whether a region lies in the official's scope, or the scope lies in it."""
    if actor.scope(VIEW).everywhere:
        return True
    begin = get_region(top_of(actor)).path
    return region.path.startswith(begin) and any(
        region.path.startswith(path) or path.startswith(region.path) for path in _paths(actor)
    )


def above(actor: Actor, code: str) -> list[Region]:
    """The way down to a region, from where the view begins."""
    rows = reversed(list(ancestors_of(code)))
    return [each for each in rows if each.code != code and leads_to_scope(actor, each)]


def places_below(actor: Actor, shown: RegionRow, parts: Mapping[str, PartFigures]) -> tuple[Place, ...]:
    """The regions one level down with what is late there; a click shows them the same way."""
    if shown.level not in _PARTS_OF:
        return ()
    everywhere, paths = actor.scope(VIEW).everywhere, _paths(actor)
    begin = "" if everywhere else get_region(top_of(actor)).path
    home = reverse("contracts_cockpit:home")
    found = []
    for child in region_children(shown.code):
        inside = everywhere or any(child.path.startswith(path) for path in paths)
        leads = inside or (
            child.path.startswith(begin) and any(path.startswith(child.path) for path in paths)
        )
        url = f"{home}?{urlencode({'region': child.code})}" if leads else ""
        found.append(
            Place(child.code, child.name, parts.get(child.path, PartFigures()) if inside else None, url)
        )
    return tuple(found)


def map_of(shown: RegionRow, places: tuple[Place, ...]) -> RegionMap | None:
    """The map of a region's parts, where there is one."""
    name = {"country": "100000", "province": shown.code, "prefecture": shown.path}.get(shown.level)
    shapes = f"cockpit/maps/{name}.json"
    if name is None or not finders.find(shapes):
        return None
    values = [
        RegionValue(
            each.code, each.name, None if each.figures is None else wan(each.figures.late_fen), each.url
        )
        for each in places
    ]
    return RegionMap(shapes, values, unit=_("万元"))


def wan(fen: int) -> Decimal:
    """An amount in ten thousands of yuan, for axes."""
    return (fen / _WAN_OF_FEN).quantize(Decimal("0.01"))
