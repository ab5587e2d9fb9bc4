"""How results are broken down: by region, industry section, size and ownership, labelled by the reference data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer

from yingshang.kernel.reference.api import find_industry, find_region, get_industry, section_of
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.population import Grouping

UNKNOWN = ("", "未知")


def _region(value: Any) -> tuple[str, str]:
    """By county, or whatever the code is of; an unknown code stands for itself."""
    if value is None:
        return UNKNOWN
    region = find_region(str(value))
    return (str(value), region.name if region else str(value))


def _industry(value: Any) -> tuple[str, str]:
    """By section (门类)."""
    if value is None:
        return UNKNOWN
    if find_industry(str(value)) is None:
        return str(value), str(value)
    section = section_of(str(value))
    code = section if isinstance(section, str) else section.code
    return code, f"{code} {get_industry(code).name}"


def _itself(value: Any) -> tuple[str, str]:
    return UNKNOWN if value is None else (str(value), str(value))


GROUPINGS: dict[str, tuple[str, Callable[[Any], tuple[str, str]]]] = {
    "region": ("ent.region", _region),
    "industry": ("ent.industry", _industry),
    "size": ("ent.size", _itself),
    "ownership": ("ent.ownership", _itself),
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
        column, label = GROUPINGS.get(name, (catalogue.column(name, year) or name, _itself))
        if column not in columns:
            raise typer.BadParameter(
                f"--by {name}: there is no column {column}; known are {', '.join(GROUPINGS)} and the file's columns"
            )
        found.append(Grouping(name, column, label))
    return found
