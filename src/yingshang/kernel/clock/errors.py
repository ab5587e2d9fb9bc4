"""What a calendar refuses to answer, each with a stable code and both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class OutsideCalendar(DomainError):
    """A day before the first or after the last year of a calendar. Nothing is guessed there."""

    code = "clock.outside_calendar"


class UnknownCalendar(DomainError):
    """No calendar with this code. `details["known"]` holds the codes there are."""

    code = "clock.unknown_calendar"


class NotADay(DomainError):
    """A moment where a day is wanted: which day a moment lies in depends on the time zone, which the caller knows."""

    code = "clock.not_a_day"
