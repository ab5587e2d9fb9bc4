"""What agencies do about an appeal: who held it, who was spoken with, what was written and by whom it was approved."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import PART, REPLY, REQUEST
from .appeals import Appeal


class Holding(models.Model):
    """An agency had the appeal for some time 承办记录. Rows are never changed but for their end."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="holdings")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    # dispatched | reassigned | ruled | automatic: how it came here.
    began_by = models.CharField(max_length=12)
    # bounced | reassigned | raised | closed | withdrawn
    ended_by = models.CharField(max_length=12, blank=True)
    reason = models.CharField("理由", max_length=1000, blank=True)
    given_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                name="appeals_held_once", fields=["appeal"], condition=Q(until__isnull=True)
            )
        ]
        indexes = [
            models.Index(name="appeals_holdings_of", fields=["agency", "-since"]),
            # Figures ask who sent what back.
            models.Index(
                name="appeals_sent_back", fields=["appeal", "agency"], condition=Q(ended_by="bounced")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.agency_id}"


class Contact(models.Model):
    """Somebody of an agency spoke with who said it 联系记录. What was said is encrypted."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="contacts")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    # telephone | visit | online | message
    way = models.CharField("方式", max_length=10)
    reached = models.BooleanField("已联系上", default=True)
    said = EncryptedTextField("联系情况", blank=True)
    at = models.DateTimeField()
    by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.at:%Y-%m-%d}"


class Note(models.Model):
    """What officials tell each other about an appeal 内部备注; the enterprise never sees it."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="notes")
    text = EncryptedTextField()
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.at:%Y-%m-%d}"


class Part(models.Model):
    """What another agency is asked to contribute 协办: its sub-answer goes into the one reply."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="parts")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, default="open")
    question = models.CharField("请协办事项", max_length=1000)
    answer = models.CharField("协办意见", max_length=4000, blank=True)
    asked_at = models.DateTimeField()
    asked_by_name = models.CharField(max_length=120)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(name="appeals_part_state", condition=Q(state__in=list(PART.states))),
            models.UniqueConstraint(
                name="appeals_one_open_part", fields=["appeal", "agency"], condition=Q(state="open")
            ),
        ]
        indexes = [models.Index(name="appeals_parts_of", fields=["agency", "state", "due_on"])]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.agency_id}"


class Request(models.Model):
    """More time, or a pause, that somebody else decides on 延期与中止申请."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=8, default="open")
    working_days = models.PositiveSmallIntegerField("延长工作日", null=True)
    # A reason in law: see the clock's `periods.yaml`.
    reason_code = models.CharField(max_length=40)
    note = models.CharField("说明", max_length=400, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    asked_by_name = models.CharField(max_length=120)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decision = models.CharField("审批意见", max_length=400, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(name="appeals_request_kind", condition=Q(kind__in=["extend", "pause"])),
            models.CheckConstraint(name="appeals_request_state", condition=Q(state__in=list(REQUEST.states))),
            models.CheckConstraint(
                name="appeals_request_another_decides",
                condition=Q(decided_by="") | ~Q(decided_by=F("asked_by")),
            ),
            models.UniqueConstraint(
                name="appeals_one_open_request", fields=["appeal"], condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.kind}"


class Reply(models.Model):
    """The one reply to an appeal 答复: a text, and once it is sent a document with a place for the seal."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="replies")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="draft")
    text = models.TextField("答复")
    # What it came to: solved | explained | planned | impossible.
    outcome = models.CharField("办理结果", max_length=12)
    number = models.CharField("文号", max_length=40, blank=True)
    document_id = models.BigIntegerField(null=True)
    receipt_event = models.BigIntegerField(null=True)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=80)
    written_by_name = models.CharField(max_length=120)
    sent_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=80, blank=True)
    approved_by_name = models.CharField(max_length=120, blank=True)
    remark = models.CharField("审签意见", max_length=400, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(name="appeals_reply_state", condition=Q(state__in=list(REPLY.states))),
            models.CheckConstraint(
                name="appeals_reply_outcome",
                condition=Q(outcome__in=["solved", "explained", "planned", "impossible"]),
            ),
            models.CheckConstraint(
                name="appeals_reply_another_approves",
                condition=Q(approved_by="") | ~Q(approved_by=F("written_by")),
            ),
            models.UniqueConstraint(
                name="appeals_one_open_reply", fields=["appeal"], condition=Q(state__in=["draft", "proposed"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.state}"
