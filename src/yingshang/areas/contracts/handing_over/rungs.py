"""The clock of a hand-over list says something: both heads are reminded, and what is late is told to who supervises."""

from __future__ import annotations

from yingshang.kernel.clock.api import FiredRung

from ..lifecycle import HAND_OVER
from ..models import HandOver
from .telling import heads_of, supervisors_of, tell


def on_hand_over_rung(rung: FiredRung) -> None:
    """A list is soon to be signed for, or late."""
    rows = HandOver.objects.select_related("agency", "before", "after")
    row = rows.filter(pk=int(rung.deadline.owner.identifier), state__in=HAND_OVER.open_states).first()
    if row is None or row.deadline_id != rung.deadline.id:
        return
    users = heads_of(row)
    if "supervisor" in rung.rung.to:
        users += supervisors_of(row, now=rung.fired_at)
    tell(
        row,
        "hand_over_due",
        users,
        now=rung.fired_at,
        once=f"contracts.hand_over:{rung.deadline.id}:{rung.rung.code}",
        rung=rung.rung.name,
        rung_en=rung.rung.name_en,
    )
