"""The figures of `data/rules.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` requests for a code in `window`, of one user or for one enterprise."""

    of: Literal["user", "enterprise"]
    window: timedelta
    most: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of the journey."""

    digits: int
    lifetime: timedelta
    attempts: int
    limits: tuple[Limit, ...]
    review_working_days: int
    soon_working_days: int
    code_lapses_after: timedelta
    approval_lapses_after: timedelta


@cache
def figures() -> Figures:
    """The file, read once."""
    data = parse_yaml((files(__package__) / "data/rules.yaml").read_text(encoding="utf-8"))
    return Figures(
        digits=data["code"]["digits"],
        lifetime=timedelta(minutes=data["code"]["minutes"]),
        attempts=data["code"]["attempts"],
        limits=tuple(Limit(row["of"], timedelta(hours=row["hours"]), row["most"]) for row in data["limits"]),
        review_working_days=data["review"]["working_days"],
        soon_working_days=data["review"]["soon_working_days"],
        code_lapses_after=timedelta(hours=data["lapse"]["code_hours"]),
        approval_lapses_after=timedelta(days=data["lapse"]["approval_days"]),
    )
