"""Where the money comes from: funds, their budgets, and what is reserved of them.

The database itself keeps the sums (see migration 0002): `reserved_fen` and `spent_fen` of a budget follow its
reservations by a trigger, nobody else may write them, and a check refuses what goes beyond the amount.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

LEVELS = ("national", "province", "city", "county")


class Fund(models.Model):
    """A fund 专项资金 of an agency, from which awards are paid."""

    code = models.CharField("资金编号", max_length=40, unique=True)
    name = models.CharField("资金名称", max_length=120)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    # Who pays: the account orders are paid from, and the channel they go through.
    channel = models.CharField("拨付渠道", max_length=40)
    payer_name = models.CharField("付款户名", max_length=140)
    payer_account = models.CharField("付款账号", max_length=34)
    payer_bank_name = models.CharField("付款行", max_length=140, blank=True)
    payer_bank_code = models.CharField("付款行联行号", max_length=12, blank=True)
    demonstration = models.BooleanField("演示数据", default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Budget(models.Model):
    """What one level of government has set aside in a fund for a year. Amounts in fen."""

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="budgets")
    year = models.PositiveSmallIntegerField("年度")
    level = models.CharField("层级", max_length=10)
    region_path = models.CharField("地区", max_length=12, blank=True)
    amount_fen = models.BigIntegerField("预算（分）")
    reserved_fen = models.BigIntegerField("已预留（分）", default=0)
    spent_fen = models.BigIntegerField("已支出（分）", default=0)
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("fund", "year", "level", "region_path")
        constraints = [
            models.UniqueConstraint(
                name="claims_budget_once", fields=["fund", "year", "level", "region_path"]
            ),
            models.CheckConstraint(name="claims_budget_level", condition=Q(level__in=LEVELS)),
            models.CheckConstraint(
                name="claims_within_budget",
                condition=Q(
                    reserved_fen__gte=0, spent_fen__gte=0, amount_fen__gte=F("reserved_fen") + F("spent_fen")
                ),
            ),
        ]

    @property
    def free_fen(self) -> int:
        """What can still be reserved."""
        return self.amount_fen - self.reserved_fen - self.spent_fen

    def __str__(self) -> str:
        return f"{self.fund_id} {self.year} {self.level}"


class BudgetChange(models.Model):
    """Money put into a budget or taken out of it, by whom and by which document."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="changes")
    amount_fen = models.BigIntegerField("变动（分）")
    reason = models.CharField("依据", max_length=400)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.budget_id} {self.amount_fen}"


class Instalment(models.Model):
    """One payment of an award; most have one. Those with a later condition wait for it."""

    claim = models.ForeignKey("Claim", on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField("期次")
    code = models.CharField(max_length=40, blank=True)
    text = models.CharField("说明", max_length=200, blank=True)
    amount_fen = models.BigIntegerField("金额（分）")
    # due: can be ordered; waiting: its condition is to come; lost: it came to nothing.
    state = models.CharField("状态", max_length=8, default="due")
    condition = models.CharField(max_length=400, blank=True)
    # What the facts of a day said of a condition that is waited for: true, false, unknown; empty: not looked at yet.
    # `evidence` are the facts it read: {"name", "text", "source", "as_of"}; `lacking` those nobody has.
    found = models.CharField("条件判定", max_length=8, blank=True)
    found_at = models.DateTimeField("判定时间", null=True)
    evidence = models.JSONField(default=list)
    lacking = models.JSONField(default=list)
    decided_by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField("理由", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claims_instalment_once", fields=["claim", "number"]),
            models.CheckConstraint(
                name="claims_instalment_state", condition=Q(state__in=["waiting", "due", "paid", "lost"])
            ),
            models.CheckConstraint(name="claims_instalment_amount", condition=Q(amount_fen__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id}/{self.number}"


class Reservation(models.Model):
    """Part of a budget kept for one instalment 预留: held, spent once the bank has paid, released when not needed."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="reservations")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="reservations")
    amount_fen = models.BigIntegerField("金额（分）")
    state = models.CharField(max_length=8, default="held")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="claims_reserved_once", fields=["instalment", "budget"], condition=~Q(state="released")
            ),
            models.CheckConstraint(
                name="claims_reservation_state", condition=Q(state__in=["held", "spent", "released"])
            ),
            models.CheckConstraint(name="claims_reservation_amount", condition=Q(amount_fen__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.amount_fen}"
