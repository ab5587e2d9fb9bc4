"""An enterprise comes at another time, or gives its place back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...actions._steps import move, tell_enterprise
from ...lifecycle import CLAIM
from ...reach import OWN, load
from ..places import free, take_place, words_of


@transaction.atomic
def book_again(*, actor: Actor, claim_id: int, window_id: int, starts_at: datetime, now: datetime) -> int:
    """Another time for a claim that was handed in, or a new one after it was missed; the number of the appointment.

    The earlier place is free at once. Raises ClaimNotFound, NotPossibleNow, WindowNotFound, SlotTaken.
    """
    claim = load(actor, claim_id, OWN)
    CLAIM.after(claim.state, "rebooked")
    free(claim, who=actor.name, now=now, state="moved")
    row = take_place(claim, window_id=window_id, starts_at=starts_at, who=actor.name, now=now)
    told = words_of(row)
    move(claim, "rebooked", actor=actor, now=now, more=told, reason=f"{told['time']} {told['window']}")
    tell_enterprise(claim, "booked", now=now, **told)
    return int(row.pk)


@transaction.atomic
def cancel_appointment(*, actor: Actor, claim_id: int, now: datetime) -> None:
    """Give the place back. The claim stays handed in, and waits for another appointment for some working days.

    Raises ClaimNotFound, NotPossibleNow.
    """
    claim = load(actor, claim_id, OWN)
    CLAIM.after(claim.state, "unbooked")
    row = free(claim, who=actor.name, now=now)
    if row is None:
        # There is no place to give back; that is no change, and says so by doing nothing.
        return
    told = words_of(row)
    move(claim, "unbooked", actor=actor, now=now, more=told, reason=f"{told['time']} {told['window']}")
