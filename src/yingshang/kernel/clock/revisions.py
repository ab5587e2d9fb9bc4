"""Days of a year as an administrator hands them in, checked; and the published ones, laid over the calendars.

A document is a table of three columns: a day or a stretch of days, `off` or `make-up` (放假 or 上班), the holiday.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import structlog
from django.core.signals import request_started
from django.db import DatabaseError, connection

from .calendars import (
    REACHED_BACK,
    Calendar,
    Notice,
    RevisedYear,
    build_calendars,
    calendar_among,
    calendars,
    use_revisions,
)
from .errors import InvalidRevision, Mistake
from .models import CalendarRevision

logger = structlog.get_logger(__name__)

Kind = Literal["off", "makeup"]

MOST_LINES = 400
MOST_CHARACTERS = 100_000
MOST_MISTAKES = 20
LONGEST_STRETCH = 31

_KINDS: Mapping[str, Kind] = {
    "off": "off",
    "holiday": "off",
    "放假": "off",
    "休": "off",
    "休息": "off",
    "make-up": "makeup",
    "makeup": "makeup",
    "上班": "makeup",
    "调休上班": "makeup",
    "补班": "makeup",
    "班": "makeup",
}
_HEADER = ("日期", "date", "day")
_STRETCH = re.compile(r"\s*(?:至|到|…|\.\.+|~|～|—+|–)\s*")
_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class RevisedDays:
    """A document that can be used."""

    holidays: Mapping[date, str]
    makeup_days: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that is another one than before. `was_working` is what it was."""

    day: date
    was_working: bool
    name: str


def read_days(document: str, *, calendar: Calendar, year: int, own_law: bool) -> RevisedDays:
    """The days of a document. Raises InvalidRevision with everything that is wrong, each with its line.

    `own_law` says that the calendar must give the days of the law, as a region's own days need not.
    """
    mistakes: list[Mistake] = []
    if year not in calendar.years:
        first, last = min(calendar.years), max(calendar.years)
        mistakes.append(
            Mistake("year", f"write a year from {first} to {last}", f"年份应在{first}至{last}之间")
        )
        raise _invalid(mistakes)
    if own_law and year - 1 in calendar.years and calendar.years[year - 1].provisional:
        mistakes.append(
            Mistake(
                "year", f"publish {year - 1} first: it is still open", f"{year - 1}年尚未公布，请先发布该年"
            )
        )
    if len(document) > MOST_CHARACTERS or document.count("\n") > MOST_LINES:
        raise _invalid([Mistake("document", f"more than {MOST_LINES} lines", f"超过{MOST_LINES}行")])
    found: dict[Kind, dict[date, tuple[int, str]]] = {"off": {}, "makeup": {}}
    for line, first_day, last_day, kind, name in _rows(document, mistakes):
        for offset in range((last_day - first_day).days + 1):
            _take(first_day + timedelta(days=offset), kind, line, name, year, found, mistakes)
    if not found["off"] and not mistakes:
        mistakes.append(Mistake("document", "no day is off", "没有一天放假"))
    if own_law:
        mistakes += [
            Mistake(
                f"{day}",
                f"{day} is a day off by law ({name}) and is not listed as off",
                f"{day}是法定节假日（{name}），文件中没有列为放假",
            )
            for day, name in sorted(_days_of_law(year).items())
            if day not in found["off"] and day not in found["makeup"]
        ]
    if mistakes:
        raise _invalid(mistakes)
    return RevisedDays(
        {day: name for day, (_, name) in sorted(found["off"].items())},
        {day: name for day, (_, name) in sorted(found["makeup"].items())},
    )


def _take(
    day: date,
    kind: Kind,
    line: int,
    name: str,
    year: int,
    found: dict[Kind, dict[date, tuple[int, str]]],
    mistakes: list[Mistake],
) -> None:
    where = f"line {line}"
    other: Kind = "makeup" if kind == "off" else "off"
    if day in found[other]:
        before = found[other][day][0]
        mistakes.append(
            Mistake(
                where,
                f"{day} is both off and a make-up day (see line {before}); keep one of the two",
                f"{day}既是放假又是调休上班（见第{before}行），请只保留其一",
            )
        )
    elif day in found[kind]:
        before = found[kind][day][0]
        mistakes.append(
            Mistake(
                where,
                f"{day} is listed twice (see line {before}); remove one",
                f"{day}重复（见第{before}行），请删去一行",
            )
        )
    elif day.year != year and not (day.year == year - 1 and (day.month, day.day) >= REACHED_BACK):
        month, first = REACHED_BACK
        mistakes.append(
            Mistake(
                where,
                f"{day} does not belong to {year}, nor to the days from {year - 1}-{month}-{first} on",
                f"{day}不属于{year}年，也不在{year - 1}年{month}月{first}日以后",
            )
        )
    elif kind == "makeup" and day.weekday() < 5:
        mistakes.append(
            Mistake(
                where,
                f"{day} is a weekday: only a Saturday or Sunday is made up; leave it out, or mark it as off",
                f"{day}本来就是周一至周五，只有周六、周日可以调休上班；请删去，或改为放假",
            )
        )
    else:
        found[kind][day] = (line, name)


def _rows(document: str, mistakes: list[Mistake]) -> Iterator[tuple[int, date, date, Kind, str]]:
    text = document.lstrip("\ufeff").replace("，", ",").replace("\t", ",")
    for line, cells in enumerate(csv.reader(io.StringIO(text)), 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or cells[0].startswith("#") or (line == 1 and cells[0].lower() in _HEADER):
            continue
        where = f"line {line}"
        if len(cells) != 3 or not all(cells):
            mistakes.append(
                Mistake(
                    where,
                    'three columns: day, "off" or "make-up", holiday; e.g. 2027-10-01,off,国庆节',
                    "每行三列：日期、放假或上班、节日名称，例如 2027-10-01,放假,国庆节",
                )
            )
            continue
        days = _stretch(cells[0])
        if days is None:
            mistakes.append(
                Mistake(
                    where,
                    f"{cells[0]!r} is no day and no stretch of days; write 2027-10-01 or 2027-10-01至2027-10-07",
                    f"“{cells[0]}”不是日期或起止日期，请写 2027-10-01 或 2027-10-01至2027-10-07",
                )
            )
            continue
        kind = _KINDS.get(cells[1].lower())
        if kind is None:
            mistakes.append(
                Mistake(
                    where,
                    f"{cells[0]}: {cells[1]!r} is neither off nor make-up",
                    f"{cells[0]}：“{cells[1]}”应为“放假”或“上班”",
                )
            )
            continue
        if len(cells[2]) > 40:
            mistakes.append(
                Mistake(where, f"{cells[0]}: the name is longer than 40", f"{cells[0]}：节日名称超过40个字符")
            )
            continue
        yield line, *days, kind, cells[2]


def _stretch(written: str) -> tuple[date, date] | None:
    parts = _STRETCH.split(written)
    days = [_day(part) for part in parts]
    if len(days) > 2 or None in days:
        return None
    first, last = days[0], days[-1]
    assert first is not None and last is not None
    return (first, last) if 0 <= (last - first).days < LONGEST_STRETCH else None


def _day(written: str) -> date | None:
    match = _DAY.fullmatch(written.strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _days_of_law(year: int) -> Mapping[date, str]:
    """The days that are off by law whatever a notice says, as far as the data know them: those of provisional years."""
    known = build_calendars(())["cn"].years[year]
    return known.holidays if known.provisional else {}


def _invalid(mistakes: list[Mistake]) -> InvalidRevision:
    more = len(mistakes) - MOST_MISTAKES
    shown = mistakes[:MOST_MISTAKES]
    if more > 0:
        shown.append(Mistake("…", f"and {more} more", f"另有{more}处"))
    return InvalidRevision("these days cannot be published", "日历不能发布", shown)


def changes_between(before: Calendar, after: Calendar, year: int) -> tuple[DayChange, ...]:
    """The days from the end of the year before on that are worked in one of two calendars and free in the other."""
    first = date(year - 1, *REACHED_BACK) if year - 1 in before.years else date(year, 1, 1)
    changed = []
    for offset in range((date(year, 12, 31) - first).days + 1):
        day = first + timedelta(days=offset)
        if before.is_working_day(day) != after.is_working_day(day):
            known = after.years[day.year]
            name = known.holidays.get(day) or known.makeup_days.get(day) or ""
            changed.append(DayChange(day, before.is_working_day(day), name))
    return tuple(changed)


# ---- what is published


def published_revisions() -> tuple[RevisedYear, ...]:
    """The revisions that hold, the newest of each year of each calendar, read from the database."""
    return _holding(None)


def _holding(until: int | None) -> tuple[RevisedYear, ...]:
    rows = (
        CalendarRevision.objects.defer("document")
        .order_by("calendar", "year", "-id")
        .distinct("calendar", "year")
    )
    if until is not None:
        rows = rows.filter(pk__lte=until)
    return tuple(_revised(row) for row in rows)


def _revised(row: CalendarRevision) -> RevisedYear:
    return RevisedYear(
        number=row.pk,
        calendar=row.calendar,
        year=row.year,
        holidays=_days(row.holidays),
        makeup_days=_days(row.makeup_days),
        notice=Notice(
            year=row.year,
            title=row.title,
            number=row.number or None,
            issued=row.issued,
            source=row.source or None,
            checked="published",
        ),
    )


def _days(written: Mapping[str, Any]) -> tuple[tuple[date, str], ...]:
    return tuple((date.fromisoformat(day), str(name)) for day, name in sorted(written.items()))


def fresh_calendars() -> Mapping[str, Calendar]:
    """All calendars with what is published at this moment; one query. What computes dates that are kept asks this."""
    return build_calendars(published_revisions())


def fresh_calendar(code: str) -> Calendar:
    """The calendar with this code, with what is published at this moment. Raises UnknownCalendar."""
    return calendar_among(fresh_calendars(), code)


def calendar_in_version(code: str, version: str) -> Calendar:
    """The calendar as it was when a date was reached; as it is now, where the data themselves are newer."""
    now = calendar_among(calendars(), code)
    if now.version == version:
        return now
    _, plus, number = version.partition("+")
    then = calendar_among(build_calendars(_holding(int(number)) if plus else ()), code)
    return then if then.version == version else now


def refresh_calendars() -> None:
    """Have this process's calendars answer with what is published."""
    use_revisions(published_revisions())


REFRESH_SECONDS = 15
_looked_at = 0.0


def refresh_now_and_then(**_: Any) -> None:
    """At the start of a request: another process may have published a calendar since."""
    global _looked_at
    # Inside somebody's transaction, as tests are, what is read may never be committed.
    if time.monotonic() - _looked_at < REFRESH_SECONDS or connection.in_atomic_block:
        return
    _looked_at = time.monotonic()
    try:
        refresh_calendars()
    except DatabaseError:
        logger.warning("calendars could not be refreshed", exc_info=True)


def refresh_with_requests() -> None:
    """Called once, when Django starts."""
    request_started.connect(refresh_now_and_then, dispatch_uid="clock.refresh_calendars")
