"""Figures as people write them: never rounded to nothing, exact when pointed at, escaped."""

from __future__ import annotations

from decimal import Decimal

import pytest
from markupsafe import escape

from yingshang.web.reports.words import (
    counted,
    day,
    interval,
    percent,
    safe_address,
    say,
    short_sum_of_money,
    sum_of_money,
)


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("0", "0 元", "CNY 0"),
        ("0.37", "0.37 元", "CNY 0.37"),
        ("9998.99", "9,998.99 元", "CNY 9,998.99"),
        ("10000", "1 万元", "CNY 10,000"),
        ("123456.78", "12.35 万元", "CNY 123,457"),
        ("99999999", "1 亿元", "CNY 100 million"),
        ("99994999", "9,999 万元", "CNY 99.99 million"),
        ("123456789.01", "1.23 亿元", "CNY 123.5 million"),
        ("-32240000", "−3,224 万元", "−CNY 32.24 million"),
        ("1234567890123", "12,346 亿元", "CNY 1,235 billion"),
    ],
)
def test_money_is_written_in_the_unit_it_fits(amount: str, chinese: str, english: str) -> None:
    words = sum_of_money(Decimal(amount)).plain()
    assert (words.chinese, words.english) == (chinese, english)


def test_the_exact_amount_goes_with_the_rounded_one() -> None:
    words = sum_of_money(Decimal("123456.78"))
    assert 'value="123456.78"' in words.chinese
    assert 'title="123,456.78 元"' in words.chinese
    assert 'title="CNY 123,456.78"' in words.english


def test_an_unknown_amount_is_not_zero() -> None:
    assert sum_of_money(None).chinese == "未知"


@pytest.mark.parametrize(
    ("certain", "possible", "chinese", "english"),
    [
        ("100", "100", "100 元", "CNY 100"),
        ("0", "23000000", "0 ～ 2,300 万元", "CNY 0 – 23 million"),
        ("123000000", "234000000", "1.23 ～ 2.34 亿元", "CNY 123 – 234 million"),
        ("5000000", "234000000", "500 万元 ～ 2.34 亿元", "CNY 5 – 234 million"),
        ("1297500", "1299000", "129.8 ～ 129.9 万元", "CNY 1,297,500 – 1,299,000"),
    ],
)
def test_an_interval_says_the_unit_once_and_never_the_same_figure_twice(
    certain: str, possible: str, chinese: str, english: str
) -> None:
    words = interval(Decimal(certain), Decimal(possible)).plain()
    assert words.english == english
    assert words.chinese in (chinese, f"{Decimal(certain):,} ～ {Decimal(possible):,} 元")


def test_axis_labels_are_short() -> None:
    assert short_sum_of_money(Decimal(-80_000_000)).english == "−80 million"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0%"),
        (10, 10, "100%"),
        (1, 3, "33.3%"),
        (1, 2, "50.0%"),
        (1, 1_000_000, "<0.1%"),
        (999_999, 1_000_000, ">99.9%"),
        (1, 0, "—"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_dates_in_both_languages() -> None:
    assert day("2026-11-21").chinese == "2026年11月21日"
    assert day("2026-11-21").english == "21 November 2026"
    assert day("soon").chinese == "soon"


def test_one_subject_is_not_one_subjects() -> None:
    assert counted(1, "户", "subject").english == "1 subject"
    assert counted(2, "户", "subject").english == "2 subjects"


def test_values_in_a_sentence_are_escaped() -> None:
    assert "<b>" not in escape(say("甲 {x}", "a {x}", x="<b>"))
    assert "<b>" not in escape(say("<b>", "<b>"))


@pytest.mark.parametrize(
    "address",
    [None, "", "javascript:alert(1)", "data:text/html,x", "//host/x", "file:///x", "http://[", "/x"],
)
def test_only_web_addresses_become_links(address: str | None) -> None:
    assert safe_address(address) is None


def test_a_web_address_stays() -> None:
    assert safe_address(" https://www.example.gov.cn/a?b=1 ") == "https://www.example.gov.cn/a?b=1"
