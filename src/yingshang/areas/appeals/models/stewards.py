"""Stewards 服务管家: officials who look after enterprises, what they agreed to do for them, and their visits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField


class Stewardship(models.Model):
    """An official is steward of an enterprise 包联. `services` are codes of the three lists that were agreed on.

    `visit_due_on` is when the next visit is due at the latest: from the last visit, or from the beginning.
    """

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    steward: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="服务管家"
    )
    steward_name = models.CharField(max_length=120)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    tier = models.CharField("联系层级", max_length=12)
    services = models.JSONField("服务包", default=list)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=400, blank=True)
    assigned_by_name = models.CharField(max_length=120)
    last_visit_at = models.DateTimeField("上次走访", null=True)
    visit_due_on = models.DateField("下次走访期限")
    # When it was due before who took over was given days to get to know it: they are given once until it is visited.
    was_due_on = models.DateField("原走访期限", null=True)
    # How the enterprise reaches them at work.
    phone = models.CharField("工作电话", max_length=40, blank=True)
    # The visit they have arranged; over once one is recorded.
    planned_on = models.DateField("计划走访日期", null=True)
    planned_way = models.CharField("计划方式", max_length=12, blank=True)
    planned_for = models.CharField("走访事由", max_length=200, blank=True)
    reminded_on = models.DateField(null=True)

    class Meta:
        ordering = ("visit_due_on", "id")
        constraints = [
            models.UniqueConstraint(
                name="appeals_one_steward", fields=["party"], condition=Q(until__isnull=True)
            )
        ]
        indexes = [
            models.Index(
                name="appeals_stewards_due", fields=["visit_due_on"], condition=Q(until__isnull=True)
            ),
            models.Index(name="appeals_stewarded_by", fields=["steward", "until"]),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.steward_name}"


class Visit(models.Model):
    """A visit to an enterprise 走访记录. What was said is encrypted; what it asked for became appeals."""

    stewardship = models.ForeignKey(Stewardship, on_delete=models.PROTECT, related_name="visits")
    way = models.CharField("方式", max_length=12)
    at = models.DateTimeField("走访时间")
    met = models.CharField("参加人员", max_length=200, blank=True)
    said = EncryptedTextField("走访情况")
    # Until when it was due, so that it is known later whether it was in time.
    due_on = models.DateField("走访期限")
    # How content the enterprise is, 5 to 1, if it was asked by who visited.
    level = models.PositiveSmallIntegerField("满意度", null=True)
    appeals: Any = models.ManyToManyField("Appeal", related_name="visits")
    by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()
    # What the enterprise itself says of the visit afterwards, once.
    own_level = models.PositiveSmallIntegerField("企业评价", null=True)
    own_words = EncryptedTextField("企业意见", blank=True)
    rated_by_name = models.CharField(max_length=120, blank=True)
    rated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = [
            models.CheckConstraint(
                name="appeals_visit_level", condition=Q(level__isnull=True) | Q(level__range=(1, 5))
            ),
            models.CheckConstraint(
                name="appeals_visit_own_level",
                condition=Q(own_level__isnull=True) | Q(own_level__range=(1, 5)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stewardship_id} {self.at:%Y-%m-%d}"


class ServiceDone(models.Model):
    """Something of what was agreed on that was done for the enterprise 服务记录."""

    stewardship = models.ForeignKey(Stewardship, on_delete=models.PROTECT, related_name="done")
    service = models.CharField("服务项目", max_length=40)
    on = models.DateField("服务日期")
    what = models.CharField("服务内容", max_length=400)
    by_name = models.CharField(max_length=120)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ("-on", "-id")

    def __str__(self) -> str:
        return f"{self.stewardship_id} {self.service} {self.on}"


class StewardCall(models.Model):
    """An enterprise asks its steward to get in touch 请管家联系; answered by a visit, a call or a talk on line.

    It goes along when another becomes steward, and its clock runs on. `answerable`: whose it was on the day it was due.
    """

    stewardship = models.ForeignKey(Stewardship, on_delete=models.PROTECT, related_name="calls")
    answerable = models.ForeignKey(Stewardship, on_delete=models.PROTECT, related_name="+")
    words = EncryptedTextField("请求")
    state = models.CharField(max_length=12)
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="calls")
    ended_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        constraints = [
            # One at a time: whoever asks again while it is open is told until when it will be answered.
            models.UniqueConstraint(
                name="appeals_one_open_call", fields=["stewardship"], condition=Q(state="open")
            )
        ]

    def __str__(self) -> str:
        return f"{self.stewardship_id} {self.asked_at:%Y-%m-%d}"
