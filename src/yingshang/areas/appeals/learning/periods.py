"""Months and weeks that figures are of. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.utils import timezone

Kind = Literal["month", "week"]
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A month or a week: from the start of `since` to the start of `until`, which is not part of it."""

    since: date
    until: date
    kind: Kind

    @property
    def code(self) -> str:
        """2026-11 for a month, 2026-W47 for a week: as addresses name it."""
        if self.kind == "month":
            return f"{self.since:%Y-%m}"
        year, week, _day = self.since.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def before(self) -> Period:
        """The one before."""
        return period_of(self.since - timedelta(days=1), self.kind)

    @property
    def after(self) -> Period:
        """The one after."""
        return period_of(self.until, self.kind)

    @property
    def starts(self) -> datetime:
        """Its first moment."""
        return midnight(self.since)

    @property
    def ends(self) -> datetime:
        """The first moment that is not part of it."""
        return midnight(self.until)

    def back(self, count: int) -> tuple[Period, ...]:
        """So many periods up to this one, the earliest first."""
        found = [self]
        for _number in range(count - 1):
            found.append(found[-1].before)
        return tuple(reversed(found))


def period_of(day: date, kind: Kind = "month") -> Period:
    """The month, or the week (from Monday), of a day."""
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=7), kind)
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1), kind)


def period_from(text: str, *, today: date) -> Period | None:
    """What an address names: 2026-11, 2026-W47. None for what is no period, or one that has not begun."""
    found: Period | None = None
    try:
        if match := _MONTH.fullmatch(text):
            found = period_of(date(int(match[1]), int(match[2]), 1))
        elif match := _WEEK.fullmatch(text):
            found = period_of(date.fromisocalendar(int(match[1]), int(match[2]), 1), "week")
    except (ValueError, OverflowError):
        return None
    # What lies years back, or near the end of all dates, is no period anybody asks for.
    return found if found is not None and date(2000, 1, 1) <= found.since <= today else None


def midnight(day: date) -> datetime:
    """The first moment of a day here."""
    return timezone.make_aware(datetime.combine(day, time.min))
