"""The door of access. See README.md."""

from __future__ import annotations

from .actions.appoint import appoint
from .actions.clients import ClientSecret, disable_client, register_client, rotate_secret
from .actions.create_user import create_user
from .actions.end_appointment import end_appointment
from .actions.grant_mandate import grant_mandate
from .actions.load_roles import load_roles
from .actions.move_mandates import move_mandates, move_mandates_back
from .actions.note_personal_view import note_personal_view
from .actions.reset_second_factor import reset_second_factor
from .actions.revoke_mandate import revoke_mandate
from .actions.set_preferences import set_preferences
from .actions.switch_user import activate_user, deactivate_user
from .actions.unlock_user import unlock_user
from .actors import VISITOR, Actor, Grant, MandateGrant, Scope, system_actor
from .audit import audit_actions, audit_events, get_audit_event
from .directory import (
    AccountContact,
    AppointmentView,
    ClientView,
    Colleague,
    DeskView,
    MandateView,
    PersonalView,
    Preferences,
    RoleView,
    UserDetail,
    UserPage,
    UserSummary,
    agencies_that_may,
    clients,
    colleagues,
    contact_of_user,
    contacts_of_parties,
    contacts_of_party,
    ensure_topmost,
    find_account,
    get_role,
    get_user,
    mandates_of_party,
    mandates_of_user,
    officials_who_may,
    personal_views,
    preferences_of,
    roles,
    scope_of,
    users,
)
from .duties import ensure_separate
from .errors import (
    AgencyNotFound,
    AlreadyHeld,
    AppointmentNotFound,
    ClientNotFound,
    ConflictingDuties,
    EventNotFound,
    InvalidPeriod,
    InvalidPowers,
    InvalidRole,
    InvalidUser,
    MandateNotFound,
    NotAllowed,
    PartyNotFound,
    RoleNotFound,
    SecondFactorRequired,
    UnknownPermission,
    UserNotFound,
)
from .http import Rule, actor_from, needs, open_to_everybody, signed_in
from .lockout import is_locked_out
from .log import add_cosigner, event_receipt, retire_cosigner
from .merged import entries_of
from .middleware import rule_of
from .permissions import Permission, declare, get_permission, permissions
from .personal_data import EncryptedTextField, lookup_hash, mask
from .roles_file import grantable_powers
from .selectors import actor_by_reference, actor_of, actor_of_client, reference_of

__all__ = [
    "VISITOR",
    "AccountContact",
    "Actor",
    "AgencyNotFound",
    "AlreadyHeld",
    "AppointmentNotFound",
    "AppointmentView",
    "ClientNotFound",
    "ClientSecret",
    "ClientView",
    "Colleague",
    "ConflictingDuties",
    "DeskView",
    "EncryptedTextField",
    "EventNotFound",
    "Grant",
    "InvalidPeriod",
    "InvalidPowers",
    "InvalidRole",
    "InvalidUser",
    "MandateGrant",
    "MandateNotFound",
    "MandateView",
    "NotAllowed",
    "PartyNotFound",
    "Permission",
    "PersonalView",
    "Preferences",
    "RoleNotFound",
    "RoleView",
    "Rule",
    "Scope",
    "SecondFactorRequired",
    "UnknownPermission",
    "UserDetail",
    "UserNotFound",
    "UserPage",
    "UserSummary",
    "activate_user",
    "actor_by_reference",
    "actor_from",
    "actor_of",
    "actor_of_client",
    "add_cosigner",
    "agencies_that_may",
    "appoint",
    "audit_actions",
    "audit_events",
    "clients",
    "colleagues",
    "contact_of_user",
    "contacts_of_parties",
    "contacts_of_party",
    "create_user",
    "deactivate_user",
    "declare",
    "disable_client",
    "end_appointment",
    "ensure_separate",
    "ensure_topmost",
    "entries_of",
    "event_receipt",
    "find_account",
    "get_audit_event",
    "get_permission",
    "get_role",
    "get_user",
    "grant_mandate",
    "grantable_powers",
    "is_locked_out",
    "load_roles",
    "lookup_hash",
    "mandates_of_party",
    "mandates_of_user",
    "mask",
    "move_mandates",
    "move_mandates_back",
    "needs",
    "note_personal_view",
    "officials_who_may",
    "open_to_everybody",
    "permissions",
    "personal_views",
    "preferences_of",
    "reference_of",
    "register_client",
    "reset_second_factor",
    "retire_cosigner",
    "revoke_mandate",
    "roles",
    "rotate_secret",
    "rule_of",
    "scope_of",
    "set_preferences",
    "signed_in",
    "system_actor",
    "unlock_user",
    "users",
]
