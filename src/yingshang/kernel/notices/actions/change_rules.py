"""Change the platform's quiet hours and how long messages are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, ensure_topmost
from yingshang.kernel.ledger.api import Target, record

from ..errors import InvalidRules
from ..models import Rules
from ..platform_rules import PlatformRules, default_rules, platform_rules

SHORTEST, LONGEST = 30, 36_500


def change_rules(
    *,
    actor: Actor,
    quiet_from: time | None,
    quiet_until: time | None,
    keep_days: Mapping[str, int],
    now: datetime,
) -> None:
    """Set both for the whole platform; without times there are no quiet hours. Raises InvalidRules, NotAllowed."""
    ensure_topmost(actor, "notices.manage_templates", today=timezone.localdate(now))
    if (quiet_from is None) != (quiet_until is None) or (
        quiet_from is not None and quiet_from == quiet_until
    ):
        raise InvalidRules(
            "give two different times, or none",
            message_zh="静默时段要么填两个不同的时间，要么都不填",
            field="quiet_from",
        )
    unknown = set(keep_days) - set(default_rules().keep_days)
    wrong = [name for name, days in keep_days.items() if not SHORTEST <= days <= LONGEST]
    if unknown or wrong:
        raise InvalidRules(
            f"messages are kept for {SHORTEST} to {LONGEST} days",
            message_zh=f"保存天数应在{SHORTEST}至{LONGEST}之间",
            field=(wrong or sorted(unknown))[0],
        )
    with transaction.atomic():
        Rules.objects.select_for_update().first()
        before = platform_rules()
        days = {**before.keep_days, **keep_days}
        row = Rules(
            pk=1,
            quiet_from=quiet_from,
            quiet_until=quiet_until,
            keep_days=days,
            changed_at=now,
            changed_by_name=actor.name,
        )
        row.save()
        record(
            actor=actor,
            action="notices.rules_changed",
            target=Target("message_rules", "1"),
            now=now,
            before=_told(before),
            after=_told(platform_rules()),
        )


def _told(rules: PlatformRules) -> dict[str, Any]:
    return {"quiet_hours": str(rules.quiet or ""), "keep_days": rules.keep_days}
