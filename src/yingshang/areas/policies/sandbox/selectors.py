"""Reads of saved scenarios, within what the reader may see."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor

from ..errors import ScenarioNotFound
from ..models import SandboxScenario
from ..selectors import AUTHOR, VIEW
from .values import Outcome, ScenarioView, TriedFigure

OWNER = "policy_scenario"
"""Whose documents the reports are."""


def scenarios(*, actor: Actor, code: str) -> tuple[ScenarioView, ...]:
    """The scenarios of an item, newest first. One query. Needs policies.view_drafts."""
    rows = visible(actor).filter(item__code=code, removed_at__isnull=True)
    return tuple(scenario_view(row) for row in rows.order_by("-created_at", "-pk")[:200])


def get_scenarios(*, actor: Actor, code: str, ids: Sequence[int]) -> tuple[ScenarioView, ...]:
    """These scenarios of an item, in this order; those that are gone are left out. One query."""
    found = visible(actor).filter(item__code=code, removed_at__isnull=True, pk__in=ids).in_bulk()
    return tuple(scenario_view(found[each]) for each in dict.fromkeys(ids) if each in found)


def get_scenario(*, actor: Actor, scenario_id: int) -> ScenarioView:
    """One scenario, removed ones too. Raises ScenarioNotFound."""
    row = visible(actor).filter(pk=scenario_id).first()
    if row is None:
        raise scenario_not_found(scenario_id)
    return scenario_view(row)


def visible(actor: Actor) -> QuerySet[SandboxScenario]:
    """Scenarios of items the actor may see, over enterprises of their reach."""
    scope = actor.require(VIEW)
    rows = scope.filter(SandboxScenario.objects.all(), region="item__region_path", agency="item__agency")
    return scope.filter(rows, region="region_path", agency="item__agency").select_related("item", "version")


def may_change(actor: Actor, row: SandboxScenario) -> bool:
    """Whoever made it, and whoever writes the item."""
    if row.created_by == maker(actor):
        return True
    return actor.may(AUTHOR) and bool(
        actor.require(AUTHOR)
        .filter(SandboxScenario.objects.filter(pk=row.pk), region="item__region_path", agency="item__agency")
        .count()
    )


def maker(actor: Actor) -> str:
    """Who an actor is, for comparing."""
    return f"{actor.kind} {actor.identifier}"[:80]


def may_read_report(actor: Actor, identifier: str) -> bool:
    """Who may open a report: whoever may see the scenario."""
    return identifier.isdigit() and visible(actor).filter(pk=int(identifier)).exists()


def scenario_not_found(scenario_id: int) -> ScenarioNotFound:
    """For who may not see it as for what is not there."""
    return ScenarioNotFound(
        f"no scenario {scenario_id}", message_zh="没有这个推演方案，或者您不能查看", value=scenario_id
    )


def scenario_view(row: SandboxScenario) -> ScenarioView:
    """A row as a value; item and version must be loaded with it."""
    return ScenarioView(
        id=row.pk,
        code=row.item.code,
        number=row.version.number,
        item_name=row.version.name,
        name=row.name,
        day=row.day,
        parameters=tuple(TriedFigure(**each) for each in row.parameters),
        outcome=Outcome.from_dict(row.outcome),
        places=tuple(row.places),
        facts_at=row.facts_at,
        created_at=row.created_at,
        created_by_name=row.created_by_name,
        document_id=row.document_id,
        report_event=row.report_event,
        removed=row.removed_at is not None,
    )
