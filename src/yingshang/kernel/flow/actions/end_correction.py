"""Go on without what the applicant was asked for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks
from ..case_views import CaseView
from ..decisions import back_in_hand, cleaned_text
from ._case_steps import end_corrections, fresh, go_on, load_task, note, seen, take, tell


@transaction.atomic
def end_correction(*, actor: Actor, task_id: int, reason: str, now: datetime) -> CaseView:
    """Wait for the applicant no longer: their time is up, or it was not needed after all. The clocks go on, and the
    case is decided on what is there. Raises TaskNotFound, NotYours, NotPossibleNow, InvalidRequest."""
    task = load_task(actor, task_id)
    take(task, action="end_correction", actor=actor, now=now)
    case = task.case
    reason = cleaned_text(reason, field="reason", what="a reason", what_zh="理由", longest=400, required=True)
    end_corrections(
        task.corrections.filter(answered_at__isnull=True, ended_at__isnull=True), reason, actor, now
    )
    task.state = back_in_hand(task.assignee_id)
    task.save(update_fields=["state", "assignee", "claimed_at"])
    clocks.resume(task.deadline_id, actor=actor, now=now)
    go_on(case, actor=actor, now=now)
    case.save(update_fields=["state"])
    note(
        case,
        "correction_ended",
        actor=actor,
        now=now,
        task=task,
        before={"state": "paused"},
        after={"case": case.state},
        reason=reason,
    )
    tell(
        "correction_ended",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        task=seen(task.pk, None, now),
        text=reason,
    )
    return fresh(case.pk, now)
