"""Which times a window offers; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Hours:
    """When a window is open on one day of the week; Monday is 1."""

    weekday: int
    opens_at: time
    closes_at: time


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time at a window, and how many places of it are free."""

    starts_at: datetime
    ends_at: datetime
    left: int


def stretches(
    hours: Sequence[Hours], *, minutes: int, day: date, zone: tzinfo
) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of a day, whole ones only, as (start, end)."""
    found = []
    for each in hours:
        if each.weekday != day.isoweekday():
            continue
        start = datetime.combine(day, each.opens_at, zone)
        closing = datetime.combine(day, each.closes_at, zone)
        while start + timedelta(minutes=minutes) <= closing:
            found.append((start, start + timedelta(minutes=minutes)))
            start += timedelta(minutes=minutes)
    return tuple(sorted(found))


def open_days(
    *,
    today: date,
    count: int,
    working: Callable[[date], bool],
    closed_on: Collection[str],
) -> tuple[date, ...]:
    """The next working days, today among them, on which a window is not closed: `count` working days ahead."""
    found, ahead, day = [], 0, today
    while ahead <= count:
        if working(day):
            if day.isoformat() not in closed_on:
                found.append(day)
            ahead += 1
        elif day == today:
            ahead += 1
        day += timedelta(days=1)
    return tuple(found)
