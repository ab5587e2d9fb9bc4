"""What follows when an obligation is late: notices 督办单, cases 立案督办, transfers 移送, and the end 销号."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ..lifecycle import CANCELLATION, CASE, NOTICE, TRANSFER
from .obligations import Obligation


class SupervisionNotice(models.Model):
    """A supervision notice 督办通知书: a document with a number, sent to a unit, to be answered by a day."""

    number = models.CharField("文号", max_length=60, unique=True)
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="notices")
    agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", verbose_name="被督办单位"
    )
    issued_by_agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=10, default="sent")
    demand = models.CharField("督办要求", max_length=1000)
    # What was owed on the day, as the notice says it.
    owed_fen = models.BigIntegerField(null=True)
    interest_fen = models.BigIntegerField(null=True)
    answer = models.CharField("反馈", max_length=2000, blank=True)
    promised_on = models.DateField("承诺履行日", null=True)
    remark = models.CharField("意见", max_length=400, blank=True)
    document_id = models.BigIntegerField(null=True)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField("反馈期限", null=True)
    issued_at = models.DateTimeField()
    issued_by_name = models.CharField(max_length=120)
    receipt_event = models.BigIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="contracts_notice_state", condition=Q(state__in=list(NOTICE.states))),
            models.UniqueConstraint(
                name="contracts_one_open_notice", fields=["obligation"], condition=~Q(state="lifted")
            ),
        ]
        indexes = [
            models.Index(name="contracts_notices_of", fields=["agency", "state"]),
            models.Index(
                name="contracts_notices_unset", fields=["id"], condition=Q(document_id__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SupervisionCase(models.Model):
    """An offline case 立案督办: opened where a notice did not help; its steps, its finding, its end."""

    number = models.CharField("案号", max_length=60, unique=True)
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="cases")
    notice = models.ForeignKey(SupervisionNotice, on_delete=models.PROTECT, null=True, related_name="cases")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    opened_by_agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="open")
    grounds = models.CharField("立案理由", max_length=1000)
    # [{"at", "by", "what", "text", "documents"}]: talks, visits, orders, as they happened.
    steps = models.JSONField(default=list)
    finding = models.CharField("调查结论", max_length=2000, blank=True)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField("办结期限", null=True)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="contracts_case_state", condition=Q(state__in=list(CASE.states))),
            models.UniqueConstraint(
                name="contracts_one_open_case", fields=["obligation"], condition=~Q(state="closed")
            ),
        ]
        indexes = [models.Index(name="contracts_cases_of", fields=["agency", "state"])]

    def __str__(self) -> str:
        return self.number


class Transfer(models.Model):
    """A transfer 移送 to a body of discipline, audit, justice or credit: the file, the evaluation, what is proposed."""

    number = models.CharField("文号", max_length=60, unique=True)
    case = models.ForeignKey(SupervisionCase, on_delete=models.PROTECT, related_name="transfers")
    # discipline | audit | court | credit: data/ladder.yaml
    body = models.CharField("移送方向", max_length=12)
    to_agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="接收单位"
    )
    to_name = models.CharField(max_length=120)
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="sent")
    evaluation = models.CharField("评价意见", max_length=2000)
    proposal = models.CharField("问责建议", max_length=2000, blank=True)
    # The transferred file 案卷: what was put together, with the hash of each piece.
    contents = models.JSONField(default=list)
    document_id = models.BigIntegerField(null=True)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    sent_at = models.DateTimeField()
    sent_by_name = models.CharField(max_length=120)
    receipt_event = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(null=True)
    received_by_name = models.CharField(max_length=120, blank=True)
    outcome = models.CharField("处理结果", max_length=2000, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="contracts_transfer_state", condition=Q(state__in=list(TRANSFER.states))
            ),
            models.UniqueConstraint(
                name="contracts_transferred_once",
                fields=["case", "body"],
                condition=Q(state__in=TRANSFER.open_states),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Cancellation(models.Model):
    """A cancellation 销号: the unit says with evidence that a late obligation is done; the other side confirms it, or a
    supervisor decides. An appeal that says the contrary (`blocked_by`) stands in the way until it has ended.
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="cancellations")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    party_id = models.BigIntegerField(null=True)
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="asked")
    statement = models.CharField("销号说明", max_length=1000)
    document_ids = models.JSONField(default=list)
    asked_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    # Until then the other side may say so; after it a supervisor may decide without it.
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    # counterparty | supervisor
    decided_as = models.CharField(max_length=12, blank=True)
    decided_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="contracts_cancellation_state", condition=Q(state__in=list(CANCELLATION.states))
            ),
            models.CheckConstraint(
                name="contracts_cancelled_by_another",
                condition=Q(decided_by__isnull=True)
                | Q(asked_by__isnull=True)
                | ~Q(decided_by=F("asked_by"))
                | Q(state="withdrawn"),
            ),
            models.CheckConstraint(
                name="contracts_cancelled_by_whom",
                condition=~Q(state="confirmed") | Q(decided_as__in=("counterparty", "supervisor")),
            ),
            models.UniqueConstraint(
                name="contracts_one_open_cancellation", fields=["obligation"], condition=Q(state="asked")
            ),
        ]
        indexes = [
            models.Index(name="contracts_cancels_of", fields=["agency", "state"]),
            models.Index(name="contracts_cancels_party", fields=["party_id", "state"]),
        ]

    def __str__(self) -> str:
        return f"{self.obligation_id} {self.state}"


class Block(models.Model):
    """Something outside this area stands in the way of a cancellation: an appeal "I was not paid" while it is open."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=40)
    reference = models.CharField(max_length=80)
    label = models.CharField(max_length=120)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(name="contracts_block_once", fields=["obligation", "kind", "reference"])
        ]
        indexes = [
            models.Index(name="contracts_blocking", fields=["obligation"], condition=Q(until__isnull=True))
        ]

    def __str__(self) -> str:
        return self.label
