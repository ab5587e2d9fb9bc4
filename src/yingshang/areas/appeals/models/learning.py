"""What appeals taught: suggestions to those who make policies, and the record of how agencies performed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ..lifecycle import OBJECTION, SUGGESTION
from .appeals import Appeal


class PolicySuggestion(models.Model):
    """A suggestion to who makes a policy 政策建议, made of appeals: its voices. Answered in writing, by a day."""

    number = models.CharField("编号", max_length=40, unique=True)
    state = models.CharField("状态", max_length=10, default="sent")
    title = models.CharField("标题", max_length=120)
    text = models.TextField("建议")
    # What it is about: a topic, and perhaps one policy item by its code.
    topic = models.CharField("主题", max_length=60, blank=True)
    item_code = models.CharField("政策事项", max_length=80, blank=True)
    item_name = models.CharField(max_length=200, blank=True)
    region_path = models.CharField("地区", max_length=12)
    # Who makes the policy, and whose idea it was.
    agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", verbose_name="政策制定单位"
    )
    made_by_agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", verbose_name="建议单位"
    )
    voice_count = models.PositiveIntegerField("诉求件数")
    # Different enterprises that said it under their name.
    party_count = models.PositiveIntegerField("企业数")
    made_at = models.DateTimeField("提出时间")
    made_by = models.CharField(max_length=80)
    made_by_name = models.CharField(max_length=120)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField("答复期限", null=True)
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="appeals_suggestion_state", condition=Q(state__in=list(SUGGESTION.states))
            ),
            models.CheckConstraint(
                name="appeals_suggestion_another_answers",
                condition=Q(answered_by="") | ~Q(answered_by=F("made_by")),
            ),
        ]
        indexes = [
            models.Index(name="appeals_suggestions_to", fields=["agency", "state", "-id"]),
            models.Index(
                name="appeals_suggestions_in", fields=["region_path"], opclasses=["varchar_pattern_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SuggestionVoice(models.Model):
    """An appeal behind a suggestion. It stays one of its voices, whatever becomes of it."""

    suggestion = models.ForeignKey(PolicySuggestion, on_delete=models.PROTECT, related_name="voices")
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="appeals_one_voice_each", fields=["suggestion", "appeal"])
        ]

    def __str__(self) -> str:
        return f"{self.suggestion_id} {self.appeal_id}"


class RecordMonth(models.Model):
    """A month that was frozen 考核月份. What stands in its records does not move with the appeals any more."""

    month = models.DateField("月份", unique=True)
    frozen_at = models.DateTimeField("固化时间")
    agencies = models.PositiveIntegerField("单位数")

    class Meta:
        ordering = ("-month",)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class PerformanceRecord(models.Model):
    """How one agency performed in one month 考核台账. `counted` as it was frozen; what was taken out or put back since
    says each line and its corrections.
    """

    month = models.ForeignKey(RecordMonth, on_delete=models.PROTECT, related_name="records")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField("地区", max_length=12)
    received = models.PositiveIntegerField("收到", default=0)
    answered = models.PositiveIntegerField("答复", default=0)
    # Terms that ended here in the month, met or broken, as lines are of terms; and first contacts likewise.
    due = models.PositiveIntegerField("到期", default=0)
    contacts_due = models.PositiveIntegerField("应联系", default=0)
    # Hours from saying it, or opening it again, to the answer, of those answered, all together.
    answer_hours = models.PositiveBigIntegerField(default=0)
    # Different enterprises behind what was received, of those that said it under their name.
    parties = models.PositiveIntegerField("企业数", default=0)
    counted = models.JSONField("固化时的数", default=dict)

    class Meta:
        ordering = ("-month__month", "region_path", "agency_id")
        constraints = [models.UniqueConstraint(name="appeals_one_record", fields=["month", "agency"])]
        indexes = [
            models.Index(name="appeals_records_in", fields=["region_path"], opclasses=["varchar_pattern_ops"])
        ]

    def __str__(self) -> str:
        return f"{self.month_id} {self.agency_id}"


class RecordLine(models.Model):
    """One thing that speaks against an agency, and the appeal it is about. Never deleted: it counts, or it does not."""

    record = models.ForeignKey(PerformanceRecord, on_delete=models.PROTECT, related_name="lines")
    figure = models.CharField(max_length=20)
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("发生时间")
    counts = models.BooleanField("计入", default=True)

    class Meta:
        ordering = ("record", "figure", "at", "id")
        indexes = [models.Index(name="appeals_lines_of", fields=["record", "figure"])]

    def __str__(self) -> str:
        return f"{self.record_id} {self.figure} {self.appeal_id}"


class RecordObjection(models.Model):
    """An agency objects to a line 考核异议; somebody of another agency who supervises decides, with a reason."""

    line = models.ForeignKey(RecordLine, on_delete=models.PROTECT, related_name="objections")
    state = models.CharField(max_length=10, default="open")
    reason = models.CharField("异议理由", max_length=1000)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    made_by_name = models.CharField(max_length=120)
    decision = models.CharField("决定理由", max_length=1000, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                name="appeals_objection_state", condition=Q(state__in=list(OBJECTION.states))
            ),
            models.CheckConstraint(
                name="appeals_objection_another_decides",
                condition=Q(decided_by="") | ~Q(decided_by=F("made_by")),
            ),
            models.UniqueConstraint(
                name="appeals_one_open_objection", fields=["line"], condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.state}"


class RecordCorrection(models.Model):
    """A line was taken out, or put back, by a supervisor: the history of a record after it was frozen."""

    line = models.ForeignKey(RecordLine, on_delete=models.PROTECT, related_name="corrections")
    counts = models.BooleanField("改为计入")
    reason = models.CharField("理由", max_length=1000)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    objection = models.OneToOneField(
        RecordObjection, on_delete=models.PROTECT, null=True, related_name="correction"
    )

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.line_id} {self.counts}"
