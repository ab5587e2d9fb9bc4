"""What follows a claim: facts it left in the portrait, ratings 好差评, their follow-ups and appeals against them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import FOLLOW_UP
from .claims import Claim

STEPS = ("accept", "review", "pay")


class ClaimResult(models.Model):
    """What a claim has left in the portrait of its enterprise: {column: text}, and of how much money that was said."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, primary_key=True, related_name="result")
    told = models.JSONField(default=dict)
    paid_fen = models.BigIntegerField("已记录金额（分）")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.claim_id} {self.paid_fen}"


class Rating(models.Model):
    """How an enterprise found one step of its claim 好差评. `level` is 5 (very content) to 1; `first_level` stays.

    `words` are encrypted: what somebody complains about names people. An excluded rating is kept and not counted.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="ratings")
    step = models.CharField("环节", max_length=8)
    level = models.PositiveSmallIntegerField("评价")
    first_level = models.PositiveSmallIntegerField("首次评价")
    reasons = models.JSONField("原因", default=list)
    words = EncryptedTextField("意见", blank=True)
    # As on the claim, so that figures need no join.
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    item_code = models.CharField(max_length=80)
    excluded = models.BooleanField("不计入统计", default=False)
    given_at = models.DateTimeField("评价时间")
    changed_at = models.DateTimeField(null=True)
    given_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    given_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(name="claims_rated_once", fields=["claim", "step"]),
            models.CheckConstraint(name="claims_rating_step", condition=Q(step__in=STEPS)),
            models.CheckConstraint(
                name="claims_rating_level", condition=Q(level__range=(1, 5), first_level__range=(1, 5))
            ),
        ]
        indexes = [models.Index(name="claims_ratings_of", fields=["agency", "step", "level"])]

    def __str__(self) -> str:
        return f"{self.claim_id}/{self.step} {self.level}"


class RatingFollowUp(models.Model):
    """What a bad rating opens 差评整改: a call back, what was wrong put right, and the enterprise rates anew."""

    rating = models.OneToOneField(Rating, on_delete=models.PROTECT, related_name="follow_up")
    state = models.CharField("状态", max_length=12, default="open")
    opened_at = models.DateTimeField()
    due_on = models.DateField("整改期限")
    deadline_id = models.BigIntegerField()
    called_at = models.DateTimeField("回访时间", null=True)
    called_by_name = models.CharField(max_length=120, blank=True)
    call = EncryptedTextField("回访情况", blank=True)
    corrected_at = models.DateTimeField("整改时间", null=True)
    corrected_by_name = models.CharField(max_length=120, blank=True)
    correction = models.CharField("整改情况", max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_follow_up_state", condition=Q(state__in=list(FOLLOW_UP.states))
            )
        ]
        indexes = [models.Index(name="claims_follow_ups_open", fields=["state", "due_on"])]

    def __str__(self) -> str:
        return f"{self.rating_id} {self.state}"


class RatingAppeal(models.Model):
    """An agency holds that a rating is malicious or a mistake. An official of another agency decides."""

    rating = models.OneToOneField(Rating, on_delete=models.PROTECT, related_name="appeal")
    kind = models.CharField("类型", max_length=10)
    reason = models.CharField("理由", max_length=1000)
    state = models.CharField("状态", max_length=10, default="open")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    made_by_name = models.CharField(max_length=120)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decision = models.CharField("处理意见", max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="claims_appeal_kind", condition=Q(kind__in=["malicious", "mistaken"])
            ),
            models.CheckConstraint(
                name="claims_appeal_state", condition=Q(state__in=["open", "upheld", "rejected"])
            ),
            models.CheckConstraint(
                name="claims_appeal_another_decides", condition=Q(decided_by="") | ~Q(decided_by=F("made_by"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating_id} {self.state}"
