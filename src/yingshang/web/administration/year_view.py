"""A calendar's year laid out by months and weeks, each day with what it is in a word."""

from __future__ import annotations

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date
from typing import Literal

from yingshang.kernel.clock.api import Calendar, CalendarYear, Holiday

DayKind = Literal["working", "weekend", "holiday", "makeup"]

_WEEKS = Weeks(firstweekday=0)


@dataclass(frozen=True, slots=True)
class Day:
    """One day. `name` is the holiday it belongs to, or for which it is made up."""

    date: date
    kind: DayKind
    name: str
    is_today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """One month. Weeks begin on Monday; None stands for days of other months."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    working_days: int


@dataclass(frozen=True, slots=True)
class YearView:
    """One year of one calendar."""

    year: CalendarYear
    months: tuple[Month, ...]
    stretches: tuple[Holiday, ...]

    @property
    def working_days(self) -> int:
        return sum(month.working_days for month in self.months)


def year_view(calendar: Calendar, year: int, *, today: date) -> YearView:
    """The year laid out. The calendar must cover it."""
    known = calendar.years[year]
    return YearView(
        known,
        tuple(_month(calendar, known, month, today) for month in range(1, 13)),
        _stretches(known),
    )


def _month(calendar: Calendar, known: CalendarYear, month: int, today: date) -> Month:
    weeks = tuple(
        tuple(_day(calendar, known, day, today) if day.month == month else None for day in week)
        for week in _WEEKS.monthdatescalendar(known.year, month)
    )
    working = sum(day is not None and day.kind in ("working", "makeup") for week in weeks for day in week)
    return Month(date(known.year, month, 1), weeks, working)


def _day(calendar: Calendar, known: CalendarYear, day: date, today: date) -> Day:
    kind: DayKind
    if day in known.makeup_days:
        kind, name = "makeup", known.makeup_days[day]
    elif day in known.holidays:
        kind, name = "holiday", known.holidays[day]
    else:
        kind, name = ("working" if calendar.is_working_day(day) else "weekend"), ""
    return Day(day, kind, name, day == today)


def _stretches(known: CalendarYear) -> tuple[Holiday, ...]:
    stretches: list[Holiday] = []
    for day, name in sorted(known.holidays.items()):
        last = stretches[-1] if stretches else None
        if last is not None and last.name == name and (day - last.last).days == 1:
            stretches[-1] = Holiday(name, last.first, day)
        else:
            stretches.append(Holiday(name, day, day))
    return tuple(stretches)
