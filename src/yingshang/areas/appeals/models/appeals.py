"""Appeals 诉求: what somebody says is wrong or asks for, and how far it has come."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import APPEAL

OPEN = APPEAL.open_states
DIFFICULTIES = ("simple", "complex", "hard")
URGENCIES = ("normal", "urgent")


class Appeal(models.Model):
    """One appeal, of an enterprise or a person, named or not.

    `body` is what was written, encrypted; `text` and `title` are the same with personal data and insults masked, and
    are what everything but the page of the appeal itself reads. `main` is the appeal this one was joined to. `agency`
    holds it; `desk` dispatches it, and its region is where it is supervised. Difficulty, the term that comes of it and
    every pause are the clock's (`deadline_id`): `due_on` repeats it for lists.
    """

    number = models.CharField("编号", max_length=24, unique=True)
    party = models.ForeignKey(
        "parties.Party", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="企业"
    )
    filed_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    anonymous = models.BooleanField("匿名", default=False)
    reporter_name = EncryptedTextField("联系人", blank=True)
    reporter_phone = EncryptedTextField("联系电话", blank=True)
    reporter_mail = EncryptedTextField("电子邮箱", blank=True)
    # Whoever said it without an account follows it by its number and this secret; only its hash is kept.
    key_hash = models.CharField(max_length=64, blank=True)
    channel = models.CharField("渠道", max_length=12)
    # What another channel calls it; told twice it is the same appeal.
    channel_reference = models.CharField("渠道编号", max_length=80, blank=True)
    region_path = models.CharField("地区", max_length=12)
    title = models.CharField("标题", max_length=120)
    text = models.TextField("内容（已脱敏）")
    body = EncryptedTextField("原文")
    words = SearchVectorField(null=True)
    topic = models.CharField("主题", max_length=60, blank=True)
    difficulty = models.CharField("难度", max_length=8, default="simple")
    # The highest difficulty it was ever found to have: the one whose term the case clock has.
    term_difficulty = models.CharField(max_length=8, default="simple")
    urgency = models.CharField("紧急程度", max_length=8, default="normal")
    state = models.CharField("状态", max_length=12, default="received")
    state_before = models.CharField(max_length=12, blank=True)
    desk = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", verbose_name="派单单位"
    )
    agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="主办单位"
    )
    assignee: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="承办人"
    )
    main = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="voices")
    voice_count = models.PositiveIntegerField("并入件数", default=0)
    bounce_count = models.PositiveSmallIntegerField("退回次数", default=0)
    # Who dispatches has had the last word: it is not sent back any more.
    ruled = models.BooleanField(default=False)
    # 0 the desk it came to; each time it goes up a level one more.
    raised_count = models.PositiveSmallIntegerField("上升次数", default=0)
    # The desks it was raised from, and until when each had it, the first one first: [{"desk", "until"}].
    desks_before = models.JSONField(default=list)
    reopened_count = models.PositiveSmallIntegerField("重开次数", default=0)
    disputed_count = models.PositiveSmallIntegerField("未认可次数", default=0)
    # How far the ladder of its clock has come: "", remind, warn, escalate, supervise, list.
    escalation = models.CharField("督办级别", max_length=12, blank=True)
    proposal = models.JSONField("派单建议", default=dict)
    # What it is about, elsewhere on the platform: [{"kind", "id", "label"}].
    links = models.JSONField(default=list)
    # Who says the same again, word by word, is not taken in twice.
    text_hash = models.CharField(max_length=64)
    reporter_hash = models.CharField(max_length=64, blank=True)
    likeness = ArrayField(models.IntegerField(), default=list)
    deadline_id = models.BigIntegerField(null=True)
    contact_deadline_id = models.BigIntegerField(null=True)
    # The clock of dispatching, while it waits for that; and that of one that was opened again.
    step_deadline_id = models.BigIntegerField(null=True)
    reopened_deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField("办理期限", null=True)
    contact_due_at = models.DateTimeField("首次联系期限", null=True)
    late = models.BooleanField("曾超期", default=False)
    submitted_at = models.DateTimeField("提交时间")
    dispatched_at = models.DateTimeField("派单时间", null=True)
    contacted_at = models.DateTimeField("首次联系时间", null=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    # When who supervises was told that nobody says whether it is solved; of the newest reply.
    silence_told_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    # enterprise | supervisor | main: who closed it. Never the agency alone.
    closed_by = models.CharField(max_length=12, blank=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField("说明", max_length=1000, blank=True)
    submitted_event = models.BigIntegerField(null=True)
    replied_event = models.BigIntegerField(null=True)
    demonstration = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="appeals_appeal_state", condition=Q(state__in=list(APPEAL.states))),
            models.CheckConstraint(name="appeals_difficulty", condition=Q(difficulty__in=DIFFICULTIES)),
            models.CheckConstraint(
                name="appeals_term_difficulty", condition=Q(term_difficulty__in=DIFFICULTIES)
            ),
            models.CheckConstraint(name="appeals_urgency", condition=Q(urgency__in=URGENCIES)),
            models.CheckConstraint(
                name="appeals_joined_has_main", condition=~Q(state="joined") | Q(main__isnull=False)
            ),
            models.CheckConstraint(
                name="appeals_held_by_an_agency",
                condition=~Q(state__in=["dispatched", "handling", "paused", "answered"])
                | Q(agency__isnull=False),
            ),
            # Closed by whoever said it, or by a supervisor: by no way that leads past both.
            models.CheckConstraint(
                name="appeals_closed_by_somebody",
                condition=~Q(state="closed") | Q(closed_by__in=["enterprise", "supervisor", "main"]),
            ),
            # The hotlines of two cities both count from one.
            models.UniqueConstraint(
                "channel",
                "channel_reference",
                Left("region_path", 4),
                name="appeals_told_once",
                condition=~Q(channel_reference=""),
            ),
        ]
        indexes = [
            models.Index(
                name="appeals_by_region",
                fields=["region_path", "-id"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
            ),
            models.Index(name="appeals_by_due", fields=["state", "due_on", "id"]),
            models.Index(name="appeals_of_agency", fields=["agency", "state", "due_on"]),
            models.Index(name="appeals_of_desk", fields=["desk", "state", "-id"]),
            models.Index(name="appeals_of_party", fields=["party", "-id"]),
            models.Index(name="appeals_of_main", fields=["main"], condition=Q(main__isnull=False)),
            models.Index(name="appeals_by_topic", fields=["topic", "-submitted_at"]),
            models.Index(name="appeals_same_words", fields=["text_hash"], condition=Q(ended_at__isnull=True)),
            # With what figures of a period read, so that they read no rows: these are wide.
            models.Index(
                name="appeals_by_day",
                fields=["-submitted_at"],
                include=[
                    "region_path",
                    "topic",
                    "agency",
                    "party",
                    "state",
                    "due_on",
                    "late",
                    "dispatched_at",
                    "contacted_at",
                    "contact_due_at",
                    "answered_at",
                    "reopened_count",
                    "disputed_count",
                    "bounce_count",
                    "anonymous",
                    "main",
                    "ended_at",
                ],
            ),
            GinIndex(name="appeals_by_words", fields=["words"]),
            GinIndex(name="appeals_about", fields=["links"], opclasses=["jsonb_path_ops"]),
            GinIndex(name="appeals_alike", fields=["likeness"], condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.number


class AppealAddition(models.Model):
    """What was added afterwards by who said it; `text` is masked, `body` as written."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="additions")
    text = models.TextField()
    body = EncryptedTextField()
    added_at = models.DateTimeField()
    added_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.added_at:%Y-%m-%d}"


class LearnedModel(models.Model):
    """What was learned from closed appeals to propose who deals with new ones; the newest that is `used` counts."""

    number = models.PositiveIntegerField(unique=True)
    cases = models.PositiveIntegerField("学习件数")
    figures = models.JSONField("检验结果", default=dict)
    content = models.BinaryField()
    used = models.BooleanField("采用", default=False)
    note = models.CharField("说明", max_length=400, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.number}"
