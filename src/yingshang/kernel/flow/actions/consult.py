"""会商: ask other agencies, all at once, and go on with one answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, reference_of

from .. import clocks, lifecycle
from ..case_errors import InvalidRequest, OpinionsOutstanding
from ..case_views import TaskView
from ..clocks import Term
from ..decisions import back_in_hand, cleaned_text
from ..models import Opinion, Task
from ._case_steps import agency, cancel_task, finish, fresh, load_task, note, seen, take, tell

STANCES = (Opinion.AGREES, Opinion.OBJECTS, Opinion.CONDITIONAL)


@transaction.atomic
def consult(
    *,
    actor: Actor,
    task_id: int,
    agency_ids: Iterable[int],
    question: str,
    term: Term | None = None,
    now: datetime,
) -> tuple[TaskView, ...]:
    """Ask agencies for their opinion; each has a task with a clock of its own. The step clock of who asks runs on: time
    for asking is part of theirs. The step is completed when all have answered, or their time is up.

    Raises TaskNotFound, NotYours, NotAllowedByDefinition, NotPossibleNow, InvalidRequest, UnknownAgency.
    """
    task = load_task(actor, task_id)
    take(task, action="consult", actor=actor, now=now)
    case = task.case
    question = cleaned_text(
        question, field="question", what="the question", what_zh="会商事项", required=True
    )
    places = [agency(number) for number in dict.fromkeys(agency_ids)]
    if not places or any(place.id == task.agency_id for place in places):
        raise InvalidRequest(
            "name one other agency or more", message_zh="请选择本机构以外的一个或多个机构", field="agency_ids"
        )
    before, task.state = task.state, "consulting"
    task.save(update_fields=["state", "assignee", "claimed_at"])
    within = term or Term.from_dict(lifecycle.figure("opinion", "term"))
    asked = []
    for place in places:
        row = Task.objects.create(
            case=case,
            kind=Task.OPINION,
            step=task.step,
            name=f"会商：{task.name}"[:200],
            name_en=f"Consultation: {task.name_en or task.name}"[:200],
            agency_id=place.id,
            region_path=place.region_path,
            ready_at=now,
            asked_by=task,
            question=question,
        )
        row.deadline_id = clocks.start_task_clock(
            row,
            term={within.unit: within.amount},
            ladder=lifecycle.figure("opinion", "ladder"),
            region_code=place.region_code,
            actor=actor,
            now=now,
        )
        row.save(update_fields=["deadline"])
        asked.append(row)
    note(
        case,
        "consulted",
        actor=actor,
        now=now,
        task=task,
        before={"state": before},
        after={"agencies": [place.id for place in places], "opinions": [row.pk for row in asked]},
        reason=question,
    )
    view = fresh(case.pk, now)
    for row in asked:
        tell("consulted", view, actor=actor, now=now, task=seen(row.pk, None, now), text=question)
    return tuple(seen(row.pk, actor, now) for row in asked)


@transaction.atomic
def give_opinion(*, actor: Actor, task_id: int, stance: str, text: str = "", now: datetime) -> TaskView:
    """Answer for one's agency: agrees, objects (with the reason) or conditional (with the condition). With the last
    answer the task that asked is back with its holder.

    Raises TaskNotFound, NotYours, NotPossibleNow, InvalidRequest.
    """
    task = load_task(actor, task_id)
    if task.kind != Task.OPINION:
        raise InvalidRequest(
            "nobody asked for an opinion here", message_zh="该待办不是会商意见", field="task_id"
        )
    take(task, action="give_opinion", actor=actor, now=now)
    if stance not in STANCES:
        raise InvalidRequest(
            f"{stance!r} is no stance; write one of {', '.join(STANCES)}",
            message_zh="请选择：同意、不同意或有条件同意",
            field="stance",
            value=stance,
        )
    text = cleaned_text(
        text, field="text", what="the reason", what_zh="意见", required=stance != Opinion.AGREES
    )
    before, case = task.state, task.case
    task.outcome, task.opinion = stance, text
    task.outcome_name, task.outcome_name_en = _WORDS[stance]
    finish(task, state="done", actor=actor, now=now)
    Opinion.objects.create(
        task=task,
        stance=stance,
        text=text,
        given_at=now,
        given_by=reference_of(actor),
        given_by_name=actor.name,
    )
    clocks.meet(task.deadline_id, actor=actor, now=now)
    asking = task.asked_by
    assert asking is not None
    last = not asking.opinions.filter(state__in=lifecycle.open_states("opinion")).exists()
    if last:
        asking.state = back_in_hand(asking.assignee_id)
        asking.save(update_fields=["state"])
    note(
        case,
        "opinion_given",
        actor=actor,
        now=now,
        task=task,
        before={"state": before},
        after={"stance": stance, "asked_by": asking.pk, "last": last},
        reason=text,
    )
    view = fresh(case.pk, now)
    tell(
        "opinion_given", view, actor=actor, now=now, task=seen(task.pk, None, now), outcome=stance, text=text
    )
    if last:
        tell("consultation_ended", view, actor=actor, now=now, task=seen(asking.pk, None, now))
    return seen(task.pk, actor, now)


@transaction.atomic
def end_consultation(*, actor: Actor, task_id: int, reason: str, now: datetime) -> TaskView:
    """Wait for the rest no longer: those whose time is up count as silent.

    Raises TaskNotFound, NotYours, NotPossibleNow, InvalidRequest, OpinionsOutstanding while somebody still has time.
    """
    task = load_task(actor, task_id)
    take(task, action="end_consultation", actor=actor, now=now)
    case = task.case
    reason = cleaned_text(reason, field="reason", what="a reason", what_zh="理由", longest=400, required=True)
    waiting = list(
        task.opinions.filter(state__in=lifecycle.open_states("opinion")).select_related("agency", "deadline")
    )
    in_time = [row for row in waiting if row.deadline is not None and row.deadline.due_at >= now]
    if in_time:
        listed = "、".join(row.agency.name for row in in_time)
        raise OpinionsOutstanding(
            f"{listed} may still answer; their time is not up",
            message_zh=f"{listed}的答复期限未到，请等待其答复",
            agencies=[row.agency_id for row in in_time],
        )
    for row in waiting:
        cancel_task(row, reason=reason, actor=actor, now=now)
        Opinion.objects.create(
            task=row,
            stance=Opinion.SILENT,
            given_at=now,
            given_by=reference_of(actor),
            given_by_name=actor.name,
        )
    task.state = back_in_hand(task.assignee_id)
    task.save(update_fields=["state", "assignee", "claimed_at"])
    note(
        case,
        "consultation_ended",
        actor=actor,
        now=now,
        task=task,
        before={"state": "consulting"},
        after={"silent": [row.agency_id for row in waiting]},
        reason=reason,
    )
    tell(
        "consultation_ended",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        task=seen(task.pk, None, now),
        text=reason,
    )
    return seen(task.pk, actor, now)


_WORDS = {
    Opinion.AGREES: ("同意", "Agrees"),
    Opinion.OBJECTS: ("不同意", "Objects"),
    Opinion.CONDITIONAL: ("有条件同意", "Agrees on conditions"),
}
