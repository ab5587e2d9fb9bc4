"""Regions by the paths that scopes and events carry."""

from __future__ import annotations

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import COUNTRY, Region, children_of, code_of_path, find_region, get_region


def region_of_path(path: str) -> Region | None:
    """The region with this path; None for digits that are none."""
    if not path:
        return get_region(COUNTRY)
    region = find_region(code_of_path(path))
    return region if region is not None and region.path == path else None


def reached_regions(actor: Actor, permission: str) -> list[tuple[str, str]]:
    """The regions a permission reaches and those right below them, path and name, for choosing among them."""
    scope = actor.scope(permission)
    found: list[tuple[str, str]] = []
    for path in [""] if scope.everywhere else sorted(scope.subtrees | scope.regions):
        own = region_of_path(path)
        if own is None:
            continue
        below = children_of(own.code) if scope.everywhere or path in scope.subtrees else ()
        found += [(each.path, each.name) for each in (own, *below) if each.path]
    return found
