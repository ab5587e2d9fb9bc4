"""Lengthen a term, for a reason in law."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..errors import AlreadyLate
from ..models import Extension
from ..rules_of_law import extension_reason
from ..terms import Term
from ..views import DeadlineView, told
from ._steps import calendar_of, count_anew, finish, late, load, must_be_open, not_before

PERMISSION = "clock.extend"


def extend_deadline(
    *,
    actor: Actor,
    deadline_id: int,
    term: Term,
    reason_code: str,
    note: str = "",
    now: datetime,
    permission_required: bool = False,
) -> DeadlineView:
    """Lengthen a deadline's term, before it has run out.

    In the unit of the term it is counted in one go with it, in another it runs from the due date. With
    `permission_required` the actor must hold clock.extend there: say so wherever a person asks for it directly.
    Raises DeadlineNotFound, DeadlineNotOpen, AlreadyLate, UnknownReason, OutsideCalendar, NotAllowed.
    """
    reason = extension_reason(reason_code)
    with transaction.atomic():
        row = load(actor, deadline_id, permission=PERMISSION if permission_required else None)
        must_be_open(row)
        not_before(now, row.started_at)
        if late(row, now):
            raise AlreadyLate(
                f"deadline {row.pk} ran out on {row.due_on}: a term is lengthened before it has",
                message_zh=f"时限“{row.name}”已于{row.due_on}届满，只有届满之前才能延长",
                due_on=str(row.due_on),
            )
        before = told(row)
        Extension.objects.create(
            deadline=row,
            term=term.as_dict(),
            reason=reason.code,
            note=note[:400],
            extended_at=now,
            extended_by=actor.name[:120],
        )
        count_anew(row, calendar_of(row), now=now)
        return finish(
            row,
            actor=actor,
            action="clock.extended",
            now=now,
            before=before,
            after={"term": term.as_dict(), "reason": reason.code, "basis": reason.basis},
            reason=f"{reason.name}（{reason.basis}）{note}",
        )
