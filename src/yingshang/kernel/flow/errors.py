"""What the flow refuses, each with a stable code and what to do instead in both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class InvalidSteps(DomainError):
    """A list of steps that does not hold together. `details["problems"]` has every problem with line and field."""

    code = "flow.invalid_steps"


class InvalidDiagram(DomainError):
    """A file that is no BPMN 2.0 we can read safely."""

    code = "flow.invalid_bpmn"


class CannotPublish(DomainError):
    """The linter found errors. `details["findings"]` has them."""

    code = "flow.cannot_publish"


class ConditionUndecided(DomainError):
    """A condition of the flow cannot be decided: something it reads is unknown. Nothing is guessed.

    `details` names the gateway, the condition and what is missing.
    """

    code = "flow.condition_undecided"


class NotReady(DomainError):
    """The step is not ready: it was completed, cancelled, or has not begun."""

    code = "flow.step_conflict"


class UnknownStep(DomainError):
    """The definition has no such step."""

    code = "flow.step_not_found"


class UnknownOutcome(DomainError):
    """The step has no such outcome. `details["outcomes"]` has those there are."""

    code = "flow.unknown_outcome"


class TooManyRounds(DomainError):
    """A decision would lead round in a loop once too often. `details` has the step and how often it may be done."""

    code = "flow.too_many_rounds"


class CodeRefused(DomainError):
    """Something tried to run code inside a flow. Conditions are FEEL and nothing else."""

    code = "flow.code_refused"


class CorruptState(DomainError):
    """The kept state of a case and its definition do not fit together."""

    code = "flow.corrupt_state"


class DefinitionNotFound(DomainError):
    """No such definition, version or draft, or not within reach."""

    code = "flow.definition_not_found"


class DefinitionChanged(DomainError):
    """Somebody else changed the draft meanwhile."""

    code = "flow.definition_conflict"


class CannotMigrate(DomainError):
    """The case cannot go on in that version. `details["reason"]` says why."""

    code = "flow.cannot_migrate"


class NothingToPublish(DomainError):
    """The definition has no draft."""

    code = "flow.nothing_to_publish"
