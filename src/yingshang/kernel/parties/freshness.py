"""How long a fact stays fresh. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


@lru_cache(maxsize=4096)
def fresh_until(as_of: date, duration: str) -> date:
    """The last day on which a value as of a day is fresh, by an ISO 8601 duration of years, months, weeks and days.

    A month from 31 January is the end of February. Raises ValueError for any other duration.
    """
    match = _DURATION.fullmatch(duration)
    if match is None or duration == "P":
        raise ValueError(f"{duration!r} is no ISO 8601 duration of years, months, weeks and days")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    month = as_of.year * 12 + as_of.month - 1 + years * 12 + months
    year, month = month // 12, month % 12 + 1
    if year > date.max.year:
        return date.max
    day = min(as_of.day, monthrange(year, month)[1])
    return date(year, month, day) + timedelta(weeks=weeks, days=days)
