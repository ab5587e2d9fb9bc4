"""Whose figures somebody reads: those of the regions, or agencies, in which they see contracts."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor

from ..models import DoneCell, DueCell, RegionDueCell, UnitFigures
from ..reach import VIEW
from .region_cells import PREFECTURE

AGENCIES: Any = UnitFigures.agency.field.related_model


def due_cells(actor: Actor, region_path: str) -> QuerySet[DueCell]:
    """Raises NotAllowed."""
    return _within(actor, DueCell.objects.all(), region_path)


def summed_cells(actor: Actor, region_path: str) -> QuerySet[DueCell] | QuerySet[RegionDueCell]:
    """The same sums in as few rows as can be had: of a region larger than a prefecture, all of which somebody reaches,
    those of its prefectures; else those of units. Raises NotAllowed.
    """
    scope = actor.require(VIEW)
    if len(region_path) < PREFECTURE and scope.covers("subtree", agency_id=0, region_path=region_path):
        return RegionDueCell.objects.filter(region_path__startswith=region_path)
    return due_cells(actor, region_path)


def done_cells(actor: Actor, region_path: str) -> QuerySet[DoneCell]:
    """Raises NotAllowed."""
    return _within(actor, DoneCell.objects.all(), region_path)


def unit_figures(actor: Actor, region_path: str) -> QuerySet[UnitFigures]:
    """Raises NotAllowed."""
    return _within(actor, UnitFigures.objects.all(), region_path)


def units(actor: Actor, region_path: str) -> QuerySet[Any]:
    """The agencies that are at work. Raises NotAllowed."""
    rows = actor.require(VIEW).filter(
        AGENCIES.objects.filter(is_active=True), region="region__path", agency="pk"
    )
    return rows.filter(region__path__startswith=region_path) if region_path else rows


def _within(actor: Actor, rows: QuerySet[Any], region_path: str) -> QuerySet[Any]:
    rows = actor.require(VIEW).filter(rows.order_by(), region="region_path", agency="agency_id")
    return rows.filter(region_path__startswith=region_path) if region_path else rows


def interest_until(row: dict[str, Any], today: date) -> int:
    """What has grown until a day on summed cells, to the fen; see models.DueCell."""
    grown = Decimal(row["accrued"]) + row["growing"] * today.toordinal() - row["began"]
    return int(grown.quantize(Decimal(1), ROUND_HALF_UP))
