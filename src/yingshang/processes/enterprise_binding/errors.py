"""Refusals of this journey."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class BindingNotFound(DomainError):
    """No such request among those the actor may see."""

    code = "enterprise_binding.not_found"


class NotPossibleNow(DomainError):
    """The request is in a state from which this action does not lead anywhere."""

    code = "enterprise_binding.state_conflict"


class AlreadyBound(DomainError):
    """The account acts for the enterprise already, or a request of it is under way."""

    code = "enterprise_binding.already_bound_conflict"


class TooManyCodes(DomainError):
    """Codes were asked for too often; `details["limit"]` says which limit that is."""

    code = "enterprise_binding.too_many"


class CodeExpired(DomainError):
    """The code can be used no more: too late, or too many wrong entries."""

    code = "enterprise_binding.code_expired"


class NotRegistered(DomainError):
    """The enterprise is not in the register, so nobody can act for it yet."""

    code = "enterprise_binding.not_registered"


class ReasonMissing(DomainError):
    """A refusal has to say why."""

    code = "enterprise_binding.reason_missing"


class InvalidLifecycle(DomainError):
    """The file of states and transitions does not hold together."""

    code = "enterprise_binding.invalid_lifecycle"
