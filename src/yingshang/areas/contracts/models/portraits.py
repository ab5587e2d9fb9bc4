"""Portraits 画像 of units and of enterprises: published levels, objections to a figure, and repair."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from ..lifecycle import OBJECTION, REPAIR
from .obligations import Obligation

SUBJECTS = ("unit", "enterprise")


class PublishedPortrait(models.Model):
    """A portrait as it was published for a period: its figures, and the level that came of them by data/portraits.yaml.

    It is not changed: objections and repair lead to a newer one (`replaced_by`).
    """

    subject_kind = models.CharField(max_length=12)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField(max_length=12)
    since = models.DateField()
    until = models.DateField()
    figures = models.JSONField()
    # What they were counted from, one entry an obligation, as it stood: see portraits/facts.py.
    facts = models.JSONField(default=list)
    level = models.CharField("等级", max_length=12)
    rules_version = models.CharField(max_length=20)
    # Taken out by an upheld objection, or repaired: obligations these figures leave out.
    left_out = models.JSONField(default=list)
    published_at = models.DateTimeField()
    published_by_name = models.CharField(max_length=120)
    replaced_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaces")

    class Meta:
        ordering = ("-until", "-id")
        constraints = [
            models.CheckConstraint(
                name="contracts_portrait_subject",
                condition=Q(subject_kind="unit", agency__isnull=False, party__isnull=True)
                | Q(subject_kind="enterprise", agency__isnull=True, party__isnull=False),
            )
        ]
        indexes = [
            models.Index(name="contracts_portraits_unit", fields=["agency", "-until"]),
            models.Index(name="contracts_portraits_party", fields=["party", "-until"]),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.until} {self.level}"


class PortraitObjection(models.Model):
    """Whose portrait it is says that an obligation counts wrongly in it; somebody of another agency decides."""

    portrait = models.ForeignKey(PublishedPortrait, on_delete=models.PROTECT, related_name="objections")
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="+")
    figure = models.CharField(max_length=40)
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="open")
    grounds = models.CharField("异议理由", max_length=1000)
    document_ids = models.JSONField(default=list)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    raised_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    raised_by_name = models.CharField(max_length=120)
    raised_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="contracts_objection_state", condition=Q(state__in=list(OBJECTION.states))
            ),
            models.UniqueConstraint(
                name="contracts_one_open_objection",
                fields=["portrait", "obligation"],
                condition=Q(state="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.portrait_id} {self.figure}"


class Repair(models.Model):
    """A repair 信用修复: what was late has been done and answered for; after a time it no longer counts."""

    portrait = models.ForeignKey(PublishedPortrait, on_delete=models.PROTECT, related_name="repairs")
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="asked")
    statement = models.CharField("修复说明", max_length=1000)
    document_ids = models.JSONField(default=list)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    asked_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="contracts_repair_state", condition=Q(state__in=list(REPAIR.states))),
            models.UniqueConstraint(
                name="contracts_one_open_repair",
                fields=["portrait", "obligation"],
                condition=Q(state="asked"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.portrait_id} {self.state}"


class PortraitRound(models.Model):
    """That the platform has published the portraits of a quarter by itself: once, however often that is begun."""

    until = models.DateField(primary_key=True)
    published_at = models.DateTimeField()
    portraits = models.IntegerField(default=0)

    def __str__(self) -> str:
        return str(self.until)
