"""Places as somebody types them, and as pages call them."""

from __future__ import annotations

from yingshang.kernel.reference.api import Region, find_region, place_name, suggest_regions
from yingshang.web.regions import region_of_path


def region_name(path: str) -> str:
    """A place by its path, with the city of a district; the whole country for none."""
    region = region_of_path(path)
    return place_name(region) if region is not None else path


def find_place(text: str) -> Region | None:
    """A region by its code or its name; None when there is none like it. The whole country narrows nothing."""
    text = text.strip()
    region = find_region(text) if text.isdigit() else next(iter(suggest_regions(text, 1)), None)
    return region if region is not None and region.path else None
