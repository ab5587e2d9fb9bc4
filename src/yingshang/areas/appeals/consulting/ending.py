"""A consultation is over with the appeal: nothing is asked any more once it is answered, closed or elsewhere."""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.clock.api import cancel_deadline, get_deadline

from ..desks import PLATFORM
from ..lifecycle import CONSULTATION, INVITATION
from ..models import Appeal, Consultation, Invitation

_WAITING = ("asked", "stated", "signing")


def end_consultations(
    appeal: Appeal, *, reason: str, now: datetime, called_as: str = ""
) -> list[Consultation]:
    """Those that go on are over, with the event of what ended them; only those called `called_as`, if that is given.
    The appeal is locked already. Those that were ended: who was invited is told by the caller.
    """
    rows = Consultation.objects.select_for_update().filter(appeal=appeal, state__in=CONSULTATION.open_states)
    found = list((rows.filter(called_as=called_as) if called_as else rows).order_by("pk"))
    for row in found:
        row.state = CONSULTATION.after(row.state, "over")
        row.ended_at, row.reason = now, reason.strip()[:1000]
        row.save(update_fields=["state", "ended_at", "reason"])
        end_invitations(row, reason=reason, now=now)
    return found


def end_invitations(row: Consultation, *, reason: str, now: datetime) -> None:
    """Nobody is waited for any more."""
    for each in Invitation.objects.select_for_update().filter(consultation=row, state__in=_WAITING):
        each.state = INVITATION.after(each.state, "over")
        each.save(update_fields=["state"])
        stop_clock(each, reason=reason, now=now)


def stop_clock(each: Invitation, *, reason: str, now: datetime) -> None:
    """The clock of an invitation that runs is called off."""
    if each.deadline_id is not None and get_deadline(each.deadline_id).state == "running":
        cancel_deadline(
            actor=PLATFORM, deadline_id=each.deadline_id, reason=reason.strip()[:200] or "会商结束", now=now
        )
