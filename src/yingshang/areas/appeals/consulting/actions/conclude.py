"""The minutes of a consultation: what was agreed and who does what by when; who agrees to them and who does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...actions._steps import bounded, needed, note, tell_reporter
from ...actions.handle_appeal import ask_for_part
from ...errors import InvalidStep, NotYours, StepNotFound
from ...lifecycle import CONSULTATION, INVITATION
from ...models import Consultation
from ...reach import ANSWER, agencies_of, ensure_held_by
from ..clocks import meet_clock, start_clock
from ..ending import end_invitations, stop_clock
from ..reach import load_consultation, load_led
from ..rules import consulting_rules
from ..selectors import asked_for
from ..telling import tell_caller, tell_invited

_WHAT = 500


@dataclass(frozen=True, slots=True)
class Task:
    """What an agency does by when, as the minutes have it."""

    agency_id: int
    what: str
    due_on: date | None = None


@transaction.atomic
def write_minutes(
    *,
    actor: Actor,
    consultation_id: int,
    conclusion: str,
    tasks: Sequence[Task] = (),
    internal: str = "",
    now: datetime,
) -> None:
    """Write the minutes, or write them anew: then each invited agency says again whether it agrees, with a clock of its
    own. `internal` stays between agencies. By who called it.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_led(actor, consultation_id)
    CONSULTATION.after(row.state, "minuted")
    needed(conclusion, "conclusion")
    invitations = list(row.invitations.select_for_update().select_related("agency").order_by("pk"))
    names = {each.agency_id: each.agency.name for each in invitations}
    names[row.called_by_agency_id] = row.called_by_agency.name
    if appeal.agency is not None:
        names[appeal.agency.pk] = appeal.agency.name
    rules = consulting_rules(appeal.region_path)
    row.tasks = _tasks(tasks, names, rules.most_tasks, today=timezone.localdate(now))
    row.conclusion, row.internal = bounded(conclusion, "conclusion"), bounded(internal, "internal")
    row.minuted_at, row.minuted_by_name, row.sign_due_on = now, actor.name, None
    row.state = CONSULTATION.after(row.state, "minuted")
    for each in invitations:
        each.state = INVITATION.after(each.state, "minuted")
        each.reason, each.decided_at, each.decided_by_name = "", None, ""
        stop_clock(each, reason="已形成会商纪要", now=now)
        start_clock(each, appeal, "会商纪要会签", "Minutes of a consultation", rules.sign, now=now)
        each.save()
        row.sign_due_on = each.due_on
    row.save()
    note(
        appeal,
        "consultation_minuted",
        actor=actor,
        now=now,
        after={"consultation": row.pk, "tasks": len(row.tasks), "sign_due": str(row.sign_due_on or "")},
    )
    invited = [each.agency_id for each in invitations]
    tell_invited(row, appeal, "consultation_minuted", *invited, now=now, due=row.sign_due_on)


@transaction.atomic
def sign_minutes(
    *,
    actor: Actor,
    consultation_id: int,
    agrees: bool,
    reason: str = "",
    read: datetime | None = None,
    now: datetime,
) -> None:
    """An invited agency agrees to the minutes, or dissents with a reason. `read` is when the minutes it has read were
    written (`minuted_at`): those that were written anew meanwhile are not signed unread.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_consultation(actor, consultation_id)
    rows = row.invitations.select_for_update(of=("self",)).select_related("agency")
    invited = rows.filter(agency__in=agencies_of(actor, ANSWER)).order_by("pk").first()
    if invited is None:
        raise NotYours(
            "only an invited agency says whether it agrees",
            message_zh="纪要由受邀单位会签",
            value=consultation_id,
        )
    CONSULTATION.after(row.state, "decided")
    if read is not None and read != row.minuted_at:
        raise InvalidStep(
            "the minutes were written anew meanwhile; read them as they stand now, then sign",
            message_zh="纪要在您查看之后改写过，请看过现在的内容再会签",
            field="consultation",
        )
    invited.state = INVITATION.after(invited.state, "agreed" if agrees else "dissented")
    if not agrees:
        needed(reason)
    invited.reason = bounded(reason, "reason")[:1000]
    invited.decided_at, invited.decided_by_name = now, actor.name
    invited.save()
    meet_clock(invited, now=now)
    note(
        appeal,
        "consultation_signed",
        actor=actor,
        now=now,
        reason=invited.reason,
        after={"consultation": row.pk, "agency": invited.agency.name, "agrees": agrees},
    )
    tell_caller(row, appeal, "consultation_said", now=now, who=invited.agency.name)


@transaction.atomic
def end_consultation(*, actor: Actor, consultation_id: int, now: datetime) -> None:
    """End it with its minutes, once every invited agency has said whether it agrees, or its time for that is over:
    those that were silent are shown as such. Who was invited is told, who said it, too. By who called it.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_led(actor, consultation_id)
    CONSULTATION.after(row.state, "ended")
    invitations = list(row.invitations.select_related("agency"))
    today = timezone.localdate(now)
    waiting = [
        each.agency.name
        for each in invitations
        if each.state == "signing" and each.due_on is not None and today <= each.due_on
    ]
    if waiting:
        raise InvalidStep(
            f"{', '.join(waiting)} may still say whether they agree; wait, or until {row.sign_due_on} is over",
            message_zh=f"“{'、'.join(waiting)}”还没有会签，请等会签，或在 {row.sign_due_on} 之后结束",
            field="consultation",
        )
    row.state = CONSULTATION.after(row.state, "ended")
    row.ended_at, row.ended_by_name = now, actor.name
    row.save()
    end_invitations(row, reason="会商结束", now=now)
    note(appeal, "consultation_ended", actor=actor, now=now, after={"consultation": row.pk})
    told = {"caller": row.called_by_agency.name}
    tell_invited(row, appeal, "consultation_ended", *(each.agency_id for each in invitations), now=now)
    if row.with_reporter:
        tell_reporter(appeal, "consultation_ended", now=now, voices=False, **told)


@transaction.atomic
def task_as_part(*, actor: Actor, consultation_id: int, number: int, now: datetime) -> int:
    """What an agency took on becomes its part of the reply 协办, with the clock of parts; by the agency that has the
    appeal, once the consultation has ended; anew where that part was over without an answer. The number of the part.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_consultation(actor, consultation_id)
    ensure_held_by(actor, appeal, ANSWER)
    if not 0 <= number < len(row.tasks):
        raise StepNotFound(f"no task {number}", message_zh="没有这项分工", value=number)
    task = row.tasks[number]
    if row.state != "ended" or task.get("part") in asked_for(appeal):
        raise InvalidStep(
            "the consultation has not ended, or it was asked for already",
            message_zh="会商还没有结束，或者这项分工已经请协办",
            field="number",
            value=number,
        )
    part = ask_for_part(
        actor=actor, appeal_id=appeal.pk, agency_id=task["agency"], question=task["what"], now=now
    )
    task["part"] = part
    Consultation.objects.filter(pk=row.pk).update(tasks=row.tasks)
    return part


def _tasks(tasks: Sequence[Task], names: dict[int, str], most: int, *, today: date) -> list[dict[str, Any]]:
    if len(tasks) > most:
        raise InvalidStep(
            f"{len(tasks)} tasks; write at most {most}", message_zh=f"分工最多 {most} 项", field="tasks"
        )
    found = []
    for each in tasks:
        what = each.what.strip()
        if each.agency_id not in names:
            raise InvalidStep(
                "a task is for an agency that takes part",
                message_zh="分工只能交给参加会商的单位",
                field="tasks",
                value=each.agency_id,
            )
        if not what or len(what) > _WHAT:
            raise InvalidStep(
                f"write what is to be done, in at most {_WHAT} characters",
                message_zh=f"请写明做什么，最多 {_WHAT} 字",
                field="tasks",
            )
        if each.due_on is not None and each.due_on < today:
            raise InvalidStep(
                "the day of a task is over; name a later one",
                message_zh="分工的期限已经过去，请填写以后的日期",
                field="tasks",
                value=str(each.due_on),
            )
        found.append(
            {
                "agency": each.agency_id,
                "agency_name": names[each.agency_id],
                "what": what,
                "due_on": each.due_on.isoformat() if each.due_on else None,
                "part": None,
            }
        )
    return found
