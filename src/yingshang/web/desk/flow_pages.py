"""How tasks, cases and their clocks are put before officials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.flow.api import CaseDetail, CaseView, Subject, TaskView, published_flows, timeline
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.words import ACTIONS, actor_name, in_language

from . import step_forms, subjects


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A deadline as a tag: colour, and the working days that are left."""

    colour: str
    working_days: int | None
    due_on: date | None

    @property
    def words(self) -> str:
        """How late, or how much is left; nothing where the colour's own name says it all."""
        if self.working_days is None or self.colour not in ("overdue", "soon", "later"):
            return ""
        if self.colour == "overdue":
            days = max(1, -self.working_days)
            return ngettext("超期 %(days)d 个工作日", "超期 %(days)d 个工作日", days) % {"days": days}
        days = self.working_days
        return ngettext("还剩 %(days)d 个工作日", "还剩 %(days)d 个工作日", days) % {"days": days}


@dataclass(frozen=True, slots=True)
class ClockCard:
    """A clock with how its due date came about."""

    name: str
    shown: ClockShown
    deadline: DeadlineView
    derivation: str
    pauses: tuple[dict[str, Any], ...]
    firings: tuple[dict[str, Any], ...]


_COLOURS = {"met": "done", "met_late": "done"}


def clock_shown(deadline: DeadlineView | None, now: datetime) -> ClockShown | None:
    """The tag of a deadline; None where there is none any more."""
    if deadline is None or deadline.state == "cancelled":
        return None
    colour = deadline.colour(now)
    left = deadline.working_days_left(timezone.localdate(now)) if deadline.open else None
    return ClockShown(_COLOURS.get(colour, colour), left, deadline.due_on)


def clock_card(name: str | Promise, deadline: DeadlineView | None, now: datetime) -> ClockCard | None:
    """A clock with its derivation in the page's language."""
    shown = clock_shown(deadline, now)
    if deadline is None or shown is None:
        return None
    language: Literal["en", "zh"] = "en" if english() else "zh"
    return ClockCard(
        str(name),
        shown,
        deadline,
        deadline.derivation(language),
        tuple(
            {
                "reason_name": each.reason.names[language],
                "since": each.since,
                "until": each.until,
                "note": each.note,
            }
            for each in deadline.pauses
        ),
        tuple(
            {"name": in_language(each.name, each.name_en), "at": each.fired_at} for each in deadline.firings
        ),
    )


def cards(pairs: Iterable[tuple[str | Promise, DeadlineView | None]], now: datetime) -> list[ClockCard]:
    """Those of them there are."""
    found = (clock_card(name, deadline, now) for name, deadline in pairs)
    return [each for each in found if each is not None]


def flow_choices() -> list[tuple[str, str]]:
    """The flows there are, to filter by."""
    return [(each.code, in_language(each.name, each.name_en)) for each in published_flows()]


def wanted(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a filter asks for, by the names of the room's arguments."""
    return {**values, "late": True} if values.get("late") else dict(values)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task of a case, as the page of the case lists it."""

    task: TaskView
    name: str
    outcome: str
    clock: ClockShown | None
    visible: bool


def case_context(
    request: HttpRequest, actor: Actor, detail: CaseDetail, now: datetime, task: TaskView | None = None
) -> dict[str, Any]:
    """What the pages of a case and of a task have in common."""
    case = detail.case
    pairs: list[tuple[str | Promise, DeadlineView | None]] = [(_("全程时限"), case.deadline)]
    held = [task] if task is not None else [each for each in detail.tasks if each.open]
    pairs += [(in_language(each.name, each.name_en), each.deadline) for each in held]
    return {
        "detail": detail,
        "case": case,
        "flow_name": in_language(case.name, case.name_en),
        "clocks": cards(pairs, now),
        "panel": _panel(request, actor, case.subject),
        "timeline": _timeline(actor, case),
        "tasks": [_line(actor, each, now) for each in detail.tasks],
        "answers": step_forms.answered(actor, case, now),
    }


def _line(actor: Actor, task: TaskView, now: datetime) -> TaskLine:
    reached = actor.scope("flow.view").covers(
        "agency", agency_id=task.agency_id, region_path=task.region_path
    )
    return TaskLine(
        task,
        in_language(task.name, task.name_en),
        in_language(task.outcome_name, task.outcome_name_en),
        clock_shown(task.deadline, now) if task.open else None,
        reached or bool(task.actions),
    )


def _panel(request: HttpRequest, actor: Actor, subject: Subject) -> str:
    """The subject as its process shows it; nothing where the actor may see the case and not the subject."""
    try:
        panel = subjects.panel_of(actor, subject.kind, subject.identifier)
    except DomainError:
        return ""
    return "" if panel is None else render_to_string(panel.template, dict(panel.values), request=request)


_TONES: Mapping[str, str] = {
    "flow.case_started": "note",
    "flow.case_completed": "good",
    "flow.case_returned": "warn",
    "flow.case_rejected": "bad",
    "flow.case_withdrawn": "bad",
    "flow.case_stopped": "bad",
}


def _timeline(actor: Actor, case: CaseView) -> list[dict[str, Any]]:
    """The record of a case for the component of the design system, oldest first."""
    shown = []
    for each in reversed(timeline(actor=actor, case_id=case.id)):
        step = in_language(each.step_name, each.step_name_en)
        word = str(ACTIONS.get(each.action, each.action))
        shown.append(
            {
                "title": f"{step} · {word}" if step else word,
                "when": each.at,
                "who": actor_name(each.actor_kind, each.actor_name),
                "text": each.reason,
                "tone": _TONES.get(each.action, ""),
            }
        )
    return shown
