"""The list of a named leader 挂牌督办: who answers for it personally, until it is solved."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...actions._steps import bounded, needed, note, tell_agency
from ...errors import InvalidStep, NotPossibleNow, StepNotFound
from ...models import Appeal, LeadersListEntry
from ...reach import ANSWER, DISPATCH, load

LIST = "appeals.list"


@transaction.atomic
def put_on_leaders_list(
    *, actor: Actor, appeal_id: int, due_on: date, instruction: str = "", now: datetime
) -> None:
    """A leader takes an open appeal on their own list, with an instruction and a day; the agency that has it is told.

    Raises NotAllowed, AppealNotFound, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, LIST)
    if appeal.ended_at is not None or appeal.state == "joined":
        raise NotPossibleNow(
            f"{appeal.number} is over, or goes along with another",
            message_zh="该诉求已经办结或已并案，不能挂牌",
            value=appeal.number,
        )
    if actor.kind != "user":
        raise InvalidStep("a leader is a person", message_zh="挂牌须由领导本人操作", field="leader")
    if due_on < timezone.localdate(now):
        raise InvalidStep(
            f"{due_on} is past; write today or a later day",
            message_zh="办结期限不能早于今天",
            field="due_on",
            value=str(due_on),
        )
    if LeadersListEntry.objects.filter(appeal=appeal, lifted_at__isnull=True).exists():
        raise InvalidStep("it is on a list already", message_zh="该诉求已经挂牌", field="appeal")
    LeadersListEntry.objects.update_or_create(
        appeal=appeal,
        defaults={
            "leader_id": int(actor.identifier),
            "leader_name": actor.name,
            "region_path": appeal.region_path,
            "instruction": bounded(instruction, "instruction")[:1000],
            "due_on": due_on,
            "listed_at": now,
            "listed_by_name": actor.name,
            "lifted_at": None,
            "lifted_by_name": "",
            "lifted_reason": "",
        },
    )
    note(appeal, "listed", actor=actor, now=now, reason=instruction.strip(), after={"due": str(due_on)})
    agency, permission = (appeal.agency_id, ANSWER) if appeal.agency_id else (appeal.desk_id, DISPATCH)
    tell_agency(agency, permission, "listed", appeal=appeal, now=now, leader=actor.name, due=due_on)


@transaction.atomic
def take_off_leaders_list(*, actor: Actor, appeal_id: int, reason: str, now: datetime) -> None:
    """The leader whose list it is on takes it off: once it is closed, or before with a reason that stays.

    Raises NotAllowed, AppealNotFound, StepNotFound, InvalidStep.
    """
    appeal = load(actor, appeal_id, LIST)
    entry = _entry(appeal)
    if actor.kind != "user" or entry.leader_id != int(actor.identifier):
        raise StepNotFound(
            f"{appeal.number} is on the list of {entry.leader_name}",
            message_zh=f"该诉求由{entry.leader_name}挂牌，须由本人摘牌",
            value=appeal.number,
        )
    needed(reason)
    entry.lifted_at, entry.lifted_by_name, entry.lifted_reason = now, actor.name, reason.strip()[:400]
    entry.save()
    note(appeal, "unlisted", actor=actor, now=now, reason=reason.strip())


def _entry(appeal: Appeal) -> LeadersListEntry:
    found = LeadersListEntry.objects.select_for_update().filter(appeal=appeal, lifted_at__isnull=True).first()
    if found is None:
        raise StepNotFound(f"{appeal.number} is on no list", message_zh="该诉求没有挂牌", value=appeal.number)
    return found
