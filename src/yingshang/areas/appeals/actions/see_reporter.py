"""Who said it and how to reach them, in the clear: for those who have to, and it is noted who looked and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, NotAllowed, note_personal_view

from ..reach import VIEW_REPORTER, load, sees_reporter
from ._steps import needed, note


@dataclass(frozen=True, slots=True)
class ReporterSeen:
    """Who said it, and how to reach them."""

    name: str
    phone: str
    mail: str
    party_id: int | None
    party_name: str
    credit_code: str


@transaction.atomic
def see_reporter(*, actor: Actor, appeal_id: int, purpose: str, now: datetime) -> ReporterSeen:
    """Show who said it to those who deal with it or supervise it; of an anonymous one, to its desk and to supervisors
    only. Where it is an enterprise, it sees in its list of views who looked.

    Raises NotAllowed, AppealNotFound, InvalidStep.
    """
    appeal = load(actor, appeal_id, VIEW_REPORTER)
    if not sees_reporter(actor, appeal):
        raise NotAllowed(
            f"who said {appeal.number} is for those who deal with it"
            + ("; it was said anonymously: for its desk and who supervises" if appeal.anonymous else ""),
            message_zh="该诉求是匿名提出的，只有派单单位和督查人员可以查看诉求人"
            if appeal.anonymous
            else "只有派单、办理和督查这件诉求的人员可以查看诉求人",
            value=appeal.number,
        )
    needed(purpose, "purpose")
    if appeal.party_id is not None:
        note_personal_view(
            actor=actor,
            party_id=appeal.party_id,
            fields=["appeals.reporter"],
            purpose=purpose.strip(),
            now=now,
        )
    note(appeal, "reporter_seen", actor=actor, now=now, reason=purpose.strip())
    return ReporterSeen(
        appeal.reporter_name,
        appeal.reporter_phone,
        appeal.reporter_mail,
        appeal.party_id,
        appeal.party.name if appeal.party else "",
        (appeal.party.credit_code or "") if appeal.party else "",
    )
