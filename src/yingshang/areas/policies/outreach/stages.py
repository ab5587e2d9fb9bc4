"""What enterprises do after they were told: later areas say who applied and who was paid. Until then it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

StageParties = Callable[[int], Mapping[int, date]]
"""(item) → party → the day it came to the stage first, of everybody. Numbers of parties that are kept."""

STAGES = ("applied", "paid")

_registered: dict[str, StageParties] = {}


def register_stage(code: str, parties: StageParties) -> None:
    """Say who has come to a stage, `applied` or `paid`; called when Django starts."""
    if code not in STAGES:
        raise ValueError(f"{code} is none of {', '.join(STAGES)}")
    _registered[code] = parties


def stage(code: str, item_id: int) -> Mapping[int, date] | None:
    """Who came to a stage and when; None while nobody can say."""
    found = _registered.get(code)
    return None if found is None else found(item_id)
