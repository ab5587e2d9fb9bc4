"""The temporal values of FEEL: dates, times, date-times and the two kinds of duration.

OMG DMN 1.5, sections 10.3.2.3.4 to 10.3.2.3.8 (the values), 10.3.2 (their operators) and 10.3.4.1, 10.3.4.6
and 10.3.4.8 (their built-in functions).  Python's own ``datetime`` cannot hold these values: FEEL has
years of nine digits of either sign, nanoseconds, times of day with a time zone, and durations of months.

Nothing here reads a clock and nothing raises on bad input.  Where FEEL says ``null`` the answer is ``None``.
Time zone rules come from the pinned ``tzdata`` package, never from the operating system, so that the same
clause gives the same answer on every machine.

Three reasons why an answer can be surprising, all of them the standard's:

* a ``Date`` next to a ``DateTime`` stands for midnight *UTC* of that day (10.3.2.9.4);
* a local value and one with an offset or zone have no order and no difference;
* ``=`` looks at whole seconds, whereas ``<`` and ``is()`` look at the fraction as well.
"""

from __future__ import annotations

import datetime
import functools
import importlib.resources
import re
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from enum import Enum
from typing import Final

__all__ = [
    "NO_PROPERTY",
    "Date",
    "DateTime",
    "DaysDuration",
    "Duration",
    "MonthsDuration",
    "NoProperty",
    "Temporal",
    "Time",
    "add",
    "compare",
    "date_and_time",
    "date_of",
    "day_of_week",
    "day_of_year",
    "divide",
    "equal",
    "get_property",
    "identical",
    "make_date",
    "make_date_and_time",
    "make_time",
    "month_of_year",
    "multiply",
    "negate",
    "parse_at_literal",
    "parse_date",
    "parse_date_time",
    "parse_duration",
    "parse_time",
    "subtract",
    "time_of",
    "week_of_year",
    "years_and_months_between",
]

LARGEST_YEAR: Final = 999_999_999
NANOSECONDS_PER_SECOND: Final = 1_000_000_000
SECONDS_PER_DAY: Final = 86_400
NANOSECONDS_PER_DAY: Final = SECONDS_PER_DAY * NANOSECONDS_PER_SECOND

# XML Schema Part 2 ends offsets at fourteen hours on either side.
LARGEST_OFFSET: Final = 14 * 3600

# Durations have no bound in the standard.  A bound of our own keeps a hostile text or factor from producing
# integers with a million digits; it is far beyond the span of all dates.
LARGEST_DURATION_NANOSECONDS: Final = 2**63 * NANOSECONDS_PER_SECOND
LARGEST_DURATION_MONTHS: Final = 2**63

# The Gregorian calendar repeats, weekdays included, after four hundred years of this many days.
CYCLE_YEARS: Final = 400
CYCLE_DAYS: Final = 146_097
ORDINAL_OF_EPOCH: Final = 719_163  # datetime.date(1970, 1, 1).toordinal()

# Numbers are decimal128 with no traps, so that overflow and division by zero are values, not exceptions.
NUMBERS: Final = Context(prec=34, rounding=ROUND_HALF_EVEN, traps=[])

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class NoProperty(Enum):
    """The type of ``NO_PROPERTY``."""

    NO_PROPERTY = "no property"


NO_PROPERTY: Final = NoProperty.NO_PROPERTY
"""What ``get_property`` answers when this kind of value never has a property of that name."""


# ----------------------------------------------------------------------------------------------------------
# The values
# ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the proleptic Gregorian calendar, with a year 0 (section 10.3.2.3.5)."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day; local, at an offset from UTC in seconds, or in a named zone (section 10.3.2.3.4)."""

    hour: int
    minute: int
    second: int
    nanosecond: int = 0
    offset: int | None = None
    zone: str | None = None

    def __str__(self) -> str:
        text = f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}{_fraction_text(self.nanosecond)}"
        if self.zone is not None:
            return f"{text}@{self.zone}"
        if self.offset is None:
            return text
        if self.offset == 0:
            return f"{text}Z"
        minutes, seconds = divmod(abs(self.offset), 60)
        sign = "-" if self.offset < 0 else "+"
        text = f"{text}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{text}:{seconds:02d}" if seconds else text

    @property
    def is_local(self) -> bool:
        """Whether neither an offset nor a zone is known."""
        return self.offset is None and self.zone is None


@dataclass(frozen=True, slots=True)
class DateTime:
    """A day and a time of that day (section 10.3.2.3.6)."""

    date: Date
    time: Time

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


@dataclass(frozen=True, slots=True)
class DaysDuration:
    """A days and time duration, signed (section 10.3.2.3.7).

    The four properties are truncated towards zero, so every one of them carries the sign of the whole.
    """

    nanoseconds: int

    @property
    def days(self) -> int:
        """Whole days."""
        return _truncated(self.nanoseconds, NANOSECONDS_PER_DAY)

    @property
    def hours(self) -> int:
        """Whole hours beyond the days."""
        return _remainder(_truncated(self.nanoseconds, 3600 * NANOSECONDS_PER_SECOND), 24)

    @property
    def minutes(self) -> int:
        """Whole minutes beyond the hours."""
        return _remainder(_truncated(self.nanoseconds, 60 * NANOSECONDS_PER_SECOND), 60)

    @property
    def seconds(self) -> int:
        """Whole seconds beyond the minutes."""
        return _remainder(_truncated(self.nanoseconds, NANOSECONDS_PER_SECOND), 60)

    def __str__(self) -> str:
        if self.nanoseconds == 0:
            return "PT0S"
        sign = "-" if self.nanoseconds < 0 else ""
        seconds, nanoseconds = divmod(abs(self.nanoseconds), NANOSECONDS_PER_SECOND)
        days, seconds = divmod(seconds, SECONDS_PER_DAY)
        hours, seconds = divmod(seconds, 3600)
        minutes, seconds = divmod(seconds, 60)
        day_part = f"{days}D" if days else ""
        time_part = f"{hours}H" if hours else ""
        time_part += f"{minutes}M" if minutes else ""
        time_part += f"{seconds}{_fraction_text(nanoseconds)}S" if seconds or nanoseconds else ""
        return f"{sign}P{day_part}T{time_part}" if time_part else f"{sign}P{day_part}"


@dataclass(frozen=True, slots=True)
class MonthsDuration:
    """A years and months duration, signed (section 10.3.2.3.8)."""

    months: int

    def __str__(self) -> str:
        if self.months == 0:
            return "P0M"
        sign = "-" if self.months < 0 else ""
        years, months = divmod(abs(self.months), 12)
        year_part = f"{years}Y" if years else ""
        month_part = f"{months}M" if months else ""
        return f"{sign}P{year_part}{month_part}"


Duration = DaysDuration | MonthsDuration
Temporal = Date | Time | DateTime | Duration


def _fraction_text(nanoseconds: int) -> str:
    """The decimal point and the digits after it, without trailing zeros; nothing for a whole second."""
    return "." + f"{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def _truncated(value: int, unit: int) -> int:
    """The quotient rounded towards zero, where ``//`` would round down."""
    return value // unit if value >= 0 else -(-value // unit)


def _remainder(value: int, unit: int) -> int:
    """The remainder with the sign of the value, where ``%`` would have the sign of the unit."""
    return value % unit if value >= 0 else -(-value % unit)


# ----------------------------------------------------------------------------------------------------------
# The calendar
# ----------------------------------------------------------------------------------------------------------


def _is_leap_year(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if _is_leap_year(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _day_number(date: Date) -> int:
    """Days since 1970-01-01."""
    cycles, year = divmod(date.year, CYCLE_YEARS)
    # A year from 400 to 799 is one that Python's calendar holds.
    ordinal = datetime.date(year + CYCLE_YEARS, date.month, date.day).toordinal()
    return ordinal - ORDINAL_OF_EPOCH + (cycles - 1) * CYCLE_DAYS


def _date_from_day_number(number: int) -> Date | None:
    """The date so many days after 1970-01-01, or None beyond the years that FEEL has."""
    cycles, day_of_cycle = divmod(number + ORDINAL_OF_EPOCH - 1, CYCLE_DAYS)
    inside = datetime.date.fromordinal(day_of_cycle + 1)
    year = inside.year + cycles * CYCLE_YEARS
    if abs(year) > LARGEST_YEAR:
        return None
    return Date(year, inside.month, inside.day)


def _weekday(date: Date) -> int:
    """1 for Monday to 7 for Sunday."""
    return (_day_number(date) + 3) % 7 + 1


def _add_months(date: Date, months: int) -> Date | None:
    """Move by months, falling back to the last day where the month is too short."""
    year, month_index = divmod(date.year * 12 + date.month - 1 + months, 12)
    if abs(year) > LARGEST_YEAR:
        return None
    month = month_index + 1
    return Date(year, month, min(date.day, _days_in_month(year, month)))


# ----------------------------------------------------------------------------------------------------------
# Time zones
# ----------------------------------------------------------------------------------------------------------


@functools.cache
def _zone_names() -> frozenset[str]:
    return frozenset(importlib.resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@functools.lru_cache(maxsize=1024)
def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """The rules of a zone of the IANA database, or None if there is no such name."""
    if name not in _zone_names():
        return None
    file = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with file.open("rb") as stream:
        return zoneinfo.ZoneInfo.from_file(stream, key=name)


def _seconds(offset: datetime.timedelta | None) -> int:
    return 0 if offset is None else offset.days * SECONDS_PER_DAY + offset.seconds


def _python_date(day_number: int) -> datetime.date:
    """A day with the same zone rules as the given one, within the years that Python has.

    Rules in force at the end of the table repeat with the calendar; before the year 1 every zone has the
    same offset as in the year 1, which precedes all zones.
    """
    ordinal = day_number + ORDINAL_OF_EPOCH
    if ordinal < 366:
        return datetime.date(2, 1, 1)
    last_year_days = 25 * CYCLE_DAYS - 366
    if ordinal > last_year_days:
        ordinal -= -(-(ordinal - last_year_days) // CYCLE_DAYS) * CYCLE_DAYS
    return datetime.date.fromordinal(ordinal)


def _offset_at_local(zone: zoneinfo.ZoneInfo, day_number: int, second_of_day: int) -> int:
    """The offset of a zone at a local moment; the earlier of the two where clocks go back."""
    time = datetime.time(second_of_day // 3600, second_of_day // 60 % 60, second_of_day % 60)
    moment = datetime.datetime.combine(_python_date(day_number), time, tzinfo=zone)
    return _seconds(moment.utcoffset())


def _offset_at_instant(zone: zoneinfo.ZoneInfo, second: int) -> int:
    """The offset of a zone at an instant, in seconds since 1970-01-01T00:00:00Z."""
    day_number, second_of_day = divmod(second, SECONDS_PER_DAY)
    time = datetime.time(second_of_day // 3600, second_of_day // 60 % 60, second_of_day % 60)
    moment = datetime.datetime.combine(_python_date(day_number), time, tzinfo=datetime.UTC)
    return _seconds(moment.astimezone(zone).utcoffset())


@functools.lru_cache(maxsize=1024)
def _offsets_through_a_year(name: str) -> frozenset[int]:
    """Every offset that a zone has in the course of a year; one element where clocks never change.

    A time of day with a zone but no date has no single offset.  Which year is asked hardly matters, but it
    must not be the current one: this module has no clock.
    """
    zone = _zone(name)
    if zone is None:
        return frozenset()
    first = _day_number(Date(2024, 1, 1))
    return frozenset(_offset_at_local(zone, first + day, 43_200) for day in range(0, 366, 5))


# ----------------------------------------------------------------------------------------------------------
# Lines of time
# ----------------------------------------------------------------------------------------------------------


def _nanosecond_of_day(time: Time) -> int:
    return ((time.hour * 60 + time.minute) * 60 + time.second) * NANOSECONDS_PER_SECOND + time.nanosecond


def _at_nanosecond_of_day(time: Time, nanosecond_of_day: int) -> Time:
    """Another time of day with the same offset or zone."""
    second_of_day, nanosecond = divmod(nanosecond_of_day, NANOSECONDS_PER_SECOND)
    minute_of_day, second = divmod(second_of_day, 60)
    return Time(minute_of_day // 60, minute_of_day % 60, second, nanosecond, time.offset, time.zone)


def _offset_of(value: DateTime) -> int | None:
    """The offset from UTC in seconds at this moment, or None for a local one."""
    time = value.time
    if time.zone is not None:
        zone = _zone(time.zone)
        if zone is not None:
            second_of_day = (time.hour * 60 + time.minute) * 60 + time.second
            return _offset_at_local(zone, _day_number(value.date), second_of_day)
    return time.offset


def _local_nanoseconds(value: DateTime) -> int:
    """Nanoseconds of the wall clock since 1970-01-01T00:00:00."""
    return _day_number(value.date) * NANOSECONDS_PER_DAY + _nanosecond_of_day(value.time)


def _line(value: DateTime) -> tuple[bool, int]:
    """Whether the value is local, and its nanoseconds on the line of local times or on that of instants.

    This is the function ``value dt`` of section 10.3.2.3.6.
    """
    offset = _offset_of(value)
    nanoseconds = _local_nanoseconds(value)
    if offset is None:
        return True, nanoseconds
    return False, nanoseconds - offset * NANOSECONDS_PER_SECOND


def _move(value: DateTime, nanoseconds: int) -> DateTime | None:
    """Move along the line of instants (or of local times) and come back to the same zone."""
    is_local, start = _line(value)
    moved = start + nanoseconds
    if not is_local:
        zone = _zone(value.time.zone) if value.time.zone is not None else None
        offset = value.time.offset or 0
        if zone is not None:
            offset = _offset_at_instant(zone, moved // NANOSECONDS_PER_SECOND)
        moved += offset * NANOSECONDS_PER_SECOND
    day_number, nanosecond_of_day = divmod(moved, NANOSECONDS_PER_DAY)
    date = _date_from_day_number(day_number)
    return None if date is None else DateTime(date, _at_nanosecond_of_day(value.time, nanosecond_of_day))


def _midnight_utc(date: Date) -> DateTime:
    """The date-time that a date is converted to implicitly (section 10.3.2.9.4)."""
    return DateTime(date, Time(0, 0, 0, offset=0))


def _time_differences(left: Time, right: Time) -> frozenset[int] | None:
    """Every difference, in nanoseconds, that two times of day can have; None if one of them is local.

    Two times in different zones differ by one amount in summer and by another in winter.
    """
    difference = _nanosecond_of_day(left) - _nanosecond_of_day(right)
    if left.is_local != right.is_local:
        return None
    if left.zone == right.zone and left.offset == right.offset:
        return frozenset((difference,))
    return frozenset(
        difference - (left_offset - right_offset) * NANOSECONDS_PER_SECOND
        for left_offset in _possible_offsets(left)
        for right_offset in _possible_offsets(right)
    )


def _possible_offsets(time: Time) -> Iterator[int]:
    if time.zone is not None:
        yield from _offsets_through_a_year(time.zone)
    elif time.offset is not None:
        yield time.offset


# ----------------------------------------------------------------------------------------------------------
# Reading text (10.3.2.3.4 to 10.3.2.3.8, which refer to XML Schema Part 2)
# ----------------------------------------------------------------------------------------------------------

# Digits are written out because \d would let through the digits of every script.  A year has four digits,
# or more if the first is not zero.
_DATE = r"(?P<year>-?(?:[1-9][0-9]{3,8}|0[0-9]{3}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?:(?P<utc>Z)"
    r"|(?P<sign>[+-])(?P<offset_hour>[0-9]{2}):(?P<offset_minute>[0-9]{2})(?::(?P<offset_second>[0-9]{2}))?"
    r"|@(?P<zone>[A-Za-z0-9_+/-]+))?"
)
_DATE_PATTERN: Final = re.compile(_DATE)
_TIME_PATTERN: Final = re.compile(_TIME)
_DATE_TIME_PATTERN: Final = re.compile(f"{_DATE}T{_TIME}")
_MONTHS_PATTERN: Final = re.compile(
    r"(?P<sign>-)?P(?=[0-9])(?:(?P<years>[0-9]{1,40})Y)?(?:(?P<months>[0-9]{1,40})M)?"
)
_DAYS_PATTERN: Final = re.compile(
    r"(?P<sign>-)?P(?=[0-9T])(?:(?P<days>[0-9]{1,40})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,40})H)?(?:(?P<minutes>[0-9]{1,40})M)?"
    r"(?:(?P<seconds>[0-9]{1,40})(?:\.(?P<fraction>[0-9]+))?S)?)?"
)


def _nanoseconds_of_fraction(digits: str | None) -> int:
    """Digits after a decimal point as nanoseconds; what is finer than a nanosecond is dropped."""
    return int(digits[:9].ljust(9, "0")) if digits else 0


def _date_from_match(match: re.Match[str]) -> Date | None:
    return _checked_date(int(match["year"]), int(match["month"]), int(match["day"]))


def _checked_date(year: int, month: int, day: int) -> Date | None:
    if abs(year) > LARGEST_YEAR or not 1 <= month <= 12 or not 1 <= day <= _days_in_month(year, month):
        return None
    return Date(year, month, day)


def _time_from_match(match: re.Match[str]) -> tuple[Time, int] | None:
    """The time, and the number of days it carries over: 1 for 24:00:00, the end of the day."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    nanosecond = _nanoseconds_of_fraction(match["fraction"])
    carried_days = 0
    if hour == 24 and minute == second == nanosecond == 0:
        hour, carried_days = 0, 1
    if hour > 23 or minute > 59 or second > 59:
        return None
    offset: int | None = None
    if match["utc"] is not None:
        offset = 0
    elif match["sign"] is not None:
        offset_minute, offset_second = int(match["offset_minute"]), int(match["offset_second"] or 0)
        offset = (int(match["offset_hour"]) * 60 + offset_minute) * 60 + offset_second
        if offset_minute > 59 or offset_second > 59 or offset > LARGEST_OFFSET:
            return None
        offset = -offset if match["sign"] == "-" else offset
    zone: str | None = match["zone"]
    if zone is not None and _zone(zone) is None:
        return None
    return Time(hour, minute, second, nanosecond, offset, zone), carried_days


def parse_date(text: str) -> Date | None:
    """Read ``2021-01-02``; a date has no offset (section 10.3.2.3.5)."""
    match = _DATE_PATTERN.fullmatch(text)
    return None if match is None else _date_from_match(match)


def parse_time(text: str) -> Time | None:
    """Read ``10:30:11``, with a fraction and an offset or ``@`` and a zone (section 10.3.2.3.4)."""
    match = _TIME_PATTERN.fullmatch(text)
    parsed = None if match is None else _time_from_match(match)
    return None if parsed is None else parsed[0]


def _parse_full_date_time(text: str) -> DateTime | None:
    match = _DATE_TIME_PATTERN.fullmatch(text)
    if match is None:
        return None
    date, parsed = _date_from_match(match), _time_from_match(match)
    if date is None or parsed is None:
        return None
    time, carried_days = parsed
    if carried_days:
        date = _date_from_day_number(_day_number(date) + carried_days)
    return None if date is None else DateTime(date, time)


def parse_date_time(text: str) -> DateTime | None:
    """Read ``2021-01-02T10:30:11``, or a date alone for its local midnight (section 10.3.2.3.6)."""
    value = _parse_full_date_time(text)
    if value is not None:
        return value
    date = parse_date(text)
    return None if date is None else DateTime(date, Time(0, 0, 0))


def parse_duration(text: str) -> Duration | None:
    """Read a duration of days and times or one of years and months, never a mixture (section 10.3.4.1)."""
    match = _MONTHS_PATTERN.fullmatch(text)
    if match is not None:
        months = int(match["years"] or 0) * 12 + int(match["months"] or 0)
        return _months_duration(-months if match["sign"] else months)
    match = _DAYS_PATTERN.fullmatch(text)
    if match is None:
        return None
    hours = int(match["days"] or 0) * 24 + int(match["hours"] or 0)
    seconds = (hours * 60 + int(match["minutes"] or 0)) * 60 + int(match["seconds"] or 0)
    nanoseconds = seconds * NANOSECONDS_PER_SECOND + _nanoseconds_of_fraction(match["fraction"])
    return _days_duration(-nanoseconds if match["sign"] else nanoseconds)


def parse_at_literal(text: str) -> Temporal | None:
    """Read what stands between the quotation marks of ``@"…"`` (the grammar's at literal)."""
    readers: tuple[Callable[[str], Temporal | None], ...] = (
        parse_date,
        parse_time,
        _parse_full_date_time,
        parse_duration,
    )
    for reader in readers:
        value = reader(text)
        if value is not None:
            return value
    return None


# ----------------------------------------------------------------------------------------------------------
# Conversion functions (10.3.4.1)
# ----------------------------------------------------------------------------------------------------------


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def _whole_number(value: object) -> int | None:
    """The integer that a FEEL number stands for; None for a fraction or anything that is not a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    # No component needs twelve digits; the check spares turning 1E+6144 into an integer.
    if not isinstance(value, Decimal) or not value.is_finite() or value.adjusted() > 12:
        return None
    whole = int(value)
    return whole if whole == value else None


def make_date(year: object, month: object, day: object) -> Date | None:
    """``date(year, month, day)`` (section 10.3.4.1)."""
    whole_year, whole_month, whole_day = _whole_number(year), _whole_number(month), _whole_number(day)
    if whole_year is None or whole_month is None or whole_day is None:
        return None
    return _checked_date(whole_year, whole_month, whole_day)


def make_time(hour: object, minute: object, second: object, offset: object = None) -> Time | None:
    """``time(hour, minute, second, offset)``; the second may have a fraction (section 10.3.4.1)."""
    whole_hour, whole_minute = _whole_number(hour), _whole_number(minute)
    if whole_hour is None or whole_minute is None or not _is_number(second):
        return None
    if not 0 <= whole_hour <= 23 or not 0 <= whole_minute <= 59:
        return None
    exact_second = Decimal(second) if isinstance(second, int) else second
    if not isinstance(exact_second, Decimal) or not exact_second.is_finite() or not 0 <= exact_second < 60:
        return None
    # Cut off rather than rounded: 59.9999999999 must not become second 60.
    nanoseconds = int(exact_second.quantize(Decimal("1E-9"), ROUND_DOWN, NUMBERS).scaleb(9, NUMBERS))
    whole_second, nanosecond = divmod(nanoseconds, NANOSECONDS_PER_SECOND)
    offset_seconds: int | None = None
    if offset is not None:
        if not isinstance(offset, DaysDuration):
            return None
        offset_seconds, rest = divmod(offset.nanoseconds, NANOSECONDS_PER_SECOND)
        if rest or abs(offset_seconds) > LARGEST_OFFSET:
            return None
    return Time(whole_hour, whole_minute, whole_second, nanosecond, offset_seconds)


def make_date_and_time(
    year: object,
    month: object,
    day: object,
    hour: object,
    minute: object,
    second: object,
    offset_or_zone: object = None,
) -> DateTime | None:
    """A date-time from its components, with a duration as offset or a text as zone (section 10.3.4.1)."""
    date = make_date(year, month, day)
    if isinstance(offset_or_zone, str):
        local = make_time(hour, minute, second)
        time = None if local is None else _with_zone(local, offset_or_zone)
    else:
        time = make_time(hour, minute, second, offset_or_zone)
    return None if date is None or time is None else DateTime(date, time)


def date_of(value: object) -> Date | None:
    """``date(from)``: from a text, a date, or a date-time without its time (section 10.3.4.1)."""
    if isinstance(value, str):
        return parse_date(value)
    if isinstance(value, DateTime):
        return value.date
    return value if isinstance(value, Date) else None


def time_of(value: object) -> Time | None:
    """``time(from)``: from a text, a time, a date-time, or a date as its midnight UTC (section 10.3.4.1)."""
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, DateTime):
        return value.time
    if isinstance(value, Date):
        return _midnight_utc(value).time
    return value if isinstance(value, Time) else None


def date_and_time(first: object, second: object = None, timezone: object = None) -> DateTime | None:
    """``date and time(…)`` in its forms with one to three arguments (section 10.3.4.1).

    * ``from``: a text, or a date-time as it is;
    * ``date, time``: the day of a date or date-time, whose own time and zone are discarded, and a time;
    * ``date time, timezone``: the same instant in another zone, or a local date-time put into a zone;
    * ``date, time, timezone``: the second form followed by the third.

    The caller answers null for an argument that was given as null: here None means *not given*.
    """
    if second is None:
        if timezone is not None:
            return None
        if isinstance(first, str):
            return parse_date_time(first)
        return first if isinstance(first, DateTime) else None
    if isinstance(second, str):
        return _in_zone(first, second) if isinstance(first, DateTime) and timezone is None else None
    date = date_of(first) if isinstance(first, Date | DateTime) else None
    if date is None or not isinstance(second, Time):
        return None
    value = DateTime(date, second)
    if timezone is None:
        return value
    return _in_zone(value, timezone) if isinstance(timezone, str) else None


def _with_zone(time: Time, name: str) -> Time | None:
    """The same wall clock in a zone, or at an offset written as ``Z`` or ``+08:00``."""
    text = f"00:00:00{name}" if name == "Z" or name.startswith(("+", "-")) else f"00:00:00@{name}"
    pattern = parse_time(text)
    if pattern is None:
        return None
    return Time(time.hour, time.minute, time.second, time.nanosecond, pattern.offset, pattern.zone)


def _in_zone(value: DateTime, name: str) -> DateTime | None:
    time = _with_zone(value.time, name)
    if time is None:
        return None
    offset = _offset_of(value)
    if offset is None:
        return DateTime(value.date, time)
    instant = _line(value)[1]
    at_epoch = DateTime(Date(1970, 1, 1), Time(0, 0, 0, 0, time.offset, time.zone))
    return _move(at_epoch, instant - _line(at_epoch)[1])


# ----------------------------------------------------------------------------------------------------------
# Arithmetic (10.3.2, semantics of addition, subtraction, multiplication, division and negation)
# ----------------------------------------------------------------------------------------------------------


def _days_duration(nanoseconds: int) -> DaysDuration | None:
    return DaysDuration(nanoseconds) if abs(nanoseconds) < LARGEST_DURATION_NANOSECONDS else None


def _months_duration(months: int) -> MonthsDuration | None:
    return MonthsDuration(months) if abs(months) < LARGEST_DURATION_MONTHS else None


def _plus(value: Date | Time | DateTime, duration: Duration) -> Date | Time | DateTime | None:
    """A point in time moved by a duration (section 10.3.2, addition and subtraction)."""
    if isinstance(value, Time):
        if isinstance(duration, MonthsDuration):
            return None
        moved = (_nanosecond_of_day(value) + duration.nanoseconds) % NANOSECONDS_PER_DAY
        return _at_nanosecond_of_day(value, moved)
    if isinstance(value, Date):
        if isinstance(duration, MonthsDuration):
            return _add_months(value, duration.months)
        # The midnight of the date moves, and the day it comes to lie in is the result.
        return _date_from_day_number(_day_number(value) + duration.nanoseconds // NANOSECONDS_PER_DAY)
    if isinstance(duration, MonthsDuration):
        date = _add_months(value.date, duration.months)
        return None if date is None else DateTime(date, value.time)
    return _move(value, duration.nanoseconds)


def add(left: object, right: object) -> Temporal | None:
    """``left + right`` where at least one is temporal (section 10.3.2, addition and subtraction)."""
    if isinstance(left, Date | Time | DateTime) and isinstance(right, Duration):
        return _plus(left, right)
    if isinstance(left, Duration) and isinstance(right, Date | Time | DateTime):
        return _plus(right, left)
    if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
        return _days_duration(left.nanoseconds + right.nanoseconds)
    if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
        return _months_duration(left.months + right.months)
    return None


def subtract(left: object, right: object) -> Temporal | None:
    """``left - right`` where at least one is temporal (section 10.3.2, addition and subtraction).

    The difference of two points in time is a days and time duration.  There is none between a local point
    and one with an offset or zone, and hence none between a local date-time and a date.
    """
    if isinstance(right, Duration):
        return add(left, negate(right))
    if isinstance(left, Time) and isinstance(right, Time):
        differences = _time_differences(left, right)
        return DaysDuration(*differences) if differences is not None and len(differences) == 1 else None
    if isinstance(left, Date) and isinstance(right, Date):
        return DaysDuration((_day_number(left) - _day_number(right)) * NANOSECONDS_PER_DAY)
    if isinstance(left, Date | DateTime) and isinstance(right, Date | DateTime):
        left_is_local, left_nanoseconds = _line(left if isinstance(left, DateTime) else _midnight_utc(left))
        right_is_local, right_nanoseconds = _line(
            right if isinstance(right, DateTime) else _midnight_utc(right)
        )
        if left_is_local == right_is_local:
            return DaysDuration(left_nanoseconds - right_nanoseconds)
    return None


def _duration_from_number(kind: Duration, number: Decimal) -> Duration | None:
    """The duration of the same kind as another whose value in nanoseconds or months is the number.

    Months are truncated, as the standard has it.  Nanoseconds are rounded: a third of a day, which no
    decimal number can be exactly, must not become one nanosecond less than eight hours.
    """
    if not number.is_finite() or number.adjusted() > 40:
        return None
    if isinstance(kind, MonthsDuration):
        return _months_duration(int(number.to_integral_value(ROUND_DOWN, NUMBERS)))
    return _days_duration(int(number.to_integral_value(ROUND_HALF_EVEN, NUMBERS)))


def _as_number(duration: Duration) -> Decimal:
    return Decimal(duration.months if isinstance(duration, MonthsDuration) else duration.nanoseconds)


def multiply(left: object, right: object) -> Duration | None:
    """``left * right`` of a duration and a number, in either order (section 10.3.2, multiplication)."""
    if isinstance(left, Decimal):
        left, right = right, left
    if isinstance(left, Duration) and isinstance(right, Decimal):
        return _duration_from_number(left, NUMBERS.multiply(_as_number(left), right))
    return None


def divide(left: object, right: object) -> Duration | Decimal | None:
    """``left / right``: a duration by a number, or by one of the same kind (section 10.3.2, division)."""
    if not isinstance(left, Duration):
        return None
    if isinstance(right, Decimal):
        return _duration_from_number(left, NUMBERS.divide(_as_number(left), right))
    if isinstance(right, Duration) and type(left) is type(right):
        ratio = NUMBERS.divide(_as_number(left), _as_number(right))
        return ratio if ratio.is_finite() else None
    return None


def negate(value: object) -> Duration | None:
    """``-value`` of a duration (section 10.3.2, arithmetic negation)."""
    if isinstance(value, DaysDuration):
        return DaysDuration(-value.nanoseconds)
    if isinstance(value, MonthsDuration):
        return MonthsDuration(-value.months)
    return None


# ----------------------------------------------------------------------------------------------------------
# Comparison (10.3.2.2 and 10.3.4.6)
# ----------------------------------------------------------------------------------------------------------


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def compare(left: object, right: object) -> int | None:
    """-1, 0 or 1 as left is before, at or after right; None without order (section 10.3.2, comparison).

    There is none between values of different kinds, between a local value and one with an offset or zone,
    and between times of day in zones whose difference changes sign in the course of a year.
    """
    if isinstance(left, Date) and isinstance(right, Date):
        ours, theirs = (left.year, left.month, left.day), (right.year, right.month, right.day)
        return (ours > theirs) - (ours < theirs)
    if isinstance(left, DateTime) and isinstance(right, DateTime):
        left_is_local, left_nanoseconds = _line(left)
        right_is_local, right_nanoseconds = _line(right)
        return _sign(left_nanoseconds - right_nanoseconds) if left_is_local == right_is_local else None
    if isinstance(left, Time) and isinstance(right, Time):
        differences = _time_differences(left, right)
        signs = {_sign(difference) for difference in differences or ()}
        return signs.pop() if len(signs) == 1 else None
    if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
        return _sign(left.nanoseconds - right.nanoseconds)
    if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
        return _sign(left.months - right.months)
    return None


def equal(left: object, right: object) -> bool | None:
    """FEEL's ``=``; None for values of different kinds (section 10.3.2.2).

    Points in time are compared by the whole second, as ``second`` is the finest property they have; those
    with an offset or zone by the instant.  A local one equals none that has an offset or zone.
    """
    if isinstance(left, DateTime) and isinstance(right, DateTime):
        return _line(_whole_seconds(left)) == _line(_whole_seconds(right))
    if isinstance(left, Time) and isinstance(right, Time):
        differences = _time_differences(_at_whole_second(left), _at_whole_second(right))
        return differences == frozenset((0,))
    if isinstance(left, Temporal) and type(left) is type(right):
        return left == right
    return None


def _at_whole_second(time: Time) -> Time:
    return Time(time.hour, time.minute, time.second, 0, time.offset, time.zone)


def _whole_seconds(value: DateTime) -> DateTime:
    return DateTime(value.date, _at_whole_second(value.time))


def identical(left: object, right: object) -> bool:
    """``is(left, right)``: the same element of the semantic domain (section 10.3.4.6).

    The same instant written at two offsets is two elements, and so is a zone and the offset it has; but
    ``Z`` and ``+00:00``, or ``P1D`` and ``PT24H``, are merely two spellings of one.
    """
    return isinstance(left, Temporal) and type(left) is type(right) and left == right


# ----------------------------------------------------------------------------------------------------------
# Properties (10.3.2.3.4 to 10.3.2.3.8)
# ----------------------------------------------------------------------------------------------------------


def get_property(value: object, name: str) -> Decimal | DaysDuration | str | NoProperty | None:
    """The named property of a temporal value.

    None is a property that this value has without content, such as the time zone of a local time;
    ``NO_PROPERTY`` says that no value of this kind has such a property.
    """
    number: int | None = None
    if isinstance(value, Date):
        number = _date_property(value, name)
    elif isinstance(value, Time):
        number = _time_property(value, name)
        if name == "timezone":
            return value.zone
        if name == "time offset":
            offsets = tuple(_possible_offsets(value))
            return DaysDuration(offsets[0] * NANOSECONDS_PER_SECOND) if len(offsets) == 1 else None
    elif isinstance(value, DateTime):
        number = _date_property(value.date, name)
        if number is None:
            number = _time_property(value.time, name)
        if name == "timezone":
            return value.time.zone
        if name == "time offset":
            offset = _offset_of(value)
            return None if offset is None else DaysDuration(offset * NANOSECONDS_PER_SECOND)
    elif isinstance(value, DaysDuration):
        number = _days_duration_property(value, name)
    elif isinstance(value, MonthsDuration):
        if name == "years":
            number = _truncated(value.months, 12)
        elif name == "months":
            number = _remainder(value.months, 12)
    return NO_PROPERTY if number is None else Decimal(number)


def _days_duration_property(duration: DaysDuration, name: str) -> int | None:
    match name:
        case "days":
            return duration.days
        case "hours":
            return duration.hours
        case "minutes":
            return duration.minutes
        case "seconds":
            return duration.seconds
    return None


def _date_property(date: Date, name: str) -> int | None:
    match name:
        case "year":
            return date.year
        case "month":
            return date.month
        case "day":
            return date.day
        case "weekday":
            return _weekday(date)
    return None


def _time_property(time: Time, name: str) -> int | None:
    match name:
        case "hour":
            return time.hour
        case "minute":
            return time.minute
        case "second":
            return time.second
    return None


# ----------------------------------------------------------------------------------------------------------
# Built-in functions of the calendar (10.3.4.1 and 10.3.4.8)
# ----------------------------------------------------------------------------------------------------------


def _day(value: object) -> Date | None:
    """The day of a date or date-time; unlike ``date_of`` this does not read text."""
    return date_of(value) if isinstance(value, Date | DateTime) else None


def day_of_year(value: object) -> Decimal | None:
    """``day of year``: 1 for the first of January (section 10.3.4.8)."""
    date = _day(value)
    return None if date is None else Decimal(_day_number(date) - _day_number(Date(date.year, 1, 1)) + 1)


def day_of_week(value: object) -> str | None:
    """``day of week``: the English name of the day (section 10.3.4.8)."""
    date = _day(value)
    return None if date is None else WEEKDAYS[_weekday(date) - 1]


def month_of_year(value: object) -> str | None:
    """``month of year``: the English name of the month (section 10.3.4.8)."""
    date = _day(value)
    return None if date is None else MONTHS[date.month - 1]


def week_of_year(value: object) -> Decimal | None:
    """``week of year`` by ISO 8601: the week belongs to the year its Thursday is in (section 10.3.4.8)."""
    date = _day(value)
    if date is None:
        return None
    # The week of a day repeats with the calendar; a year from 400 to 799 is one that Python has.
    inside = datetime.date(date.year % CYCLE_YEARS + CYCLE_YEARS, date.month, date.day)
    return Decimal(inside.isocalendar().week)


def years_and_months_between(start: object, end: object) -> MonthsDuration | None:
    """``years and months duration(from, to)``: whole months from one day to another (section 10.3.4.1).

    The time of day and the zone play no part.
    """
    first, last = _day(start), _day(end)
    if first is None or last is None:
        return None
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and last.day < first.day:
        months -= 1
    elif months < 0 and last.day > first.day:
        months += 1
    return MonthsDuration(months)
