"""How long something may take, and when it therefore falls due. Pure: a calendar in, a moment with its reasons out.

Counted as the law counts (data/periods.yaml): the day from which a period runs does not count; months and years end
on the corresponding day, or on the last day of a month that has none; a period in natural days, months or years
whose last day is free ends on the next working day; a period in hours or minutes runs from its moment, free days
included.

Pauses. A day counts when the clock was running as it began, and a period ends with a day at whose end the clock is
running. So what is stopped on a day and goes on on the same day has lost nothing; a stop on Monday that ends on
Wednesday takes Tuesday and Wednesday out of the count; and who was stopped on the last day has the day on which it
goes on. Hours are simply added.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from .calendars import ACCEPTED, Calendar, Holiday, Language
from .errors import InvalidTerm, NotAMoment, OutsideCalendar
from .rules_of_law import rule

Unit = Literal["minutes", "hours", "days", "working_days", "months", "years"]

UNITS: tuple[Unit, ...] = get_args(Unit)

ZONE = ZoneInfo("Asia/Shanghai")
"""The day of the law is the day of Beijing time, everywhere on the mainland."""

EXACT: Mapping[str, timedelta] = MappingProxyType(
    {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
)
"""Units that run from their moment through nights and free days."""

END_OF_DAY = time(23, 59, 59, 999999)
"""The last moment of a due day: a moment that still lies in it, so that the day of a due moment is the due day."""

LONGEST: Mapping[Unit, int] = MappingProxyType(
    {"minutes": 60 * 24, "hours": 24 * 366, "days": 3660, "working_days": 2500, "months": 120, "years": 10}
)
"""No term is longer: the calendars end, and a longer one is a slip of the hand."""

_WORDS_ZH: Mapping[Unit, str] = MappingProxyType(
    {
        "minutes": "分钟",
        "hours": "小时",
        "days": "日（自然日）",
        "working_days": "个工作日",
        "months": "个月",
        "years": "年",
    }
)
_WORDS_EN: Mapping[Unit, str] = MappingProxyType(
    {
        "minutes": "minute",
        "hours": "hour",
        "days": "natural day",
        "working_days": "working day",
        "months": "month",
        "years": "year",
    }
)


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time in one unit."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            known = "、".join(UNITS)
            raise InvalidTerm(
                f"{self.unit!r} is no unit of time; write one of {', '.join(UNITS)}",
                message_zh=f"“{self.unit}”不是时间单位，请写以下之一：{known}",
                value=self.unit,
            )
        whole = isinstance(self.amount, int) and not isinstance(self.amount, bool)
        if not whole or not 0 < self.amount <= LONGEST[self.unit]:
            raise InvalidTerm(
                f"{self.amount!r} {self.unit}: write a whole number from 1 to {LONGEST[self.unit]}",
                message_zh=f"{self.amount}（{self.unit}）：请写1到{LONGEST[self.unit]}之间的整数",
                value=str(self.amount),
            )

    @classmethod
    def from_dict(cls, written: Any) -> Term:
        """`{"working_days": 5}` as a term. Raises InvalidTerm."""
        if not isinstance(written, Mapping) or len(written) != 1:
            raise InvalidTerm(
                f"{written!r} is no term; write one unit with its amount, e.g. {{working_days: 5}}",
                message_zh=f"“{written}”不是期限，请写一个单位和数量，例如 {{working_days: 5}}",
                value=str(written),
            )
        [(unit, amount)] = written.items()
        return cls(amount, cast(Unit, unit))

    def as_dict(self) -> dict[str, int]:
        """What `from_dict` reads."""
        return {self.unit: self.amount}

    def text(self, language: Language = "zh") -> str:
        """5个工作日, 5 working days."""
        if language == "zh":
            return f"{self.amount}{_WORDS_ZH[self.unit]}"
        return f"{self.amount} {_WORDS_EN[self.unit]}" + ("" if self.amount == 1 else "s")


@dataclass(frozen=True, slots=True)
class Stop:
    """A stretch in which the clock did not run; still stopped without an `until`. Reason and basis by language."""

    since: datetime
    until: datetime | None
    reason: Mapping[Language, str]
    basis: Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class TermDerivation:
    """How a due moment was reached. `text` prints it.

    `nominal_on` is the last day by the count alone, before free days moved it. `left` is what is left of the last
    term while the clock stands still: days (working days, where these are counted) or seconds for hours.
    """

    calendar: str
    version: str
    start: datetime
    terms: tuple[Term, ...]
    due_at: datetime
    due_on: date
    nominal_on: date
    month_end: bool
    holidays: tuple[Holiday, ...]
    makeup_days: tuple[date, ...]
    stops: tuple[Stop, ...]
    left: int | None
    provisional_years: tuple[int, ...]
    start_event: Mapping[Language, str]

    @property
    def provisional(self) -> bool:
        """Whether the due date may still move when a year is arranged."""
        return bool(self.provisional_years)

    @property
    def stopped(self) -> bool:
        """Whether the clock stands still, so that the due moment is the one it had when it was stopped."""
        return self.left is not None

    def text(self, language: Language = "zh") -> str:
        """The derivation in one line."""
        return "，".join(self._parts_zh()) if language == "zh" else ", ".join(self._parts_en())

    @property
    def _by_the_hour(self) -> bool:
        return self.terms[-1].unit in EXACT

    def _parts_zh(self) -> Iterator[str]:
        yield f"{self._start()}{self.start_event['zh']}"
        yield "，延长".join(term.text("zh") for term in self.terms)
        yield from (f"{self._stretch(each, '至')}放假" for each in self.holidays)
        if self.makeup_days:
            yield "、".join(map(self._short, self.makeup_days)) + "调休上班"
        if self.month_end:
            yield f"到期月无对应日，以月末日{self._short(self.nominal_on)}为最后一日（{rule('month_end').basis}）"
        for stop in self.stops:
            basis = f"，{stop.basis['zh']}" if stop.basis["zh"] else ""
            if stop.until is not None:
                yield f"{self._moment(stop.since)}至{self._moment(stop.until)}中止计时（{stop.reason['zh']}{basis}）"
            else:
                yield f"{self._moment(stop.since)}起中止计时（{stop.reason['zh']}{basis}）"
        if self.left is not None:
            yield f"尚余{self._left_zh()}"
            return
        if self.due_on != self.nominal_on and not self._by_the_hour:
            day = self._short(self.nominal_on)
            yield f"最后一日{day}为休假日，顺延至{self._short(self.due_on)}（{rule('last_day_off').basis}）"
        yield f"{self._due()}到期"
        if self.provisional:
            years = "、".join(str(year) for year in self.provisional_years)
            yield f"{years}年节假日安排尚未公布或未收录，日期为暂定"

    def _parts_en(self) -> Iterator[str]:
        yield f"{self.start_event['en']} {self._start()}"
        yield ", extended by ".join(term.text("en") for term in self.terms)
        yield from (f"{self._stretch(each, '…')} holiday" for each in self.holidays)
        if self.makeup_days:
            days = ", ".join(map(self._short, self.makeup_days))
            yield f"{days} make-up day" + ("s" if len(self.makeup_days) > 1 else "")
        if self.month_end:
            yield (
                f"no corresponding day in that month, so its last day {self._short(self.nominal_on)} "
                f"({rule('month_end').basis_en})"
            )
        for stop in self.stops:
            basis = f"; {stop.basis['en']}" if stop.basis["en"] else ""
            if stop.until is not None:
                yield (
                    f"stopped {self._moment(stop.since)} to {self._moment(stop.until)} "
                    f"({stop.reason['en']}{basis})"
                )
            else:
                yield f"stopped since {self._moment(stop.since)} ({stop.reason['en']}{basis})"
        if self.left is not None:
            yield f"{self._left_en()} left"
            return
        if self.due_on != self.nominal_on and not self._by_the_hour:
            day = self._short(self.nominal_on)
            yield f"last day {day} is free, moved to {self._short(self.due_on)} ({rule('last_day_off').basis_en})"
        yield f"due {self._due()}"
        if self.provisional:
            years = ", ".join(str(year) for year in self.provisional_years)
            yield f"provisional, since the holidays of {years} are not known yet"

    def _left_zh(self) -> str:
        assert self.left is not None
        if self._by_the_hour:
            return f"{self.left // 3600}小时{self.left % 3600 // 60:02d}分"
        return f"{self.left}个工作日" if self.terms[-1].unit == "working_days" else f"{self.left}日"

    def _left_en(self) -> str:
        assert self.left is not None
        if self._by_the_hour:
            return f"{self.left // 3600} h {self.left % 3600 // 60:02d} min"
        word = "working day" if self.terms[-1].unit == "working_days" else "day"
        return f"{self.left} {word}" + ("" if self.left == 1 else "s")

    def _start(self) -> str:
        start = self.start.astimezone(ZONE)
        return f"{start:%Y-%m-%d %H:%M}" if self.terms[0].unit in EXACT else f"{start:%Y-%m-%d}"

    def _due(self) -> str:
        return f"{self.due_at.astimezone(ZONE):%Y-%m-%d %H:%M}" if self._by_the_hour else f"{self.due_on}"

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(ZONE)
        return (
            f"{self._short(local.date())} {local:%H:%M}" if self._by_the_hour else self._short(local.date())
        )

    def _stretch(self, holiday: Holiday, to: str) -> str:
        first, last = self._short(holiday.first), self._short(holiday.last)
        return first if first == last else f"{first}{to}{last}"

    def _short(self, day: date) -> str:
        return f"{day:%m-%d}" if day.year == self.start.astimezone(ZONE).year else day.isoformat()


def due_at(
    start: datetime, term: Term, calendar: Calendar, *, start_event: Mapping[Language, str] = ACCEPTED
) -> TermDerivation:
    """When a term that runs from a moment falls due. Raises OutsideCalendar, NotAMoment."""
    return derive_due(start, (term,), calendar, start_event=start_event)


def derive_due(
    start: datetime,
    terms: Sequence[Term],
    calendar: Calendar,
    *,
    stops: Sequence[Stop] = (),
    start_event: Mapping[Language, str] = ACCEPTED,
) -> TermDerivation:
    """When a term, lengthened by those after it, falls due with these stops.

    A lengthening in the same unit is counted in one go with what it lengthens, as the law has it (twenty working
    days, extended by ten, are thirty); one in another unit runs from the due date so far. Stops are in order and do
    not overlap; only the last can still be open. Raises OutsideCalendar, NotAMoment, InvalidTerm.
    """
    _aware(start)
    if not terms:
        raise InvalidTerm("a deadline has a term", message_zh="时限必须有期限")
    moment, reached = start, None
    for term in _merged(terms):
        reached = _reach(moment, term, calendar, stops)
        moment = reached.due_at
        if reached.left is not None:
            break
    assert reached is not None
    counted_days = any(term.unit == "working_days" for term in terms)
    first, last = start.astimezone(ZONE).date() + timedelta(days=1), max(reached.due_on, reached.nominal_on)
    # In natural days nothing but the last day asks for the calendar.
    seen_from = first if counted_days else reached.nominal_on
    by_the_hour = all(term.unit in EXACT for term in terms)
    holidays, makeup_days = calendar.between(seen_from, last) if counted_days else ((), ())
    return TermDerivation(
        calendar=calendar.code,
        version=calendar.version,
        start=start,
        terms=tuple(terms),
        due_at=reached.due_at,
        due_on=reached.due_on,
        nominal_on=reached.nominal_on,
        month_end=reached.month_end,
        holidays=holidays,
        makeup_days=makeup_days,
        stops=tuple(stops),
        left=reached.left,
        provisional_years=() if by_the_hour else calendar.open_years(seen_from, last),
        start_event=start_event,
    )


@dataclass(frozen=True, slots=True)
class _Reached:
    due_at: datetime
    due_on: date
    nominal_on: date
    month_end: bool = False
    left: int | None = None


def _reach(start: datetime, term: Term, calendar: Calendar, stops: Sequence[Stop]) -> _Reached:
    if term.unit in EXACT:
        return _reach_exactly(start, term.amount * EXACT[term.unit], stops)
    first = start.astimezone(ZONE).date()
    month_end = False
    if term.unit in ("months", "years"):
        months = term.amount * (12 if term.unit == "years" else 1)
        nominal, month_end = _corresponding_day(first, months)
        count = (nominal - first).days
    else:
        count = term.amount
    reached = _reach_days(first, count, calendar, stops, working=term.unit == "working_days")
    # With days taken out by a stop the end of the month is no longer where the period ends.
    kept = month_end and reached.nominal_on == first + timedelta(days=count)
    return _Reached(reached.due_at, reached.due_on, reached.nominal_on, kept, reached.left)


def _reach_exactly(start: datetime, length: timedelta, stops: Sequence[Stop]) -> _Reached:
    due, left = start + length, None
    for stop in stops:
        if stop.since > due or (stop.until is not None and stop.until <= start):
            continue
        since = max(stop.since, start)
        if stop.until is None:
            left = int((due - since).total_seconds())
        else:
            due += stop.until - since
    day = due.astimezone(ZONE).date()
    return _Reached(due, day, day, left=left)


def _reach_days(
    first: date, count: int, calendar: Calendar, stops: Sequence[Stop], *, working: bool
) -> _Reached:
    position, left = first, count
    for stop in stops:
        stopped_on = stop.since.astimezone(ZONE).date()
        goes_on = None if stop.until is None else stop.until.astimezone(ZONE).date()
        if goes_on is not None and goes_on <= position:
            continue
        nominal, due = _count(position, left, calendar, working)
        if stopped_on > due:
            break  # it had run out by then
        stopped_on = max(stopped_on, position)
        if working:
            left -= calendar.working_days_between(position, stopped_on)
        else:
            left = max(0, left - (stopped_on - position).days)
        if goes_on is None:
            return _Reached(_end_of(due), due, nominal, left=left)
        position = goes_on
    nominal, due = _count(position, left, calendar, working)
    return _Reached(_end_of(due), due, nominal)


def _count(position: date, left: int, calendar: Calendar, working: bool) -> tuple[date, date]:
    """The last day by the count, and the day it falls due."""
    if working:
        due = calendar.add_working_days(position, left)
        return due, due
    nominal = position + timedelta(days=left)
    return nominal, calendar.add_working_days(nominal, 0)


def _corresponding_day(first: date, months: int) -> tuple[date, bool]:
    """The day of that number so many months later, or the month's last day, and whether it was that."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    try:
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, min(first.day, last)), first.day > last
    except ValueError:
        raise OutsideCalendar(
            f"{months} months from {first} lie outside every calendar",
            message_zh=f"自{first}起{months}个月超出所有日历的范围",
        ) from None


def _merged(terms: Sequence[Term]) -> Iterator[Term]:
    """Neighbours of one unit as one term. Several may come to more than a single one is allowed to be."""
    position = 0
    while position < len(terms):
        unit, amount = terms[position].unit, 0
        while position < len(terms) and terms[position].unit == unit:
            amount += terms[position].amount
            position += 1
        merged = object.__new__(Term)
        object.__setattr__(merged, "amount", amount)
        object.__setattr__(merged, "unit", unit)
        yield merged


def _end_of(day: date) -> datetime:
    return datetime.combine(day, END_OF_DAY, ZONE)


def _aware(moment: datetime) -> None:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise NotAMoment(
            f"{moment!r} is not a moment with a time zone; a period runs from one",
            message_zh=f"“{moment}”不是带时区的时刻，期间从某一时刻起算",
            value=str(moment),
        )
