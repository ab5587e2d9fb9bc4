"""Which agencies a region has, by kind: names and codes made from `data/agency_kinds.yaml`, the same every time.

The head of that file describes its shape. What comes out is what a place of this level usually has, not the register of
a real one: names follow patterns, and the status of the file is "recalled".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, get_args

from .errors import InvalidCatalogue, UnknownAgencyKind
from .reference_data import load_yaml
from .regions import Region, RegionLevel, ancestors_of, children_of, get_region, parent_of

AgencyNature = Literal["agency", "vertical", "organisation", "institution", "source"]

_CITY_ENDING = "市"
_DISTRICT_ENDING = "区"
_STEM_ENDINGS = ("特别行政区", "自治区", "地区", "省", "市", "区", "县", "旗")
# 宾县, 依兰县: a name of one syllable is never cut.
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class AgencyKind:
    """One kind of agency. `names` has a pattern for each level that has one; none means it is no agency but a source.

    `source_names` is what the fact catalogue calls it. `provinces` are the paths of the provinces that alone have it;
    empty means all. `endings` gives other patterns for regions whose names end so.
    """

    code: str
    name: str
    name_en: str
    nature: AgencyNature
    names: Mapping[RegionLevel, str]
    source_names: tuple[str, ...] = ()
    provinces: tuple[str, ...] = ()
    endings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgencySpec:
    """An agency of a region as it would be set up: `code` is the region's with the kind's, 230100-tax."""

    code: str
    name: str
    kind: str
    level: RegionLevel
    region_code: str


@cache
def agency_kinds() -> MappingProxyType[str, AgencyKind]:
    """Every kind, code → kind, in the order of the file. Raises InvalidCatalogue."""
    kinds = [_kind(entry) for entry in load_yaml("agency_kinds.yaml")["kinds"]]
    for values in ([kind.code for kind in kinds], [name for kind in kinds for name in kind.source_names]):
        repeated = [value for value, count in Counter(values).items() if count > 1]
        if repeated:
            raise InvalidCatalogue(
                f"agency_kinds.yaml repeats {', '.join(repeated)}",
                message_zh=f"机构类别中重复：{'、'.join(repeated)}",
                values=repeated,
            )
    return MappingProxyType({kind.code: kind for kind in kinds})


def get_agency_kind(code: str) -> AgencyKind:
    """The kind with this code. Raises UnknownAgencyKind."""
    kind = agency_kinds().get(code)
    if kind is None:
        raise UnknownAgencyKind(
            f"no kind of agency {code!r}; there are {', '.join(agency_kinds())}",
            message_zh=f"没有机构类别“{code}”，现有：{'、'.join(agency_kinds())}",
            value=code,
        )
    return kind


def agency_kind_of_source(name: str) -> AgencyKind:
    """The kind behind a name of the fact catalogue: 税务局 → tax. Raises UnknownAgencyKind."""
    for kind in agency_kinds().values():
        if name in kind.source_names:
            return kind
    raise UnknownAgencyKind(
        f"no kind of agency is called {name!r} in the fact catalogue; add it to source_names in agency_kinds.yaml",
        message_zh=f"没有与事实目录中的“{name}”对应的机构类别，请补入 agency_kinds.yaml 的 source_names",
        value=name,
    )


def agencies_of(region_code: str) -> tuple[AgencySpec, ...]:
    """The agencies of one region itself, not of those below it, in the order of the kinds. Raises UnknownRegion.

    台湾, 香港 and 澳门 have other agencies than these: none are made up for them.
    """
    region = get_region(region_code)
    above = {each.level: each for each in ancestors_of(region_code)}
    province = above.get("province")
    if province is not None and not children_of(province.code):
        return ()
    found = []
    for kind in agency_kinds().values():
        if kind.provinces and (province is None or province.path not in kind.provinces):
            continue
        pattern = _pattern(kind, region)
        if pattern is None:
            continue
        name = pattern.format(
            place=place_name(region),
            stem=_stem(region.name),
            above=_above(region),
            capital=_capital(province),
        )
        found.append(AgencySpec(f"{region.code}-{kind.code}", name, kind.code, region.level, region.code))
    return tuple(found)


def place_name(region: Region) -> str:
    """A region as its agencies write it: 哈尔滨市道里区, but 宾县; 哈尔滨市道里区太平镇, 宾县宾州镇."""
    parent = parent_of(region.code)
    if parent is None or region.level in ("province", "prefecture"):
        return region.name
    if region.level == "township":
        return place_name(parent) + region.name
    of_a_city = region.name.endswith(_DISTRICT_ENDING) and parent.name.endswith(_CITY_ENDING)
    return parent.name + region.name if of_a_city else region.name


def _pattern(kind: AgencyKind, region: Region) -> str | None:
    level = region.level
    if level == "province" and region.name.endswith(_CITY_ENDING):
        # 北京市财政局, not 厅: a municipality is called as a prefecture is, if prefectures have the kind.
        level = "prefecture" if "prefecture" in kind.names else level
    if level not in kind.names:
        return None
    longest_first = sorted(kind.endings, key=len, reverse=True)
    return next(
        (
            kind.endings[ending]
            for ending in longest_first
            if region.level not in ("country", "province") and region.name.endswith(ending)
        ),
        kind.names[level],
    )


def _stem(name: str) -> str:
    ending = next((each for each in _STEM_ENDINGS if name.endswith(each)), "")
    stem = name.removesuffix(ending)
    return stem if len(stem) >= _SHORTEST_STEM else name


def _above(region: Region) -> str:
    parent = parent_of(region.code)
    return "" if parent is None or parent.level == "country" else place_name(parent)


def _capital(province: Region | None) -> str:
    """The stem of the province's first prefecture, its capital throughout GB/T 2260; a municipality is its own."""
    if province is None:
        return ""
    below = [each for each in children_of(province.code) if each.level == "prefecture"]
    return _stem((below[0] if below else province).name)


def _kind(entry: Mapping[str, Any]) -> AgencyKind:
    if entry["nature"] not in get_args(AgencyNature) or not set(entry["names"]) <= set(get_args(RegionLevel)):
        raise InvalidCatalogue(
            f"agency_kinds.yaml, {entry['code']}: unknown nature or level",
            message_zh=f"机构类别“{entry['name']}”的性质或层级不可识别",
            value=entry["code"],
        )
    return AgencyKind(
        entry["code"],
        entry["name"],
        entry["name_en"],
        entry["nature"],
        MappingProxyType(entry["names"]),
        tuple(entry.get("source_names", ())),
        tuple(entry.get("provinces", ())),
        MappingProxyType(entry.get("endings", {})),
    )
