"""In which period a claim counts: an enterprise has one claim for an item and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date


def period_of(kind: str, day: date, windows: Sequence[Mapping[str, str]] = ()) -> str:
    """The period a day lies in, as it is written on the claim: "2026", "2026Q4", "2026-11", the first day of the
    window that is open, or "once".

    >>> period_of("quarter", date(2026, 11, 22))
    '2026Q4'
    """
    if kind == "once":
        return "once"
    if kind == "month":
        return f"{day:%Y-%m}"
    if kind == "quarter":
        return f"{day.year}Q{(day.month + 2) // 3}"
    if kind == "window":
        for window in windows:
            begins, ends = window.get("from", ""), window.get("to", "")
            if (not begins or begins <= day.isoformat()) and (not ends or day.isoformat() <= ends):
                return begins or f"-{ends}"
    return f"{day.year}"
