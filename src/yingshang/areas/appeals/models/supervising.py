"""What follows when an appeal is late: supervision notices 督办单, and the list of a named leader 挂牌督办."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from ..lifecycle import NOTICE
from .appeals import Appeal


class SupervisionNotice(models.Model):
    """A supervision notice 督办单: a document with a number, sent to an agency, to be answered by a day."""

    number = models.CharField("文号", max_length=60, unique=True)
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="supervision_notices")
    agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", verbose_name="被督办单位"
    )
    # Who supervises; the region's path for the scope.
    issued_by_agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=10, default="sent")
    demand = models.CharField("督办要求", max_length=1000)
    answer = models.CharField("反馈", max_length=2000, blank=True)
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
            models.CheckConstraint(name="appeals_notice_state", condition=Q(state__in=list(NOTICE.states))),
            models.UniqueConstraint(
                name="appeals_one_open_notice", fields=["appeal", "agency"], condition=~Q(state="lifted")
            ),
        ]
        indexes = [models.Index(name="appeals_notices_of", fields=["agency", "state"])]

    def __str__(self) -> str:
        return self.number


class LeadersListEntry(models.Model):
    """An appeal on the list of a named leader 领导挂牌督办: who answers for it, until when, and what became of it."""

    appeal = models.OneToOneField(Appeal, on_delete=models.PROTECT, related_name="listing")
    leader: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="挂牌领导"
    )
    leader_name = models.CharField(max_length=120)
    region_path = models.CharField(max_length=12)
    instruction = models.CharField("批示", max_length=1000, blank=True)
    due_on = models.DateField("办结期限")
    listed_at = models.DateTimeField()
    listed_by_name = models.CharField(max_length=120)
    lifted_at = models.DateTimeField("摘牌时间", null=True)
    lifted_by_name = models.CharField(max_length=120, blank=True)
    lifted_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.leader_name}"
