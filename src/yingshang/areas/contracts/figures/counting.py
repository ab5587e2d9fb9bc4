"""How one obligation counts in the figures: as due, as done, as waiting, or not at all. Pure.

What comes of it is written beside the obligation (`Obligation.counted`): the next change takes out exactly this.
`rebuilding.py` says the same in SQL; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ..models import Contract, Obligation
from ..models.obligations import OPEN
from ..reach import HIDDEN_FROM_OWN
from .rules import figure_rules

UNCOUNTED = HIDDEN_FROM_OWN
"""States of contracts whose obligations are in no figure: nobody has reviewed them, or they were never valid."""
IN_FORCE = ("in_force", "suspended")
DROPPED = "dropped"
_RATE = Decimal("0.0000000001")

DueKey = tuple[int, str, bool, date]
DoneKey = tuple[int, str, bool, date, str]


@dataclass(slots=True)
class Due:
    """What obligations of one cell come to; see models.DueCell."""

    region_path: str
    count: int = 0
    fen: int = 0
    disagreed: int = 0
    unreserved: int = 0
    unrated: int = 0
    accrued: int = 0
    growth: Decimal = Decimal(0)
    origin: Decimal = Decimal(0)

    @property
    def is_nothing(self) -> bool:
        """Whether putting it in changes nothing."""
        return not (
            self.count
            or self.fen
            or self.disagreed
            or self.unreserved
            or self.unrated
            or self.accrued
            or self.growth
            or self.origin
        )


@dataclass(slots=True)
class Done:
    """What obligations of one cell come to; see models.DoneCell."""

    region_path: str
    count: int = 0
    fen: int = 0
    late_days: int = 0
    disputed: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether putting it in changes nothing."""
        return not (self.count or self.fen or self.late_days or self.disputed)


class Changes:
    """What is to be put into the cells, and taken out of them."""

    def __init__(self) -> None:
        self.due: dict[DueKey, Due] = {}
        self.done: dict[DoneKey, Done] = {}
        self.waiting: dict[int, tuple[str, int]] = {}

    def add(self, counted: dict[str, Any], region_path: str, times: int = 1) -> None:
        """Put in what an obligation counts as, or take it out (-1)."""
        if "due" in counted:
            self._add_due(counted["due"], region_path, times)
        elif "done" in counted:
            self._add_done(counted["done"], region_path, times)
        elif "waiting" in counted:
            agency = counted["waiting"][0]
            before = self.waiting.get(agency, (region_path, 0))[1]
            self.waiting[agency] = (region_path, before + times)

    def _add_due(self, said: list[Any], region_path: str, times: int) -> None:
        agency, side, money, on, fen, disagreed, unreserved, unrated, accrued, rate, since = said
        cell = self.due.setdefault((agency, side, money, date.fromisoformat(on)), Due(region_path))
        growth = fen * Decimal(rate) if rate else Decimal(0)
        cell.count += times
        cell.fen += times * fen
        cell.disagreed += times * disagreed
        cell.unreserved += times * unreserved
        cell.unrated += times * unrated
        cell.accrued += times * accrued
        cell.growth += times * growth
        cell.origin += times * growth * since

    def _add_done(self, said: list[Any], region_path: str, times: int) -> None:
        agency, side, money, month, stretch, fen, late, disputed = said
        key = (agency, side, money, date.fromisoformat(month), stretch)
        cell = self.done.setdefault(key, Done(region_path))
        cell.count += times
        cell.fen += times * fen
        cell.late_days += times * late
        cell.disputed += times * disputed


def counted_as(obligation: Obligation, contract_state: str) -> dict[str, Any]:
    """How it counts now, as JSON."""
    if contract_state in UNCOUNTED:
        return {}
    money = obligation.amount_fen is not None
    due = obligation.due_on
    if obligation.state in OPEN:
        if due is None:
            return {"waiting": [obligation.agency_id]} if obligation.side == "unit" else {}
        since = max(due, obligation.accrued_until or due)
        has_rate = money and obligation.daily_rate is not None
        return {
            "due": [
                obligation.agency_id,
                obligation.side,
                money,
                due.isoformat(),
                obligation.open_fen,
                int(obligation.disagreed),
                int(obligation.budget_reserved is False),
                int(money and obligation.open_fen > 0 and obligation.daily_rate is None),
                obligation.accrued_fen,
                str(Decimal(obligation.daily_rate).quantize(_RATE)) if has_rate else None,  # type: ignore[arg-type]
                since.toordinal(),
            ]
        }
    performed = obligation.performed_on
    if obligation.state == "performed" and performed is not None:
        late = None if due is None else (performed - due).days
        return {
            "done": [
                obligation.agency_id,
                obligation.side,
                money,
                performed.replace(day=1).isoformat(),
                figure_rules().stretch_of(late),
                obligation.done_fen,
                max(late or 0, 0),
                int(obligation.disputed),
            ]
        }
    return {}


@dataclass(frozen=True, slots=True)
class Repeats:
    """What a contract repeats of its obligations, for lists."""

    obligation_count: int
    open_count: int
    next_due_on: date | None


def repeats_of(obligations: Iterable[Obligation]) -> Repeats:
    """Of one contract."""
    kept = [each for each in obligations if each.state != DROPPED]
    still = [each for each in kept if each.state in OPEN]
    days = [each.due_on for each in still if each.due_on is not None]
    return Repeats(len(kept), len(still), min(days, default=None))


def counts(contract: Contract) -> bool:
    """Whether a contract is in the figures."""
    return contract.state not in UNCOUNTED
