"""Refusals of cases and tasks."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class InvalidLifecycle(DomainError):
    """The table of states does not hold together, or code does what the table does not say."""

    code = "flow.invalid_lifecycle"


class NotPossibleNow(DomainError):
    """The state of the task or the case does not allow this. `details` has state and action."""

    code = "flow.not_possible_now"


class TaskNotFound(DomainError):
    """No such task within the actor's scope."""

    code = "flow.task_not_found"


class CaseNotFound(DomainError):
    """No such case within the actor's scope."""

    code = "flow.case_not_found"


class NotYours(DomainError):
    """Somebody else holds the task, or the actor has not the role it asks for in its agency."""

    code = "flow.not_yours"


class NotAllowedByDefinition(DomainError):
    """The definition does not allow this at this step, or knows no such outcome."""

    code = "flow.not_allowed_by_definition"


class InvalidRequest(DomainError):
    """What was said is missing or cannot be used; `details["field"]` says which."""

    code = "flow.invalid_request"


class UndeclaredData(DomainError):
    """A name the definition does not let this step, or the opening, write into the data of the case.

    `details` has the names that were given (`names`) and those there may be (`allowed`).
    """

    code = "flow.undeclared_data"


class AlreadyStarted(DomainError):
    """The subject has an open case already."""

    code = "flow.already_started"


class UnknownAgency(DomainError):
    """A lane without an agency, or an agency that does not exist or is closed."""

    code = "flow.unknown_agency"


class UnknownSubjectKind(DomainError):
    """No process has registered a handler for this kind of subject."""

    code = "flow.unknown_subject_kind"


class OpinionsOutstanding(DomainError):
    """An agency that was asked may still answer: its time is not up."""

    code = "flow.opinions_outstanding"
