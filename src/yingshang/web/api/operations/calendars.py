"""Working days, and due dates that explain themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.clock.api import NATIONAL, Calendar, calendar_of_region, get_calendar

from ..errors import NothingHere
from ..problems import is_english

router = Router(tags=["时限 · Working days"])


class DayOut(Schema):
    """A day that is not what its weekday says."""

    day: date
    name: str


class NoticeOut(Schema):
    """The document that arranges the year."""

    title: str
    number: str | None
    issued: date | None
    source: str | None


class CalendarYearOut(Schema):
    """One year of a calendar. A provisional year is not arranged yet: dates in it may move."""

    calendar: str
    version: str
    year: int
    provisional: bool
    holidays: list[DayOut]
    makeup_days: list[DayOut]
    notices: list[NoticeOut]


class DueOut(Schema):
    """A due date and how it was reached."""

    calendar: str
    version: str
    start: date
    days: int
    due: date
    provisional: bool
    derivation: str


class DueQuery(Schema):
    """A period in working days."""

    start: date = Field(alias="from", description="起算日，不计入 · the day it runs from, not counted")
    days: int = Field(ge=-1000, le=1000, description="工作日数 · working days")
    region: str = Field("", max_length=9, description="办理地区划代码；缺省为全国 · where it is handled")


class CalendarQuery(Schema):
    """Whose calendar."""

    region: str = Field(
        "", max_length=9, description="区划代码；缺省为全国 · a division with a calendar of its own"
    )


@router.get("/calendars/due", response=DueOut, summary="计算到期日 · Due date")
@open_to_everybody
def get_due_date(request: HttpRequest, query: Query[DueQuery]) -> dict[str, Any]:
    """The working day so many working days after a day, with the holidays and make-up days on the way."""
    calendar = _calendar(query.region)
    derivation = calendar.derive(query.start, query.days)
    return {
        "calendar": derivation.calendar,
        "version": derivation.version,
        "start": derivation.start,
        "days": derivation.days,
        "due": derivation.due,
        "provisional": derivation.provisional,
        "derivation": derivation.text("en" if is_english() else "zh"),
    }


@router.get("/calendars/{int:year}", response=CalendarYearOut, summary="一年的日历 · One year")
@open_to_everybody
def get_calendar_year(request: HttpRequest, year: int, query: Query[CalendarQuery]) -> dict[str, Any]:
    """Holidays and make-up days of a year, with the notice of the State Council that arranges them."""
    calendar = _calendar(query.region)
    found = calendar.years.get(year)
    if found is None:
        first, last = min(calendar.years), max(calendar.years)
        raise NothingHere(
            f"the calendar {calendar.code} covers {first} to {last}, not {year}",
            message_zh=f"{calendar.name}只覆盖{first}年至{last}年，没有{year}年",
        )
    return {
        "calendar": calendar.code,
        "version": calendar.version,
        "year": year,
        "provisional": found.provisional,
        "holidays": [{"day": day, "name": name} for day, name in sorted(found.holidays.items())],
        "makeup_days": [{"day": day, "name": name} for day, name in sorted(found.makeup_days.items())],
        "notices": found.notices,
    }


def _calendar(region: str) -> Calendar:
    return calendar_of_region(region) if region else get_calendar(NATIONAL)
