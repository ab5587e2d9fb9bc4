"""What an enterprise asked its steward for, and its clock: it goes along with a new steward, and ends with none."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from yingshang.kernel.clock.api import FiredRung, cancel_deadline, hand_over_deadline, meet_deadline

from ..clocks import region_code_of
from ..desks import PLATFORM
from ..lifecycle import CALL
from ..models import StewardCall, Stewardship, Visit
from .telling import tell_managers, tell_party, tell_stewards

CALLS = "steward_call"
"""The owner the clock knows these deadlines by."""


def hand_over_calls(before: Stewardship, after: Stewardship, *, now: datetime) -> None:
    """Who takes over is asked, and the clock runs on. What is late by then was late at who had it."""
    today = timezone.localdate(now)
    for call in StewardCall.objects.select_for_update().filter(stewardship=before, state="open"):
        call.stewardship = after
        if call.due_on is None or call.due_on >= today:
            call.answerable = after
        call.save(update_fields=["stewardship", "answerable"])
        if call.deadline_id is not None and after.agency_id != before.agency_id:
            hand_over_deadline(
                actor=PLATFORM,
                deadline_id=call.deadline_id,
                agency_id=after.agency_id,
                region_code=region_code_of(after.region_path),
                now=now,
            )
        tell_stewards(after, "steward_called", now=now, enterprise=after.party.name, due=call.due_on)


def answer_calls(row: Stewardship, visit: Visit, *, now: datetime) -> None:
    """Whoever was spoken with was not spoken with before they asked."""
    for call in StewardCall.objects.select_for_update().filter(
        stewardship=row, state="open", asked_at__lte=visit.at
    ):
        call.state = CALL.after(call.state, "answered")
        call.visit, call.ended_at = visit, now
        if call.deadline_id is not None:
            call.late = meet_deadline(actor=PLATFORM, deadline_id=call.deadline_id, now=now).late
        call.save(update_fields=["state", "visit", "ended_at", "late"])


def drop_calls(row: Stewardship, *, now: datetime) -> None:
    """There is no steward any more: the enterprise is told to say it as an appeal."""
    for call in StewardCall.objects.select_for_update().filter(stewardship=row, state="open"):
        call.state, call.ended_at = CALL.after(call.state, "over"), now
        call.save(update_fields=["state", "ended_at"])
        if call.deadline_id is not None:
            cancel_deadline(actor=PLATFORM, deadline_id=call.deadline_id, reason="包联结束", now=now)
        tell_party(row, "steward_call_over", now=now, steward=row.steward_name)


def on_call_rung(rung: FiredRung) -> None:
    """The steward is reminded; once it is late, those who manage stewards are told."""
    rows = StewardCall.objects.select_related("stewardship__party")
    call = rows.filter(pk=int(rung.deadline.owner.identifier), state="open").first()
    if call is None:
        return
    row = call.stewardship
    told = {"enterprise": row.party.name, "due": rung.deadline.due_on, "rung": rung.rung.name}
    once = f"appeals.steward_call_due:{rung.deadline.id}:{rung.rung.code}"
    tell_stewards(row, "steward_call_due", now=rung.fired_at, once=once, **told)
    if "supervisor" in rung.rung.to:
        tell_managers(row, "steward_call_due", now=rung.fired_at, once=f"{once}:managers", **told)
