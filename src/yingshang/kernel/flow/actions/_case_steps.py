"""Steps that the actions on cases share.

Whatever is done in a case is done one after the other: the case is locked first, always, then read. So of two officials
who act at the same moment the second sees what the first has done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor, actor_by_reference, ensure_separate, reference_of, system_actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import AgencyNotFound, AgencyRow, get_agency

from .. import clocks, lifecycle
from ..case_errors import InvalidRequest, NotYours, UndeclaredData, UnknownAgency
from ..case_reads import (
    CASE_OPEN,
    TASK_OPEN,
    case_not_found,
    case_view,
    doers_apart,
    flow_of,
    may_work_case,
    standing_of,
    task_not_found,
    task_views,
    visible_cases,
    visible_tasks,
)
from ..case_views import CaseView, TaskView
from ..decisions import WORK, ensure_allowed, is_apart, may_work, parts_of, user_id_of
from ..definitions.rules import CompiledFlow, StepRule
from ..engine import Position
from ..models import Case, Commitment, Correction, Debt, Task
from ..subjects import CaseEvent, EventKind, handler_of

PLATFORM = system_actor("flow")
"""Reads what the flow itself needs to know, whoever acts: the agencies of a case."""

_LARGEST_DATA = 64_000


# --- loading ----------------------------------------------------------------------------------------------------------


def lock_case(case_id: int) -> Case:
    """The case, locked, with its version and party."""
    rows = Case.objects.select_for_update(of=("self",)).select_related("version", "party__merged_into")
    return rows.get(pk=case_id)


def load_task(actor: Actor, task_id: int) -> Task:
    """A task the actor may see, with its case locked. Raises TaskNotFound."""
    case_id = visible_tasks(actor).filter(pk=task_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise task_not_found(task_id)
    case = lock_case(case_id)
    task = Task.objects.select_related("agency__region", "assignee", "asked_by").get(pk=task_id)
    task.case = case
    return task


def load_case_at_work(actor: Actor, case_id: int) -> Case:
    """A case the actor works in, locked. Raises CaseNotFound, NotYours."""
    actor.require(WORK)
    if not visible_cases(actor).filter(pk=case_id).exists():
        raise case_not_found(case_id)
    case = lock_case(case_id)
    if not may_work_case(actor, case):
        raise not_yours()
    return case


def load_case_of_applicant(actor: Actor, case_id: int) -> tuple[Case, str]:
    """A case, locked, for its applicant or an official at work in it, and as which of both. Raises CaseNotFound.

    What of their enterprise somebody may do is decided by the process the case belongs to; here counts that they act
    for the party at all.
    """
    party_id = Case.objects.filter(pk=case_id).values_list("party_id", flat=True).first()
    if actor.kind == "system" or (party_id is not None and actor.acts_for(party_id)):
        case = Case.objects.filter(pk=case_id).exists()
        if case:
            return lock_case(case_id), "applicant"
    elif actor.may(WORK) and visible_cases(actor).filter(pk=case_id).exists():
        locked = lock_case(case_id)
        if may_work_case(actor, locked):
            return locked, "official"
    raise case_not_found(case_id)


def take(task: Task, *, action: str, actor: Actor, now: datetime) -> StepRule | None:
    """That the actor may take this action on the task now; a task that waited for somebody is theirs from here on.

    The task is not saved. Gives the rule of its step, None for an opinion. Raises NotYours, NotAllowedByDefinition,
    NotPossibleNow, ConflictingDuties.
    """
    actor.require(WORK)
    apart = doers_apart([task]).get(task.pk, frozenset())
    standing = standing_of(task, apart)
    parts = parts_of(actor, standing)
    if not parts & {"holder", "pool"}:
        raise not_yours(task)
    if not is_apart(actor, standing):
        ensure_separate(actor, apart)
    rule = flow_of(task.case).steps[task.step] if task.kind == Task.STEP else None
    if rule is not None:
        ensure_allowed(action, rule.allow, rule.name)
        if action not in ("claim", "release", "delegate", "end_consultation"):
            lifecycle.require("case", task.case.state, action, "official")
    elif task.case.state not in CASE_OPEN:
        lifecycle.require("case", task.case.state, action, "official")
    by = next(
        (
            part
            for part in ("holder", "pool")
            if part in parts and lifecycle.allows(standing.kind, task.state, action, part)
        ),
        None,
    )
    if by is None:
        lifecycle.require(standing.kind, task.state, action, "holder")
        raise not_yours(task)
    if task.assignee_id is None and user_id_of(actor) is not None:
        task.assignee_id, task.claimed_at = user_id_of(actor), now
    return rule


def not_yours(task: Task | None = None) -> NotYours:
    """Somebody else's."""
    holder = str(task.assignee) if task is not None and task.assignee else ""
    return NotYours(
        f"this is {holder or 'another desk'}'s to do; ask them, or whoever distributes the work, to pass it on",
        message_zh=f"该待办由{holder or '其他岗位'}办理，如需接手请联系其移交或由管理人员改派",
        holder=holder,
    )


# --- agencies and data ------------------------------------------------------------------------------------------------


def agency(agency_id: int, *, or_closed: bool = False) -> AgencyRow:
    """An agency that is open; also one that is closed, if that is said. Raises UnknownAgency."""
    try:
        found = get_agency(actor=PLATFORM, agency_id=agency_id)
    except AgencyNotFound:
        found = None
    if found is None or not (found.is_active or or_closed):
        raise UnknownAgency(
            f"no open agency {agency_id}; name one that is in the register and open",
            message_zh=f"没有编号为 {agency_id} 的机构，或该机构已停用",
            value=agency_id,
        )
    return found


def clean_data(
    data: Mapping[str, Any] | None, *, allowed: Iterable[str], who: str, who_zh: str
) -> dict[str, Any]:
    """Data for the case as they can be kept: under names the definition lets `who` write, and no others.

    Raises UndeclaredData, InvalidRequest.
    """
    cleaned = dict(data or {})
    may = list(allowed)
    undeclared = sorted(map(str, set(cleaned) - set(may)))
    if undeclared:
        listed = ", ".join(may)
        raise UndeclaredData(
            f"{who} may not write {', '.join(undeclared)} into the case; "
            + (f"it may write: {listed}" if may else "it writes nothing: leave the data out"),
            message_zh=f"{who_zh}不能写入数据“{'、'.join(undeclared)}”；"
            + (f"流程允许写入的是：{'、'.join(may)}" if may else "流程没有规定它写入任何数据，请去掉"),
            names=undeclared,
            allowed=may,
        )
    try:
        text = json.dumps(cleaned, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise _bad_data(
            "write numbers, texts, yes or no, lists and objects", "只能是数字、文本、是否、列表和对象"
        ) from None
    if len(text) > _LARGEST_DATA:
        raise _bad_data(f"at most {_LARGEST_DATA} characters", f"不能超过 {_LARGEST_DATA} 个字符")
    return cleaned


def opening_data(flow: CompiledFlow, data: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the opening, or the applicant who brings what was missing, gives: the facts of the definition."""
    return clean_data(data, allowed=flow.facts, who="the opening", who_zh="申请")


def step_data(
    rule: StepRule, data: Mapping[str, Any] | None, allowed: Iterable[str] | None = None
) -> dict[str, Any]:
    """What a step writes: the names it sets, or some of them."""
    names = rule.sets if allowed is None else allowed
    return clean_data(data, allowed=names, who=f"the step {rule.id}", who_zh=f"环节“{rule.name}”")


def _bad_data(what: str, what_zh: str) -> InvalidRequest:
    return InvalidRequest(f"data of a case: {what}", message_zh=f"办件数据：{what_zh}", field="data")


# --- where the case stands --------------------------------------------------------------------------------------------


def follow(case: Case, position: Position, *, actor: Actor, now: datetime, reason: str) -> list[Task]:
    """Make the tasks what the engine says is ready; the new ones. Those that are ready no more are cancelled."""
    case.position = position.state
    waiting = {
        task.token: task
        for task in case.tasks.filter(kind=Task.STEP, state__in=TASK_OPEN).select_related("agency")
    }
    ready = {each.token: each.step for each in position.ready}
    gone = waiting.keys() - ready.keys()
    for token in sorted(gone):
        cancel_task(waiting[token], reason=reason, actor=actor, now=now)
    if gone:
        # What waited for the applicant may have been among them.
        go_on(case, actor=actor, now=now)
    flow = flow_of(case)
    return [
        _open(case, flow, flow.steps[step], token, actor, now)
        for token, step in ready.items()
        if token not in waiting
    ]


def _open(case: Case, flow: CompiledFlow, rule: StepRule, token: str, actor: Actor, now: datetime) -> Task:
    # An agency that was closed since does not stop the step before: whoever distributes its work passes the task on.
    place = agency(int(case.agencies[rule.lane]), or_closed=True)
    task = Task.objects.create(
        case=case,
        token=token,
        step=rule.id,
        name=rule.name,
        name_en=rule.name_en,
        agency_id=place.id,
        region_path=place.region_path,
        role=rule.role,
        apart_from=list(rule.not_same_as),
        ready_at=now,
    )
    if rule.term:
        task.deadline_id = clocks.start_task_clock(
            task, term=rule.term, ladder=rule.ladder, region_code=place.region_code, actor=actor, now=now
        )
        task.save(update_fields=["deadline"])
    return task


def finish(task: Task, *, state: str, actor: Actor, now: datetime) -> None:
    """The task is over."""
    task.state, task.ended_at = state, now
    task.ended_by, task.ended_by_name = reference_of(actor), actor.name
    task.save()


def cancel_task(task: Task, *, reason: str, actor: Actor, now: datetime) -> None:
    """A task nobody has to do any more, with the opinions and the correction that hang on it."""
    for opinion in task.opinions.filter(state__in=TASK_OPEN):
        cancel_task(opinion, reason=reason, actor=actor, now=now)
    end_corrections(
        task.corrections.filter(answered_at__isnull=True, ended_at__isnull=True), reason, actor, now
    )
    clocks.cancel(task.deadline_id, reason=reason, actor=actor, now=now)
    finish(task, state="cancelled", actor=actor, now=now)


def end_corrections(rows: Iterable[Correction], reason: str, actor: Actor, now: datetime) -> None:
    """What the applicant was asked for is not waited for any more."""
    for row in rows:
        row.ended_at, row.ended_reason = now, reason[:400]
        row.save(update_fields=["ended_at", "ended_reason"])
        clocks.cancel(row.deadline_id, reason=reason, actor=actor, now=now)


def waits_for_applicant(case: Case) -> bool:
    """Whether some branch has been returned and not come back."""
    return case.corrections.filter(answered_at__isnull=True, ended_at__isnull=True).exists()


def go_on(case: Case, *, actor: Actor, now: datetime) -> None:
    """The case is in the officials' hands again, if nothing waits for the applicant any more. The case is not saved."""
    if case.state == "returned" and not waits_for_applicant(case):
        case.state = "running"
        clocks.resume(case.deadline_id, actor=actor, now=now)


def end_case(case: Case, *, state: str, outcome: str, reason: str, actor: Actor, now: datetime) -> None:
    """The case is over. What is still open in it is cancelled; what was promised stays unless it came to nothing."""
    came_to_nothing = state in ("rejected", "withdrawn")
    for task in case.tasks.filter(kind=Task.STEP, state__in=TASK_OPEN):
        cancel_task(task, reason=reason, actor=actor, now=now)
    if came_to_nothing:
        _let_go(case, reason=reason, actor=actor, now=now)
    if state == "withdrawn":
        clocks.cancel(case.deadline_id, reason=reason, actor=actor, now=now)
    else:
        if case.state == "returned":
            clocks.resume(case.deadline_id, actor=actor, now=now)
        clocks.meet(case.deadline_id, actor=actor, now=now)
    case.state, case.outcome, case.reason, case.ended_at = state, outcome, reason[:400], now
    case.save()


def _let_go(case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    for debt in case.debts.filter(state=Debt.OWED):
        debt.state, debt.ended_at, debt.ended_by_name, debt.note = (
            Debt.CANCELLED,
            now,
            actor.name,
            reason[:400],
        )
        debt.save()
        clocks.cancel(debt.deadline_id, reason=reason, actor=actor, now=now)
    for commitment in case.commitments.filter(state=Commitment.MADE):
        commitment.state, commitment.checked_at = Commitment.CANCELLED, now
        commitment.checked_by_name, commitment.finding = actor.name, reason[:400]
        commitment.save()
        clocks.cancel(commitment.deadline_id, reason=reason, actor=actor, now=now)


# --- saying so --------------------------------------------------------------------------------------------------------


def note(
    case: Case,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    task: Task | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The one event of an action, on the case; which task it was is in what it says."""
    about = {"task": task.pk, "step": task.step, "agency": task.agency_id} if task is not None else {}
    return record(
        actor=actor,
        action=f"flow.{action}",
        target=Target(
            "case",
            str(case.pk),
            f"{case.number} {case.subject_title}",
            region_path=case.region_path,
            agency_id=task.agency_id if task is not None else None,
            party_id=case.party_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after={**about, **(after or {})},
        reason=reason[:400],
    )


def fresh(case_id: int, now: datetime) -> CaseView:
    """The case as it is now."""
    return case_view(Case.objects.select_related("version", "party__merged_into").get(pk=case_id), now)


def seen(task_id: int, actor: Actor | None, now: datetime) -> TaskView:
    """The task as it is now, as the actor sees it."""
    joined = ("case__version", "case__party__merged_into", "agency__region", "assignee")
    row = Task.objects.select_related(*joined).get(pk=task_id)
    return task_views([row], actor, now)[0]


def tell(
    kind: EventKind,
    case: CaseView,
    *,
    actor: Actor,
    now: datetime,
    task: TaskView | None = None,
    outcome: str = "",
    text: str = "",
    what: Iterable[str] = (),
    data: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
) -> None:
    """Call the handler of the case's subject, in this transaction."""
    handle = handler_of(case.subject.kind)
    handle(
        CaseEvent(
            kind=kind,
            case=case,
            actor=actor,
            now=now,
            task=task,
            outcome=outcome,
            note=text,
            what=tuple(what),
            data=dict(data or {}),
            answers=dict(answers or {}),
        )
    )


def tell_ready(
    case: CaseView, opened: Iterable[Task], views: Mapping[int, TaskView], *, actor: Actor, now: datetime
) -> None:
    """Say of each new task that it waits."""
    for task in opened:
        tell("task_ready", case, actor=actor, now=now, task=views[task.pk])


def colleague(user_id: int, task: Task, *, now: datetime) -> Actor:
    """Somebody who could claim the task. Raises InvalidRequest."""
    other = actor_by_reference(f"user:{user_id}", today=timezone.localdate(now))
    if not may_work(other, agency_id=task.agency_id, role=task.role):
        raise InvalidRequest(
            "they do not work there in the role this step asks for; choose somebody who does",
            message_zh="该人员不在该机构担任本环节要求的岗位，请选择其他人员",
            field="to_user_id",
            value=user_id,
        )
    return other
