"""工信部联企业〔2011〕300号 at every boundary of all sixteen rows, from facts collected apart from the product's data.

The product's thresholds lie in data/enterprise_sizes.json of the room; these tests never read them. A mistyped figure
there shows here as a boundary that has moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from yingshang.kernel.reference import api
from yingshang.kernel.reference.enterprise_size import size_rows_by_class

FACTS = json.loads(
    (Path(__file__).parent / "data" / "enterprise_size_facts.json").read_text(encoding="utf-8")
)
SIZES = ("微型", "小型", "中型", "大型")
BOUNDS = {"小型": "small_min", "中型": "medium_min", "大型": "large_min"}
METRICS = {"employees": "employees", "revenue_wan": "revenue", "assets_wan": "assets"}
LEAST = {"employees": 1, "revenue": Decimal("0.01"), "assets": Decimal("0.01")}
CLASS_OF = {row.industry: code for code, row in reversed(size_rows_by_class().items()) if row is not None}

Metrics = dict[str, Any]


def amount(metric: str, value: int) -> int | Decimal:
    """As the product takes it: persons, and yuan for 万元."""
    return value if metric == "employees" else Decimal(value) * 10_000


def bounds(row: dict[str, Any], size: str) -> Metrics:
    """The lower bounds of a size in every metric of the row."""
    named = [METRICS[each] for each in row["metrics"]]
    return {metric: amount(metric, value) for metric, value in zip(named, row[BOUNDS[size]], strict=True)}


def size_by_the_rule(row: dict[str, Any], metrics: Metrics) -> str:
    """The rule in its own words: a size takes every metric's lower bound; short of one, the size below."""
    for size in reversed(SIZES[1:]):
        if all(metrics[metric] >= bound for metric, bound in bounds(row, size).items()):
            return size
    return SIZES[0]


def cases() -> Iterator[Any]:
    for row, size in product(FACTS["rows"], BOUNDS):
        for metric in bounds(row, size):
            yield pytest.param(row, size, metric, id=f"{row['industry']}-{size}-{metric}")


CASES = list(cases())


def test_the_facts_are_dated_and_cover_sixteen_rows():
    metadata = FACTS["metadata"]
    assert metadata["date"] == "2026-11-21" and metadata["sources"] and "300号" in metadata["title"]
    assert {row["industry"] for row in FACTS["rows"]} == set(CLASS_OF)
    assert len(FACTS["rows"]) == 16


@pytest.mark.parametrize("row", FACTS["rows"], ids=lambda row: row["industry"])
def test_the_product_uses_the_metrics_of_the_row(row):
    found = api.assess_enterprise_size(CLASS_OF[row["industry"]]).row
    assert found is not None
    assert set(found.thresholds) == {METRICS[each] for each in row["metrics"]}


@pytest.mark.parametrize(("row", "size", "metric"), CASES)
def test_below_at_and_above_a_bound(row, size, metric):
    """The metric moves around its bound by the least step; the others stand at the bound, so they never decide."""
    code, at = CLASS_OF[row["industry"]], bounds(row, size)
    below = SIZES[SIZES.index(size) - 1]
    for step, expected in ((-LEAST[metric], below), (0, size), (LEAST[metric], size)):
        metrics = at | {metric: at[metric] + step}
        assert size_by_the_rule(row, metrics) == expected, "the facts themselves"
        assert api.enterprise_size(code, **metrics) == expected, metrics


@pytest.mark.parametrize(("row", "size", "metric"), CASES)
def test_a_bound_of_one_metric_does_not_lift_the_others(row, size, metric):
    """Plenty of one metric and hardly any of another is the size of the scarce one."""
    code = CLASS_OF[row["industry"]]
    plenty = {each: bound * 1000 for each, bound in bounds(row, "大型").items()}
    for step in (-LEAST[metric], 0, LEAST[metric]):
        metrics = plenty | {metric: bounds(row, size)[metric] + step}
        assert api.enterprise_size(code, **metrics) == size_by_the_rule(row, metrics)


@pytest.mark.parametrize(("row", "size", "metric"), CASES)
def test_without_a_metric_the_size_is_open_unless_another_settles_it(row, size, metric):
    code, at = CLASS_OF[row["industry"]], bounds(row, size)
    known = {each: value for each, value in at.items() if each != metric}
    assessment = api.assess_enterprise_size(code, **known)
    assert (assessment.size, assessment.missing, assessment.covered) == (None, (metric,), True)
    tiny = {each: bounds(row, "小型")[each] - LEAST[each] for each in known}
    assessment = api.assess_enterprise_size(code, **tiny)
    if tiny:
        assert (assessment.size, assessment.missing) == ("微型", ())
    else:
        assert (assessment.size, assessment.missing) == (None, (metric,))


@pytest.mark.parametrize("row", FACTS["rows"], ids=lambda row: row["industry"])
def test_every_combination_of_boundary_values(row):
    """All metrics at once on, under and over all their bounds, and absent."""
    code = CLASS_OF[row["industry"]]
    names = list(bounds(row, "小型"))
    values: list[list[Any]] = [
        sorted(
            {bounds(row, size)[name] + step for size in BOUNDS for step in (-LEAST[name], 0, LEAST[name])}
            | {0}
        )
        for name in names
    ]
    for chosen in product(*values):
        metrics = dict(zip(names, chosen, strict=True))
        assert api.enterprise_size(code, **metrics) == size_by_the_rule(row, metrics), metrics
    nothing = api.assess_enterprise_size(code)
    assert nothing.size is None and set(nothing.missing) == set(names)


@pytest.mark.parametrize("example", FACTS["examples"], ids=str)
def test_examples(example):
    metrics = {METRICS[name]: amount(METRICS[name], value) for name, value in example["input"].items()}
    assert api.enterprise_size(CLASS_OF[example["industry"]], **metrics) == example["expect"]
