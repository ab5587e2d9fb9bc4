"""Work on cases: tasks and the cases they belong to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import ConfigDict

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.flow.api import (
    CaseView,
    TaskView,
    cases,
    claim_task,
    complete_task,
    get_case,
    get_task,
    release_task,
    tasks,
)

from .. import cursors

router = Router(tags=["办件 · Cases"])


class ClockOut(Schema):
    """A deadline, and how its due date came about."""

    due_at: datetime
    due_on: date
    state: Literal["running", "paused", "met", "cancelled"]
    late: bool
    provisional: bool
    derivation: str
    derivation_en: str


class SubjectOut(Schema):
    """What a case is about: the process it belongs to knows it by `kind` and `identifier`."""

    kind: str
    identifier: str
    title: str


class OutcomeOut(Schema):
    """One way a step may end. `ends` says that the case is over with it."""

    code: str
    name: str
    name_en: str
    ends: bool


class TaskOut(Schema):
    """One task. `actions` are those one may take on it now, `outcomes` how it may be completed."""

    id: int
    case_id: int
    case_number: str
    kind: str
    step: str
    name: str
    name_en: str
    state: str
    role: str
    agency_id: int
    agency_name: str
    assignee_name: str
    definition: str
    subject: SubjectOut
    party_id: int | None
    party_name: str
    ready_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    ended_by_name: str
    outcome: str
    opinion: str
    question: str
    clock: ClockOut | None
    actions: list[str]
    outcomes: list[OutcomeOut]
    form: str


class CaseOut(Schema):
    """One case and its clock."""

    id: int
    number: str
    definition: str
    version: int
    name: str
    name_en: str
    subject: SubjectOut
    party_id: int | None
    party_name: str
    region_code: str
    state: str
    outcome: str
    reason: str
    started_at: datetime
    ended_at: datetime | None
    clock: ClockOut | None


class CaseDetailOut(CaseOut):
    """A case with its tasks, oldest first. `here` says of each step where it stands."""

    tasks: list[TaskOut]
    here: dict[str, str]


class TaskQuery(cursors.PageQuery):
    """Which tasks."""

    mine: bool = Field(False, description="由我办理的 · held by me")
    claimable: bool = Field(False, description="我可以认领的 · that I may claim")
    state: str = Field(
        "open", max_length=12, description="open、closed 或一个状态 · open, closed or one state"
    )
    definition: str = Field("", max_length=63)
    text: str = Field("", max_length=60)
    late: bool = False


class CaseQuery(cursors.PageQuery):
    """Which cases."""

    state: str = Field("", max_length=12, description="open、closed 或一个状态 · open, closed or one state")
    definition: str = Field("", max_length=63)
    text: str = Field("", max_length=60)
    late: bool = False


class CompletionIn(Schema):
    """How a step ends. `data` become data of the case, under the names the step sets; `answers` are what its form asks
    for (`form` of the task), without files, which only the page takes."""

    model_config = ConfigDict(extra="forbid")

    outcome: str = Field(max_length=63)
    opinion: str = Field("", max_length=4000)
    data: dict[str, Any] = Field(default_factory=dict)
    answers: dict[str, Any] | None = None


@router.get("/tasks", response=cursors.Page[TaskOut], summary="待办 · Tasks")
@needs("flow.work", "flow.assign", "flow.view")
def list_tasks(request: HttpRequest, response: HttpResponse, query: Query[TaskQuery]) -> dict[str, Any]:
    """The tasks one may see, in the order of their numbers."""
    place = cursors.read_cursor(request, query.cursor)
    found = tasks(
        actor=actor_from(request),
        now=timezone.now(),
        after_id=int(place[0]) if place else 0,
        per_page=query.limit + 1,
        **query.dict(exclude={"limit", "cursor"}),
    )
    shown = [_task(each) for each in found.rows]
    return cursors.page(request, response, shown, limit=query.limit, key=lambda each: [each["id"]])


@router.get("/tasks/{int:task_id}", response=TaskOut, summary="一件待办 · One task")
@needs("flow.work", "flow.assign", "flow.view")
def get_one_task(request: HttpRequest, task_id: int) -> dict[str, Any]:
    """One task, with what one may do with it now."""
    return _task(get_task(actor=actor_from(request), task_id=task_id, now=timezone.now()))


@router.post("/tasks/{int:task_id}/claim", response=TaskOut, summary="认领待办 · Claim a task")
@needs("flow.work")
def claim_one_task(request: HttpRequest, task_id: int) -> dict[str, Any]:
    """Take a task that waits for somebody of one's agency and role."""
    return _task(claim_task(actor=actor_from(request), task_id=task_id, now=timezone.now()))


@router.post("/tasks/{int:task_id}/release", response=TaskOut, summary="放回待办 · Give a task back")
@needs("flow.work")
def release_one_task(request: HttpRequest, task_id: int) -> dict[str, Any]:
    """Give a task back to the desk; its clock runs on."""
    return _task(release_task(actor=actor_from(request), task_id=task_id, now=timezone.now()))


@router.post("/tasks/{int:task_id}/complete", response=TaskOut, summary="办理待办 · Complete a task")
@needs("flow.work")
def complete_one_task(request: HttpRequest, task_id: int, wanted: CompletionIn) -> dict[str, Any]:
    """Decide a step. A task nobody has claimed becomes one's own by it."""
    actor, now = actor_from(request), timezone.now()
    complete_task(
        actor=actor,
        task_id=task_id,
        outcome=wanted.outcome,
        data=wanted.data,
        answers=wanted.answers,
        opinion=wanted.opinion,
        now=now,
    )
    return _task(get_task(actor=actor, task_id=task_id, now=now))


@router.get("/cases", response=cursors.Page[CaseOut], summary="办件 · Cases")
@needs("flow.view", "flow.work")
def list_cases(request: HttpRequest, response: HttpResponse, query: Query[CaseQuery]) -> dict[str, Any]:
    """The cases one may see, in the order of their numbers."""
    place = cursors.read_cursor(request, query.cursor)
    found = cases(
        actor=actor_from(request),
        now=timezone.now(),
        after_id=int(place[0]) if place else 0,
        per_page=query.limit + 1,
        **query.dict(exclude={"limit", "cursor"}),
    )
    shown = [_case(each.case) for each in found.rows]
    return cursors.page(request, response, shown, limit=query.limit, key=lambda each: [each["id"]])


@router.get("/cases/{int:case_id}", response=CaseDetailOut, summary="一件办件 · One case")
@needs("flow.view", "flow.work")
def get_one_case(request: HttpRequest, case_id: int) -> dict[str, Any]:
    """One case: where it stands, its clock, and its tasks with theirs."""
    found = get_case(actor=actor_from(request), case_id=case_id, now=timezone.now())
    return {
        **_case(found.case),
        "tasks": [_task(each) for each in found.tasks],
        "here": dict(found.here),
    }


def _task(view: TaskView) -> dict[str, Any]:
    fields = (name for name in TaskOut.model_fields if name != "clock")
    return {**{name: getattr(view, name) for name in fields}, "clock": _clock(view.deadline)}


def _case(view: CaseView) -> dict[str, Any]:
    fields = (name for name in CaseOut.model_fields if name != "clock")
    return {**{name: getattr(view, name) for name in fields}, "clock": _clock(view.deadline)}


def _clock(deadline: DeadlineView | None) -> dict[str, Any] | None:
    if deadline is None:
        return None
    return {
        "due_at": deadline.due_at,
        "due_on": deadline.due_on,
        "state": deadline.state,
        "late": deadline.late,
        "provisional": deadline.provisional,
        "derivation": deadline.derivation("zh"),
        "derivation_en": deadline.derivation("en"),
    }
