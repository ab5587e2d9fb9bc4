"""工信部联企业〔2011〕300号, row by row, and over whole populations."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.kernel.reference import api
from yingshang.kernel.reference.enterprise_size import size_rows_by_class
from yingshang.kernel.reference.enterprise_size_columns import UNDECIDED, UNKNOWN, SizeTable
from yingshang.kernel.reference.reference_data import load_json

SIZES = ("微型", "小型", "中型", "大型")
EXAMPLE_CLASS = {
    row.industry: code for code, row in reversed(size_rows_by_class().items()) if row is not None
}
ROWS = load_json("enterprise_sizes.json")["rows"]
BOUNDS = [(row["industry"], size) for row, size in product(ROWS, SIZES[1:])]
COVERED_CLASSES = [code for code, row in size_rows_by_class().items() if row is not None]


def in_yuan(metric: str, value: int) -> Decimal | int:
    return value if metric == "employees" else Decimal(value) * 10_000


def thresholds(industry: str, size: str) -> dict[str, Decimal | int]:
    row = next(row for row in ROWS if row["industry"] == industry)
    return {metric: in_yuan(metric, bounds[size]) for metric, bounds in row["thresholds"].items()}


def test_sixteen_rows_with_source():
    assert len(api.size_rows()) == 16
    metadata = load_json("enterprise_sizes.json")["metadata"]
    assert metadata["units"] == {"employees": "人", "revenue": "万元", "assets": "万元"}
    assert metadata["standard"] == "工信部联企业〔2011〕300号"
    assert set(EXAMPLE_CLASS) == {row.industry for row in api.size_rows()}
    assert api.enterprise_sizes() == SIZES


@pytest.mark.parametrize(("industry", "size"), BOUNDS)
def test_reaching_every_bound_exactly_gives_the_size(industry, size):
    assert api.enterprise_size(EXAMPLE_CLASS[industry], **thresholds(industry, size)) == size


@pytest.mark.parametrize(("industry", "size"), BOUNDS)
def test_falling_short_of_one_bound_by_the_least_gives_the_size_below(industry, size):
    bounds = thresholds(industry, size)
    for metric in bounds:
        least = 1 if metric == "employees" else Decimal("0.01")
        short = bounds | {metric: bounds[metric] - least}
        assert api.enterprise_size(EXAMPLE_CLASS[industry], **short) == SIZES[SIZES.index(size) - 1]


WAN = 10_000


@pytest.mark.parametrize(
    ("code", "metrics", "expected"),
    [
        ("3911", {"employees": 1200, "revenue": 50_000 * WAN}, "大型"),
        ("3911", {"employees": 1200, "revenue": 39_999 * WAN}, "中型"),
        ("3911", {"employees": 2000, "revenue": 100 * WAN}, "微型"),
        ("3911", {"employees": 300, "revenue": 2000 * WAN}, "中型"),
        ("3911", {"employees": 299, "revenue": 2000 * WAN}, "小型"),
        ("6511", {"employees": 10, "revenue": 50 * WAN}, "小型"),
        ("6511", {"employees": 400, "revenue": 9999 * WAN}, "中型"),
        ("4710", {"revenue": 90_000 * WAN, "assets": 4000 * WAN}, "小型"),
        ("7211", {"employees": 9, "assets": 500_000 * WAN}, "微型"),
        ("0111", {"revenue": 50 * WAN}, "小型"),
        ("7310", {"employees": 300}, "大型"),
    ],
)
def test_published_examples(code, metrics, expected):
    assert api.enterprise_size(code, **metrics) == expected


@pytest.mark.parametrize(
    ("code", "industry"),
    [
        ("5910", "交通运输业"),
        ("5920", "仓储业"),
        ("5810", "交通运输业"),
        ("6311", "信息传输业"),
        ("6410", "信息传输业"),
        ("7010", "房地产开发经营"),
        ("7020", "物业管理"),
        ("7030", "其他未列明行业"),
        ("8521", "其他未列明行业"),
        ("8810", "其他未列明行业"),
    ],
)
def test_industry_finds_its_row(code, industry):
    row = api.assess_enterprise_size(code).row
    assert row is not None and row.industry == industry


@pytest.mark.parametrize("code", ["5320", "6610", "8310", "8411", "7040", "J"])
def test_industries_without_a_row_are_not_decided(code):
    assessment = api.assess_enterprise_size(code, employees=1, revenue=1, assets=1)
    assert assessment.size is None and not assessment.covered and not assessment.missing


def test_imprecise_industry_is_missing_information():
    assert api.assess_enterprise_size("59", employees=1, revenue=1).missing == ("industry",)
    assert api.assess_enterprise_size(None, employees=1).missing == ("industry",)
    assert api.enterprise_size("C", employees=300, revenue=20_000_000) == "中型"


def test_missing_metrics_are_named_only_when_they_matter():
    assert api.assess_enterprise_size("3911", employees=500).missing == ("revenue",)
    assert api.assess_enterprise_size("3911", employees=500).size is None
    decided = api.assess_enterprise_size("3911", employees=19)
    assert decided.size == "微型" and decided.missing == ()
    assert api.assess_enterprise_size("7310", employees=500).size == "大型"


@pytest.mark.parametrize(
    "bad", [{"employees": -1}, {"revenue": 1.5}, {"assets": Decimal("NaN")}, {"employees": True}]
)
def test_impossible_metrics_are_refused(bad):
    with pytest.raises(api.InvalidMetric):
        api.enterprise_size("3911", **bad)


edges = sorted(
    {
        bound + step
        for row in api.size_rows()
        for bounds in row.thresholds.values()
        for bound in bounds
        for step in (-1, 0, 1)
    }
)
employees = st.one_of(st.sampled_from([edge for edge in edges if edge < 10_000]), st.integers(0, 5000))
fen = st.one_of(st.sampled_from(edges), st.integers(0, 10**13))


def size_of(code, people, revenue, assets):
    def money(value):
        return None if value is None else Decimal(value) / 100

    return api.assess_enterprise_size(code, employees=people, revenue=money(revenue), assets=money(assets))


@given(st.sampled_from(COVERED_CLASSES), employees, fen, fen, st.sets(st.sampled_from([0, 1, 2])))
def test_a_decided_answer_holds_for_every_completion(code, people, revenue, assets, hidden):
    """And an undecided one does not: its missing metrics can make it the smallest or something larger."""
    full = (people, revenue, assets)
    partial = size_of(code, *(None if place in hidden else value for place, value in enumerate(full)))
    if partial.size is not None:
        assert size_of(code, *full).size == partial.size
    else:
        lowest = size_of(code, *(0 if place in hidden else value for place, value in enumerate(full)))
        highest = size_of(code, *(10**15 if place in hidden else value for place, value in enumerate(full)))
        assert lowest.size == "微型" and highest.size != "微型"
        assert partial.missing


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(size_rows_by_class())), *[st.none() | part for part in (employees, fen, fen)]
        ),
        min_size=1,
        max_size=60,
    )
)
def test_columns_agree_with_rows(parties):
    codes = [code for code, *_ in parties]
    metrics = [
        np.array([UNKNOWN if value is None else value for value in column], dtype=np.int64)
        for column in list(zip(*parties, strict=True))[1:]
    ]
    steps = SizeTable(codes).size_steps(np.arange(len(codes)), *metrics)
    expected = [size_of(*party).size for party in parties]
    assert [None if step == UNDECIDED else SIZES[step] for step in steps] == expected
