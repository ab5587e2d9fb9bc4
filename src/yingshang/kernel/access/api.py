"""The door of access. See README.md."""

from __future__ import annotations

from .actors import VISITOR, Actor, Grant, MandateGrant, Scope, system_actor
from .errors import ConflictingDuties, InvalidRole, NotAllowed, UnknownPermission
from .http import Rule, actor_from, needs, open_to_everybody, signed_in
from .middleware import rule_of
from .permissions import Permission, declare, get_permission, permissions
from .personal_data import EncryptedTextField, lookup_hash, mask
from .selectors import actor_of, actor_of_client

__all__ = [
    "VISITOR",
    "Actor",
    "ConflictingDuties",
    "EncryptedTextField",
    "Grant",
    "InvalidRole",
    "MandateGrant",
    "NotAllowed",
    "Permission",
    "Rule",
    "Scope",
    "UnknownPermission",
    "actor_from",
    "actor_of",
    "actor_of_client",
    "declare",
    "get_permission",
    "lookup_hash",
    "mask",
    "needs",
    "open_to_everybody",
    "permissions",
    "rule_of",
    "signed_in",
    "system_actor",
]
