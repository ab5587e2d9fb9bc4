"""How results are broken down: by region, industry section, size and ownership, labelled by the reference data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer

from yingshang.kernel.reference.api import industry_group, own_group, region_group
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.population import Grouping

GROUPINGS: dict[str, tuple[str, Callable[[Any], tuple[str, str]]]] = {
    "region": ("ent.region", region_group),
    "industry": ("ent.industry", industry_group),
    "size": ("ent.size", own_group),
    "ownership": ("ent.ownership", own_group),
}


def groupings_for(columns: Sequence[str]) -> list[Grouping]:
    """The breakdowns whose column is there, ownership aside."""
    return [
        Grouping(name, column, label)
        for name, (column, label) in GROUPINGS.items()
        if column in columns and name != "ownership"
    ]


def groupings_named(
    names: str, columns: Sequence[str], catalogue: FactCatalogue, year: int
) -> list[Grouping]:
    """The breakdowns of a comma-separated list; any other column of the file, by code or name, stands for itself."""
    found = []
    for name in filter(None, (each.strip() for each in names.split(","))):
        column, label = GROUPINGS.get(name, (catalogue.column(name, year) or name, own_group))
        if column not in columns:
            raise typer.BadParameter(
                f"--by {name}: there is no column {column}; known are {', '.join(GROUPINGS)} and the file's columns"
            )
        found.append(Grouping(name, column, label))
    return found
