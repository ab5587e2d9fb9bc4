"""The sample city's parameters, laid out as arrays: which industries, which regions, which sizes and how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .enterprise_size_columns import SizeTable
from .industries import in_industry_group, industries, industry_groups
from .reference_data import load_yaml
from .regions import COUNTRY, Region, ancestors_of, children_of, get_region, leaves_of

NEVER = np.inf

# Counties and classes differ in weight like 1, 1/2, 1/3 … but not as steeply.
_SKEW = 0.8


@dataclass(frozen=True)
class IndustryProfile:
    """Arrays with one place for each class of GB/T 4754 the sample draws from."""

    codes: tuple[str, ...]
    cumulative_weight: npt.NDArray[np.float64]
    section: npt.NDArray[np.intp]
    sections: tuple[str, ...]
    above_scale_revenue: npt.NDArray[np.float64]
    """Yuan; infinite where the statistics never list the industry one by one."""
    groups: Mapping[str, npt.NDArray[np.bool_]]
    """Named industry group → membership."""
    field: npt.NDArray[np.intp]
    """Position in the values of the fact ent.field."""
    sizes: SizeTable


@dataclass(frozen=True)
class RegionProfile:
    """Arrays with one place for each leaf division the sample draws from, and all their townships in a row."""

    codes: tuple[str, ...]
    cumulative_weight: npt.NDArray[np.float64]
    digits: npt.NDArray[np.uint8]
    """Six digits each."""
    names: tuple[str, ...]
    """The leaf's own name: 道里区."""
    city_names: tuple[str, ...]
    """The name enterprises carry: 哈尔滨 in 道里区."""
    town_codes: tuple[str, ...]
    town_names: tuple[str, ...]
    first_town: npt.NDArray[np.intp]
    towns: npt.NDArray[np.intp]
    """How many townships a leaf has, from `first_town` on; none where the region table has none."""


def section_parameter(name: str) -> npt.NDArray[np.float64]:
    """One figure of every section, in the order of the profile's sections."""
    return np.array([row[name] for row in _profile()["sections"].values()], dtype=np.float64)


def section_words() -> tuple[tuple[str, ...], ...]:
    """The words for invented names, by section."""
    return tuple(tuple(row["words"]) for row in _profile()["sections"].values())


def trade_characters() -> tuple[str, ...]:
    """The characters of invented trade names, each once."""
    return tuple(_profile()["trade_characters"])


def kinds() -> list[dict[str, str]]:
    """The kinds of party with their name endings and credit code characters."""
    return list(_profile()["kinds"])


def missing_rate(agency: str) -> float:
    """How large a share of an agency's values is unknown."""
    missing = _profile()["missing"]
    return float(missing["agencies"].get(agency, missing["default"]))


@cache
def industry_profile(fields: tuple[str, ...]) -> IndustryProfile:
    """The industries with their weights. `fields` are the values of the fact ent.field, 其他 last."""
    profile = _profile()
    sections = tuple(profile["sections"])
    classes = [item for item in industries().values() if item.level == "class" and item.section in sections]
    codes = tuple(item.code for item in classes)
    section = np.array([sections.index(item.section) for item in classes])
    division_weight = {code[:2]: float(profile["divisions"].get(code[:2], 1)) for code in codes}
    order = _ranks_within([code[:2] for code in codes])
    weight = np.array([division_weight[code[:2]] for code in codes]) / order**_SKEW
    # First the classes of a division share its weight, then the divisions of a section share the section's.
    weight = _normalise(weight, [code[:2] for code in codes]) * [division_weight[code[:2]] for code in codes]
    weight = _normalise(weight, [item.section for item in classes]) * section_parameter("share")[section]
    above_scale = profile["above_scale"]
    groups = {name: np.array([in_industry_group(code, name) for code in codes]) for name in industry_groups()}
    field = np.full(len(codes), len(fields) - 1)
    for position, name in enumerate(fields[:-1]):
        field[groups[name]] = position
    return IndustryProfile(
        codes=codes,
        cumulative_weight=np.cumsum(weight / weight.sum()),
        section=section,
        sections=sections,
        above_scale_revenue=np.array([_longest(above_scale, item.code, item.section) for item in classes]),
        groups=groups,
        field=field,
        sizes=SizeTable(codes),
    )


@cache
def region_profile(region: str, seed: int) -> RegionProfile:
    """The leaf divisions under `region` with invented weights. Raises UnknownRegion.

    A township is its county, with this one township.
    """
    chosen = get_region(region)
    wanted = None
    if chosen.level == "township":
        wanted, region = chosen, chosen.parent_code or COUNTRY
    province_weight: Mapping[str, float] = _profile()["provinces"]
    prefecture_weight: Mapping[str, float] | None = _profile()["prefectures"].get(region)
    leaves = leaves_of(region)
    provinces = [_above(leaf, "province") for leaf in leaves]
    prefectures = [_above(leaf, "prefecture") for leaf in leaves]
    # Inside a province no figures are known here: a seeded order gives each county its invented weight, districts
    # before cities of county level, and those before counties, since that is where enterprises are.
    random_order = np.random.default_rng([seed, int(region)]).permutation(len(leaves))
    urban = np.array(
        [next((rank for rank, end in enumerate("区市") if leaf.name.endswith(end)), 2) for leaf in leaves]
    )
    shuffled = random_order[np.argsort(urban[random_order], kind="stable")]
    groups = provinces if prefecture_weight is None else prefectures
    weight = 1.0 / _ranks_within([groups[position] for position in shuffled])[np.argsort(shuffled)] ** _SKEW
    if region == COUNTRY:
        weight = _normalise(weight, provinces) * [float(province_weight.get(code, 0)) for code in provinces]
    elif prefecture_weight is not None:
        weight = _normalise(weight, prefectures) * [float(prefecture_weight[code]) for code in prefectures]
    codes = tuple(leaf.code for leaf in leaves)
    below = [
        [wanted] if wanted else [each for each in children_of(code) if each.level == "township"]
        for code in codes
    ]
    counts = np.array([len(each) for each in below], dtype=np.intp)
    return RegionProfile(
        codes=codes,
        cumulative_weight=np.cumsum(weight / weight.sum()),
        digits=np.array([[int(digit) for digit in code] for code in codes], dtype=np.uint8),
        names=tuple(leaf.name for leaf in leaves),
        city_names=tuple(_city_name(leaf) for leaf in leaves),
        town_codes=tuple(town.code for each in below for town in each),
        town_names=tuple(town.name for each in below for town in each),
        first_town=np.cumsum(counts) - counts,
        towns=counts,
    )


def _above(leaf: Region, level: str) -> str:
    return next((each.code for each in ancestors_of(leaf.code) if each.level == level), COUNTRY)


def _city_name(leaf: Region) -> str:
    """What enterprises of a division put in front of their name: the prefecture, or what stands in for one."""
    above = [each for each in ancestors_of(leaf.code) if each.level in ("prefecture", "province")]
    # A county that hangs on a province (仙桃市) names itself; a district of a municipality (北京市) names that.
    city = above[0] if above[0].level == "prefecture" or above[0].name.endswith("市") else leaf
    for ending in ("特别行政区", "地区", "省", "市", "区", "县"):
        if city.name.endswith(ending) and len(city.name) > len(ending) + 1:
            return city.name.removesuffix(ending)
    return city.name


@cache
def _profile() -> dict[str, Any]:
    return load_yaml("sample_city.yaml")


def _longest(values: Mapping[str, float], code: str, section: str) -> float:
    """The value of the longest prefix of `code` in `values`, else of its section, else NEVER."""
    for length in range(len(code), 1, -1):
        if code[:length] in values:
            return float(values[code[:length]])
    return float(values.get(section, NEVER))


def _ranks_within(keys: list[str]) -> npt.NDArray[np.float64]:
    """For each place its rank among those with the same key, from 1."""
    seen: dict[str, int] = {}
    ranks = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        ranks.append(seen[key])
    return np.array(ranks, dtype=np.float64)


def _normalise(weight: npt.NDArray[np.float64], keys: list[str]) -> npt.NDArray[np.float64]:
    """Weights that add up to one within each key."""
    positions = np.unique(keys, return_inverse=True)[1]
    return np.asarray(weight / np.bincount(positions, weights=weight)[positions])
