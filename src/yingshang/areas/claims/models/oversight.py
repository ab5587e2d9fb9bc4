"""The circuit breaker 监督熔断: what stopped a claim, an item or a fund before payment, and who released it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .claims import Claim
from .funding import Fund


class Trip(models.Model):
    """One rule that tripped. While it is open nothing of its target is ordered or sent; the database holds to it.

    `grounds` is a list of {"text", "text_en", "value"}: what the rule found, in words a supervisor can check.
    """

    number = models.CharField("编号", max_length=40, unique=True)
    rule = models.CharField("规则", max_length=60)
    rule_version = models.CharField(max_length=20)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, related_name="trips")
    item_code = models.CharField("事项编号", max_length=80, blank=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, null=True, related_name="trips")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=10, default="open")
    grounds = models.JSONField(default=list)
    # The same thing found again by the same rule does not trip anew once it was released.
    finding = models.CharField(max_length=64)
    tripped_at = models.DateTimeField("熔断时间")
    decided_at = models.DateTimeField("处理时间", null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField("处理意见", max_length=400, blank=True)
    event_id = models.BigIntegerField(null=True)
    decided_event = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_trip_state", condition=Q(state__in=["open", "released", "confirmed"])
            ),
            models.CheckConstraint(
                name="claims_trip_target",
                condition=Q(claim__isnull=False, item_code="", fund__isnull=True)
                | Q(claim__isnull=True, fund__isnull=True) & ~Q(item_code="")
                | Q(claim__isnull=True, item_code="", fund__isnull=False),
            ),
            models.UniqueConstraint(name="claims_tripped_once", fields=["rule", "finding"]),
        ]
        indexes = [
            models.Index(name="claims_trip_open", fields=["state", "region_path", "-id"]),
        ]

    def __str__(self) -> str:
        return self.number
