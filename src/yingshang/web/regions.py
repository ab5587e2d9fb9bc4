"""Regions by the paths that scopes and events carry."""

from __future__ import annotations

from yingshang.kernel.reference.api import COUNTRY, Region, find_region, get_region


def region_of_path(path: str) -> Region | None:
    """The region with this path; None for digits that are none."""
    if not path:
        return get_region(COUNTRY)
    region = find_region(path if len(path) > 6 else path.ljust(6, "0"))
    return region if region is not None and region.path == path else None
