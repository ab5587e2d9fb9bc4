"""Units by their names: one's own, and those of a region that have contracts."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps

from yingshang.kernel.access.api import Actor

from .models import UnitFigures
from .reach import VIEW, agencies_of

MOST = 300


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit, where it sits, and whether it still is one."""

    id: int
    name: str
    region_path: str
    active: bool


def own_units(*, actor: Actor, permission: str = VIEW) -> tuple[UnitName, ...]:
    """The units in which somebody holds the permission themselves, those that are no more last. One query."""
    mine = agencies_of(actor, permission)
    rows = (
        apps.get_model("parties", "Agency")
        .objects.filter(pk__in=mine)
        .order_by("-is_active", "name")
        .select_related("region")
    )
    return tuple(UnitName(each.pk, each.name, each.region.path, each.is_active) for each in rows)


def units_with_contracts(*, actor: Actor, region_path: str, most: int = MOST) -> tuple[UnitName, ...]:
    """The units of a region itself that have registered something, within an official's reach; the first of them. One
    query. Raises NotAllowed.
    """
    scope = actor.require(VIEW)
    rows = scope.filter(UnitFigures.objects.all(), region="region_path", agency="agency_id").filter(
        region_path=region_path, contract_count__gt=0
    )
    found = rows.order_by("agency__name").values_list(
        "agency_id", "agency__name", "region_path", "agency__is_active"
    )
    return tuple(UnitName(*each) for each in found[:most])
