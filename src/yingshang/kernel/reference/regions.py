"""Administrative divisions as a tree: country → province → prefecture → county by GB/T 2260, township by GB/T 10114.

Parents come from the table, not from digits: counties that hang directly on a province (仙桃 429004, all districts
of Beijing) have the province as parent, and four prefectures (东莞 …) have no counties at all, only townships.
Divisions down to the county have six digits, townships nine: those of the division they hang on, and three more.

Every region has a `path`, digits without padding, of which it holds over the whole table: one region lies in the
subtree of another exactly if its path starts with the other's. "Everything in Harbin" is thus one predicate on one
indexed column of a database, `path LIKE '2301%'`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from .errors import UnknownRegion
from .reference_data import load_json

RegionLevel = Literal["country", "province", "prefecture", "county", "township"]

COUNTRY = "000000"
"""The root of the tree: 全国."""

DIVISION_DIGITS = 6
TOWNSHIP_DIGITS = 9

# How many digits of a code say where it lies. The rest of a province's or prefecture's code is zeros.
_PATH_DIGITS: dict[RegionLevel, int] = {
    "country": 0,
    "province": 2,
    "prefecture": 4,
    "county": DIVISION_DIGITS,
    "township": TOWNSHIP_DIGITS,
}


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative division. `parent_code` is None only for the country.

    `path` of a region starts with the path of each region it lies in, and with no other region's: "" for the country,
    "23" for Heilongjiang, "2301" for Harbin, "230102" for Daoli, "230102001" for a street office there.
    """

    code: str
    name: str
    level: RegionLevel
    parent_code: str | None

    @property
    def path(self) -> str:
        """The digits of the code that say where the region lies."""
        return self.code[: _PATH_DIGITS[self.level]]


@cache
def divisions() -> MappingProxyType[str, Region]:
    """The six-digit part of the table, from the country to the counties: code → region, sorted by code."""
    return MappingProxyType({row[0]: Region(*row) for row in load_json("regions.json")["regions"]})


@cache
def townships() -> MappingProxyType[str, Region]:
    """The nine-digit part of the table: towns, townships and street offices, code → region, sorted by code."""
    written: dict[str, str] = load_json("townships.json")["townships"]
    return MappingProxyType(
        {
            division + row[:3]: Region(division + row[:3], row[3:], "township", division)
            for division, rows in written.items()
            for row in rows.split(" ")
        }
    )


@cache
def regions() -> MappingProxyType[str, Region]:
    """The whole table, all levels, code → region, sorted by code: a division stands before its townships."""
    return MappingProxyType(dict(sorted([*divisions().items(), *townships().items()])))


@cache
def _children() -> dict[str, tuple[Region, ...]]:
    children: dict[str, list[Region]] = {}
    for region in regions().values():
        if region.parent_code is not None:
            children.setdefault(region.parent_code, []).append(region)
    return {code: tuple(below) for code, below in children.items()}


def code_of_path(path: str) -> str:
    """The code of a division by its path: six digits, or a township's nine; that of the whole country by none.

    >>> code_of_path("2301"), code_of_path("230102001"), code_of_path("")
    ('230100', '230102001', '000000')
    """
    return path.ljust(6, "0")


def find_region(code: str) -> Region | None:
    """The division of six digits or township of nine, or None. What was abolished before the table's date is absent."""
    return (townships() if len(code) == TOWNSHIP_DIGITS else divisions()).get(code)


def get_region(code: str) -> Region:
    """The division of six digits or township of nine with this code. Raises UnknownRegion, with suggestions."""
    region = find_region(code)
    if region is not None:
        return region
    near = suggest_regions(code)
    hint = "、".join(f"{item.code} {region_path(item.code)}" for item in near)
    table = "GB/T 10114" if len(code) == TOWNSHIP_DIGITS and code.isdigit() else "GB/T 2260"
    raise UnknownRegion(
        f"no division {code!r} in {table}" + (f"; did you mean {hint}?" if near else ""),
        message_zh=f"{table} 中没有行政区划代码“{code}”" + (f"，是否为：{hint}？" if near else ""),
        value=code,
        suggestions=[item.code for item in near],
    )


def parent_of(code: str) -> Region | None:
    """The division one level up; None for the country. Raises UnknownRegion."""
    parent = get_region(code).parent_code
    return None if parent is None else divisions()[parent]


def children_of(code: str) -> tuple[Region, ...]:
    """The divisions one level down, sorted by code; empty for a leaf. Raises UnknownRegion."""
    return _children().get(get_region(code).code, ())


def ancestors_of(code: str) -> Iterator[Region]:
    """The division itself, then its parents up to the country. Raises UnknownRegion."""
    region: Region | None = get_region(code)
    while region is not None:
        yield region
        region = None if region.parent_code is None else divisions()[region.parent_code]


def leaves_of(code: str) -> tuple[Region, ...]:
    """The six-digit divisions at or below `code` with none below them: counties, or a prefecture that has none.

    Registers place a party in one of these. Townships lie below them and do not count here; a township is its own leaf.
    """
    region = get_region(code)
    leaves = tuple(item for item in _leaf_divisions() if item.path.startswith(region.path))
    return leaves or (region,)


@cache
def _leaf_divisions() -> tuple[Region, ...]:
    parents = {item.parent_code for item in divisions().values()}
    return tuple(item for item in divisions().values() if item.code not in parents)


def codes_within(code: str) -> Iterator[str]:
    """The codes of a division and of everything below it, each before its children. Raises UnknownRegion."""
    yield code
    for child in children_of(code):
        yield from codes_within(child.code)


def is_within(code: str, ancestor: str) -> bool:
    """Whether `code` is `ancestor` or lies in its subtree: 440305 is within 440300, 440000 and 000000.

    Both must be current regions; raises UnknownRegion, since a mistyped code must not answer "no".
    """
    return get_region(code).path.startswith(get_region(ancestor).path)


def region_path(code: str) -> str:
    """The full name a person reads: `440305` → 广东省深圳市南山区. Raises UnknownRegion."""
    names = [region.name for region in ancestors_of(code) if region.code != COUNTRY]
    return "".join(reversed(names)) or divisions()[COUNTRY].name


def suggest_regions(text: str, limit: int = 5) -> list[Region]:
    """Regions near an unknown code or a piece of a name, best first, at most `limit`.

    A code is matched by the longest digits in common from the left, then by the nearest number: an abolished county
    is nearly always followed by a neighbour of the same prefecture. More than six digits are looked for among
    townships first; a name is looked for there if no larger division has it.
    """
    text = text.strip()
    if not text:
        return []
    if not text.isdigit():
        return (_named(text, divisions()) or _named(text, townships()))[:limit]
    if len(text) > DIVISION_DIGITS:
        near = _numbered(text[:TOWNSHIP_DIGITS], townships(), DIVISION_DIGITS)
        if near:
            return near[:limit]
    return _numbered(text[:DIVISION_DIGITS], divisions(), 2)[:limit]


def _named(text: str, table: Mapping[str, Region]) -> list[Region]:
    named = [item for item in table.values() if text in item.name]
    return sorted(named, key=lambda item: (item.name != text, len(item.name), item.code))


def _numbered(text: str, table: Mapping[str, Region], shortest: int) -> list[Region]:
    """What shares the longest beginning with `text`, of at least `shortest` digits, nearest number first."""
    for length in range(len(text), shortest - 1, -1):
        near = [item for item in table.values() if item.code.startswith(text[:length])]
        if near:
            number = int(text.ljust(len(near[0].code), "0"))
            return sorted(near, key=lambda item: (abs(int(item.code) - number), item.code))
    return []
