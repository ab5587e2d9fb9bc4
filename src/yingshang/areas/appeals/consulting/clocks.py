"""The clocks of a consultation: one for each invited agency. That of the appeal runs on beside them."""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.clock.api import Owner, Term, get_deadline, meet_deadline, start_deadline

from ..clocks import region_code_of
from ..desks import PLATFORM
from ..models import Appeal, Invitation
from .rules import consulting_rules

INVITATIONS = "appeal_invitation"
"""The owner the clock knows deadlines of invitations by."""


def start_clock(
    invitation: Invitation, appeal: Appeal, name: str, name_en: str, term: Term, *, now: datetime
) -> None:
    """Begin the clock of an invited agency; noted on the invitation, which is not saved."""
    view = start_deadline(
        actor=PLATFORM,
        owner=Owner(INVITATIONS, str(invitation.pk)),
        kind="step",
        name=f"{name}：{appeal.title}"[:120],
        name_en=f"{name_en}: {appeal.number}",
        term=term,
        started_at=now,
        region_code=region_code_of(appeal.region_path),
        agency_id=invitation.agency_id,
        # The list of deadlines of an enterprise would tell who said it.
        party_id=None,
        ladder=consulting_rules(appeal.region_path).ladder,
        now=now,
        start_event={"zh": "邀请会商", "en": "invited"},
    )
    invitation.deadline_id, invitation.due_on = view.id, view.due_on


def meet_clock(invitation: Invitation, *, now: datetime) -> None:
    """What was asked of the agency has been done."""
    if invitation.deadline_id is not None and get_deadline(invitation.deadline_id).state == "running":
        meet_deadline(actor=PLATFORM, deadline_id=invitation.deadline_id, now=now)
