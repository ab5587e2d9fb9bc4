"""The other side is asked for its word until a day; afterwards, or where there is nobody to ask, who supervises decides
without it. For cancellations, and for supplements that ease what the unit is late with.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from django.utils import timezone

from yingshang.kernel.clock.api import Owner, start_deadline

from ._steps import PLATFORM, StartEvent, region_code_of
from .rules import Timed


class Asked(Protocol):
    """A row that waits for the other side's word."""

    pk: int
    deadline_id: int | None
    due_on: date | None

    def save(self, *, update_fields: list[str]) -> None: ...


def start_asking(
    row: Asked,
    *,
    owner: str,
    names: tuple[str, str],
    timed: Timed,
    agency_id: int,
    region_path: str,
    started: StartEvent,
    now: datetime,
) -> None:
    """Start the clock by which the other side has to answer; the row is saved with it. `names` in both languages."""
    clock = start_deadline(
        actor=PLATFORM,
        owner=Owner(owner, str(row.pk)),
        kind="step",
        name=names[0][:120],
        name_en=names[1],
        term=timed.term,
        started_at=now,
        region_code=region_code_of(region_path),
        agency_id=agency_id,
        party_id=None,
        ladder=timed.ladder,
        now=now,
        start_event=started,
    )
    row.deadline_id, row.due_on = clock.id, clock.due_on
    row.save(update_fields=["deadline_id", "due_on"])


def cannot_be_asked(*, party_id: int | None, due_on: date | None, now: datetime) -> bool:
    """Whether the other side is none of the register, or has let its day pass."""
    return party_id is None or (due_on is not None and timezone.localdate(now) > due_on)
