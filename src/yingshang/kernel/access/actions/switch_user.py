"""Close an account, and open it again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ._steps import load_account, refuse_oneself, user_target


def deactivate_user(*, actor: Actor, user_id: int, reason: str, now: datetime) -> None:
    """Close an account: every session ends with its next request. Raises UserNotFound, NotAllowed."""
    _switch(actor=actor, user_id=user_id, active=False, reason=reason, now=now)


def activate_user(*, actor: Actor, user_id: int, reason: str, now: datetime) -> None:
    """Open a closed account again. Raises UserNotFound, NotAllowed."""
    _switch(actor=actor, user_id=user_id, active=True, reason=reason, now=now)


def _switch(*, actor: Actor, user_id: int, active: bool, reason: str, now: datetime) -> None:
    scope = actor.require("access.manage_users")
    refuse_oneself(actor, user_id)
    with transaction.atomic():
        user = load_account(user_id, scope=scope, now=now)
        if user.is_active == active:
            return
        user.is_active = active
        user.save(update_fields=["is_active"])
        record(
            actor=actor,
            action="access.user_activated" if active else "access.user_deactivated",
            target=user_target(user),
            now=now,
            before={"is_active": not active},
            after={"is_active": active},
            reason=reason,
        )
