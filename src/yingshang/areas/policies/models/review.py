"""The standardisation review: each time a version was handed in, what was thought of its findings, and what people said
while it was open for comment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField

from .library import ItemVersion


class Review(models.Model):
    """One time a version was handed in for review: the case that follows the flow, and how it ended."""

    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="reviews")
    case_id = models.BigIntegerField(null=True, unique=True)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    explanation = models.TextField("起草说明", blank=True)
    # What the author proposes to ask; the official who asks may ask others.
    departments = models.JSONField(default=list)
    associations = models.JSONField(default=list)
    state = models.CharField("状态", max_length=12, default="open")
    submitted_at = models.DateTimeField()
    # None for what the platform handed in.
    submitted_by_id = models.BigIntegerField(null=True)
    submitted_by_name = models.CharField("提交人", max_length=120)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField("结论说明", max_length=400, blank=True)
    # Of the source that passed.
    digest = models.CharField(max_length=64, blank=True)
    # The opinion as a document, once somebody has asked for it, and the event of which its receipt is.
    document_id = models.BigIntegerField(null=True)
    opinion_event = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="policies_review_state",
                condition=Q(state__in=["open", "passed", "failed", "revoked"]),
            ),
            models.UniqueConstraint(
                name="policies_one_open_review", fields=["version"], condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"


class FindingJudgement(models.Model):
    """What a person held of a finding, and why. Findings are worked out anew each time; `key` is the finding's."""

    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="judgements")
    key = models.CharField(max_length=64)
    rule = models.CharField(max_length=40)
    # The words of the finding as they were then, and the source they were said of.
    text = models.TextField()
    digest = models.CharField(max_length=64)
    verdict = models.CharField("判断", max_length=12)
    reason = models.TextField("理由")
    judged_at = models.DateTimeField()
    judged_by_name = models.CharField("判断人", max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policies_judged_once", fields=["version", "key"]),
            models.CheckConstraint(
                name="policies_judgement_verdict",
                condition=Q(verdict__in=["unfounded", "justified", "must_change"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.rule}"


class Consultation(models.Model):
    """A draft put before the public. `source` and `elements` are what was put there; the draft may go on."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="consultations")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="consultations")
    title = models.CharField("标题", max_length=240)
    explanation = models.TextField("起草说明", blank=True)
    source = models.TextField()
    digest = models.CharField(max_length=64)
    elements = models.JSONField(default=dict)
    region_path = models.CharField(max_length=12)
    article = models.CharField("依据", max_length=200)
    state = models.CharField("状态", max_length=12, default="open")
    opened_at = models.DateTimeField()
    closes_on = models.DateField("截止日期")
    deadline_id = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    summary = models.TextField("采纳情况", blank=True)
    concluded_at = models.DateTimeField(null=True)
    concluded_by_name = models.CharField(max_length=120, blank=True)
    demonstration = models.BooleanField("演示数据", default=False)

    class Meta:
        ordering = ("-opened_at", "-id")
        constraints = [
            models.CheckConstraint(
                name="policies_consultation_state",
                condition=Q(state__in=["open", "closed", "concluded", "cancelled"]),
            ),
            models.UniqueConstraint(
                name="policies_one_open_consultation",
                fields=["version"],
                condition=Q(state__in=["open", "closed"]),
            ),
        ]
        indexes = [models.Index(name="policies_consultation_state", fields=["state", "closes_on"])]

    def __str__(self) -> str:
        return self.title


class ConsultationComment(models.Model):
    """What somebody said of a draft, encrypted; what everybody may read of it, masked; and the answer."""

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="comments")
    number = models.PositiveIntegerField("序号")
    channel = models.CharField("来源", max_length=12, default="portal")
    kind = models.CharField("意见人类型", max_length=12)
    author_name = EncryptedTextField("意见人")
    contact = EncryptedTextField("联系方式", blank=True)
    user_id = models.BigIntegerField(null=True)
    # A keyed hash of where it came from, to count by; never the address itself.
    address_key = models.CharField(max_length=64, blank=True)
    text = EncryptedTextField("意见")
    public_name = models.CharField(max_length=120)
    public_text = models.TextField()
    given_at = models.DateTimeField()
    verdict = models.CharField("采纳情况", max_length=12, blank=True)
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(name="policies_comment_number", fields=["consultation", "number"]),
            models.CheckConstraint(
                name="policies_comment_verdict",
                condition=Q(verdict__in=["", "adopted", "partly", "not_adopted", "withheld"]),
            ),
        ]
        indexes = [
            models.Index(name="policies_comment_address", fields=["address_key", "given_at"]),
            models.Index(name="policies_comment_user", fields=["user_id", "given_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.consultation_id}/{self.number}"


class ExpiryReminder(models.Model):
    """That the authors of a version were told that it runs out."""

    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="expiry_reminders")
    days = models.PositiveIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policies_reminded_once", fields=["version", "days"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.days}"
