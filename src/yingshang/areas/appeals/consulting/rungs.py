"""The clock of an invited agency says something: it is reminded, and what is late is told to who supervises."""

from __future__ import annotations

from yingshang.kernel.clock.api import FiredRung

from ..actions._steps import tell_agency
from ..models import Invitation
from ..reach import ANSWER, SUPERVISE
from .reach import PERMISSION
from .selectors import WAITING
from .telling import page_of


def on_invitation_rung(rung: FiredRung) -> None:
    """An opinion, or the word on the minutes, is due or late."""
    rows = Invitation.objects.select_related(
        "consultation__appeal", "consultation__called_by_agency", "agency"
    )
    invited = rows.filter(pk=int(rung.deadline.owner.identifier), state__in=WAITING).first()
    if invited is None or invited.deadline_id != rung.deadline.id:
        return
    row = invited.consultation
    told = [(invited.agency_id, ANSWER)]
    if "supervisor" in rung.rung.to:
        told += [(row.called_by_agency_id, PERMISSION[row.called_as]), (row.appeal.desk_id, SUPERVISE)]
    for agency, permission in dict.fromkeys(told):
        tell_agency(
            agency,
            permission,
            "consultation_late",
            appeal=row.appeal,
            now=rung.fired_at,
            once=f"appeals.consultation:{rung.deadline.id}:{rung.rung.code}:{agency}:{permission}",
            link=page_of(row),
            agency=invited.agency.name,
            rung=rung.rung.name,
            due=rung.deadline.due_on,
        )
