"""Situations of the clock: a deadline of an owner whose handler remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from tests.kernel.access.factories import DAOLI, SYSTEM
from yingshang.kernel.clock.api import (
    DeadlineView,
    FiredRung,
    Owner,
    Term,
    load_defaults,
    register_owner,
    start_deadline,
)
from yingshang.kernel.clock.models import Ladder

CHINA = ZoneInfo("Asia/Shanghai")
KIND = "tests.thing"

_numbers = count(1)


def at(written: str) -> datetime:
    """A moment in China: "2026-11-23" at ten in the morning, or "2026-11-23 14:30"."""
    return datetime.fromisoformat(written if " " in written else f"{written} 10:00").replace(tzinfo=CHINA)


class Heard:
    """What the handler was told, and what it does about it: nothing, unless somebody says otherwise."""

    def __init__(self) -> None:
        self.rungs: list[FiredRung] = []

    def __call__(self, fired: FiredRung) -> None:
        self.rungs.append(fired)

    @property
    def codes(self) -> list[str]:
        return [fired.rung.code for fired in self.rungs]


@contextmanager
def heard() -> Iterator[Heard]:
    """The handler of `KIND` is a fresh one."""
    hearing = Heard()
    register_owner(KIND, on_rung=hearing)
    yield hearing


def ensure_ladders() -> None:
    """The ladders of the file, once."""
    if not Ladder.objects.exists():
        load_defaults(actor=SYSTEM, region_path="23", now=at("2020-01-02"))


def deadline(
    term: dict[str, int] | None = None,
    *,
    start: str = "2026-11-23",
    ladder: str | None = "standard",
    kind: Any = "step",
    owner: str = "",
    region_code: str = DAOLI,
    agency_id: int | None = None,
    party_id: int | None = None,
) -> DeadlineView:
    """A deadline that runs from a moment; five working days unless something else is said."""
    ensure_ladders()
    return start_deadline(
        actor=SYSTEM,
        owner=Owner(KIND, owner or str(next(_numbers))),
        kind=kind,
        name="演示环节",
        name_en="A step",
        term=Term.from_dict(term or {"working_days": 5}),
        started_at=at(start),
        region_code=region_code,
        agency_id=agency_id,
        party_id=party_id,
        ladder=ladder,
        now=at(start),
    )
