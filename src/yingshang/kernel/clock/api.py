"""The door of the room: what other rooms and areas may use of the calendars. See README.md."""

from __future__ import annotations

from .calendars import (
    ACCEPTED,
    NATIONAL,
    Calendar,
    CalendarYear,
    Coverage,
    Derivation,
    Holiday,
    Notice,
    calendar_of_region,
    calendars,
    english_holiday_name,
    get_calendar,
    national,
    notices,
)
from .errors import NotADay, OutsideCalendar, UnknownCalendar

__all__ = [
    "ACCEPTED",
    "NATIONAL",
    "Calendar",
    "CalendarYear",
    "Coverage",
    "Derivation",
    "Holiday",
    "NotADay",
    "Notice",
    "OutsideCalendar",
    "UnknownCalendar",
    "calendar_of_region",
    "calendars",
    "english_holiday_name",
    "get_calendar",
    "national",
    "notices",
]
