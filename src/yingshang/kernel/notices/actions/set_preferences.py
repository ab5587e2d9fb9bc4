"""Choose what one is told over which channel, and one's own quiet hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..channels import get_channel
from ..errors import InvalidPreference
from ..kinds import get_kind
from ..models import Preference
from ..preferences import own_user


def set_message_preferences(
    *,
    actor: Actor,
    unwanted: Mapping[str, Sequence[str]],
    quiet: str,
    now: datetime,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> None:
    """Replace one's choices: by kind the channels one does not want, and the quiet hours.

    `quiet` is "platform", "own" (with both times) or "none". Raises InvalidPreference for a kind that cannot be
    switched off, UnknownKind, UnknownChannel, NotAllowed for what is not a user.
    """
    user_id = own_user(actor)
    chosen = {}
    for code, channels in unwanted.items():
        kind = get_kind(code)
        off = sorted({get_channel(channel).code for channel in channels})
        if off and kind.mandatory:
            raise InvalidPreference(
                f"{kind.name_en} cannot be switched off: who misses it loses a right, or the account",
                message_zh=f"“{kind.name}”不能关闭：错过会影响您的权利或账号安全",
                value=code,
            )
        if off:
            chosen[code] = off
    _check_quiet(quiet, quiet_from, quiet_until)
    own = quiet == Preference.OWN
    with transaction.atomic():
        row = Preference.objects.select_for_update().filter(pk=user_id).first()
        before = _told(row) if row else None
        row = row or Preference(user_id=user_id)
        row.unwanted, row.quiet = chosen, quiet
        row.quiet_from, row.quiet_until = (quiet_from, quiet_until) if own else (None, None)
        after = _told(row)
        if before == after:
            return
        row.save()
        record(
            actor=actor,
            action="notices.preferences_set",
            target=Target("user", str(user_id), actor.name),
            now=now,
            before=before,
            after=after,
        )


def _check_quiet(quiet: str, start: time | None, end: time | None) -> None:
    if quiet not in (Preference.PLATFORM, Preference.OWN, Preference.NONE):
        raise InvalidPreference(
            f"{quiet!r} is not platform, own or none", message_zh="静默时段只能是：按平台、自定、不设"
        )
    if quiet == Preference.OWN and (start is None or end is None or start == end):
        raise InvalidPreference(
            "give two different times for your own quiet hours",
            message_zh="自定静默时段要填两个不同的时间",
            field="quiet_from",
        )


def _told(row: Preference) -> dict[str, Any]:
    return {
        "unwanted": row.unwanted,
        "quiet": row.quiet,
        "quiet_from": row.quiet_from,
        "quiet_until": row.quiet_until,
    }
