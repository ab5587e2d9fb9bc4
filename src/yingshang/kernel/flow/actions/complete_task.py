"""Complete a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

from .. import clocks, engine, lifecycle
from ..case_errors import InvalidRequest, NotAllowedByDefinition
from ..case_reads import snapshot
from ..case_views import BatchResult, TaskView
from ..decisions import cleaned_text
from ..definitions.rules import StepRule
from ..errors import UnknownOutcome
from ..models import Case, Task
from ._case_steps import (
    end_case,
    finish,
    follow,
    load_task,
    note,
    take,
    tell,
    tell_ready,
)
from ._step_form import keep_form, take_form


@transaction.atomic
def complete_task(
    *,
    actor: Actor,
    task_id: int,
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    opinion: str = "",
    now: datetime,
) -> TaskView:
    """End a step with one of its outcomes; what comes next is ready in the same moment, or the case is over.

    A task that waited for somebody becomes the actor's by this. `answers` are what was filled into the form of the
    step, if it has one. `data` are added to the data of the case, under the names the definition lets the step set, for
    conditions to read. Raises TaskNotFound, NotYours, NotPossibleNow (somebody was faster), UnknownOutcome,
    InvalidSubmission with every problem of the form at its field, UndeclaredData, ConflictingDuties,
    ConditionUndecided; nothing has happened then.
    """
    task = load_task(actor, task_id)
    if task.kind == Task.OPINION:
        raise NotAllowedByDefinition(
            "an opinion is given, not completed", message_zh="会商意见请使用“反馈意见”办理", action="complete"
        )
    rule = take(task, action="complete", actor=actor, now=now)
    assert rule is not None
    case = task.case
    chosen = _chosen(rule, outcome)
    filled, facts = take_form(task, rule, answers, data, actor=actor, now=now)
    position = engine.complete(
        case.version.spec, case.position, task.token, facts, outcome=outcome if rule.outcomes else None
    )
    before = task.state
    if chosen is not None:
        task.outcome, task.outcome_name, task.outcome_name_en = chosen.code, chosen.name, chosen.name_en
    task.opinion = cleaned_text(opinion, field="opinion", what="an opinion", what_zh="意见")
    case.data = {**case.data, **facts}
    finish(task, state="done", actor=actor, now=now)
    kept = keep_form(task, filled, actor=actor, now=now) if filled else {}
    clocks.meet(task.deadline_id, actor=actor, now=now)
    over = position.ended or (chosen is not None and chosen.ends)
    opened = _next(case, position, over, task, actor=actor, now=now)
    note(
        case,
        "task_completed",
        actor=actor,
        now=now,
        task=task,
        before={"state": before},
        after={"outcome": task.outcome, "next": [each.step for each in opened], "case": case.state, **kept},
        reason=task.opinion,
    )
    view, views = snapshot(case.pk, [task.pk, *(each.pk for each in opened)], now)
    done = views[task.pk]
    tell(
        "task_completed",
        view,
        actor=actor,
        now=now,
        task=done,
        outcome=task.outcome,
        text=task.opinion,
        data=facts,
        answers=filled.values if filled else None,
    )
    if over:
        tell("ended", view, actor=actor, now=now, task=done, outcome=task.outcome, text=task.opinion)
    tell_ready(view, opened, views, actor=actor, now=now)
    return done


def complete_tasks(
    *,
    actor: Actor,
    task_ids: Iterable[int],
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    opinion: str = "",
    now: datetime,
) -> BatchResult:
    """Complete several tasks in the same way, each for itself: one that is refused leaves the others alone."""
    numbers = list(dict.fromkeys(task_ids))
    largest = lifecycle.figure("largest_batch")
    if len(numbers) > largest:
        raise InvalidRequest(
            f"{len(numbers)} tasks; at most {largest} at once",
            message_zh=f"一次最多批量办理 {largest} 件",
            field="task_ids",
        )
    done, refused = [], {}
    # In the order of their cases, as everybody locks them.
    order = dict(Task.objects.filter(pk__in=numbers).values_list("pk", "case_id"))
    with transaction.atomic():
        for number in sorted(numbers, key=lambda each: (order.get(each, 0), each)):
            try:
                complete_task(
                    actor=actor, task_id=number, outcome=outcome, data=data, opinion=opinion, now=now
                )
            except DomainError as refusal:
                refused[number] = (refusal.message_zh, refusal.message)
            else:
                done.append(number)
    return BatchResult(tuple(done), refused)


def _chosen(rule: StepRule, outcome: str) -> Any:
    if not rule.outcomes:
        return None
    chosen = rule.outcome(outcome)
    if chosen is None:
        listed = "、".join(f"{each.code}（{each.name}）" for each in rule.outcomes)
        raise UnknownOutcome(
            f"{outcome!r} is no outcome of {rule.id}; write one of {', '.join(each.code for each in rule.outcomes)}",
            message_zh=f"环节“{rule.name}”没有结果“{outcome}”，请选择：{listed}",
            step=rule.id,
            outcomes=[each.code for each in rule.outcomes],
        )
    return chosen


def _next(
    case: Case, position: engine.Position, over: bool, task: Task, *, actor: Actor, now: datetime
) -> list[Task]:
    if over:
        case.position = position.state
        end_case(
            case,
            state="completed",
            outcome=task.outcome,
            reason=task.opinion or task.outcome_name,
            actor=actor,
            now=now,
        )
        return []
    opened = follow(case, position, actor=actor, now=now, reason=task.outcome_name)
    case.save()
    return opened
