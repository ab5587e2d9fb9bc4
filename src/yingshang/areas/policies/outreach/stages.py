"""What enterprises do after they were told: the areas that carry items out say who applied, who was paid, and what came
of the money. What no area can say of an item is unknown, not nought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from ..values import PublishedItem

StageParties = Callable[[PublishedItem], Mapping[int, date] | None]
"""(item) → party → the day it came to the stage first, of everybody. Numbers of parties that are kept. None: this item
is not carried out where anybody here could know.
"""

STAGES = ("applied", "paid")


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What has come of an item so far, of everybody. None: not known yet, or too few to say.

    `days` is the median from handing in to the first payment. `fund_fen` is what is set aside this year in the fund the
    item is paid from, maybe together with others; `spent_fen` and `reserved_fen` are this item's alone. `ratings` is
    how many have rated how it went, `satisfied` the share of them that are at least content.
    """

    fund: str
    fund_fen: int
    reserved_fen: int
    spent_fen: int
    paid: int
    days: float | None
    ratings: int
    satisfied: float | None


CarriedOutOf = Callable[[PublishedItem], CarriedOut | None]

_registered: dict[str, StageParties] = {}
_carried_out: list[CarriedOutOf] = []


def register_stage(code: str, parties: StageParties) -> None:
    """Say who has come to a stage, `applied` or `paid`; called when Django starts."""
    if code not in STAGES:
        raise ValueError(f"{code} is none of {', '.join(STAGES)}")
    _registered[code] = parties


def stage(code: str, item: PublishedItem) -> Mapping[int, date] | None:
    """Who came to a stage and when; None while nobody can say."""
    found = _registered.get(code)
    return None if found is None else found(item)


def register_carried_out(figures: CarriedOutOf) -> None:
    """Say what has come of items; called when Django starts."""
    _carried_out.append(figures)


def carried_out(item: PublishedItem) -> CarriedOut | None:
    """What has come of an item; None while nobody can say."""
    return next((found for each in _carried_out if (found := each(item)) is not None), None)
