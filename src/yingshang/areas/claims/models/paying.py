"""What goes to banks and comes back: the bytes of a batch, how far answers were read, and the days of accounts."""

from __future__ import annotations

from django.db import models

from yingshang.kernel.access.api import EncryptedTextField

from .payments import PaymentBatch, PaymentOrder


class PaymentFile(models.Model):
    """The file of a batch as it was made before the bank was called for the first time: never made anew, since what
    is sent again must be the same bytes. Encrypted, for it names accounts in the clear.
    """

    batch = models.OneToOneField(PaymentBatch, on_delete=models.PROTECT, related_name="file")
    format = models.CharField("格式", max_length=4)
    encoding = models.CharField(max_length=10, default="utf-8")
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField("字节")
    content = EncryptedTextField()
    made_at = models.DateTimeField()
    # Calls of the bank that nobody knows the end of, or that it took; a clear refusal of the first takes it back.
    attempts = models.PositiveIntegerField("发送次数", default=0)
    attempted_at = models.DateTimeField("最近发送", null=True)

    def __str__(self) -> str:
        return f"{self.batch_id} {self.digest[:12]}"


class ChannelPosition(models.Model):
    """How far the answers of a channel were read, and what is wrong with the way to it."""

    channel = models.CharField("渠道", max_length=40, unique=True)
    cursor = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField("最近查询", null=True)
    problem = models.CharField("问题", max_length=400, blank=True)
    problem_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.channel


class BankStatement(models.Model):
    """A day of an account as the bank tells it; told again, its lines are added to."""

    channel = models.CharField("渠道", max_length=40)
    account = models.CharField("账号", max_length=34)
    region_path = models.CharField(max_length=12)
    day = models.DateField("日期")
    statement_id = models.CharField(max_length=35)
    digest = models.CharField(max_length=64)
    opening_fen = models.BigIntegerField("期初余额（分）")
    closing_fen = models.BigIntegerField("期末余额（分）")
    lines_count = models.PositiveIntegerField("笔数")
    # Taken in after the day was over at the bank: what it does not name was not paid on that day.
    complete = models.BooleanField("已日终", default=False)
    taken_at = models.DateTimeField()
    event_id = models.BigIntegerField()

    class Meta:
        ordering = ("-day", "channel", "account")
        constraints = [
            models.UniqueConstraint(name="claims_statement_once", fields=["channel", "account", "day"])
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.day}"


class StatementLine(models.Model):
    """One line of a day. Whose account stands at the other side is not kept but for its last four."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    reference = models.CharField("流水号", max_length=35)
    kind = models.CharField("类型", max_length=10)
    amount_fen = models.BigIntegerField("金额（分）")
    end_to_end_id = models.CharField("端到端标识", max_length=35, blank=True)
    order = models.ForeignKey(
        PaymentOrder, on_delete=models.PROTECT, null=True, related_name="statement_lines"
    )
    reason_code = models.CharField(max_length=4, blank=True)
    name = models.CharField("对方户名", max_length=140, blank=True)
    account_tail = models.CharField(max_length=4, blank=True)
    text = models.CharField("摘要", max_length=140, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claims_statement_line_once", fields=["statement", "reference"])
        ]
        indexes = [models.Index(name="claims_line_order_id", fields=["end_to_end_id", "kind"])]

    def __str__(self) -> str:
        return self.reference
