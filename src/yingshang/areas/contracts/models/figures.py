"""Sums that are kept while obligations change, so that no page adds up two million rows; rebuilt equal from scratch."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DueSums(models.Model):
    """What open obligations that fall due on one day come to; of whom, and where, is said by what inherits it.

    Interest of all of them on a day d is `accrued_fen + growth * d - origin`, d counted in days (date.toordinal), where
    growth is the sum of open amount times daily rate and origin the sum of that times the day it runs from. It is exact
    but for the rounding of each obligation to the fen.
    """

    side = models.CharField(max_length=12)
    money = models.BooleanField()
    due_on = models.DateField()
    open_count = models.IntegerField(default=0)
    open_fen = models.BigIntegerField(default=0)
    disagreed_count = models.IntegerField(default=0)
    unreserved_count = models.IntegerField(default=0)
    # Of those in money: on how many nobody knows the rate of interest, so that theirs is not in the sums.
    unrated_count = models.IntegerField(default=0)
    accrued_fen = models.BigIntegerField(default=0)
    growth = models.DecimalField(max_digits=30, decimal_places=10, default=0)
    origin = models.DecimalField(max_digits=36, decimal_places=10, default=0)

    class Meta:
        abstract = True


class DueCell(DueSums):
    """Open obligations of a unit that fall due on one day: what is late on any day is the cells before it."""

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+", db_index=False)
    region_path = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contracts_cell_once", fields=["agency", "side", "money", "due_on"])
        ]
        indexes = [
            models.Index(
                name="contracts_cells_of_region",
                fields=["region_path", "due_on"],
                opclasses=["varchar_pattern_ops", "date_ops"],
                # For the units that owe most.
                include=["agency", "side", "open_count", "open_fen"],
            ),
            # Which units owe money that is late.
            models.Index(
                name="contracts_arrears",
                fields=["due_on", "agency"],
                condition=Q(side="unit", money=True, open_fen__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.due_on}"


class RegionDueCell(DueSums):
    """The same of all units of a prefecture, for those who look at a province: its units have as many cells as
    obligations. What a province's own units owe stands under the path of the province.

    Rows are added and never changed, so that nobody who writes waits for another unit's: several may stand for one day,
    and what counts is their sum. A job puts them together (figures/region_cells.py).
    """

    region_path = models.CharField(max_length=4)

    class Meta:
        indexes = [
            models.Index(
                name="contracts_region_cells",
                fields=["region_path", "due_on"],
                opclasses=["varchar_pattern_ops", "date_ops"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.region_path} {self.due_on}"


class UnitFigures(models.Model):
    """What a unit has registered: contracts, their price, those without obligations, the day of the last one."""

    agency = models.OneToOneField(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", primary_key=True
    )
    region_path = models.CharField(max_length=12)
    contract_count = models.IntegerField(default=0)
    contract_fen = models.BigIntegerField(default=0)
    unpriced_count = models.IntegerField(default=0)
    in_force_count = models.IntegerField(default=0)
    bare_count = models.IntegerField("没有义务的合同", default=0)
    waiting_count = models.IntegerField("等待事件的义务", default=0)
    last_signed_on = models.DateField(null=True)
    last_registered_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(
                name="contracts_units_of_region", fields=["region_path"], opclasses=["varchar_pattern_ops"]
            )
        ]

    def __str__(self) -> str:
        return str(self.agency_id)


class DoneCell(models.Model):
    """Obligations of a unit done in a month, by how late they were: data/figures.yaml names the stretches."""

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+", db_index=False)
    region_path = models.CharField(max_length=12)
    side = models.CharField(max_length=12)
    money = models.BooleanField()
    month = models.DateField()
    stretch = models.CharField(max_length=12)
    done_count = models.IntegerField(default=0)
    done_fen = models.BigIntegerField(default=0)
    late_days = models.BigIntegerField(default=0)
    disputed_count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contracts_done_once", fields=["agency", "side", "money", "month", "stretch"]
            )
        ]
        indexes = [
            models.Index(
                name="contracts_done_of_region",
                fields=["region_path", "month"],
                opclasses=["varchar_pattern_ops", "date_ops"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.month} {self.stretch}"
