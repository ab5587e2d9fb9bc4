"""Ladders with their versions, deadlines with what became of them, and the revisions of calendars."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

OPEN = ("running", "paused")


class Ladder(models.Model):
    """A ladder, known by its code. What it says lies in its versions."""

    code = models.CharField("代码", max_length=40, unique=True)
    region_path = models.CharField("地区", max_length=12, blank=True)
    created_at = models.DateTimeField("建立时间")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class LadderVersion(models.Model):
    """What a ladder says. A published version is never changed: deadlines keep the one they began with."""

    DRAFT, PUBLISHED = "draft", "published"

    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版本")
    state = models.CharField("状态", max_length=10, default=DRAFT)
    name = models.CharField("名称", max_length=80)
    name_en = models.CharField("英文名称", max_length=80)
    source = models.CharField("依据", max_length=400, blank=True)
    rungs = models.JSONField("梯级")
    changed_at = models.DateTimeField("修改时间")
    changed_by = models.CharField("修改人", max_length=120)
    published_at = models.DateTimeField("发布时间", null=True)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(name="clock_version_number", fields=["ladder", "number"]),
            models.UniqueConstraint(name="clock_one_draft", fields=["ladder"], condition=Q(state="draft")),
            models.CheckConstraint(
                name="clock_version_state",
                condition=Q(state="draft", published_at__isnull=True)
                | Q(state="published", published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ladder_id} {self.number}"


class Deadline(models.Model):
    """One promise with a date: until when something of an owner has to be done, and by whom.

    `due_at` is the last moment of the due day, or the exact moment of a term in hours. `round` counts how often it
    has moved; `done` holds the rungs that are behind it for the date it has now. `next_rung_at` is all the sweeper
    looks at: empty when nothing is to come. It is later than the rung's moment while a failed rung waits to be tried.
    """

    RUNNING, PAUSED, MET, CANCELLED = "running", "paused", "met", "cancelled"

    owner_kind = models.CharField("所属类型", max_length=60)
    owner_id = models.CharField("所属编号", max_length=64)
    kind = models.CharField("种类", max_length=8)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField("英文名称", max_length=200)
    region_code = models.CharField(max_length=12)
    region_path = models.CharField(max_length=12, blank=True)
    agency_id = models.BigIntegerField(null=True)
    party_id = models.BigIntegerField(null=True)
    calendar = models.CharField("日历", max_length=40)
    calendar_version = models.CharField("日历版本", max_length=40)
    start_event = models.JSONField()
    term = models.JSONField("期限")
    started_at = models.DateTimeField("起算时间")
    due_at = models.DateTimeField("到期时间")
    due_on = models.DateField("到期日")
    provisional = models.BooleanField("暂定", default=False)
    state = models.CharField("状态", max_length=10, default=RUNNING)
    ended_at = models.DateTimeField(null=True)
    ladder = models.ForeignKey(LadderVersion, on_delete=models.PROTECT, null=True, related_name="+")
    round = models.PositiveIntegerField(default=1)
    done = models.JSONField(default=list)
    next_rung_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField("失败原因", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="clock_kind", condition=Q(kind__in=("case", "step"))),
            models.CheckConstraint(
                name="clock_state",
                condition=Q(state__in=OPEN, ended_at__isnull=True)
                | Q(state__in=("met", "cancelled"), ended_at__isnull=False),
            ),
            # Nothing but a running clock has anything to come.
            models.CheckConstraint(
                name="clock_only_running_fires", condition=Q(next_rung_at__isnull=True) | Q(state="running")
            ),
            models.CheckConstraint(name="clock_due_after_start", condition=Q(due_at__gte=F("started_at"))),
            # The clock of a case runs from intake, and nothing resets it.
            models.UniqueConstraint(
                name="clock_one_case_clock",
                fields=["owner_kind", "owner_id"],
                condition=Q(kind="case") & ~Q(state="cancelled"),
            ),
        ]
        indexes = [
            # The sweeper's: holds what is to come and nothing else, and answers without the table.
            models.Index(
                name="clock_next_rung",
                fields=["next_rung_at", "id"],
                condition=Q(next_rung_at__isnull=False),
            ),
            models.Index(name="clock_owner", fields=["owner_kind", "owner_id"]),
            models.Index(
                name="clock_open_by_day", fields=["calendar", "due_on", "id"], condition=Q(state__in=OPEN)
            ),
            models.Index(
                name="clock_open_by_region",
                fields=["region_path", "due_at"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
                condition=Q(state__in=OPEN),
            ),
            models.Index(
                name="clock_open_by_agency", fields=["agency_id", "due_at"], condition=Q(state__in=OPEN)
            ),
            models.Index(
                name="clock_provisional",
                fields=["calendar", "calendar_version", "id"],
                condition=Q(state__in=OPEN, provisional=True),
            ),
            models.Index(name="clock_failing", fields=["-failures", "id"], condition=Q(failures__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.due_on}"


class Pause(models.Model):
    """A stretch in which a deadline's clock stands still, with the legal reason for it."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="pauses")
    reason = models.CharField("事由", max_length=40)
    note = models.CharField("说明", max_length=400, blank=True)
    since = models.DateTimeField("停止时间")
    until = models.DateTimeField("恢复时间", null=True)
    paused_by = models.CharField(max_length=120)
    resumed_by = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("since", "id")
        constraints = [
            models.CheckConstraint(name="clock_pause_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="clock_pause_ends", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.UniqueConstraint(
                name="clock_one_open_pause", fields=["deadline"], condition=Q(until__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.reason}"


class Extension(models.Model):
    """A lengthening of a deadline's term, with the legal reason for it."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="extensions")
    term = models.JSONField("延长")
    reason = models.CharField("事由", max_length=40)
    note = models.CharField("说明", max_length=400, blank=True)
    extended_at = models.DateTimeField("时间")
    extended_by = models.CharField(max_length=120)

    class Meta:
        ordering = ("id",)
        constraints = [models.CheckConstraint(name="clock_extension_reason", condition=~Q(reason=""))]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.term}"


class RungFiring(models.Model):
    """A rung that has fired. That it fires once for each date a deadline had is the database's own rule."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="firings")
    round = models.PositiveIntegerField()
    rung = models.CharField("梯级", max_length=40)
    scheduled_for = models.DateTimeField("应触发时间")
    fired_at = models.DateTimeField("触发时间")

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(name="clock_fires_once", fields=["deadline", "round", "rung"])]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.rung}"


class CalendarRevision(models.Model):
    """Days of one year of one calendar as published here, over those the platform came with.

    What it says is never changed: a mistake is mended by another revision.
    """

    calendar = models.CharField("日历", max_length=40)
    year = models.PositiveSmallIntegerField("年份")
    title = models.CharField("通知", max_length=200)
    number = models.CharField("文号", max_length=80, blank=True)
    issued = models.DateField("发文日期", null=True)
    source = models.CharField("来源", max_length=400, blank=True)
    holidays = models.JSONField()
    makeup_days = models.JSONField()
    document = models.TextField("原文")
    published_at = models.DateTimeField("发布时间")
    published_by = models.CharField("发布人", max_length=120)
    # The first day that is another one than before: deadlines that fell due earlier are not touched.
    first_change = models.DateField()
    moved = models.PositiveIntegerField("已调整时限", default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.calendar} {self.year}"
