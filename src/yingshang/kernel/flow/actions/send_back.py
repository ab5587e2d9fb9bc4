"""Send the case back to an earlier step."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks, engine
from ..case_errors import InvalidRequest
from ..case_reads import SENT_BACK, snapshot
from ..case_views import CaseView
from ..decisions import cleaned_text
from ._case_steps import finish, follow, fresh, load_task, note, take, tell, tell_ready


@transaction.atomic
def send_back(*, actor: Actor, task_id: int, to_step: str, reason: str, now: datetime) -> CaseView:
    """Have an earlier step done again. What came after it counts no more; branches beside it go on. The case clock runs
    on; the step gets a clock of its own anew.

    Raises TaskNotFound, NotYours, NotPossibleNow, InvalidRequest, UnknownStep, NotReady.
    """
    task = load_task(actor, task_id)
    take(task, action="send_back", actor=actor, now=now)
    case = task.case
    reason = cleaned_text(
        reason, field="reason", what="a reason", what_zh="退回理由", longest=400, required=True
    )
    position = engine.back_to(case.version.spec, case.position, to_step)
    if task.token in {each.token for each in position.ready}:
        raise InvalidRequest(
            f"{to_step} does not come before {task.step}; name a step that does",
            message_zh=f"“{task.name}”不在所选环节之后，请选择之前的环节",
            field="to_step",
            value=to_step,
        )
    before = task.state
    task.outcome, task.outcome_name, task.outcome_name_en = SENT_BACK, "退回上一环节", "Sent back"
    task.opinion = reason
    finish(task, state="done", actor=actor, now=now)
    clocks.meet(task.deadline_id, actor=actor, now=now)
    opened = follow(case, position, actor=actor, now=now, reason=reason)
    case.save()
    note(
        case,
        "task_sent_back",
        actor=actor,
        now=now,
        task=task,
        before={"state": before},
        after={"to": to_step, "next": [each.step for each in opened]},
        reason=reason,
    )
    view, views = snapshot(case.pk, [task.pk, *(each.pk for each in opened)], now)
    tell("sent_back", view, actor=actor, now=now, task=views[task.pk], text=reason)
    tell_ready(view, opened, views, actor=actor, now=now)
    return fresh(case.pk, now)
