"""Refusals of this room."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from yingshang.rules.errors import DomainError


class NotAllowed(DomainError, PermissionDenied):
    """The actor's roles or mandates do not allow this. Answered with 403."""

    code = "access.not_allowed"


class UnknownPermission(DomainError):
    """A permission that no room declares."""

    code = "access.unknown_permission"


class InvalidRole(DomainError):
    """A role whose definition does not hold together."""

    code = "access.invalid_role"


class ConflictingDuties(DomainError):
    """Two roles, or two steps of one case, that one person may not hold both."""

    code = "access.conflicting_duties"


class EventNotFound(DomainError):
    """No such event within the actor's scope."""

    code = "access.event_not_found"
