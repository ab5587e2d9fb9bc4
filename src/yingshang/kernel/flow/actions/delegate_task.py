"""Pass a task on to a colleague."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, ensure_separate

from ..case_errors import InvalidRequest
from ..case_reads import doers_apart
from ..case_views import TaskView
from ..decisions import cleaned_text
from ..models import Task
from ._case_steps import colleague, load_task, note, seen, take


@transaction.atomic
def delegate_task(
    *, actor: Actor, task_id: int, to_user_id: int, reason: str = "", now: datetime
) -> TaskView:
    """Give a task one holds to somebody who could have claimed it. Its clock runs on.

    Raises TaskNotFound, NotYours, NotAllowedByDefinition, NotPossibleNow, InvalidRequest, ConflictingDuties.
    """
    task = load_task(actor, task_id)
    take(task, action="delegate", actor=actor, now=now)
    before = task.assignee_id
    if to_user_id == before:
        raise InvalidRequest("it is with them already", message_zh="该待办已在其名下", field="to_user_id")
    put_into_hands(task, to_user_id, now=now)
    task.delegated_by = actor.name
    task.save(update_fields=["assignee", "claimed_at", "delegated_by"])
    note(
        task.case,
        "task_delegated",
        actor=actor,
        now=now,
        task=task,
        before={"assignee": before},
        after={"assignee": to_user_id},
        reason=cleaned_text(reason, field="reason", what="a reason", what_zh="说明", longest=400),
    )
    return seen(task.pk, actor, now)


def put_into_hands(task: Task, user_id: int, *, now: datetime) -> None:
    """The task is theirs, if their agency, role and earlier steps allow it. It is not saved.

    Raises InvalidRequest, ConflictingDuties.
    """
    other = colleague(user_id, task, now=now)
    ensure_separate(other, doers_apart([task]).get(task.pk, frozenset()))
    task.assignee_id, task.claimed_at = user_id, now
