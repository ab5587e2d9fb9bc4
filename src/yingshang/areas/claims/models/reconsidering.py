"""Reconsideration 复核: a refusal, or a reduced award, looked at once more by somebody else."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ..lifecycle import RECONSIDERATION
from .claims import Claim


class Reconsideration(models.Model):
    """What an enterprise asks to be looked at once more, and what was decided.

    `about` is `refusal` or `amount`; `about_event` the decision it is about, `first_decided_by` who took it. `files`
    are {"document_id", "name"}; `findings` one row for each condition that fails by the facts of that day:
    {"condition", "text", "value", "source", "as_of", "reason"}. `added_fen` is what an award was raised by.
    """

    number = models.CharField("复核编号", max_length=40, unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="reconsiderations")
    about = models.CharField("复核对象", max_length=8)
    about_event = models.BigIntegerField()
    first_decided_by = models.CharField(max_length=80, blank=True)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    # Another agency than the claim's was named by the terms: only its people decide.
    elsewhere = models.BooleanField("由其他单位复核", default=False)
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="open")
    told_at = models.DateTimeField("告知时间")
    ask_by = models.DateField("申请截止")
    asked_at = models.DateTimeField("申请时间")
    asked_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_by_name = models.CharField(max_length=120)
    reasons = models.TextField("理由")
    late_reason = models.CharField("逾期理由", max_length=400, blank=True)
    files = models.JSONField(default=list)
    due_on = models.DateField("复核期限")
    deadline_id = models.BigIntegerField()
    # Which version of data/reconsideration.yaml set the periods.
    rules_version = models.CharField(max_length=20)
    decided_at = models.DateTimeField("复核时间", null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    ground = models.CharField(max_length=16, blank=True)
    decision = models.CharField("复核意见", max_length=1000, blank=True)
    findings = models.JSONField(default=list)
    added_fen = models.BigIntegerField("增加金额（分）", default=0)
    asked_event = models.BigIntegerField(null=True)
    decided_event = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_reconsideration_state", condition=Q(state__in=list(RECONSIDERATION.states))
            ),
            models.CheckConstraint(
                name="claims_reconsideration_about", condition=Q(about__in=["refusal", "amount"])
            ),
            # A decision is looked at once more, and not again and again; withdrawn, it can be asked for anew.
            models.UniqueConstraint(
                name="claims_reconsidered_once",
                fields=["claim", "about_event"],
                condition=~Q(state="withdrawn"),
            ),
            models.CheckConstraint(
                name="claims_reconsidered_by_another",
                condition=Q(decided_by="") | ~Q(decided_by=F("first_decided_by")),
            ),
            models.CheckConstraint(
                name="claims_reconsideration_said",
                condition=Q(state__in=["open", "withdrawn"]) | ~Q(decision=""),
            ),
        ]
        indexes = [
            models.Index(name="claims_reconsiderations_open", fields=["state", "region_path", "due_on"])
        ]

    @property
    def late(self) -> bool:
        """Whether it was asked for after its period."""
        return bool(self.late_reason)

    def __str__(self) -> str:
        return self.number
