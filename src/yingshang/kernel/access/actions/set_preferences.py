"""How a user wants to read the platform."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ..errors import InvalidUser, NotAllowed
from ..models import User
from ._steps import user_target


def set_preferences(
    *, actor: Actor, now: datetime, language: str | None = None, large_text: bool | None = None
) -> None:
    """Set one's own language of messages, and large text. What is None stays."""
    if actor.kind != "user":
        raise NotAllowed("only users have preferences", message_zh="请先登录")
    if language is not None and language not in dict(settings.LANGUAGES):
        raise InvalidUser(f"no language {language!r}", message_zh="不支持这种语言", field="language")
    wanted = {
        name: value
        for name, value in {"language": language, "large_text": large_text}.items()
        if value is not None
    }
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=int(actor.identifier))
        before = {name: getattr(user, name) for name in wanted}
        if before == wanted:
            return
        for name, value in wanted.items():
            setattr(user, name, value)
        user.save(update_fields=list(wanted))
        record(
            actor=actor,
            action="access.preferences_set",
            target=user_target(user),
            now=now,
            before=before,
            after=wanted,
        )
