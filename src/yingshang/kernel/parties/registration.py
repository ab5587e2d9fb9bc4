"""What the register keeps of a party beside its facts, worked out from the facts. Pure.

The size is computed by the standard, whatever anybody says it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yingshang.kernel.reference.api import assess_enterprise_size, find_industry, find_region

from .history import NAME

REGION, INDUSTRY, STATUS, ESTABLISHED = "ent.region", "ent.industry", "ent.status", "ent.established"
_EMPLOYEES, _ASSETS, _REVENUE = "emp.total", "fin.assets", "fin.revenue."
COLUMNS = (NAME, REGION, INDUSTRY, STATUS, ESTABLISHED, _EMPLOYEES, _ASSETS)
"""The columns that matter here, besides the years of `fin.revenue`."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Columns of `models.Party`; None for the name when nobody has told one."""

    name: str | None
    region: str | None
    industry: str
    status: str
    size: str
    established_on: date | None


def matters(column: str) -> bool:
    """Whether a column has a part in a registration."""
    return column in COLUMNS or column.startswith(_REVENUE)


def registration(values: Mapping[str, Any]) -> Registration:
    """The registration that the facts of a portrait come to."""
    region = values.get(REGION)
    industry = values.get(INDUSTRY)
    established = values.get(ESTABLISHED)
    return Registration(
        name=values.get(NAME),
        region=region if region and find_region(region) else None,
        industry=industry if industry and find_industry(industry) else "",
        status=values.get(STATUS) or "",
        size=_size(industry, values),
        established_on=date.fromisoformat(established) if established else None,
    )


def _size(industry: str | None, values: Mapping[str, Any]) -> str:
    """By the revenue of the latest year that is known."""
    if not industry or find_industry(industry) is None:
        return ""
    latest = max(
        (column for column in values if column.startswith(_REVENUE) and column[-4:].isdigit()), default=None
    )
    employees = values.get(_EMPLOYEES)
    revenue = None if latest is None else values[latest]
    assets = values.get(_ASSETS)
    assessed = assess_enterprise_size(
        industry,
        employees=None if employees is None else int(employees),
        revenue=None if revenue is None else Decimal(revenue),
        assets=None if assets is None else Decimal(assets),
    )
    return assessed.size or ""
