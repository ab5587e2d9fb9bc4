"""Let somebody in again who was locked out after failed log-ins."""

from __future__ import annotations

from datetime import datetime

from axes.utils import reset
from django.db import transaction

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ._steps import load_account, refuse_oneself, user_target


def unlock_user(*, actor: Actor, user_id: int, reason: str, now: datetime) -> None:
    """Forget the failed log-ins of a user, under every name they log in with. Raises UserNotFound, NotAllowed."""
    scope = actor.require("access.manage_users")
    refuse_oneself(actor, user_id)
    with transaction.atomic():
        user = load_account(user_id, scope=scope, now=now)
        forgotten = sum(reset(username=name) for name in {user.username, user.email} if name)
        if not forgotten:
            return
        record(
            actor=actor,
            action="access.user_unlocked",
            target=user_target(user),
            now=now,
            before={"failed_attempts": forgotten},
            reason=reason,
        )
