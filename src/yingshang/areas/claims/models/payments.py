"""Payment orders 支付指令 in batches 批次, what banks said of them, and money asked back."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import BATCH, ORDER, RECOVERY
from .claims import Claim, PayeeAccount
from .funding import Fund, Instalment

LIVE = ("prepared", "sent", "accepted", "paid")
"""States of an order in which its instalment is being paid, or is paid: there is never a second one beside it."""


class PaymentBatch(models.Model):
    """Orders of one fund that go to the bank as one message: made by one person, checked by another."""

    message_id = models.CharField("报文标识", max_length=35, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="batches")
    channel = models.CharField("渠道", max_length=40)
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="prepared")
    execute_on = models.DateField("执行日期")
    orders_count = models.PositiveIntegerField("笔数")
    amount_fen = models.BigIntegerField("金额（分）")
    digest = models.CharField(max_length=64, blank=True)
    made_by = models.CharField(max_length=80)
    made_by_name = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    checked_by = models.CharField(max_length=80, blank=True)
    checked_by_name = models.CharField(max_length=120, blank=True)
    checked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="claims_batch_state", condition=Q(state__in=list(BATCH.states))),
            models.CheckConstraint(
                name="claims_maker_is_not_checker", condition=Q(checked_by="") | ~Q(checked_by=F("made_by"))
            ),
            models.CheckConstraint(
                name="claims_checked_before_sent",
                condition=Q(state__in=["prepared", "taken_back"]) | ~Q(checked_by=""),
            ),
        ]
        indexes = [models.Index(name="claims_batch_open", fields=["state", "id"])]

    def __str__(self) -> str:
        return self.message_id


class PaymentOrder(models.Model):
    """One payment to one enterprise. Account and amount are as they were when the order was made."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="orders")
    end_to_end_id = models.CharField("端到端标识", max_length=35, unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="orders")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="orders")
    account = models.ForeignKey(PayeeAccount, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField("金额（分）")
    state = models.CharField("状态", max_length=12, default="prepared")
    reason_code = models.CharField("原因代码", max_length=8, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    bank_reference = models.CharField("银行流水号", max_length=64, blank=True)
    paid_on = models.DateField("支付日期", null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            # What no code can get around: one instalment is never being paid twice.
            models.UniqueConstraint(
                name="claims_never_paid_twice", fields=["instalment"], condition=Q(state__in=LIVE)
            ),
            models.CheckConstraint(name="claims_order_state", condition=Q(state__in=list(ORDER.states))),
            models.CheckConstraint(name="claims_order_amount", condition=Q(amount_fen__gt=0)),
        ]
        indexes = [
            models.Index(name="claims_order_batch", fields=["batch", "state", "id"]),
            models.Index(name="claims_order_claim", fields=["claim", "id"]),
            models.Index(
                name="claims_order_paid", fields=["paid_on", "id"], condition=Q(paid_on__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.end_to_end_id


class BankReport(models.Model):
    """A report of a bank as it came (pain.002, CSV, statement), kept whole: what it says is carried out once.

    Encrypted, for it names accounts in the clear. `content` has a character for each byte, whatever the bytes are.
    """

    channel = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    report_id = models.CharField(max_length=70)
    digest = models.CharField(max_length=64)
    content = EncryptedTextField()
    received_at = models.DateTimeField()
    applied = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_report_once", fields=["channel", "kind", "report_id", "digest"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.report_id}"

    @property
    def as_it_came(self) -> bytes:
        """What the bank sent, byte for byte."""
        return str(self.content).encode("latin-1")


class ReconciliationDifference(models.Model):
    """What the bank's statement and our orders do not agree on, shown until somebody has explained it."""

    channel = models.CharField(max_length=40)
    region_path = models.CharField(max_length=12)
    day = models.DateField("对账日")
    kind = models.CharField("差异", max_length=24)
    key = models.CharField(max_length=80)
    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, null=True, related_name="differences")
    ours_fen = models.BigIntegerField(null=True)
    theirs_fen = models.BigIntegerField(null=True)
    told = models.CharField(max_length=400, blank=True)
    found_at = models.DateTimeField()
    explained_at = models.DateTimeField(null=True)
    explained_by_name = models.CharField(max_length=120, blank=True)
    explanation = models.CharField("说明", max_length=400, blank=True)

    class Meta:
        ordering = ("explained_at", "-id")
        constraints = [
            models.UniqueConstraint(name="claims_difference_once", fields=["channel", "kind", "key"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Recovery(models.Model):
    """Money asked back 追回 after it was paid: with instalments and interest, until it is settled or written off."""

    number = models.CharField("编号", max_length=40, unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="recoveries")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="demanded")
    principal_fen = models.BigIntegerField("本金（分）")
    # Which series of rates it follows, by its code in `data/recovery.yaml`; with the year's interest as a share on the
    # first day and its source. None: none is asked.
    rate_code = models.CharField("利率", max_length=20, blank=True)
    interest_rate = models.DecimalField("年利率", max_digits=9, decimal_places=6, null=True)
    interest_source = models.CharField(max_length=200, blank=True)
    interest_from = models.DateField(null=True)
    reason = models.TextField("理由")
    basis = models.CharField("依据", max_length=400, blank=True)
    # What a repayment pays first: principal_first or interest_first, as the data said when it was demanded.
    order = models.CharField(max_length=16, default="principal_first")
    plan = models.JSONField(default=list)
    # Principal and interest that have come back, and principal that was given up.
    repaid_fen = models.BigIntegerField("已还（分）", default=0)
    written_off_fen = models.BigIntegerField("已核销（分）", default=0)
    event_id = models.BigIntegerField(null=True)
    ended_event = models.BigIntegerField(null=True)
    demanded_at = models.DateTimeField()
    demanded_by = models.CharField(max_length=80)
    demanded_by_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    decision = models.CharField("决定", max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_one_open_recovery", fields=["claim"], condition=Q(state="demanded")
            ),
            models.CheckConstraint(
                name="claims_recovery_state", condition=Q(state__in=list(RECOVERY.states))
            ),
            models.CheckConstraint(name="claims_recovery_amount", condition=Q(principal_fen__gt=0)),
        ]

    def __str__(self) -> str:
        return self.number


class Repayment(models.Model):
    """A repayment of an enterprise, in one line of the bank's statement."""

    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="repayments")
    amount_fen = models.BigIntegerField("金额（分）")
    interest_fen = models.BigIntegerField("其中利息（分）", default=0)
    paid_on = models.DateField("日期")
    bank_reference = models.CharField("银行流水号", max_length=64, unique=True)
    recorded_at = models.DateTimeField("登记时间", null=True)
    recorded_by = models.CharField(max_length=80, blank=True)
    recorded_by_name = models.CharField(max_length=120, blank=True)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("paid_on", "id")
        constraints = [
            models.CheckConstraint(
                name="claims_repayment_amount",
                condition=Q(amount_fen__gt=0, interest_fen__gte=0, interest_fen__lte=models.F("amount_fen")),
            )
        ]

    def __str__(self) -> str:
        return self.bank_reference
