"""A scenario that nobody wants any more is removed; and brought back, if somebody does."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..selectors import scenario_not_found
from ._steps import ensure_may_change, load_scenario, note_scenario


@transaction.atomic
def remove_scenario(*, actor: Actor, scenario_id: int, now: datetime) -> str:
    """Take it off the lists; its name. Its report stays. Raises ScenarioNotFound, NotAllowed."""
    row = load_scenario(actor, scenario_id)
    if row.removed_at is not None:
        raise scenario_not_found(scenario_id)
    ensure_may_change(actor, row)
    row.removed_at, row.removed_by_name = now, actor.name
    row.save(update_fields=["removed_at", "removed_by_name"])
    note_scenario(row, "removed", actor=actor, now=now, before={"name": row.name})
    return str(row.name)


@transaction.atomic
def restore_scenario(*, actor: Actor, scenario_id: int, now: datetime) -> str:
    """Bring it back; its name. Raises ScenarioNotFound when it was not removed, NotAllowed."""
    row = load_scenario(actor, scenario_id)
    if row.removed_at is None:
        raise scenario_not_found(scenario_id)
    ensure_may_change(actor, row)
    row.removed_at, row.removed_by_name = None, ""
    row.save(update_fields=["removed_at", "removed_by_name"])
    note_scenario(row, "restored", actor=actor, now=now, after={"name": row.name})
    return str(row.name)
