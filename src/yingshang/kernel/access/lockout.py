"""Who is locked out after failed log-ins."""

from __future__ import annotations

from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings

from .actors import Actor
from .directory import user_not_found, users_in


def is_locked_out(*, actor: Actor, user_id: int, now: datetime) -> bool:
    """Whether a user cannot log in at this moment for having failed too often. Raises UserNotFound."""
    user = users_in(actor.require("access.view_users")).filter(pk=user_id).first()
    if user is None:
        raise user_not_found(user_id)
    since = now - timedelta(hours=settings.AXES_COOLOFF_TIME)
    return bool(
        AccessAttempt.objects.filter(
            username__in=[name for name in (user.username, user.email) if name],
            failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
            attempt_time__gte=since,
        ).exists()
    )
