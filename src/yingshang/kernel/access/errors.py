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


class UserNotFound(DomainError):
    """No such user within the actor's scope."""

    code = "access.user_not_found"


class AgencyNotFound(DomainError):
    """No such agency within the actor's scope, or it is closed."""

    code = "access.agency_not_found"


class RoleNotFound(DomainError):
    """No role with this code."""

    code = "access.role_not_found"


class AppointmentNotFound(DomainError):
    """No such appointment within the actor's scope, or it has ended already."""

    code = "access.appointment_not_found"


class MandateNotFound(DomainError):
    """No such mandate among those the actor may see, or it has been revoked already."""

    code = "access.mandate_not_found"


class PartyNotFound(DomainError):
    """No such enterprise among those the actor acts for."""

    code = "access.party_not_found"


class ClientNotFound(DomainError):
    """No such system within the actor's scope, or it has been disabled already."""

    code = "access.client_not_found"


class AlreadyHeld(DomainError):
    """The role is held there, the user name is taken, or the enterprise has a legal representative."""

    code = "access.already_held"


class InvalidUser(DomainError):
    """An account that cannot be made this way; `details["field"]` says where."""

    code = "access.invalid_user"


class InvalidPeriod(DomainError):
    """An end before the beginning, or in the past."""

    code = "access.invalid_period"


class InvalidPowers(DomainError):
    """Powers that cannot be passed on."""

    code = "access.invalid_powers"


class SecondFactorRequired(NotAllowed):
    """A role asks for a second factor that the user has not set up yet."""

    code = "access.second_factor_required"
