"""What a chart shows, as data: drawn by ECharts, and standing beside it as a table for those who read or print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Number = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one colour of bars. None is a gap, not a nought."""

    name: str
    values: Sequence[Number]
    tone: Literal["", "good", "warn", "bad", "quiet"] = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, lines, areas, or one ring. `urls` makes each category a way to the list it counts."""

    kind: Literal["bar", "line", "area", "pie"]
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    horizontal: bool = False
    stacked: bool = False
    urls: Sequence[str] = ()

    def data(self) -> dict[str, Any]:
        """What the script reads."""
        return {
            "kind": self.kind,
            "categories": [str(each) for each in self.categories],
            "series": [
                {"name": str(one.name), "values": [_plain(value) for value in one.values], "tone": one.tone}
                for one in self.series
            ],
            "unit": str(self.unit),
            "horizontal": self.horizontal,
            "stacked": self.stacked,
            "urls": list(self.urls),
        }

    @property
    def lines(self) -> list[tuple[str, str, list[Number]]]:
        """The table's lines: name, address (perhaps none) and values."""
        urls = self.urls or [""] * len(self.categories)
        return [(name, url, values) for (name, values), url in zip(self.rows, urls, strict=True)]

    @property
    def rows(self) -> list[tuple[str, list[Number]]]:
        """The same as a table."""
        return [
            (str(name), [series.values[position] for series in self.series])
            for position, name in enumerate(self.categories)
        ]


@dataclass(frozen=True, slots=True)
class RegionValue:
    """A region's figure; None when it is not known. `url` makes the region a way to its page."""

    code: str
    name: str
    value: Number
    url: str = ""


@dataclass(frozen=True, slots=True)
class RegionMap:
    """A map of regions coloured by a figure. `shapes` is the static path of GeoJSON: cockpit/maps/230000.json."""

    shapes: str
    values: Sequence[RegionValue]
    unit: str = ""

    def data(self, *, address: str, unknown: str) -> dict[str, Any]:
        """What the script reads."""
        return {
            "map": address,
            "unit": str(self.unit),
            "unknown": unknown,
            "values": [
                {"code": one.code, "name": str(one.name), "value": _plain(one.value), "url": one.url}
                for one in self.values
            ],
        }


def _plain(value: Number) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value
