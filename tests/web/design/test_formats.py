"""How figures and moments are written, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from yingshang.web.design import formats


@pytest.mark.parametrize(
    ("write", "value", "chinese", "english"),
    [
        (formats.day, date(2026, 11, 21), "2026年11月21日", "21 November 2026"),
        # The evening in Greenwich is the next day in China.
        (formats.day, datetime(2026, 11, 20, 17, 30, tzinfo=UTC), "2026年11月21日", "21 November 2026"),
        (
            formats.moment,
            datetime(2026, 11, 21, 6, 5, tzinfo=UTC),
            "2026年11月21日 14:05",
            "21 November 2026 14:05",
        ),
        (formats.money, Decimal("1234.56"), "1,234.56元", "CNY 1,234.56"),
        (formats.money, Decimal("0"), "0.00元", "CNY 0.00"),
        (formats.money, Decimal("0.005"), "0.01元", "CNY 0.01"),
        (formats.large_money, Decimal("9999.99"), "9,999.99元", "CNY 9,999.99"),
        (formats.large_money, Decimal("97771200"), "9,777.12万元", "CNY 97.77 million"),
        (formats.large_money, Decimal("138000000"), "1.38亿元", "CNY 138 million"),
        (formats.large_money, Decimal("-20000"), "-2万元", "CNY -20,000"),
        (formats.number, 1234567, "1,234,567", "1,234,567"),
        (formats.number, Decimal("12.50"), "12.5", "12.5"),
        (formats.percent, Decimal("0.1234"), "12.3%", "12.3%"),
    ],
)
def test_values_are_written_for_the_reader(write: object, value: object, chinese: str, english: str) -> None:
    assert callable(write)
    with translation.override("zh-hans"):
        assert write(value) == chinese
    with translation.override("en"):
        assert write(value) == english


@pytest.mark.parametrize(
    "write",
    [formats.day, formats.moment, formats.money, formats.large_money, formats.number, formats.percent],
)
def test_nothing_is_not_nought(write: object) -> None:
    assert callable(write)
    assert write(None) == ""


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (date(2026, 11, 21), "今天", "today"),
        (date(2026, 11, 20), "昨天", "yesterday"),
        (date(2026, 9, 23), "59 天前", "59 days ago"),
        (date(2026, 9, 22), "2 个月前", "2 months ago"),
        (date(2024, 11, 22), "24 个月前", "24 months ago"),
        (date(2024, 11, 21), "2 年前", "2 years ago"),
        (date(2026, 11, 22), "", ""),
        (None, "", ""),
    ],
)
def test_how_long_ago_a_day_was(value: date | None, chinese: str, english: str) -> None:
    for language, words in (("zh-hans", chinese), ("en", english)):
        with translation.override(language):
            assert formats.ago(value, date(2026, 11, 21)) == words
