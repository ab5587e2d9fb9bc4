"""Definitions of flows and their numbered versions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Definition(models.Model):
    """A flow that cases follow. What it says lies in its versions; a case stays on the version it began with."""

    code = models.CharField("代码", max_length=64, unique=True)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField("英文名称", max_length=200, blank=True)
    source = models.CharField("依据", max_length=500, blank=True)
    region_path = models.CharField("所属地区", max_length=24, db_index=True)
    created_at = models.DateTimeField("建立时间")
    changed_at = models.DateTimeField("修改时间")

    class Meta:
        verbose_name = "流程"
        verbose_name_plural = "流程"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class DefinitionVersion(models.Model):
    """One version: a draft (at most one a definition) that may change, or a published one that never does."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"

    definition = models.ForeignKey(Definition, models.PROTECT, related_name="versions", verbose_name="流程")
    number = models.PositiveIntegerField("版本", null=True, help_text="草稿没有版本号")
    state = models.CharField("状态", max_length=12, choices=State.choices)
    steps = models.TextField("步骤清单", blank=True, help_text="以清单编写时的原文；上传 BPMN 时为空")
    bpmn = models.TextField("BPMN 2.0")
    spec = models.TextField("编译结果", blank=True, help_text="发布时写入，办件按它运行")
    note = models.CharField("说明", max_length=500, blank=True)
    changed_by = models.CharField("修改人", max_length=200)
    changed_at = models.DateTimeField("修改时间")
    published_at = models.DateTimeField("发布时间", null=True)

    class Meta:
        verbose_name = "流程版本"
        verbose_name_plural = "流程版本"
        ordering = ("definition", "-number")
        constraints = (
            models.UniqueConstraint(fields=("definition", "number"), name="flow_version_number"),
            models.UniqueConstraint(
                fields=("definition",), condition=Q(state="draft"), name="flow_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", number__isnull=True, published_at__isnull=True)
                | (Q(state="published", number__isnull=False, published_at__isnull=False) & ~Q(spec="")),
                name="flow_version_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.definition_id} v{self.number}" if self.number else f"{self.definition_id} draft"
