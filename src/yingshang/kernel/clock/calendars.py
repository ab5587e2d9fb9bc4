"""Working days, and due dates counted in them.

Days and notices lie in `data/calendars.json`, made by tools/make_calendars.py. A calendar answers for whole years and
says which of them are *provisional*: not arranged by the State Council yet, so that nothing but weekends and the days
of the law is known. Outside its years it refuses to answer.

The day from which a period runs does not count (民法典第二百零一条): seven working days from Monday end on the second
Wednesday, not on the second Tuesday.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import groupby
from types import MappingProxyType
from typing import Any, Literal

from yingshang.kernel.reference.api import ancestors_of

from .errors import NotADay, OutsideCalendar, UnknownCalendar

Language = Literal["zh", "en"]

NATIONAL = "cn"
"""The code of the calendar of the mainland, from which regions' own calendars start."""

ACCEPTED: Mapping[Language, str] = MappingProxyType({"zh": "受理", "en": "accepted"})
"""What happened on the day a period runs from, unless something else is said."""

REACHED_BACK = (12, 29)
"""Since 2004 no notice has moved a day of the year before it earlier than this one (2007-12-29, 2018-12-29)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The document that arranges a year's holidays, or `amends` the arrangement.

    `number` is the 发文字号; None where it was not found. `checked` says how number and date were confirmed: `page`,
    the notice was read in a public copy; `copies`, public tables made from the notices agree; `one copy`.
    """

    year: int
    title: str
    number: str | None
    issued: date | None
    source: str | None
    checked: str
    amends: bool = False


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The days of one year that are not what their weekday says, each with the Chinese name of its holiday.

    `makeup_days` are weekend days worked in exchange. A provisional year was not arranged when the data were made.
    """

    year: int
    provisional: bool
    holidays: Mapping[date, str]
    makeup_days: Mapping[date, str]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """For which days a calendar can be asked, and how far its answers are final.

    `settled_until` is the last day no later notice is expected to move: the notice of the next year may still take the
    last days of December. `provisional_years` are years whose arrangement, or whose regional festival, is not known;
    a region may have some before `settled_until`.
    """

    first: date
    settled_until: date
    last: date
    provisional_years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days off in a row, weekend days among them, with the Chinese name: 国庆节, or 国庆节、中秋节 where they meet."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a due date was reached. `text` prints it."""

    calendar: str
    version: str
    start: date
    days: int
    due: date
    holidays: tuple[Holiday, ...]
    makeup_days: tuple[date, ...]
    provisional_years: tuple[int, ...]
    start_event: Mapping[Language, str]

    @property
    def provisional(self) -> bool:
        """Whether the due date may still move when a year is arranged."""
        return bool(self.provisional_years)

    def text(self, language: Language = "zh") -> str:
        """The derivation in one line.

        >>> national().derive(date(2026, 9, 28), 7).text("en")
        'accepted 2026-09-28, 7 working days, 10-01…10-07 holiday, 10-10 make-up day, due 2026-10-13'
        """
        return "，".join(self._parts_zh()) if language == "zh" else ", ".join(self._parts_en())

    def _parts_zh(self) -> Iterator[str]:
        yield f"{self.start}{self.start_event['zh']}"
        yield f"{self.days}个工作日"
        yield from (f"{self._stretch(each, '至')}放假" for each in self.holidays)
        if self.makeup_days:
            yield "、".join(map(self._short, self.makeup_days)) + "调休上班"
        yield f"{self.due}到期"
        if self.provisional:
            years = "、".join(str(year) for year in self.provisional_years)
            yield f"{years}年节假日安排尚未公布或未收录，日期为暂定"

    def _parts_en(self) -> Iterator[str]:
        yield f"{self.start_event['en']} {self.start}"
        yield "1 working day" if self.days == 1 else f"{self.days} working days"
        yield from (f"{self._stretch(each, '…')} holiday" for each in self.holidays)
        if self.makeup_days:
            days = ", ".join(map(self._short, self.makeup_days))
            yield f"{days} make-up day" + ("s" if len(self.makeup_days) > 1 else "")
        yield f"due {self.due}"
        if self.provisional:
            years = ", ".join(str(year) for year in self.provisional_years)
            yield f"provisional, since the holidays of {years} are not known yet"

    def _stretch(self, holiday: Holiday, to: str) -> str:
        first, last = self._short(holiday.first), self._short(holiday.last)
        return first if first == last else f"{first}{to}{last}"

    def _short(self, day: date) -> str:
        return f"{day:%m-%d}" if day.year == self.start.year else day.isoformat()


@dataclass(frozen=True)
class Calendar:
    """The working days of a country or a region, in one version of what is known about them."""

    code: str
    name: str
    version: str
    region: str
    years: Mapping[int, CalendarYear] = field(repr=False, compare=False)

    def is_working_day(self, day: date) -> bool:
        """Whether public offices work on this day. Raises OutsideCalendar."""
        year = self._year(day)
        return day in year.makeup_days or (day.weekday() < 5 and day not in year.holidays)

    def holiday_name(self, day: date) -> str | None:
        """The Chinese name of the holiday this day belongs to; None on other days. Raises OutsideCalendar."""
        return self._year(day).holidays.get(day)

    def add_working_days(self, day: date, count: int) -> date:
        """The working day number `count` after `day`, which does not count itself; before it if `count` is negative.

        0 gives the day itself, or the first working day after it. Raises OutsideCalendar.
        """
        self._year(day)
        days = self._working_days
        if count > 0:
            place = bisect_right(days, day.toordinal()) + count - 1
        else:
            place = bisect_left(days, day.toordinal()) + count
        if not 0 <= place < len(days):
            raise self._outside(
                f"{count} working days from {day} end outside it", f"自{day}起{count}个工作日超出其范围"
            )
        return date.fromordinal(days[place])

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days after `start` there are up to `end`, `end` included; negative if `end` comes first.

        What `add_working_days` adds, this counts: the days left until a due date. Raises OutsideCalendar.
        """
        self._year(start), self._year(end)
        days = self._working_days
        if start <= end:
            return bisect_right(days, end.toordinal()) - bisect_right(days, start.toordinal())
        return bisect_left(days, end.toordinal()) - bisect_left(days, start.toordinal())

    def coverage(self) -> Coverage:
        """Which days the calendar answers for, and how far its answers are final."""
        first, last = min(self.years), max(self.years)
        provisional = tuple(year for year in sorted(self.years) if self.years[year].provisional)
        # Years before the last arranged one can be provisional too, where a region's festival was not found.
        arranged = max(year for year in self.years if not self.years[year].provisional)
        settled = date(arranged, *REACHED_BACK) - timedelta(days=1)
        return Coverage(date(first, 1, 1), settled, date(last, 12, 31), provisional)

    def derive(self, start: date, days: int, *, start_event: Mapping[Language, str] = ACCEPTED) -> Derivation:
        """The due date `days` working days after `start`, with everything that moved it.

        `start_event` names what happened on that day. Raises OutsideCalendar.
        """
        due = self.add_working_days(start, days)
        # The day a period runs from does not count, whichever way it runs.
        one = timedelta(days=1)
        first, last = (start + one, due) if days > 0 else (due, start - one) if days < 0 else (start, due)
        holidays, makeup_days = self.between(first, last)
        return Derivation(
            calendar=self.code,
            version=self.version,
            start=start,
            days=days,
            due=due,
            holidays=holidays,
            makeup_days=makeup_days,
            provisional_years=self.open_years(first, last),
            start_event=start_event,
        )

    def between(self, first: date, last: date) -> tuple[tuple[Holiday, ...], tuple[date, ...]]:
        """The holidays, whole, and the make-up days that touch this stretch of days. Raises OutsideCalendar."""
        self._year(first), self._year(last)
        holidays = tuple(each for each in self._holidays if each.last >= first and each.first <= last)
        makeup_days = tuple(
            day
            for year in range(first.year, last.year + 1)
            for day in sorted(self.years[year].makeup_days)
            if first <= day <= last
        )
        return holidays, makeup_days

    def open_years(self, first: date, last: date) -> tuple[int, ...]:
        """The years still to be arranged whose notice could move a date between these two. Raises OutsideCalendar."""
        self._year(first), self._year(last)
        open_years = {year for year in range(first.year, last.year + 1) if self.years[year].provisional}
        following = self.years.get(last.year + 1)
        if following is not None and following.provisional and (last.month, last.day) >= REACHED_BACK:
            open_years.add(following.year)
        return tuple(sorted(open_years))

    def _year(self, day: date) -> CalendarYear:
        if isinstance(day, datetime):
            raise NotADay(
                f"{day} is a moment; pass the day it lies in, in the time zone of the agency",
                message_zh=f"{day} 是时刻，请传入办理机关所在时区的日期",
                value=day.isoformat(),
            )
        year = self.years.get(day.year)
        if year is None:
            raise self._outside(f"it knows nothing of {day}", f"其中没有{day}")
        return year

    def _outside(self, reason: str, reason_zh: str) -> OutsideCalendar:
        first, last = min(self.years), max(self.years)
        return OutsideCalendar(
            f"the calendar {self.code} {self.version} covers {first} to {last}: {reason}",
            message_zh=f"{self.name}（{self.version}版）只覆盖{first}年至{last}年：{reason_zh}",
            calendar=self.code,
            version=self.version,
            first=first,
            last=last,
        )

    @cached_property
    def _working_days(self) -> list[int]:
        """Ordinals of all working days, ascending."""
        first, last = date(min(self.years), 1, 1).toordinal(), date(max(self.years), 12, 31).toordinal()
        return [number for number in range(first, last + 1) if self.is_working_day(date.fromordinal(number))]

    @cached_property
    def _holidays(self) -> tuple[Holiday, ...]:
        """Holidays as stretches of days in a row, ascending. Two that meet are one, with both names."""
        named = sorted((day, name) for year in self.years.values() for day, name in year.holidays.items())
        stretches = []
        # In days that follow each other, the day and its place in the list grow together.
        for _, group in groupby(enumerate(named), key=lambda item: item[1][0].toordinal() - item[0]):
            row = [day_and_name for _, day_and_name in group]
            names = "、".join(dict.fromkeys(name for _, name in row))
            stretches.append(Holiday(names, row[0][0], row[-1][0]))
        return tuple(stretches)


@dataclass(frozen=True, slots=True)
class RevisedYear:
    """One year of one calendar as it was published on this platform, over the data it came with.

    Of a calendar of its own it replaces the whole year; days of the last of December before it, which a notice may
    take, are laid over the year they lie in. Of a region's calendar it holds the region's own days.
    """

    number: int
    calendar: str
    year: int
    holidays: tuple[tuple[date, str], ...]
    makeup_days: tuple[tuple[date, str], ...]
    notice: Notice


_published: tuple[RevisedYear, ...] = ()


def use_revisions(revisions: tuple[RevisedYear, ...]) -> None:
    """Have `calendars` and everything like it answer with these, from now on and in this process."""
    global _published
    _published = revisions


def calendars() -> Mapping[str, Calendar]:
    """Every calendar there is, code → calendar, the national one first."""
    return build_calendars(_published)


def get_calendar(code: str = NATIONAL) -> Calendar:
    """The calendar with this code. Raises UnknownCalendar."""
    return calendar_among(calendars(), code)


def calendar_among(found_in: Mapping[str, Calendar], code: str) -> Calendar:
    """The calendar with this code. Raises UnknownCalendar."""
    found = found_in.get(code)
    if found is None:
        known = list(found_in)
        raise UnknownCalendar(
            f"no calendar {code!r}; there are {', '.join(known)}",
            message_zh=f"没有日历“{code}”，现有：{'、'.join(known)}",
            value=code,
            known=known,
        )
    return found


def calendar_of_region(region: str) -> Calendar:
    """The calendar by which agencies of a region work: its own, or that of the nearest region above it.

    Raises UnknownRegion.
    """
    return regional_calendar_among(calendars(), region)


def regional_calendar_among(found_in: Mapping[str, Calendar], region: str) -> Calendar:
    """The calendar by which agencies of a region work. Raises UnknownRegion."""
    by_region = {each.region: each for each in found_in.values()}
    return next(by_region[above.code] for above in ancestors_of(region) if above.code in by_region)


def national() -> Calendar:
    """The calendar of the mainland."""
    return get_calendar(NATIONAL)


def notices() -> tuple[Notice, ...]:
    """The notices of the State Council in the order of their years, amendments after what they amend."""
    return tuple(_notice(row) for row in _data()["notices"])


def english_holiday_name(name: str) -> str:
    """The English name of a holiday: 春节 → Spring Festival. A name without one is returned as it is."""
    return str(_data()["names"].get(name, name))


@cache
def _data() -> dict[str, Any]:
    text = (files(__package__) / "data" / "calendars.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@lru_cache(maxsize=16)
def build_calendars(revisions: tuple[RevisedYear, ...]) -> MappingProxyType[str, Calendar]:
    """All calendars with these revisions laid over the data, at most one for each year of a calendar."""
    found: dict[str, Calendar] = {}
    by_year: dict[int, list[Notice]] = {}
    for notice in notices():
        by_year.setdefault(notice.year, []).append(notice)
    newest: dict[str, int] = {}
    for row in _data()["calendars"]:
        code, base = row["code"], None if row["base"] is None else found[row["base"]]
        own = {each["year"]: _calendar_year(each, by_year if base is None else {}) for each in row["years"]}
        for revised in sorted(revisions, key=lambda each: each.year):
            if revised.calendar == code:
                _revise(own, revised)
                newest[code] = max(newest.get(code, 0), revised.number)
        if base is not None:
            newest[code] = max(newest.get(code, 0), newest.get(base.code, 0))
            years = {
                year: _overlaid(below, own[year]) if year in own else below
                for year, below in base.years.items()
            }
        else:
            years = own
        version = _data()["metadata"]["version"]
        found[code] = Calendar(
            code,
            row["name"],
            f"{version}+{newest[code]}" if newest.get(code) else version,
            row["region"],
            MappingProxyType(years),
        )
    return MappingProxyType(found)


def _revise(years: dict[int, CalendarYear], revised: RevisedYear) -> None:
    before = years.get(revised.year)
    years[revised.year] = CalendarYear(
        revised.year,
        False,
        MappingProxyType({day: name for day, name in revised.holidays if day.year == revised.year}),
        MappingProxyType({day: name for day, name in revised.makeup_days if day.year == revised.year}),
        (*(before.notices if before else ()), revised.notice),
    )
    earlier = years.get(revised.year - 1)
    reaching_back = CalendarYear(
        revised.year - 1,
        False,
        MappingProxyType({day: name for day, name in revised.holidays if day.year < revised.year}),
        MappingProxyType({day: name for day, name in revised.makeup_days if day.year < revised.year}),
    )
    if earlier is not None and (reaching_back.holidays or reaching_back.makeup_days):
        years[earlier.year] = _overlaid(earlier, reaching_back)


def _calendar_year(row: Mapping[str, Any], notices_of: Mapping[int, list[Notice]]) -> CalendarYear:
    own = [_notice(row["notice"] | {"year": row["year"]})] if "notice" in row else []
    return CalendarYear(
        row["year"],
        row["provisional"],
        _days(row["holidays"]),
        _days(row["makeup_days"]),
        (*notices_of.get(row["year"], ()), *own),
    )


def _overlaid(below: CalendarYear, own: CalendarYear) -> CalendarYear:
    """A region's days over the national ones: what the region says of a day holds."""
    return CalendarYear(
        below.year,
        below.provisional or own.provisional,
        MappingProxyType(
            {day: name for day, name in below.holidays.items() if day not in own.makeup_days}
            | dict(own.holidays)
        ),
        MappingProxyType(
            {day: name for day, name in below.makeup_days.items() if day not in own.holidays}
            | dict(own.makeup_days)
        ),
        (*below.notices, *own.notices),
    )


def _days(by_name: Mapping[str, list[str]]) -> Mapping[date, str]:
    return MappingProxyType(
        {date.fromisoformat(day): name for name, listed in by_name.items() for day in listed}
    )


def _notice(row: Mapping[str, Any]) -> Notice:
    issued = row.get("issued")
    return Notice(
        year=row["year"],
        title=row["title"],
        number=row.get("number"),
        issued=None if issued is None else date.fromisoformat(issued),
        source=row["source"],
        checked=row["checked"],
        amends=row.get("amends", False),
    )
