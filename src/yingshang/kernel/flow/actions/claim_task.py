"""Take a task, or give it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..case_errors import NotYours
from ..case_views import TaskView
from ..decisions import user_id_of
from ._case_steps import load_task, note, seen, take


@transaction.atomic
def claim_task(*, actor: Actor, task_id: int, now: datetime) -> TaskView:
    """Take a task that waits for somebody of one's agency and role. Raises TaskNotFound, NotPossibleNow (somebody was
    faster), NotYours, ConflictingDuties."""
    task = load_task(actor, task_id)
    if user_id_of(actor) is None:
        raise NotYours("a task is held by a person", message_zh="待办只能由人员认领")
    take(task, action="claim", actor=actor, now=now)
    task.state = "claimed"
    task.save(update_fields=["state", "assignee", "claimed_at"])
    note(task.case, "task_claimed", actor=actor, now=now, task=task, before={"state": "ready"})
    return seen(task.pk, actor, now)


@transaction.atomic
def release_task(*, actor: Actor, task_id: int, now: datetime) -> TaskView:
    """Give a task back to the desk. Its clock runs on. Raises TaskNotFound, NotPossibleNow, NotYours."""
    task = load_task(actor, task_id)
    take(task, action="release", actor=actor, now=now)
    before = task.assignee_id
    task.state, task.assignee, task.claimed_at, task.delegated_by = "ready", None, None, ""
    task.save(update_fields=["state", "assignee", "claimed_at", "delegated_by"])
    note(task.case, "task_released", actor=actor, now=now, task=task, before={"assignee": before})
    return seen(task.pk, actor, now)
