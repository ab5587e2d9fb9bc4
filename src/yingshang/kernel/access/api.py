"""The door of access. See README.md."""

from __future__ import annotations

from .actors import VISITOR, Actor, Grant, MandateGrant, Scope, system_actor
from .audit import audit_actions, audit_events, get_audit_event
from .errors import ConflictingDuties, EventNotFound, InvalidRole, NotAllowed, UnknownPermission
from .http import Rule, actor_from, needs, open_to_everybody, signed_in
from .middleware import rule_of
from .permissions import Permission, declare, get_permission, permissions
from .personal_data import EncryptedTextField, lookup_hash, mask
from .selectors import actor_by_reference, actor_of, actor_of_client, reference_of

__all__ = [
    "VISITOR",
    "Actor",
    "ConflictingDuties",
    "EncryptedTextField",
    "EventNotFound",
    "Grant",
    "InvalidRole",
    "MandateGrant",
    "NotAllowed",
    "Permission",
    "Rule",
    "Scope",
    "UnknownPermission",
    "actor_by_reference",
    "actor_from",
    "actor_of",
    "actor_of_client",
    "audit_actions",
    "audit_events",
    "declare",
    "get_audit_event",
    "get_permission",
    "lookup_hash",
    "mask",
    "needs",
    "open_to_everybody",
    "permissions",
    "reference_of",
    "rule_of",
    "signed_in",
    "system_actor",
]
