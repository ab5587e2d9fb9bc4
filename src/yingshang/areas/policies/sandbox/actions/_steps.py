"""Steps that several actions share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.ledger.api import Target, record

from ...models import SandboxScenario
from ..selectors import may_change, scenario_not_found, visible


def load_scenario(actor: Actor, scenario_id: int) -> SandboxScenario:
    """The scenario, locked. Raises ScenarioNotFound."""
    row = visible(actor).select_for_update(of=("self",)).filter(pk=scenario_id).first()
    if row is None:
        raise scenario_not_found(scenario_id)
    return row


def ensure_may_change(actor: Actor, row: SandboxScenario) -> None:
    """Raises NotAllowed for whoever neither made it nor writes the item."""
    if not may_change(actor, row):
        raise NotAllowed(
            f"{actor.name} neither made this scenario nor writes the item",
            message_zh="只有保存该方案的人员和编写该事项的人员可以删除或恢复",
            permission="policies.author",
        )


def note_scenario(
    row: SandboxScenario,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """The audit event of something that happened to a scenario."""
    return record(
        actor=actor,
        action=f"policies.scenario_{event}",
        target=Target(
            "policy_scenario",
            str(row.pk),
            f"{row.item.code} {row.name}",
            region_path=row.item.region_path,
            agency_id=row.item.agency_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after) if after else None,
    )
