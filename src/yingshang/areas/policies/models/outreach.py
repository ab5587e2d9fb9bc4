"""Whom the platform has told of which item, and what became of it; what an item has achieved.

What is kept of people who read is that somebody of the enterprise did, and when first: who it was is nobody's business.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .library import ItemVersion, PolicyItem

DECISIONS = ("continue", "change", "stop")


class PolicyPackage(models.Model):
    """A policy package 政策包: what one enterprise was told on one day, in one message."""

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    day = models.DateField("日期")
    created_at = models.DateTimeField()
    # Kept when the messages are forgotten.
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(name="policies_one_package_a_day", fields=["party", "day"])]
        indexes = [models.Index(name="policies_package_newest", fields=["-day"])]

    def __str__(self) -> str:
        return f"{self.party_id} {self.day}"


class PackageMessage(models.Model):
    """A message that carried a package. Messages are forgotten some day; the package is not."""

    package = models.ForeignKey(PolicyPackage, on_delete=models.CASCADE, related_name="messages")
    message = models.ForeignKey(
        "notices.Message", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policies_package_message", fields=["package", "message"]),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} {self.message_id}"


class PolicyTold(models.Model):
    """That an enterprise was told of an item: once, unless it has left and come back much later.

    `version` and `certain_fen` are what it was told last. `left_at` is since when it is no longer entitled.
    """

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(PolicyItem, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    package = models.ForeignKey(PolicyPackage, on_delete=models.PROTECT, related_name="told")
    certain_fen = models.BigIntegerField(null=True)
    told_at = models.DateTimeField("通知时间")
    times = models.PositiveIntegerField(default=1)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="policies_told_once", fields=["party", "item"])]

    def __str__(self) -> str:
        return f"{self.party_id} {self.item_id}"


class PolicyClick(models.Model):
    """That somebody of an enterprise followed the link to an item for the first time. Not who."""

    told = models.OneToOneField(PolicyTold, on_delete=models.CASCADE, primary_key=True, related_name="click")
    clicked_at = models.DateTimeField("点开时间")

    def __str__(self) -> str:
        return str(self.told_id)


class PolicyReminder(models.Model):
    """When an official last had an enterprise reminded of an item, by which mass message."""

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(PolicyItem, on_delete=models.PROTECT, related_name="+")
    campaign_id = models.BigIntegerField()
    reminded_at = models.DateTimeField("提醒时间")

    class Meta:
        constraints = [models.UniqueConstraint(name="policies_item_reminded_once", fields=["party", "item"])]

    def __str__(self) -> str:
        return f"{self.party_id} {self.item_id}"


class ItemFigure(models.Model):
    """How many were entitled to an item at the end of a day, and to how much: read off the stored matches."""

    item = models.ForeignKey(PolicyItem, on_delete=models.CASCADE, related_name="figures", db_index=False)
    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    entitled = models.IntegerField(default=0)
    undecided = models.IntegerField(default=0)
    errors = models.IntegerField(default=0)
    certain_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="policies_figure_once", fields=["item", "day"])]

    def __str__(self) -> str:
        return f"{self.item_id} {self.day}"


class PolicyOpinion(models.Model):
    """What an enterprise says of an item it is or was entitled to; said again, it replaces what it said before."""

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(PolicyItem, on_delete=models.PROTECT, related_name="opinions")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    rating = models.PositiveSmallIntegerField("评价")
    comment = models.TextField("意见", blank=True)
    given_at = models.DateTimeField()
    given_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("-given_at", "-id")
        constraints = [
            models.UniqueConstraint(name="policies_opinion_once", fields=["party", "item"]),
            models.CheckConstraint(name="policies_opinion_rating", condition=Q(rating__gte=1, rating__lte=5)),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.item_id} {self.rating}"


class EvaluationDecision(models.Model):
    """What was decided about an item after it was evaluated, with the figures as they were then. Never changed."""

    item = models.ForeignKey(PolicyItem, on_delete=models.PROTECT, related_name="evaluations")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField("结论", max_length=12)
    reason = models.TextField("理由")
    figures = models.JSONField(default=dict)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    decided_by_name = models.CharField(max_length=120)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="policies_evaluation_decision", condition=Q(decision__in=DECISIONS)),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.decision}"
