"""Figures in Chinese text."""

from __future__ import annotations

from decimal import Decimal

import pytest

from yingshang.rules.policy.lint.quantities import quantities_of, quantities_of_code


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("营业收入5000万元以上", "money", "50000000"),
        ("2亿元", "money", "200000000"),
        ("三百万元", "money", "3000000"),
        ("一亿二千万元", "money", "120000000"),
        ("二十五万元", "money", "250000"),
        ("1,000,000 元", "money", "1000000"),
        ("1.5千万元", "money", "15000000"),
        ("60%", "ratio", "0.6"),
        ("百分之三点五", "ratio", "0.035"),
        ("3‰", "ratio", "0.003"),
        ("千分之五", "ratio", "0.005"),
        ("1.5个百分点", "ratio", "0.015"),
        ("满12个月", "months", "12"),
        ("近十二个月", "months", "12"),
        ("近三年", "years", "3"),
        ("30人（含）以下", "count", "30"),
    ],
)
def test_figure(text: str, kind: str, value: str) -> None:
    assert [(each.kind, each.value) for each in quantities_of(text)] == [(kind, Decimal(value))]


@pytest.mark.parametrize(
    "text",
    [
        "2024年1月1日",
        "第三年",
        "上一年度",
        "一年期贷款",
        "某政发〔2011〕300号",
        "一次性",
        "第三条",
        "七项指标",
    ],
)
def test_no_figure(text: str) -> None:
    assert quantities_of(text) == []


def test_periods_in_codes_of_facts() -> None:
    assert [(each.kind, each.value) for each in quantities_of_code("ent.violation_3y")] == [
        ("years", Decimal(3))
    ]
    assert [(each.kind, each.value) for each in quantities_of_code("hire.count_12m")] == [
        ("months", Decimal(12))
    ]
    assert quantities_of_code("fin.revenue") == []
