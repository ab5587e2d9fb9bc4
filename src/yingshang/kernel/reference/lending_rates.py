"""The one-year loan prime rate 一年期贷款市场报价利率 (LPR), by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from .reference_data import load_yaml


@dataclass(frozen=True, slots=True)
class LendingRate:
    """A year's share from a day on. From `review_on` on it may have been replaced by one that is not known here."""

    since: date
    rate: Decimal
    review_on: date | None = None

    @property
    def source(self) -> str:
        """Who published it, and when."""
        return f"全国银行间同业拆借中心 {self.since} 公布的一年期 LPR {self.rate * 100:.2f}%"

    def confirmed(self, day: date) -> bool:
        """Whether it is known to be the rate of that day."""
        return self.review_on is None or day < self.review_on


@cache
def one_year_lending_rates() -> tuple[LendingRate, ...]:
    """The whole series, oldest first."""
    written = load_yaml("lpr.yaml")
    rows = sorted((date.fromisoformat(row["from"]), Decimal(row["rate"])) for row in written["rates"])
    review = date.fromisoformat(written["review_on"])
    return tuple(
        LendingRate(since, rate, review if place == len(rows) else None)
        for place, (since, rate) in enumerate(rows, 1)
    )


def one_year_lending_rate(day: date) -> LendingRate | None:
    """The rate of a day; None before the series begins: it was another rate then.

    >>> one_year_lending_rate(date(2025, 5, 19)).rate
    Decimal('0.0310')
    """
    return next((each for each in reversed(one_year_lending_rates()) if each.since <= day), None)
