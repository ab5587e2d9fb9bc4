"""Objections of enterprises to facts held on them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

OPEN = ("accepting", "verifying", "returned", "replying")


class Objection(models.Model):
    """One objection to one fact, with what was held when it was handed in.

    What was held is written down, since the portrait may have moved on by the time somebody decides.
    """

    number = models.CharField("异议编号", max_length=32, unique=True)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12, blank=True)
    # What is objected to.
    column = models.CharField(max_length=80)
    fact_name = models.CharField("事实", max_length=120)
    # Empty, and without a day, where nobody has told anything yet.
    held_value = models.CharField("现有值", max_length=400, blank=True)
    source = models.CharField("来源", max_length=60)
    as_of = models.DateField("数据日期", null=True)
    personal = models.BooleanField(default=False)
    # What the enterprise says.
    kind = models.CharField("情形", max_length=20)
    claimed_value = models.CharField("主张的值", max_length=200, blank=True)
    reason = models.TextField("理由")
    submission_id = models.BigIntegerField()
    # Forms that were handed in before it was completed; their files still count.
    earlier_submissions = models.JSONField(default=list)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField("提出时间")
    # What became of it.
    state = models.CharField("状态", max_length=12, default="accepting")
    state_before = models.CharField(max_length=12, blank=True)
    asked_for = models.TextField("补正内容", blank=True)
    corrected_value = models.CharField("更正为", max_length=200, blank=True)
    upheld = models.BooleanField("成立", null=True)
    findings = models.TextField("核实意见", blank=True)
    source_agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    service_center = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField("办结时间", null=True)
    case_id = models.BigIntegerField(null=True, unique=True)
    reply_id = models.BigIntegerField(null=True)
    # The events that a receipt can be asked for: handing in, and the end.
    submitted_event = models.BigIntegerField(null=True)
    ended_event = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="objection_once", fields=["party", "column"], condition=Q(state__in=OPEN)
            ),
            models.CheckConstraint(
                name="objection_state",
                condition=Q(state__in=[*OPEN, "upheld", "rejected", "refused", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="objection_ended",
                condition=Q(state__in=OPEN, ended_at__isnull=True) | ~Q(state__in=OPEN),
            ),
        ]
        indexes = [models.Index(name="objection_of_party", fields=["party", "-id"])]

    @property
    def enterprise(self) -> Any:
        """Whose objection it is: the party it was filed for, or the one that party was merged into since."""
        return self.party.merged_into or self.party

    def __str__(self) -> str:
        return f"{self.number} {self.fact_name}"
