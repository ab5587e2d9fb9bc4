"""Enterprise size by 工信部联企业〔2011〕300号 中小企业划型标准规定: sixteen rows of thresholds, one rule.

An enterprise has a size when it reaches the lower bound of that size in *every* metric its industry's row names;
missing one bound moves it one step down. So the size is the least of the steps its metrics reach, and one metric
below the first bound settles 微型 whatever the others are. All other sizes need every metric of the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Literal

from .errors import InvalidMetric
from .industries import get_industry, industries
from .reference_data import load_json

Metric = Literal["employees", "revenue", "assets"]
EnterpriseSize = Literal["大型", "中型", "小型", "微型"]

_FEN_PER_YUAN = 100


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One of the sixteen rows.

    `thresholds` maps each metric the row uses to its lower bounds of 小型, 中型, 大型, in that order;
    employees in persons, revenue and assets in fen (1 万元 = 1 000 000 fen).
    """

    industry: str
    thresholds: Mapping[Metric, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class SizeAssessment:
    """The answer and why.

    `size` is None when it is not decided: because the industry is unknown (`missing` holds "industry"), because
    metrics are missing on which it depends (`missing` holds their names), or because the standard has no row for
    the industry (`covered` is False).
    """

    size: EnterpriseSize | None
    row: SizeRow | None
    missing: tuple[str, ...] = ()
    covered: bool = True


@cache
def enterprise_sizes() -> tuple[EnterpriseSize, ...]:
    """The sizes from the smallest to the largest."""
    return tuple(load_json("enterprise_sizes.json")["sizes"])


@cache
def size_rows() -> tuple[SizeRow, ...]:
    """The sixteen rows in the order of the standard, money already in fen."""
    data = load_json("enterprise_sizes.json")
    units, fen_per_unit = data["metadata"]["units"], data["metadata"]["fen_per_unit"]
    bounds = enterprise_sizes()[1:]
    return tuple(
        SizeRow(
            row["industry"],
            MappingProxyType(
                {
                    metric: tuple(values[size] * fen_per_unit.get(units[metric], 1) for size in bounds)
                    for metric, values in row["thresholds"].items()
                }
            ),
        )
        for row in data["rows"]
    )


@cache
def size_rows_by_class() -> MappingProxyType[str, SizeRow | None]:
    """Four-digit class code → its row; None where the standard has no row (finance, railways, schools …)."""
    rows = list(zip(size_rows(), load_json("enterprise_sizes.json")["rows"], strict=True))
    found: dict[str, SizeRow | None] = {}
    for industry in industries().values():
        if industry.level != "class":
            continue
        found[industry.code] = next(
            (
                row
                for row, data in rows
                if any(industry.section == part or industry.code.startswith(part) for part in data["include"])
                and not any(industry.code.startswith(part) for part in data["exclude"])
            ),
            None,
        )
    return MappingProxyType(found)


@cache
def _row_of(code: str) -> tuple[SizeRow | None, bool]:
    """The row of a code of any level, and whether the code is precise enough to know it.

    Division 59 holds both 装卸搬运 (a transport row) and 仓储: its row cannot be told from the division alone.
    """
    industry = get_industry(code)
    below = {
        id(row): row
        for class_code, row in size_rows_by_class().items()
        if (
            industries()[class_code].section == code
            if industry.level == "section"
            else class_code.startswith(code)
        )
    }
    return (next(iter(below.values())), True) if len(below) == 1 else (None, False)


def assess_enterprise_size(
    industry_code: str | None,
    *,
    employees: int | None = None,
    revenue: Decimal | int | None = None,
    assets: Decimal | int | None = None,
) -> SizeAssessment:
    """The size of an enterprise with reasons, after 工信部联企业〔2011〕300号.

    `industry_code` is a GB/T 4754-2017 code of any level; `employees` in persons, `revenue` (营业收入) and `assets`
    (资产总额) in yuan. None means unknown. A decided answer holds for every value the unknown metrics could have.
    Raises UnknownIndustry for a code the standard does not have and InvalidMetric for a negative or float value.
    """
    values: dict[Metric, int | None] = {
        "employees": _check("employees", employees),
        "revenue": _to_fen("revenue", revenue),
        "assets": _to_fen("assets", assets),
    }
    if industry_code is None:
        return SizeAssessment(None, None, missing=("industry",))
    row, precise = _row_of(industry_code)
    if not precise:
        return SizeAssessment(None, None, missing=("industry",))
    if row is None:
        return SizeAssessment(None, None, covered=False)
    steps = {
        metric: sum(value >= bound for bound in bounds)
        for metric, bounds in row.thresholds.items()
        if (value := values[metric]) is not None
    }
    missing = tuple(metric for metric in row.thresholds if values[metric] is None)
    least = min(steps.values(), default=None)
    if least == 0 or (least is not None and not missing):
        return SizeAssessment(enterprise_sizes()[least], row)
    return SizeAssessment(None, row, missing=missing)


def enterprise_size(
    industry_code: str | None,
    employees: int | None = None,
    revenue: Decimal | int | None = None,
    assets: Decimal | int | None = None,
) -> EnterpriseSize | None:
    """大型, 中型, 小型 or 微型, or None when not decided. Units and errors as in `assess_enterprise_size`."""
    return assess_enterprise_size(industry_code, employees=employees, revenue=revenue, assets=assets).size


def _check(metric: Metric, value: int | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidMetric(
            f"{metric} must be a whole number of at least 0, not {value!r}",
            message_zh=f"{metric} 应为不小于 0 的整数，而不是 {value!r}",
            field=metric,
            value=str(value),
        )
    return value


def _to_fen(metric: Metric, value: Decimal | int | None) -> int | None:
    """Yuan to fen. A fraction of a fen is cut off: it never moves an amount across a bound, which is whole yuan."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not _is_amount(value):
        raise InvalidMetric(
            f"{metric} must be a Decimal or int of yuan, at least 0, not {value!r}",
            message_zh=f"{metric} 应为不小于 0 的金额（元，十进制），而不是 {value!r}",
            field=metric,
            value=str(value),
        )
    return int(value * _FEN_PER_YUAN)


def _is_amount(value: Decimal | int) -> bool:
    return (isinstance(value, int) or value.is_finite()) and value >= 0
