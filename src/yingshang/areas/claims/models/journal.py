"""The double-entry journal 分录: every movement of money between accounts, whose lines add up to zero.

The database holds to it (migration 0002): the lines of an entry are written in one statement, add up to zero, and
neither entries nor lines are ever changed.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class JournalEntry(models.Model):
    """One movement. `reference` is what it belongs to: "claim:12", "batch:3", "budget:4"."""

    day = models.DateField("日期")
    kind = models.CharField("业务", max_length=24)
    reference = models.CharField("凭据", max_length=60)
    told = models.CharField("摘要", max_length=200)
    event_id = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(name="claims_entry_reference", fields=["reference"])]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class JournalLine(models.Model):
    """A debit (positive) or a credit (negative) in fen."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField("科目", max_length=16)
    budget = models.ForeignKey("Budget", on_delete=models.PROTECT, null=True, related_name="+")
    amount_fen = models.BigIntegerField("金额（分）")

    class Meta:
        constraints = [models.CheckConstraint(name="claims_line_amount", condition=~Q(amount_fen=0))]
        indexes = [models.Index(name="claims_line_account", fields=["budget", "account"])]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_fen}"
