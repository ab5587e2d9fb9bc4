"""Administrative divisions by GB/T 2260: country → province → prefecture → county, as a tree.

Parents come from the table, not from digits: counties that hang directly on a province (仙桃 429004, all districts
of Beijing) have the province as parent, and four prefectures (东莞 …) have no counties at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from .errors import UnknownRegion
from .reference_data import load_json

RegionLevel = Literal["country", "province", "prefecture", "county"]

COUNTRY = "000000"
"""The root of the tree: 全国."""


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative division. `parent_code` is None only for the country."""

    code: str
    name: str
    level: RegionLevel
    parent_code: str | None


@cache
def regions() -> MappingProxyType[str, Region]:
    """The whole table, code → region, sorted by code."""
    return MappingProxyType({row[0]: Region(*row) for row in load_json("regions.json")["regions"]})


@cache
def _children() -> dict[str, tuple[Region, ...]]:
    children: dict[str, list[Region]] = {}
    for region in regions().values():
        if region.parent_code is not None:
            children.setdefault(region.parent_code, []).append(region)
    return {code: tuple(below) for code, below in children.items()}


def find_region(code: str) -> Region | None:
    """The division with this six-digit code, or None. Divisions abolished before the table's date are not in it."""
    return regions().get(code)


def get_region(code: str) -> Region:
    """The division with this six-digit code. Raises UnknownRegion, with suggestions."""
    region = regions().get(code)
    if region is not None:
        return region
    near = suggest_regions(code)
    hint = "、".join(f"{item.code} {region_path(item.code)}" for item in near)
    raise UnknownRegion(
        f"no division {code!r} in GB/T 2260" + (f"; did you mean {hint}?" if near else ""),
        message_zh=f"GB/T 2260 中没有行政区划代码“{code}”" + (f"，是否为：{hint}？" if near else ""),
        value=code,
        suggestions=[item.code for item in near],
    )


def parent_of(code: str) -> Region | None:
    """The division one level up; None for the country. Raises UnknownRegion."""
    parent = get_region(code).parent_code
    return None if parent is None else regions()[parent]


def children_of(code: str) -> tuple[Region, ...]:
    """The divisions one level down, sorted by code; empty for a leaf. Raises UnknownRegion."""
    return _children().get(get_region(code).code, ())


def ancestors_of(code: str) -> Iterator[Region]:
    """The division itself, then its parents up to the country. Raises UnknownRegion."""
    region: Region | None = get_region(code)
    while region is not None:
        yield region
        region = None if region.parent_code is None else regions()[region.parent_code]


def leaves_of(code: str) -> tuple[Region, ...]:
    """The divisions without children at or below `code` (counties, or a prefecture that has none)."""
    below = children_of(code)
    if not below:
        return (get_region(code),)
    return tuple(leaf for child in below for leaf in leaves_of(child.code))


def is_within(code: str, ancestor: str) -> bool:
    """Whether `code` is `ancestor` or lies in its subtree: 440305 is within 440300, 440000 and 000000.

    Both must be current divisions; raises UnknownRegion, since a mistyped code must not answer "no".
    """
    return get_region(ancestor) in ancestors_of(code)


def region_path(code: str) -> str:
    """The full name a person reads: `440305` → 广东省深圳市南山区. Raises UnknownRegion."""
    names = [region.name for region in ancestors_of(code) if region.code != COUNTRY]
    return "".join(reversed(names)) or regions()[COUNTRY].name


def suggest_regions(text: str, limit: int = 5) -> list[Region]:
    """Divisions near an unknown code or a piece of a name, best first, at most `limit`.

    A code is matched by the longest digits in common from the left, then by the nearest number: an abolished county
    is nearly always followed by a neighbour of the same prefecture.
    """
    text = text.strip()
    table = regions()
    if not text.isdigit():
        named = [item for item in table.values() if text and text in item.name]
        named.sort(key=lambda item: (item.name != text, len(item.name), item.code))
        return named[:limit]
    text = text[:6]
    for length in range(len(text), 1, -1):
        near = [item for item in table.values() if item.code.startswith(text[:length])]
        if near:
            padded = int(text.ljust(6, "0"))
            near.sort(key=lambda item: (abs(int(item.code) - padded), item.code))
            return near[:limit]
    return []
