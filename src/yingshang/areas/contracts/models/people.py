"""Heads of units 单位负责人, and the old contracts a new head takes over 新官理旧账."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from ..lifecycle import HAND_OVER
from .contracts import Contract


class Head(models.Model):
    """Who answers for a unit, since when and until when."""

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    user: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("负责人", max_length=120)
    since = models.DateField()
    until = models.DateField(null=True)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("-since",)
        constraints = [
            models.UniqueConstraint(
                name="contracts_one_head", fields=["agency"], condition=Q(until__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class HandOver(models.Model):
    """The list a new head takes over: every open contract of the unit as it stood that day, to be signed for.

    `open_fen` is what the unit still has to pay by them, `owed_fen` how much of that was past its day. A head who left
    before signing leaves a list that has lapsed; the next one gets a list of their own.
    """

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    before = models.ForeignKey(Head, on_delete=models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(Head, on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=12, default="open")
    as_of = models.DateField()
    contract_count = models.PositiveIntegerField(default=0)
    late_count = models.PositiveIntegerField(default=0)
    open_fen = models.BigIntegerField(default=0)
    owed_fen = models.BigIntegerField(default=0)
    interest_fen = models.BigIntegerField(default=0)
    remark = models.CharField(max_length=1000, blank=True)
    document_id = models.BigIntegerField(null=True)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    made_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    handed_by_name = models.CharField(max_length=120, blank=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by_name = models.CharField(max_length=120, blank=True)
    receipt_event = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="contracts_hand_over_state", condition=Q(state__in=list(HAND_OVER.states))
            ),
            models.UniqueConstraint(
                name="contracts_one_hand_over",
                fields=["agency"],
                condition=Q(state__in=HAND_OVER.open_states),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.as_of}"


class HandOverLine(models.Model):
    """One contract of such a list, as it stood; what who hands over and who takes over say of it."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="lines")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    open_count = models.PositiveIntegerField()
    late_count = models.PositiveIntegerField()
    open_fen = models.BigIntegerField(default=0)
    owed_fen = models.BigIntegerField()
    interest_fen = models.BigIntegerField(default=0)
    next_due_on = models.DateField(null=True)
    said_before = models.CharField("移交说明", max_length=1000, blank=True)
    said_after = models.CharField("接收意见", max_length=1000, blank=True)

    class Meta:
        ordering = ("-late_count", "-owed_fen", "id")
        constraints = [models.UniqueConstraint(name="contracts_line_once", fields=["hand_over", "contract"])]

    def __str__(self) -> str:
        return f"{self.hand_over_id} {self.contract_id}"
