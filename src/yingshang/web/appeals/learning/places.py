"""The regions below the one shown, with their figure, and the map of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import RegionRow, region_children
from yingshang.kernel.reference.api import COUNTRY, Region, ancestors_of, find_region, get_region
from yingshang.web.design.charts import RegionMap, RegionValue
from yingshang.web.regions import region_of_path

VIEW = "appeals.view"
_LEVEL_BELOW = {"country": "province", "province": "prefecture", "prefecture": "county"}


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a region: its figure, None outside the scope, and where a click leads."""

    code: str
    name: str
    count: int | None
    url: str


def top_of(actor: Actor) -> str:
    """The region where an official's view begins: the only one they reach, or the nearest above all of them."""
    scope = actor.scope(VIEW)
    paths = sorted(scope.subtrees | scope.regions)
    if scope.everywhere or not paths:
        return COUNTRY
    common = paths[0]
    while not all(path.startswith(common) for path in paths) or region_of_path(common) is None:
        common = common[:-1]
    found = region_of_path(common)
    assert found is not None
    return found.code


def leads_to_scope(actor: Actor, region: Region | None) -> bool:
    """Whether a region lies in the official's scope, or the scope lies in it."""
    scope = actor.scope(VIEW)
    if region is None or scope.everywhere:
        return region is not None
    begin = get_region(top_of(actor)).path
    return region.path.startswith(begin) and any(
        region.path.startswith(path) or path.startswith(region.path)
        for path in scope.subtrees | scope.regions
    )


def above(actor: Actor, code: str) -> list[Region]:
    """The way down to a region, from where the view begins."""
    rows = reversed(list(ancestors_of(code)))
    return [each for each in rows if each.code != code and leads_to_scope(actor, each)]


def places_below(
    actor: Actor, shown: RegionRow, counted: Mapping[str, int], wanted: Mapping[str, str]
) -> tuple[Place, ...]:
    """The regions one level down with what was said there; a click shows them the same way."""
    if shown.level not in _LEVEL_BELOW:
        return ()
    scope = actor.scope(VIEW)
    home = reverse("appeals_cockpit:home")
    found = []
    for child in region_children(shown.code):
        inside = scope.everywhere or any(
            child.path.startswith(path) for path in scope.subtrees | scope.regions
        )
        found.append(
            Place(
                child.code,
                child.name,
                counted.get(child.path, 0) if inside else None,
                f"{home}?{urlencode({**wanted, 'region': child.code})}"
                if leads_to_scope(actor, find_region(child.code))
                else "",
            )
        )
    return tuple(found)


def map_of(shown: RegionRow, places: tuple[Place, ...]) -> RegionMap | None:
    """The map of a region's parts, where there is one."""
    name = {"country": "100000", "province": shown.code, "prefecture": shown.path}.get(shown.level)
    shapes = f"cockpit/maps/{name}.json"
    if name is None or not finders.find(shapes):
        return None
    values = [RegionValue(each.code, each.name, each.count, each.url) for each in places]
    return RegionMap(shapes, values, unit=_("件"))
