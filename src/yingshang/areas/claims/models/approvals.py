"""Identical claims approved together, after a sample that anybody can draw again was looked at."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .claims import Claim


class ApprovalBatch(models.Model):
    """Claims of one item that are approved together 批量核准. The sample is drawn from their numbers and the signed
    checkpoint of the log that was the newest then: nobody chooses it, and anybody can draw it again.
    """

    number = models.CharField("批次编号", max_length=40, unique=True)
    item_code = models.CharField("事项编号", max_length=80)
    item_name = models.CharField("事项名称", max_length=200)
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=10, default="drawn")
    percent = models.PositiveSmallIntegerField("抽查比例（%）")
    checkpoint_size = models.BigIntegerField()
    checkpoint_root = models.CharField(max_length=64, blank=True)
    seed = models.CharField(max_length=64)
    drawn_at = models.DateTimeField()
    drawn_by = models.CharField(max_length=80)
    drawn_by_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_approval_state", condition=Q(state__in=["drawn", "approved", "stopped"])
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ApprovalEntry(models.Model):
    """A claim of a batch. `sound` is what somebody found who looked at a sampled one; `outcome` what became of it."""

    batch = models.ForeignKey(ApprovalBatch, on_delete=models.CASCADE, related_name="entries")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    task_id = models.BigIntegerField()
    sampled = models.BooleanField("抽中", default=False)
    sound = models.BooleanField("核对无误", null=True)
    note = models.CharField("核对意见", max_length=400, blank=True)
    looked_at = models.DateTimeField(null=True)
    looked_by = models.CharField(max_length=80, blank=True)
    looked_by_name = models.CharField(max_length=120, blank=True)
    waiting = models.BooleanField(default=True)
    outcome = models.CharField("结果", max_length=400, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_in_one_approval", fields=["claim"], condition=Q(waiting=True)
            ),
            models.CheckConstraint(
                name="claims_only_sampled_looked_at", condition=Q(sampled=True) | Q(sound__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.claim_id}"
