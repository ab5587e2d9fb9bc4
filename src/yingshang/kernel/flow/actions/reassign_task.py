"""Send a task to another agency, or give it to somebody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks, lifecycle
from ..case_errors import InvalidRequest
from ..case_reads import flow_of
from ..case_views import TaskView
from ..decisions import ASSIGN, cleaned_text, may_assign
from ..models import Task
from ._case_steps import agency, fresh, load_task, not_yours, note, seen, tell
from .delegate_task import put_into_hands


@transaction.atomic
def reassign_task(
    *,
    actor: Actor,
    task_id: int,
    to_agency_id: int | None = None,
    to_user_id: int | None = None,
    later_steps: bool = False,
    reason: str,
    now: datetime,
) -> TaskView:
    """For whoever distributes the work (flow.assign): another agency, where it waits to be claimed, or somebody there,
    or somebody else in the same one. The step clock goes along and is not set back.

    A lane is the part of one agency in a case, and passing a task on is help for this once: later steps of the lane
    come to the agency the case names for it. With `later_steps` the other agency takes the part over: the case names it
    for the lane from now on, also for what is sent back. Tasks that are open beside this one stay where they are.

    Raises TaskNotFound, NotAllowed, NotYours, NotPossibleNow, InvalidRequest, UnknownAgency, ConflictingDuties.
    """
    actor.require(ASSIGN)
    task = load_task(actor, task_id)
    if not may_assign(actor, agency_id=task.agency_id, region_path=task.region_path):
        raise not_yours(task)
    kind: lifecycle.Kind = "opinion" if task.kind == Task.OPINION else "task"
    lifecycle.require(kind, task.state, "reassign", "assigner")
    reason = cleaned_text(
        reason, field="reason", what="a reason", what_zh="改派理由", longest=400, required=True
    )
    if to_agency_id is None and to_user_id is None:
        raise InvalidRequest(
            "name an agency, somebody, or both", message_zh="请选择改派的机构或人员", field="to_agency_id"
        )
    if later_steps and (to_agency_id is None or task.kind == Task.OPINION):
        raise InvalidRequest(
            "later steps go to another agency, with a step of the flow; name the agency, or leave later_steps out",
            message_zh="只有把环节转给另一个机构时，才能同时转交以后的环节；请选择机构，或不勾选该项",
            field="later_steps",
        )
    before: dict[str, Any] = {"agency": task.agency_id, "assignee": task.assignee_id}
    after: dict[str, Any] = {}
    if to_agency_id is not None and to_agency_id != task.agency_id:
        _move(task, to_agency_id, actor=actor, now=now)
    elif to_user_id in (None, task.assignee_id) and not _takes_over(task, to_agency_id, later_steps):
        raise InvalidRequest("it is there already", message_zh="该待办已在那里", field="to_agency_id")
    if to_user_id is not None:
        put_into_hands(task, to_user_id, now=now)
        task.delegated_by = actor.name
    if task.state in ("ready", "claimed"):
        task.state = "claimed" if task.assignee_id is not None else "ready"
    task.save()
    lane = _hand_lane_over(task, before, after) if later_steps else ""
    note(
        task.case,
        "task_reassigned",
        actor=actor,
        now=now,
        task=task,
        before=before,
        after={"agency": task.agency_id, "assignee": task.assignee_id, **after},
        reason=reason,
    )
    if lane:
        tell(
            "lane_handed_over",
            fresh(task.case_id, now),
            actor=actor,
            now=now,
            task=seen(task.pk, None, now),
            text=reason,
            what=[lane],
        )
    return seen(task.pk, actor, now)


def _takes_over(task: Task, to_agency_id: int | None, later_steps: bool) -> bool:
    """Whether a task that is with the agency already brings it the lane."""
    lane = flow_of(task.case).steps[task.step].lane if later_steps else ""
    return later_steps and to_agency_id is not None and int(task.case.agencies[lane]) != to_agency_id


def _hand_lane_over(task: Task, before: dict[str, Any], after: dict[str, Any]) -> str:
    """Have the case name the agency of the task for the lane of its step; the lane. The task is not saved."""
    case = task.case
    lane = flow_of(case).steps[task.step].lane
    before |= {"lane": lane, "lane_agency": case.agencies[lane]}
    after |= {"lane": lane, "lane_agency": task.agency_id}
    case.agencies = {**case.agencies, lane: task.agency_id}
    case.save(update_fields=["agencies"])
    return lane


def _move(task: Task, agency_id: int, *, actor: Actor, now: datetime) -> None:
    place = agency(agency_id)
    if not may_assign(actor, agency_id=place.id, region_path=place.region_path):
        raise not_yours()
    if (
        task.kind == Task.OPINION
        and task.asked_by
        and task.asked_by.opinions.filter(agency=place.id).exists()
    ):
        raise InvalidRequest(
            f"{place.name} was asked itself", message_zh=f"{place.name}已被征求意见", field="to_agency_id"
        )
    task.agency_id, task.region_path = place.id, place.region_path
    task.assignee, task.claimed_at, task.delegated_by = None, None, ""
    clocks.hand_over(
        task.deadline_id, agency_id=place.id, region_code=place.region_code, actor=actor, now=now
    )
