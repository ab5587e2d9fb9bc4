"""A condition as a row and as FEEL: the same thing, whichever way it goes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from yingshang.areas.policies.editing.rows import (
    COMPARISONS,
    MANY,
    Formula,
    InvalidRow,
    Row,
    feel_of,
    rows_of,
    shown,
    typed,
)
from yingshang.kernel.reference.api import policy_catalogue
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.temporal import Date

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "policies").glob("P*.yaml"))
NAMES = policy_catalogue().names

FACTS = st.sampled_from(
    ["参保人数", "ent.region", "fin.revenue.prev_year", "人员.在岗月数", "资质荣誉", "新名称"]
)
NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=4)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
DAYS = st.dates().map(lambda day: Date(day.year, day.month, day.day))
FORMULAS = st.sampled_from(["营业收入下限", "前年营业收入 * 0.03", "LPR + 0.5", "max(参保人数, 3)"]).map(
    Formula
)


@st.composite
def rows(draw: Any) -> Row:
    """Any row that says something."""
    comparison = draw(st.sampled_from(COMPARISONS))
    fact = draw(FACTS)
    if comparison in ("yes", "no"):
        return Row(fact, comparison)
    if comparison == "between":
        kind = draw(st.sampled_from([NUMBERS, TEXTS, DAYS]))
        return Row(fact, comparison, (draw(kind), draw(kind)))
    if "within" in comparison:
        return Row(fact, comparison, tuple(draw(st.lists(TEXTS, min_size=1, max_size=3))))
    if comparison in MANY:
        return Row(fact, comparison, tuple(draw(st.lists(NUMBERS | TEXTS | DAYS, min_size=1, max_size=3))))
    return Row(fact, comparison, (draw(NUMBERS | TEXTS | DAYS | FORMULAS),))


@given(rows())
def test_every_row_is_read_back_from_its_feel(row: Row) -> None:
    assert rows_of(feel_of(row), NAMES) == row


def _conditions(data: Any) -> list[str]:
    if isinstance(data, dict):
        own = [data["when"]] if isinstance(data.get("when"), str) else []
        return own + [one for each in data.values() for one in _conditions(each)]
    return [one for each in data for one in _conditions(each)] if isinstance(data, list) else []


def test_rows_of_the_examples_say_what_their_feel_says() -> None:
    """Not a word is lost: the FEEL of the row has the same tree, but for the forms that mean the same."""
    said = [
        one
        for file in EXAMPLES
        for data in yaml.safe_load_all(file.read_text("utf-8"))
        for key in ("conditions", "exclusions")
        for one in _conditions((data or {}).get(key) or [])
    ]
    found = {one: rows_of(one, NAMES) for one in said}
    for text, row in found.items():
        if row is None:
            continue
        again = feel_of(row)
        assert rows_of(again, NAMES) == row
        if "not(" not in text and "true" not in text and "[" not in text:
            assert parse_expression(again, NAMES) == parse_expression(text, NAMES), text
    as_rows = sum(found[one] is not None for one in said)
    assert as_rows >= len(said) * 0.6, f"{as_rows} of {len(said)}"


@pytest.mark.parametrize(
    ("feel", "row"),
    [
        ("参保人数 >= 10", Row("参保人数", ">=", (Decimal(10),))),
        ('starts with(所在区划, "3201")', Row("所在区划", "within", ("3201",))),
        (
            'starts with(所在区划, "3201") or starts with(所在区划, "3202")',
            Row("所在区划", "within", ("3201", "3202")),
        ),
        ('list contains(资质荣誉, "高新技术企业")', Row("资质荣誉", "contains", ("高新技术企业",))),
        ('not(主体类型 in ("企业", "个体工商户"))', Row("主体类型", "not in", ("企业", "个体工商户"))),
        ("从事国家限制或禁止行业 = false", Row("从事国家限制或禁止行业", "no")),
        ("not(列入经营异常名录)", Row("列入经营异常名录", "no")),
        ("首次上规 != true", Row("首次上规", "no")),
        ("参保人数 in [10..20]", Row("参保人数", "between", (Decimal(10), Decimal(20)))),
        (
            "成立日期 < @\"2023-01-01\"",
            Row("成立日期", "<", (Date(2023, 1, 1),)),
        ),
        ("上年度研发费用 >= (上年度营业收入 + 1) * 0.03", Row("上年度研发费用", ">=", (Formula("(上年度营业收入 + 1) * 0.03"),))),
    ],
)  # fmt: skip
def test_what_a_row_can_say(feel: str, row: Row) -> None:
    assert rows_of(feel, NAMES) == row


@pytest.mark.parametrize(
    "feel",
    [
        "参保人数 >= 10 and 首次上规",
        "some 人员 in 新招用人员 satisfies 人员.在岗月数 >= 6",
        'starts with(所在区划, "4403") or 所在区划 = "441521"',
        'starts with(所在区划, "4403") or starts with(所属行业, "44")',
        "参保人数 in [10..20)",
        'substring(所属行业, 1, 2) between "06" and "46"',
        "参保人数 >= ",
        "参保人数 + 1 >= 3",
        "",
    ],
)
def test_what_no_row_can_say_stays_feel(feel: str) -> None:
    assert rows_of(feel, NAMES) is None


@given(NUMBERS | DAYS | TEXTS.filter(lambda text: not text.startswith("=") and text == text.strip()))
def test_what_is_shown_is_read_back(value: Any) -> None:
    kind = {Decimal: "number", str: "string"}.get(type(value), "date")
    assert typed(shown(value, kind), kind) == value


@pytest.mark.parametrize(
    ("text", "figure"),
    [("500万", 5_000_000), ("1.5亿元", 150_000_000), ("3%", "0.03"), ("1,000,000", 1_000_000), ("10 人", 10)],
)
def test_figures_with_their_unit(text: str, figure: object) -> None:
    assert typed(text, "number") == Decimal(str(figure))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "number"), ("很多", "number"), ("2026-13-01", "date"), ("=", "number"), (" ", "string")],
)
def test_a_value_of_another_type_is_refused_with_what_to_write(text: str, kind: str) -> None:
    with pytest.raises(InvalidRow) as refused:
        typed(text, kind)
    assert refused.value.message_zh.startswith(("“", "请"))


@pytest.mark.parametrize(
    "row",
    [Row("", "yes"), Row("参保人数", ">="), Row("参保人数", "between", (Decimal(1),)), Row("参保人数", "?")],
)
def test_a_row_that_says_nothing_is_refused(row: Row) -> None:
    with pytest.raises(InvalidRow):
        feel_of(row)
