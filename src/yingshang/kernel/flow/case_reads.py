"""Reading tasks and cases. What an actor may see is part of every query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.forms.api import get_form
from yingshang.kernel.ledger.api import events_of
from yingshang.kernel.reference.api import get_region
from yingshang.rules.errors import DomainError

from . import clocks, engine, lifecycle
from .case_errors import CaseNotFound, TaskNotFound
from .case_views import (
    AnswersView,
    CaseDetail,
    CasePage,
    CaseSummary,
    CaseView,
    CommitmentView,
    CorrectionView,
    DebtView,
    OpinionView,
    OutcomeView,
    Subject,
    TaskCounts,
    TaskPage,
    TaskView,
    TimelineEntry,
)
from .decisions import ASSIGN, VIEW, WORK, Standing, actions_on, desks_of, user_id_of
from .definitions.rules import CompiledFlow, read_spec
from .models import Case, Commitment, Correction, Debt, FormAnswers, Opinion, Task

TASK_OPEN = lifecycle.open_states("task")
CASE_OPEN = lifecycle.open_states("case")
SENT_BACK = ":sent_back"
"""The outcome of a step that was not taken but sent back; no definition has it."""
STEP_FORM = "flow.step_form"
"""Whose the files of a step's form are, by the number of its task."""

# --- what an actor may see --------------------------------------------------------------------------------------------


def workable(actor: Actor, *, prefix: str = "") -> Q:
    """Tasks before an agency and a role the actor works in."""
    if actor.kind == "system":
        return ~Q(pk__in=())
    condition = Q(pk__in=())
    for agency_id in sorted({agency for agency, _ in desks_of(actor)}):
        held = sorted(role for agency, role in desks_of(actor) if agency == agency_id)
        condition |= Q(**{f"{prefix}agency": agency_id, f"{prefix}role__in": ["", *held]})
    return condition


def visible_tasks(actor: Actor) -> QuerySet[Task]:
    """Tasks the actor may see: their own to do, those they distribute, and those of the cases they may look at."""
    _require_any(actor)
    return Task.objects.filter(
        workable(actor) | _seen(actor).condition(region="region_path", agency="agency")
        | actor.scope(ASSIGN).condition(region="region_path", agency="agency")
        | _seen(actor).condition(region="case__region_path")
    )  # fmt: skip


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """Cases of the actor's regions, and those in which they have, or had, something to do."""
    _require_any(actor)
    at_work = Task.objects.filter(
        workable(actor) | _seen(actor).condition(region="region_path", agency="agency"), case=OuterRef("pk")
    )
    return Case.objects.filter(_seen(actor).condition(region="region_path") | Exists(at_work))


def _seen(actor: Actor) -> Any:
    return actor.scope(VIEW)


def _require_any(actor: Actor) -> None:
    if not any(actor.may(permission) for permission in (VIEW, WORK, ASSIGN)):
        actor.require(VIEW)


# --- tasks ------------------------------------------------------------------------------------------------------------

_ORDERS = {
    "number": F("pk").asc(),
    "due": F("deadline__due_at").asc(nulls_last=True),
    "-due": F("deadline__due_at").desc(nulls_last=True),
    "ready": F("ready_at").asc(),
    "-ready": F("ready_at").desc(),
    "ended": F("ended_at").asc(nulls_last=True),
    "-ended": F("ended_at").desc(nulls_last=True),
    "case": F("case_id").asc(),
    "-case": F("case_id").desc(),
    "name": F("name").asc(),
    "-name": F("name").desc(),
    "subject": F("case__subject_title").asc(),
    "-subject": F("case__subject_title").desc(),
}

_JOINS = (
    "case__version", "case__party__merged_into", "agency__region", "assignee",
)  # fmt: skip


def tasks(
    *,
    actor: Actor,
    now: datetime,
    mine: bool = False,
    claimable: bool = False,
    agency_id: int | None = None,
    region: str = "",
    state: str = "open",
    kind: str = "",
    definition: str = "",
    step: str = "",
    party_id: int | None = None,
    text: str = "",
    late: bool = False,
    due_before: datetime | None = None,
    after_id: int | None = None,
    order: str = "due",
    page: int = 1,
    per_page: int = 20,
) -> TaskPage:
    """Tasks the actor may see, as a page; the soonest due first.

    `mine` are those they hold, `claimable` those waiting for somebody like them; both together, their work. `state` is
    one of the lifecycle's, "open", "closed" or "" for all. `text` is a piece of the subject's title or of the party's
    name, or the number of the case. After `after_id` they come by number, whatever the order. Three queries and those
    of the deadlines, whatever the number of rows.
    """
    rows = visible_tasks(actor)
    if mine or claimable:
        rows = rows.filter(_own(actor, mine=mine, claimable=claimable))
    if agency_id is not None:
        rows = rows.filter(agency=agency_id)
    if region:
        rows = rows.filter(region_path__startswith=get_region(region).path)
    rows = _in_state(rows, state, TASK_OPEN)
    if kind:
        rows = rows.filter(kind=kind)
    if definition:
        rows = rows.filter(case__definition_code=definition)
    if step:
        rows = rows.filter(step=step)
    if party_id is not None:
        rows = rows.filter(case__party__in=entries_of(party_id))
    if text.strip():
        rows = rows.filter(_about(text.strip(), "case__"))
    if late:
        rows = rows.filter(_late(now))
    if due_before is not None:
        rows = rows.filter(deadline__due_at__lt=due_before, deadline__state="running")
    if after_id is not None:
        rows, order = rows.filter(pk__gt=after_id), "number"
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    ordered = rows.select_related(*_JOINS).order_by(_ORDERS.get(order, _ORDERS["due"]), "pk")
    found = list(ordered[(page - 1) * per_page : page * per_page])
    return TaskPage(tuple(task_views(found, actor, now)), total, page, pages)


def due_tasks(*, actor: Actor, now: datetime, limit: int = 10) -> tuple[TaskView, ...]:
    """What the actor has to do next: theirs and what waits for somebody like them, the soonest due first."""
    if not actor.may(WORK):
        return ()
    rows = Task.objects.filter(_own(actor, mine=True, claimable=True)).filter(
        Q(deadline__isnull=True) | Q(deadline__state="running")
    )
    ordered = rows.select_related(*_JOINS).order_by(_ORDERS["due"], "pk")
    return tuple(task_views(list(ordered[:limit]), actor, now))


def task_counts(*, actor: Actor, now: datetime) -> TaskCounts:
    """How much waits for the actor. One query."""
    from django.db.models import Count

    if not actor.may(WORK):
        return TaskCounts(0, 0, 0, 0)
    mine = _own(actor, mine=True, claimable=False)
    local = timezone.localtime(now)
    tonight = timezone.make_aware(datetime.combine(local.date() + timedelta(days=1), time.min), local.tzinfo)
    today = Q(deadline__due_at__gte=now, deadline__due_at__lt=tonight, deadline__state="running")
    found = Task.objects.filter(_own(actor, mine=True, claimable=True)).aggregate(
        mine=Count("pk", filter=mine),
        claimable=Count("pk", filter=~mine),
        late=Count("pk", filter=_late(now)),
        due_today=Count("pk", filter=today),
    )
    return TaskCounts(**found)


def get_task(*, actor: Actor, task_id: int, now: datetime) -> TaskView:
    """One task. Raises TaskNotFound outside the scope."""
    row = visible_tasks(actor).select_related(*_JOINS).filter(pk=task_id).first()
    if row is None:
        raise task_not_found(task_id)
    return task_views([row], actor, now)[0]


def task_not_found(task_id: int) -> TaskNotFound:
    """There is no such task for this actor."""
    return TaskNotFound(f"no task {task_id}", message_zh=f"没有编号为 {task_id} 的待办", value=task_id)


def _own(actor: Actor, *, mine: bool, claimable: bool) -> Q:
    condition = Q(pk__in=())
    user_id = user_id_of(actor)
    if mine and user_id is not None:
        condition |= Q(workable(actor), assignee=user_id, state__in=TASK_OPEN)
    if claimable:
        condition |= Q(workable(actor), assignee__isnull=True, state="ready")
    return condition


def _late(now: datetime) -> Q:
    return Q(deadline__due_at__lt=now, deadline__state="running")


def _in_state(rows: QuerySet[Any], state: str, open_states: Iterable[str]) -> QuerySet[Any]:
    if state == "open":
        return rows.filter(state__in=open_states)
    if state == "closed":
        return rows.exclude(state__in=open_states)
    return rows.filter(state=state) if state else rows


def _about(text: str, prefix: str = "") -> Q:
    condition = Q(**{f"{prefix}subject_title__icontains": text}) | Q(
        **{f"{prefix}party__name__icontains": text}
    )
    condition |= Q(**{f"{prefix}party__merged_into__name__icontains": text})
    number = text.rsplit("-", 1)[-1]
    if number.isdecimal() and len(number) < 18:
        condition |= Q(**{f"{prefix}pk": int(number)})
    return condition


# --- cases ------------------------------------------------------------------------------------------------------------

_CASE_ORDERS = {
    "number": F("pk").asc(),
    **{name: _ORDERS[name] for name in ("due", "-due", "ended", "-ended")},
    "started": F("started_at").asc(),
    "-started": F("started_at").desc(),
    "subject": F("subject_title").asc(),
    "-subject": F("subject_title").desc(),
}


def cases(
    *,
    actor: Actor,
    now: datetime,
    state: str = "",
    definition: str = "",
    region: str = "",
    agency_id: int | None = None,
    subject_kind: str = "",
    party_id: int | None = None,
    text: str = "",
    late: bool = False,
    after_id: int | None = None,
    order: str = "-started",
    page: int = 1,
    per_page: int = 20,
) -> CasePage:
    """Cases the actor may see, as a page, the newest first. `late` takes in cases of which a step is late.

    After `after_id` they come by number, whatever the order.
    """
    rows = _in_state(visible_cases(actor), state, CASE_OPEN)
    if definition:
        rows = rows.filter(definition_code=definition)
    if region:
        rows = rows.filter(region_path__startswith=get_region(region).path)
    if agency_id is not None:
        rows = rows.filter(Exists(Task.objects.filter(case=OuterRef("pk"), agency=agency_id)))
    if subject_kind:
        rows = rows.filter(subject_kind=subject_kind)
    if party_id is not None:
        rows = rows.filter(party__in=entries_of(party_id))
    if text.strip():
        rows = rows.filter(_about(text.strip()))
    if late:
        at_late_step = Task.objects.filter(_late(now), case=OuterRef("pk"), state__in=TASK_OPEN)
        rows = rows.filter(_late(now) | Exists(at_late_step), state__in=CASE_OPEN)
    if after_id is not None:
        rows, order = rows.filter(pk__gt=after_id), "number"
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    ordered = rows.select_related("version", "party__merged_into").order_by(
        _CASE_ORDERS.get(order, _CASE_ORDERS["-started"]), "-pk"
    )
    found = list(ordered[(page - 1) * per_page : page * per_page])
    return CasePage(tuple(_summaries(found, now)), total, page, pages)


def _summaries(rows: list[Case], now: datetime) -> Iterable[CaseSummary]:
    open_tasks: dict[int, list[Task]] = {}
    waiting = Task.objects.filter(case__in=[row.pk for row in rows], state__in=TASK_OPEN, kind=Task.STEP)
    for task in waiting.select_related("agency", "assignee").order_by("pk"):
        open_tasks.setdefault(task.case_id, []).append(task)
    deadlines = clocks.views((row.deadline_id for row in rows), now)
    for row in rows:
        here = open_tasks.get(row.pk, [])
        yield CaseSummary(
            case=case_view(row, now, deadlines),
            steps=tuple(task.name for task in here),
            steps_en=tuple(task.name_en or task.name for task in here),
            holders=tuple(str(task.assignee) if task.assignee else task.agency.name for task in here),
        )


def case_of_subject(*, kind: str, identifier: str, now: datetime | None = None) -> CaseView | None:
    """The newest case about a subject, for the process it belongs to, which knows who may see it."""
    row = (
        Case.objects.filter(subject_kind=kind, subject_id=identifier)
        .select_related("version", "party__merged_into")
        .order_by("-pk")
        .first()
    )
    return None if row is None else case_view(row, now or timezone.now())


def get_case(*, actor: Actor, case_id: int, now: datetime) -> CaseDetail:
    """One case with everything in it. Raises CaseNotFound outside the scope."""
    row = visible_cases(actor).select_related("version", "party__merged_into").filter(pk=case_id).first()
    if row is None:
        raise case_not_found(case_id)
    return case_detail(row, actor, now)


def case_progress(*, kind: str, identifier: str, now: datetime) -> CaseDetail | None:
    """The newest case about a subject with everything in it, for the process it belongs to: what it shows of it to the
    applicant is for that process to choose."""
    row = (
        Case.objects.filter(subject_kind=kind, subject_id=identifier)
        .select_related("version", "party__merged_into")
        .order_by("-pk")
        .first()
    )
    return None if row is None else case_detail(row, None, now)


def case_not_found(case_id: int) -> CaseNotFound:
    """There is no such case for this actor."""
    return CaseNotFound(f"no case {case_id}", message_zh=f"没有编号为 {case_id} 的办件", value=case_id)


def timeline(*, actor: Actor, case_id: int, limit: int = 200) -> tuple[TimelineEntry, ...]:
    """What was done in a case, newest first, from the ledger. Raises CaseNotFound outside the scope."""
    row = visible_cases(actor).select_related("version").filter(pk=case_id).first()
    if row is None:
        raise case_not_found(case_id)
    steps = flow_of(row).steps
    entries = []
    for event in events_of("case", str(case_id), limit=limit):
        step = str((event.after or {}).get("step", ""))
        rule = steps.get(step)
        entries.append(
            TimelineEntry(
                event_id=event.id,
                at=event.occurred_at,
                action=event.action,
                actor_kind=event.actor_kind,
                actor_name=event.actor_name,
                step=step,
                step_name=rule.name if rule else "",
                step_name_en=rule.name_en if rule else "",
                reason=event.reason,
                after=event.after,
            )
        )
    return tuple(entries)


def case_answers(*, actor: Actor, case_id: int) -> tuple[AnswersView, ...]:
    """What was filled into the forms of a case's steps, in the order of filling. Raises CaseNotFound outside the scope.

    Personal data come as they were written: whoever shows them masks them, or notes who looked.
    """
    if not visible_cases(actor).filter(pk=case_id).exists():
        raise case_not_found(case_id)
    rows = FormAnswers.objects.filter(task__case=case_id).select_related("task").order_by("given_at", "pk")
    return tuple(
        AnswersView(
            task_id=row.pk,
            step_name=row.task.name,
            step_name_en=row.task.name_en or row.task.name,
            form=get_form(row.form, number=row.version),
            values=json.loads(row.values),
            documents=tuple(row.documents),
            digest=row.digest,
            given_at=row.given_at,
            given_by_name=row.given_by_name,
        )
        for row in rows
    )


def may_read_step_files(actor: Actor, identifier: str) -> bool:
    """Whether the files of a step's form are for these eyes: whoever sees the case."""
    case_id = Task.objects.filter(pk=int(identifier)).values_list("case_id", flat=True).first()
    return case_id is not None and visible_cases(actor).filter(pk=case_id).exists()


def earlier_steps(*, actor: Actor, task_id: int) -> tuple[tuple[str, str, str], ...]:
    """The steps a task can be sent back to: code, Chinese and English name, in the order they were done."""
    row = visible_tasks(actor).select_related("case__version").filter(pk=task_id).first()
    if row is None:
        raise task_not_found(task_id)
    flow = flow_of(row.case)
    found = []
    for step in engine.position(row.case.version.spec, row.case.position).done:
        try:
            back = engine.back_to(row.case.version.spec, row.case.position, step)
        except DomainError:
            continue
        if row.token not in {each.token for each in back.ready}:
            rule = flow.steps[step]
            found.append((step, rule.name, rule.name_en or rule.name))
    return tuple(found)


def case_drawing(*, actor: Actor, case_id: int, language: str, now: datetime) -> str:
    """The definition drawn, with where the case stands, as SVG. Raises CaseNotFound outside the scope."""
    from .drawing import draw

    row = visible_cases(actor).select_related("version", "party__merged_into").filter(pk=case_id).first()
    if row is None:
        raise case_not_found(case_id)
    return draw(row.version.bpmn, here=case_detail(row, None, now).here, language=language)


# --- rows to values ---------------------------------------------------------------------------------------------------


def flow_of(case: Case) -> CompiledFlow:
    """The compiled definition of the version the case is on."""
    return read_spec(case.version.spec)


def standing_of(task: Task, apart_from: Iterable[str] = ()) -> Standing:
    """The task as the decisions see it. The definition says what its step allows."""
    rule = flow_of(task.case).steps.get(task.step) if task.kind == Task.STEP else None
    return Standing(
        kind="opinion" if task.kind == Task.OPINION else "task",
        state=task.state,
        agency_id=task.agency_id,
        region_path=task.region_path,
        role=task.role,
        assignee_id=task.assignee_id,
        allow=rule.allow if rule else (),
        apart_from=tuple(apart_from),
    )


def doers_apart(rows: Iterable[Task]) -> Mapping[int, frozenset[str]]:
    """For tasks with separated duties: who took the steps they must be apart from. One query, or none."""
    wanted = {row.pk: (row.case_id, row.apart_from) for row in rows if row.apart_from}
    if not wanted:
        return {}
    done = Task.objects.filter(case__in={case for case, _ in wanted.values()}, kind=Task.STEP, state="done")
    done = done.exclude(outcome=SENT_BACK)
    doers: dict[tuple[int, str], set[str]] = {}
    for case_id, step, by in done.values_list("case_id", "step", "ended_by"):
        doers.setdefault((case_id, step), set()).add(by)
    return {
        pk: frozenset(by for step in steps for by in doers.get((case, step), ()))
        for pk, (case, steps) in wanted.items()
    }


def task_views(rows: list[Task], actor: Actor | None, now: datetime) -> list[TaskView]:
    """Rows, read with `_JOINS`, as values. The queries of the deadlines, and one where duties are separated."""
    deadlines = clocks.views((row.deadline_id for row in rows), now)
    apart = doers_apart(rows) if actor else {}
    return [_task_view(row, actor, deadlines, apart.get(row.pk, frozenset())) for row in rows]


def snapshot(case_id: int, task_ids: Iterable[int], now: datetime) -> tuple[CaseView, dict[int, TaskView]]:
    """A case and some of its tasks as they are now, for the process behind it. Six queries."""
    case = Case.objects.select_related("version", "party__merged_into").get(pk=case_id)
    rows = list(Task.objects.filter(pk__in=list(task_ids)).select_related("agency__region", "assignee"))
    for row in rows:
        row.case = case
    owners: tuple[Any, ...] = (case, *rows)
    deadlines = clocks.views((each.deadline_id for each in owners), now)
    return (
        case_view(case, now, deadlines),
        {row.pk: _task_view(row, None, deadlines, frozenset()) for row in rows},
    )


def _task_view(
    row: Task, actor: Actor | None, deadlines: Mapping[int, DeadlineView], apart: frozenset[str]
) -> TaskView:
    case = row.case
    rule = flow_of(case).steps.get(row.step) if row.kind == Task.STEP else None
    is_open = row.state in TASK_OPEN and case.state in CASE_OPEN
    kept = _kept(case)
    return TaskView(
        id=row.pk,
        case_id=case.pk,
        case_number=case.number,
        kind=row.kind,
        step=row.step,
        name=row.name,
        name_en=row.name_en or row.name,
        state=row.state,
        role=row.role,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        region_path=row.region_path,
        assignee_id=row.assignee_id,
        assignee_name=str(row.assignee) if row.assignee else "",
        delegated_by=row.delegated_by,
        definition=case.definition_code,
        definition_name=case.name,
        definition_name_en=case.name_en or case.name,
        subject=Subject(case.subject_kind, case.subject_id, case.subject_title),
        party_id=kept.pk if kept else None,
        party_name=kept.name if kept else "",
        ready_at=row.ready_at,
        claimed_at=row.claimed_at,
        ended_at=row.ended_at,
        ended_by_name=row.ended_by_name,
        outcome=row.outcome,
        outcome_name=row.outcome_name,
        outcome_name_en=row.outcome_name_en or row.outcome_name,
        opinion=row.opinion,
        question=row.question,
        asked_by_task=row.asked_by_id,
        deadline=deadlines.get(row.deadline_id or 0),
        actions=actions_on(actor, standing_of(row, apart)) if actor and is_open else (),
        outcomes=tuple(
            OutcomeView(each.code, each.name, each.name_en or each.name, each.ends) for each in rule.outcomes
        )
        if rule
        else (),
        form=(rule.form or "") if rule else "",
    )


def _kept(case: Case) -> Any:
    """The party a case is about; of a duplicate the one it was merged into."""
    return case.party and (case.party.merged_into or case.party)


def case_view(row: Case, now: datetime, deadlines: Mapping[int, DeadlineView] | None = None) -> CaseView:
    """A row, read with its version and party, as a value."""
    if deadlines is None:
        deadlines = clocks.views([row.deadline_id], now)
    kept = _kept(row)
    return CaseView(
        id=row.pk,
        number=row.number,
        definition=row.definition_code,
        version_id=row.version_id,
        version=row.version.number or 0,
        name=row.name,
        name_en=row.name_en or row.name,
        subject=Subject(row.subject_kind, row.subject_id, row.subject_title),
        party_id=kept.pk if kept else None,
        party_name=kept.name if kept else "",
        region_code=row.region_code,
        region_path=row.region_path,
        agencies=dict(row.agencies),
        data=dict(row.data),
        state=row.state,
        outcome=row.outcome,
        reason=row.reason,
        started_at=row.started_at,
        ended_at=row.ended_at,
        deadline=deadlines.get(row.deadline_id or 0),
    )


def case_detail(row: Case, actor: Actor | None, now: datetime) -> CaseDetail:
    """A case with everything in it, whatever the number of tasks in the same queries."""
    tasks_of = list(row.tasks.select_related("agency__region", "assignee", "answer").order_by("pk"))
    for task in tasks_of:
        task.case = row
    corrections = list(row.corrections.order_by("pk"))
    debts = list(row.debts.order_by("pk"))
    commitments = list(row.commitments.order_by("pk"))
    owners: tuple[Any, ...] = (row, *tasks_of, *corrections, *debts, *commitments)
    deadlines = clocks.views((each.deadline_id for each in owners), now)
    apart = doers_apart(tasks_of) if actor else {}
    views = tuple(_task_view(task, actor, deadlines, apart.get(task.pk, frozenset())) for task in tasks_of)
    return CaseDetail(
        case=case_view(row, now, deadlines),
        tasks=views,
        opinions=tuple(_opinion_view(task, deadlines) for task in tasks_of if task.kind == Task.OPINION),
        corrections=tuple(_correction_view(each, deadlines) for each in corrections),
        debts=tuple(debt_view(each, now, deadlines) for each in debts),
        commitments=tuple(commitment_view(each, now, deadlines) for each in commitments),
        here=_here(row, views, now),
        actions=_case_actions(row, actor, debts, commitments, views),
    )


def _here(row: Case, views: Iterable[TaskView], now: datetime) -> dict[str, str]:
    """Where the case stands, step by step; what happened last at a step counts."""
    here: dict[str, str] = {}
    for view in views:
        if view.kind != Task.STEP:
            continue
        if view.state == "done":
            here[view.step] = "done"
        elif view.state == "cancelled":
            here.pop(view.step, None)
        elif view.state == "paused":
            here[view.step] = "paused"
        else:
            due = view.deadline
            here[view.step] = "late" if due and due.state == "running" and due.due_at < now else "ready"
    if row.ended_at is not None:
        here = {step: here.get(step, "skipped") for step in flow_of(row).steps}
    return here


def _case_actions(
    row: Case,
    actor: Actor | None,
    debts: Iterable[Debt],
    commitments: Iterable[Commitment],
    views: Iterable[TaskView],
) -> tuple[str, ...]:
    """What the actor may do with the case as a whole."""
    if actor is None:
        return ()
    works = may_work_case(actor, row)
    found = []
    if works and row.state in CASE_OPEN:
        found.append("withdraw")
    if works and any(debt.state == Debt.OWED for debt in debts):
        found.append("settle_debt")
    if works and any(each.state == Commitment.MADE for each in commitments):
        found.append("check_commitment")
    return tuple(found)


def may_work_case(actor: Actor, row: Case) -> bool:
    """Whether the actor works in an agency of the case, at a step of theirs."""
    if actor.kind == "system":
        return True
    return Task.objects.filter(workable(actor), case=row, kind=Task.STEP).exists()


def _opinion_view(task: Task, deadlines: Mapping[int, DeadlineView]) -> OpinionView:
    answer: Opinion | None = getattr(task, "answer", None)
    return OpinionView(
        task_id=task.pk,
        asked_by_task=task.asked_by_id or 0,
        agency_id=task.agency_id,
        agency_name=task.agency.name,
        question=task.question,
        state=task.state,
        stance=answer.stance if answer else "",
        text=answer.text if answer else "",
        asked_at=task.ready_at,
        given_at=answer.given_at if answer else None,
        given_by_name=answer.given_by_name if answer else "",
        deadline=deadlines.get(task.deadline_id or 0),
    )


def _correction_view(row: Correction, deadlines: Mapping[int, DeadlineView]) -> CorrectionView:
    return CorrectionView(
        id=row.pk,
        task_id=row.task_id,
        what=tuple(row.what),
        note=row.note,
        state="answered" if row.answered_at else "ended" if row.ended_at else "asked",
        asked_at=row.asked_at,
        asked_by_name=row.asked_by_name,
        answered_at=row.answered_at,
        ended_reason=row.ended_reason,
        deadline=deadlines.get(row.deadline_id or 0),
    )


def debt_view(row: Debt, now: datetime, deadlines: Mapping[int, DeadlineView] | None = None) -> DebtView:
    """A debt as others see it."""
    found = clocks.views([row.deadline_id], now) if deadlines is None else deadlines
    return DebtView(
        id=row.pk,
        name=row.name,
        state=row.state,
        noted_at=row.noted_at,
        noted_by_name=row.noted_by_name,
        ended_at=row.ended_at,
        ended_by_name=row.ended_by_name,
        note=row.note,
        deadline=found.get(row.deadline_id or 0),
    )


def commitment_view(
    row: Commitment, now: datetime, deadlines: Mapping[int, DeadlineView] | None = None
) -> CommitmentView:
    """A commitment as others see it."""
    found = clocks.views([row.deadline_id], now) if deadlines is None else deadlines
    return CommitmentView(
        id=row.pk,
        promised=tuple(row.promised),
        state=row.state,
        made_at=row.made_at,
        accepted_by_name=row.accepted_by_name,
        note=row.note,
        checked_at=row.checked_at,
        checked_by_name=row.checked_by_name,
        finding=row.finding,
        deadline=found.get(row.deadline_id or 0),
    )
