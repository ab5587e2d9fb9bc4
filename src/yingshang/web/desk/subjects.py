"""What a case is about, shown beside the decision: the registry of panels of the processes.

A process registers, for its kind of subject, the template of a panel and what it shows. The function is given the actor
and the subject's identifier and puts the actor's scope into its own query: whoever sees the task may not see the
subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import TaskView

Context = Callable[[Actor, str], Mapping[str, Any]]
DecisionForm = Callable[[Actor, TaskView, Any], forms.Form | None]


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """How one kind of subject is shown, and what a decision about it asks for besides outcome and opinion."""

    template: str
    context: Context
    decision_form: DecisionForm | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One subject, ready to be included."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


_kinds: dict[str, SubjectKind] = {}


def register_subject(
    kind: str, *, template: str, context: Context, decision_form: DecisionForm | None = None
) -> None:
    """Make a kind of subject known; called when Django starts. Repeating replaces.

    `decision_form(actor, task, data)` may give a form for a step of the case: it is shown with the decision (bound to
    `data` when that is not None), and its cleaned values, which must be plain JSON, become data of the case.
    """
    _kinds[kind] = SubjectKind(template, context, decision_form)


def panel_of(actor: Actor, kind: str, identifier: str) -> Panel | None:
    """The panel of a subject, or None where its process shows none. Raises what the process raises for it."""
    found = _kinds.get(kind)
    return None if found is None else Panel(found.template, found.context(actor, identifier))


def decision_form(actor: Actor, task: TaskView, data: Any = None) -> forms.Form | None:
    """What the process asks for with the decision of a task, or None."""
    found = _kinds.get(task.subject.kind)
    return None if found is None or found.decision_form is None else found.decision_form(actor, task, data)
