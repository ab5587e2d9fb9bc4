"""Refuse the application."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks, engine
from ..case_views import CaseView
from ..decisions import cleaned_text
from ._case_steps import end_case, finish, fresh, load_task, note, seen, take, tell


@transaction.atomic
def reject_case(*, actor: Actor, task_id: int, reason: str, now: datetime) -> CaseView:
    """End the case here, with the reason the applicant is told. What other branches were doing is cancelled.

    Raises TaskNotFound, NotYours, NotAllowedByDefinition, NotPossibleNow, InvalidRequest.
    """
    task = load_task(actor, task_id)
    take(task, action="reject", actor=actor, now=now)
    case = task.case
    reason = cleaned_text(
        reason, field="reason", what="the reason", what_zh="退件理由", longest=400, required=True
    )
    before, state_before = case.state, task.state
    task.outcome, task.outcome_name, task.outcome_name_en = "rejected", "退件", "Rejected"
    task.opinion = reason
    finish(task, state="done", actor=actor, now=now)
    clocks.meet(task.deadline_id, actor=actor, now=now)
    case.position = engine.cancel(case.version.spec, case.position).state
    end_case(case, state="rejected", outcome="rejected", reason=reason, actor=actor, now=now)
    note(
        case,
        "case_rejected",
        actor=actor,
        now=now,
        task=task,
        before={"case": before, "state": state_before},
        after={"case": case.state},
        reason=reason,
    )
    tell(
        "rejected",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        task=seen(task.pk, None, now),
        outcome="rejected",
        text=reason,
    )
    return fresh(case.pk, now)
