"""The tables of ratings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

from .lifecycle import FOLLOW_UP


class Rating(models.Model):
    """How somebody found one step of a service 好差评. `level` is 5 (very content) to 1; `first_level` stays.

    What was rated is of another room: its kind, number and label are kept here as they were then. `words` are
    encrypted: what somebody complains about names people. `party` is None where nobody may see who rated; `rater` is
    64 bits of a keyed hash that tell them apart all the same. An excluded rating is kept and not counted.
    """

    kind = models.CharField("类别", max_length=20)
    subject_id = models.BigIntegerField()
    number = models.CharField("编号", max_length=40)
    label = models.CharField("办理事项", max_length=200)
    group = models.CharField(max_length=80, blank=True)
    # Codes: compared as bytes, which is much sooner done than as words of a language.
    step = models.CharField("环节", max_length=12, db_collation="C")
    level = models.PositiveSmallIntegerField("评价")
    first_level = models.PositiveSmallIntegerField("首次评价")
    reasons = models.JSONField("原因", default=list)
    # Question → yes or no; what was not answered is not in it.
    answers = models.JSONField("回答", default=dict)
    words = EncryptedTextField("意见", blank=True)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="+")
    rater = models.BigIntegerField()
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    excluded = models.BooleanField("不计入统计", default=False)
    # While its follow-up waits: what waits stands first in every list.
    waits_until = models.DateField(null=True)
    given_at = models.DateTimeField("评价时间")
    changed_at = models.DateTimeField(null=True)
    # How often the step was done and rated: what is said of a later time is about that one.
    turn = models.PositiveSmallIntegerField(default=1)
    given_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    given_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(name="ratings_rated_once", fields=["kind", "subject_id", "step"]),
            models.CheckConstraint(
                name="ratings_level", condition=Q(level__range=(1, 5), first_level__range=(1, 5))
            ),
        ]
        indexes = [
            models.Index(name="ratings_of_agency", fields=["agency", "kind", "step", "level"]),
            models.Index(name="ratings_of_group", fields=["kind", "group"]),
            models.Index(name="ratings_waiting_first", fields=["waits_until", "-id"]),
            models.Index(name="ratings_by_region", fields=["region_path"], opclasses=["varchar_pattern_ops"]),
            models.Index(name="ratings_by_day", fields=["kind", "given_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.number}/{self.step} {self.level}"


class RatingFollowUp(models.Model):
    """What a bad rating opens 差评整改: a call back, what was wrong put right, and it is given anew."""

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
                name="ratings_follow_up_state", condition=Q(state__in=list(FOLLOW_UP.states))
            )
        ]
        indexes = [models.Index(name="ratings_follow_ups_open", fields=["state", "due_on"])]

    def __str__(self) -> str:
        return f"{self.rating_id} {self.state}"


class BadRating(models.Model):
    """That an agency was rated badly, once for each time the step was done: what stands in its record. It stays when
    who rated is content later, or another agency does the step anew; `dropped` when the rating was excluded.
    """

    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="bad_ones")
    turn = models.PositiveSmallIntegerField()
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    dropped = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="ratings_bad_once", fields=["rating", "turn"])]
        indexes = [models.Index(name="ratings_bad_by_day", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.rating_id}/{self.turn} {self.level}"


class RatingAppeal(models.Model):
    """An agency holds that a rating is malicious or a mistake 评价申诉. An official of another agency decides.

    It is about what was said then, of the agency that was rated then: said anew, it is over, and another may be made.
    """

    rating = models.OneToOneField(Rating, on_delete=models.PROTECT, related_name="appeal")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
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
                name="ratings_appeal_kind", condition=Q(kind__in=["malicious", "mistaken"])
            ),
            models.CheckConstraint(
                name="ratings_appeal_state", condition=Q(state__in=["open", "upheld", "rejected", "over"])
            ),
            models.CheckConstraint(
                name="ratings_appeal_another_decides",
                condition=Q(decided_by="") | ~Q(decided_by=F("made_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating_id} {self.state}"
