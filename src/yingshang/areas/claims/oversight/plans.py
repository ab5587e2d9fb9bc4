"""In what parts money asked back is given back. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from .values import PlannedPart


def plan_left(plan: Sequence[tuple[date, int]], *, came_fen: int, today: date) -> tuple[PlannedPart, ...]:
    """The parts of a plan with what is open of each, when so much of the principal has come: the earliest first."""
    left, parts = came_fen, []
    for due_on, amount in sorted(plan):
        came = min(left, amount)
        left -= came
        parts.append(PlannedPart(due_on, amount, amount - came, amount > came and due_on < today))
    return tuple(parts)


def even_plan(principal_fen: int, *, first: date, parts: int) -> tuple[tuple[date, int], ...]:
    """So many equal parts a month apart, the fen that are left over with the first ones.

    >>> even_plan(100, first=date(2026, 1, 31), parts=2)
    ((datetime.date(2026, 1, 31), 50), (datetime.date(2026, 2, 28), 50))
    """
    each, more = divmod(principal_fen, max(parts, 1))
    plan = []
    for place in range(max(parts, 1)):
        year, month = divmod(first.month - 1 + place, 12)
        last = monthrange(first.year + year, month + 1)[1]
        due = date(first.year + year, month + 1, min(first.day, last))
        plan.append((due, each + (place < more)))
    return tuple(plan)
