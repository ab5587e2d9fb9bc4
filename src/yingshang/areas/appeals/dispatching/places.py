"""The places an appeal names, divisions and townships, in the light of where the enterprise is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from yingshang.kernel.reference.api import Region, ancestors_of, find_region, regions

from .parameters import settings

_ENDINGS = (
    "特别行政区",
    "自治州",
    "自治县",
    "自治区",
    "地区",
    "新区",
    "林区",
    "省",
    "市",
    "区",
    "县",
    "旗",
)
# 哈尔滨市某某机械有限公司 is a name, not where something happened.
_OF_A_NAME = re.compile(r"[^\W\d_]{0,12}?(?:有限公司|股份公司|集团|公司|工厂|商行|经营部|合作社|事务所|银行)")
# 中山路 and 上海东街 are streets.
_STREET = re.compile("[东西南北中一二三]?大?[路街道巷]")
_SHORTEST_STEM = 2
_LEVELS = {"country": 0, "province": 1, "prefecture": 2, "county": 3, "township": 4}


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place a text names: the words it was named by, and how much speaks for it."""

    code: str
    path: str
    name: str
    word: str
    weight: float


def places_in(text: str, *, home: str = "") -> tuple[NamedPlace, ...]:
    """The places named, the likeliest first; `home` is the code of the region the enterprise is in.

    A name borne by several places (朝阳区, 城关镇) is the one near another place of the text, or near home; where
    nothing tells which, it names none. Short names (道里) count for prefectures and provinces everywhere, for counties
    in the prefecture of home, for townships not at all; townships are looked for only within the prefecture of home
    or of a place already named. Names of companies say little.
    """
    home_region = find_region(home)
    home_path = home_region.path if home_region is not None else ""
    hits = list(_hits(text[: settings().longest_read], home_path))
    named = {row.path for rows, _, _, _ in hits for row in rows if len(rows) == 1}
    best: dict[str, NamedPlace] = {}
    for rows, word, in_a_name, full in hits:
        row = _nearest(rows, named, home_path)
        if row is None:
            continue
        weight = (0.1 if in_a_name else 1.0) * (1.0 if full else 0.8)
        # 哈尔滨市道里区: the smaller of two that lie in each other is meant.
        weight += 0.1 * _LEVELS[row.level]
        before = best.get(row.code)
        if before is not None:
            weight = max(before.weight, weight) + 0.2
        best[row.code] = NamedPlace(row.code, row.path, row.name, word, round(weight, 3))
    found = sorted(best.values(), key=lambda each: (-each.weight, each.code))
    # What a smaller place of the text lies in is told by that one.
    return tuple(
        each
        for each in found
        if not any(
            other.path != each.path and other.path.startswith(each.path) and other.weight >= each.weight
            for other in found
        )
    )


def _hits(text: str, home_path: str) -> Iterator[tuple[tuple[Region, ...], str, bool, bool]]:
    """What a piece may name, the piece, whether it is part of a company's name, whether it is the full name."""
    names = _names()
    at = 0
    seen_prefectures = {home_path[:4]} if len(home_path) >= 4 else set()
    while at < len(text) - 1:
        found = None
        for name in names.get(text[at : at + 2], ()):
            if not text.startswith(name, at):
                continue
            rows, full = _meant(name, home_path, seen_prefectures)
            if rows and (full or _STREET.match(text, at + len(name)) is None):
                found = (rows, name, full)
                break
        if found is None:
            at += 1
            continue
        rows, name, full = found
        seen_prefectures |= {row.path[:4] for row in rows if len(rows) == 1 and len(row.path) >= 4}
        in_a_name = _OF_A_NAME.match(text, at + len(name)) is not None
        yield rows, name, in_a_name, full
        at += len(name)


def _meant(name: str, home_path: str, prefectures: set[str]) -> tuple[tuple[Region, ...], bool]:
    """Which regions a name may mean here; and whether it is their full name."""
    full = [
        row
        for row in _full().get(name, ())
        if row.level != "township" or (len(row.path) >= 4 and row.path[:4] in prefectures)
    ]
    if full:
        return tuple(full), True
    short = [
        row
        for row in _short().get(name, ())
        if row.level in ("province", "prefecture") or (len(home_path) >= 4 and row.path[:4] == home_path[:4])
    ]
    return tuple(short), False


def _nearest(rows: tuple[Region, ...], named: set[str], home_path: str) -> Region | None:
    """The one meant by a name several may bear."""
    if len(rows) == 1:
        return rows[0]

    def nearness(row: Region) -> tuple[int, int]:
        within = max((len(path) for path in named if path and row.path.startswith(path)), default=0)
        common = next(
            (
                length
                for length in (9, 6, 4, 2)
                if home_path[:length] == row.path[:length] and length <= len(home_path)
            ),
            0,
        )
        return (within, common)

    ranked = sorted(rows, key=nearness, reverse=True)
    first, second = nearness(ranked[0]), nearness(ranked[1])
    return ranked[0] if first > second and first > (0, 0) else None


@cache
def _full() -> dict[str, tuple[Region, ...]]:
    found: dict[str, list[Region]] = {}
    for row in regions().values():
        if row.level != "country" and len(row.name) > 1:
            found.setdefault(row.name, []).append(row)
    return {name: tuple(rows) for name, rows in found.items()}


@cache
def _short() -> dict[str, tuple[Region, ...]]:
    found: dict[str, list[Region]] = {}
    for row in regions().values():
        if row.level in ("country", "township"):
            continue
        ending = next((each for each in _ENDINGS if row.name.endswith(each)), "")
        stem = row.name.removesuffix(ending)
        if ending and len(stem) >= _SHORTEST_STEM:
            found.setdefault(stem, []).append(row)
    return {name: tuple(rows) for name, rows in found.items()}


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """First two characters → names that begin so, the longest first."""
    found: dict[str, set[str]] = {}
    for name in (*_full(), *_short()):
        found.setdefault(name[:2], set()).add(name)
    return {
        start: tuple(sorted(names, key=lambda name: (-len(name), name))) for start, names in found.items()
    }


def within_home(place: NamedPlace, home: str) -> bool:
    """Whether a place lies in the prefecture of home, so that its desk is the one to ask."""
    home_region = next((row for row in ancestors_of(home) if row.level == "prefecture"), find_region(home))
    return home_region is not None and place.path.startswith(home_region.path)
