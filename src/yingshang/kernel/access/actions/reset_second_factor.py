"""Help somebody who has lost the device of their second factor."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ._steps import load_account, refuse_oneself, user_target


def reset_second_factor(*, actor: Actor, user_id: int, reason: str, now: datetime) -> None:
    """Remove every second factor of a user; a role that requires one asks for a new one at the next page."""
    scope = actor.require("access.manage_users")
    refuse_oneself(actor, user_id)
    with transaction.atomic():
        user = load_account(user_id, scope=scope, now=now)
        kinds = sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        if not kinds:
            return
        # In one statement, without the signals by which the pages of the accounts library are recorded.
        Authenticator.objects.filter(user=user)._raw_delete(using=Authenticator.objects.db)
        record(
            actor=actor,
            action="access.second_factor_reset",
            target=user_target(user),
            now=now,
            before={"kinds": kinds},
            reason=reason,
        )
