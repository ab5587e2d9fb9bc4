"""An enterprise comes at another time, or gives its place back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...actions._steps import move, tell_enterprise
from ...lifecycle import CLAIM
from ...models import Claim
from ...reach import OWN, load, visible
from ..places import companions, free, share_place, take_place, words_of


@transaction.atomic
def book_again(*, actor: Actor, claim_id: int, window_id: int, starts_at: datetime, now: datetime) -> int:
    """Another time for a claim that was handed in, or a new one after it was missed; the number of the appointment.
    Claims that come with the same visit come at that time, too, each with its event.

    The earlier place is free at once. Raises ClaimNotFound, NotPossibleNow, WindowNotFound, SlotTaken.
    """
    together = _load_visit(actor, claim_id, "rebooked")
    for claim in together:
        free(claim, who=actor.name, now=now, state="moved")
    first, *others = together
    row = take_place(first, window_id=window_id, starts_at=starts_at, who=actor.name, now=now)
    rows = {first.pk: row}
    for claim in others:
        rows[claim.pk] = share_place(claim, with_claim=first.pk, who=actor.name, now=now)
    told = words_of(row)
    for claim in together:
        move(claim, "rebooked", actor=actor, now=now, more=told, reason=f"{told['time']} {told['window']}")
    tell_enterprise(
        first,
        "booked",
        now=now,
        **told,
        item="、".join(each.item_name for each in together),
        number="、".join(each.number for each in together),
    )
    return int(rows[claim_id].pk)


@transaction.atomic
def cancel_appointment(*, actor: Actor, claim_id: int, now: datetime) -> None:
    """Give the place back. The claim stays handed in, and waits for another appointment for some working days; so do
    those that were to come with the same visit.

    Raises ClaimNotFound, NotPossibleNow.
    """
    for claim in _load_visit(actor, claim_id, "unbooked"):
        row = free(claim, who=actor.name, now=now)
        if row is None:
            # There is no place to give back; that is no change, and says so by doing nothing.
            continue
        told = words_of(row)
        move(claim, "unbooked", actor=actor, now=now, more=told, reason=f"{told['time']} {told['window']}")


def _load_visit(actor: Actor, claim_id: int, event: str) -> list[Claim]:
    """A claim and those that come with the same visit, locked by number. Raises ClaimNotFound, NotPossibleNow."""
    seen = visible(actor).filter(pk=claim_id).first()
    numbers = companions(seen) if seen and seen.state == "appointed" else (claim_id,)
    found = [load(actor, number, OWN) for number in numbers]
    for claim in found:
        CLAIM.after(claim.state, event)
    return found
