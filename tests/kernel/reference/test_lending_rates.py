"""The one-year loan prime rate by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from yingshang.kernel.reference.api import one_year_lending_rate, one_year_lending_rates


def test_the_series_is_in_order_and_each_row_changed_something() -> None:
    rates = one_year_lending_rates()
    assert [each.since for each in rates] == sorted({each.since for each in rates})
    assert all(before.rate != after.rate for before, after in pairwise(rates))
    assert all(each.since.weekday() < 5 and 20 <= each.since.day <= 22 for each in rates)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2019, 8, 20), "0.0425"),
        (date(2021, 12, 19), "0.0385"),
        (date(2021, 12, 20), "0.0380"),
        (date(2024, 10, 20), "0.0335"),
        (date(2025, 5, 20), "0.0300"),
    ],
)
def test_the_rate_of_a_day_is_that_of_the_last_row(day: date, rate: str) -> None:
    found = one_year_lending_rate(day)
    assert found is not None and found.rate == Decimal(rate)


def test_before_the_series_there_is_none_and_after_its_end_it_is_not_confirmed() -> None:
    assert one_year_lending_rate(date(2019, 8, 19)) is None
    last = one_year_lending_rates()[-1]
    assert last.review_on is not None
    assert last.confirmed(last.review_on - timedelta(days=1)) and not last.confirmed(last.review_on)
    assert "3.00%" in last.source
