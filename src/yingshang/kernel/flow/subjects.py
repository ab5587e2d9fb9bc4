"""The processes behind the cases: each registers a handler for its kind of subject.

A handler is called in the transaction of the action: what it does happens exactly when the action does, and an error
of it undoes the action. Whatever reaches out of the database belongs into the outbox or a job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import FiredRung

from .case_errors import UnknownSubjectKind
from .case_views import CaseView, TaskView
from .definitions import BoundFlow

EventKind = Literal[
    "started",
    "task_ready",
    "task_completed",
    "sent_back",
    "returned",
    "resubmitted",
    "correction_ended",
    "debts_accepted",
    "debt_settled",
    "commitment_accepted",
    "commitment_checked",
    "consulted",
    "opinion_given",
    "consultation_ended",
    "lane_handed_over",
    "rung_fired",
    "ended",
    "rejected",
    "withdrawn",
    "stopped",
]


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened to a case. `note` is what an official wrote to the applicant about it, `what` what is to
    be corrected, or the lane that was handed over.

    `data` is what was given with this very step: what the case holds may have been given by anybody who had a step
    before. `answers` is what was filled into its form.
    """

    kind: EventKind
    case: CaseView
    actor: Actor
    now: datetime
    task: TaskView | None = None
    outcome: str = ""
    rung: FiredRung | None = None
    note: str = ""
    what: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)


Handler = Callable[[CaseEvent], None]

_handlers: dict[str, Handler] = {}
_bound: dict[str, tuple[BoundFlow, ...]] = {}


def register_subject(kind: str, *, handler: Handler, flows: Iterable[BoundFlow] = ()) -> None:
    """Make a kind of subject known; called when Django starts. Registering again replaces the handler.

    `flows` are the definitions the process begins its cases on, with the outcomes it accepts: a version in which it
    could not follow what happens is not published.
    """
    _handlers[kind] = handler
    _bound[kind] = tuple(flows)


def bound_flow(definition: str) -> BoundFlow | None:
    """What the process behind a definition can follow, where one has said so."""
    return next((each for flows in _bound.values() for each in flows if each.definition == definition), None)


def subject_kinds() -> tuple[str, ...]:
    """The kinds that are known, sorted."""
    return tuple(sorted(_handlers))


def handler_of(kind: str) -> Handler:
    """The handler of a kind. Raises UnknownSubjectKind."""
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownSubjectKind(
            f"no process has registered the subject kind {kind!r}; there are {', '.join(subject_kinds()) or 'none'}",
            message_zh=f"没有办理“{kind}”的业务流程",
            value=kind,
        ) from None
