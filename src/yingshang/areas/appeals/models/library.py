"""The answer library 答复知识库: what was answered well once and everybody may read; texts replies begin with."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from ..lifecycle import ANSWER, ANSWER_VERSION
from .appeals import Appeal
from .handling import Reply


class LibraryAnswer(models.Model):
    """A question and its answer, made from a reply that was approved and sent. Nobody who appealed stands in it.

    What it says is what everybody reads: of its published version, and of the first one while none is. `region_path` is
    where it holds. `words` are kept while it is published only: what is not is never found.
    """

    source = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="+", verbose_name="来源答复")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField("适用地区", max_length=12, blank=True)
    topic = models.CharField("主题", max_length=60, blank=True)
    state = models.CharField("状态", max_length=10, default="new")
    question = models.CharField("问题", max_length=200)
    text = models.TextField("答复")
    law = models.CharField("依据", max_length=300, blank=True)
    contact = models.CharField("咨询电话", max_length=60, blank=True)
    words = SearchVectorField(null=True)
    # The version everybody reads; 0 while none is.
    version = models.PositiveSmallIntegerField("版本", default=0)
    use_count = models.PositiveIntegerField("引用次数", default=0)
    proposed_at = models.DateTimeField("提出时间")
    published_at = models.DateTimeField("发布时间", null=True)
    retired_at = models.DateTimeField("停用时间", null=True)
    reason = models.CharField("说明", max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="appeals_answer_state", condition=Q(state__in=list(ANSWER.states))),
            models.CheckConstraint(
                name="appeals_answer_published",
                condition=~Q(state="published") | Q(version__gt=0, published_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="appeals_kept_once", fields=["source"], condition=~Q(state="dropped")
            ),
        ]
        indexes = [
            models.Index(
                name="appeals_answers_of",
                fields=["state", "region_path"],
                opclasses=["varchar_ops", "varchar_pattern_ops"],
            ),
            models.Index(name="appeals_answers_about", fields=["state", "topic", "-published_at"]),
            GinIndex(name="appeals_answers_by_words", fields=["words"]),
        ]

    def __str__(self) -> str:
        return self.question


class LibraryAnswerVersion(models.Model):
    """What an answer said, or would say. Who wrote it does not publish it."""

    answer = models.ForeignKey(LibraryAnswer, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, default="proposed")
    question = models.CharField("问题", max_length=200)
    text = models.TextField("答复")
    law = models.CharField("依据", max_length=300, blank=True)
    contact = models.CharField("咨询电话", max_length=60, blank=True)
    topic = models.CharField("主题", max_length=60, blank=True)
    region_path = models.CharField("适用地区", max_length=12, blank=True)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=80)
    written_by_name = models.CharField(max_length=120)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    remark = models.CharField("意见", max_length=400, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.CheckConstraint(
                name="appeals_answer_version_state", condition=Q(state__in=list(ANSWER_VERSION.states))
            ),
            models.UniqueConstraint(name="appeals_answer_numbered", fields=["answer", "number"]),
            models.UniqueConstraint(
                name="appeals_one_open_version",
                fields=["answer"],
                condition=Q(state__in=["proposed", "returned"]),
            ),
            models.UniqueConstraint(
                name="appeals_one_published_version", fields=["answer"], condition=Q(state="published")
            ),
            models.CheckConstraint(
                name="appeals_answer_another_publishes",
                condition=~Q(state__in=["published", "replaced"])
                | (~Q(decided_by="") & ~Q(decided_by=F("written_by"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.number}"


class LibraryAnswerUse(models.Model):
    """An answer was put into the reply to an appeal; once an appeal."""

    answer = models.ForeignKey(LibraryAnswer, on_delete=models.PROTECT, related_name="uses")
    version = models.PositiveSmallIntegerField()
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(name="appeals_answer_used_once", fields=["answer", "appeal"]),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.appeal_id}"


class ReplyTemplate(models.Model):
    """A text replies begin with 答复模板: of an agency, or (without one) of everybody in a region and below."""

    name = models.CharField("名称", max_length=60)
    text = models.TextField("正文")
    topic = models.CharField("主题", max_length=60, blank=True)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField("适用地区", max_length=12, blank=True)
    written_at = models.DateTimeField()
    written_by_name = models.CharField(max_length=120)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "id")
        indexes = [
            models.Index(
                name="appeals_templates_of", fields=["region_path"], condition=Q(retired_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name
