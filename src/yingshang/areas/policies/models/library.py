"""Documents as they were issued, and the items made from them, in versions."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q


class PolicyDocument(models.Model):
    """An official document: its text as it was issued, cut into sentences that conditions point at.

    `sentences` is a list of {"number", "clause", "text", "start", "end"}: numbers count from 1, start and end are
    offsets into `text`.
    """

    title = models.CharField("标题", max_length=200)
    number = models.CharField("文号", max_length=80, blank=True)
    issuer = models.CharField("发文机关", max_length=200, blank=True)
    # Empty for a document that is only collected here, such as one of the State Council.
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField("地区", max_length=12, blank=True)
    issued_on = models.DateField("成文日期", null=True)
    url = models.URLField("出处", max_length=500, blank=True)
    status = models.CharField("效力", max_length=12, default="in_force")
    note = models.TextField("说明", blank=True)
    text = models.TextField("正文", blank=True)
    sentences = models.JSONField(default=list)
    # The file it was read from, in documents; empty where the text was pasted or only the source is known.
    file_id = models.BigIntegerField(null=True)
    is_public = models.BooleanField("公开", default=False)
    demonstration = models.BooleanField("演示数据", default=False)
    # Counts the changes, so that two people editing it notice each other.
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=120)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policies_document_status",
                condition=Q(status__in=["draft", "in_force", "expired", "repealed", "superseded", "unknown"]),
            ),
        ]
        indexes = [
            models.Index(name="policies_document_region", fields=["region_path", "-issued_on"]),
            models.Index(name="policies_document_newest", fields=["-issued_on", "-id"]),
        ]

    def __str__(self) -> str:
        return self.title


class PolicyItem(models.Model):
    """A policy item 政策事项, the smallest payable grain, under its code. What it says is in its versions."""

    code = models.CharField("事项编号", max_length=80, unique=True)
    document = models.ForeignKey(PolicyDocument, on_delete=models.PROTECT, null=True, related_name="items")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField("地区", max_length=12)
    # The version that is published now, if any.
    current = models.OneToOneField("ItemVersion", on_delete=models.PROTECT, null=True, related_name="+")
    demonstration = models.BooleanField("演示数据", default=False)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(name="policies_item_region", fields=["region_path", "code"])]

    def __str__(self) -> str:
        return self.code


class ItemVersion(models.Model):
    """One version of an item. `source` is the policy as YAML and says everything; the columns below it are read off it
    at each save, to be searched and listed. Nothing of a version is changed once it is published, except how it ends;
    a trigger holds to that.

    `links` maps ids of conditions (and `benefit`) to numbers of sentences of the document. `elements` holds the
    elements of standardisation that the YAML has no field for, by code.
    """

    item = models.ForeignKey(PolicyItem, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版本")
    state = models.CharField("状态", max_length=12, default="draft")
    source = models.TextField("政策内容")
    digest = models.CharField(max_length=64)
    links = models.JSONField(default=dict)
    elements = models.JSONField(default=dict)
    # What the reader left for its author to look at, a line each; never part of what is published.
    remarks = models.JSONField(default=list)
    # Counts the changes of a draft, so that two people editing it notice each other.
    revision = models.PositiveIntegerField(default=1)
    # Read off the source.
    name = models.CharField("事项名称", max_length=200)
    summary = models.TextField("摘要", blank=True)
    issuer = models.CharField("发布机关", max_length=200, blank=True)
    region_path = models.CharField("地区", max_length=12)
    kind = models.CharField("兑现方式", max_length=40, blank=True)
    delivery = models.CharField("办理方式", max_length=12, blank=True)
    effective_from = models.DateField("施行日期", null=True)
    effective_to = models.DateField("截止日期", null=True)
    # [{"from": …, "to": …, "text": …}] in the order of the source; an absent day is open.
    windows = models.JSONField(default=list)
    benefit_text = models.TextField("支持内容", blank=True)
    tags = models.JSONField(default=list)
    # Columns of the catalogue its conditions and amounts read.
    facts = models.JSONField(default=list)
    # How it came to be and how it ends.
    note = models.CharField("修改说明", max_length=400, blank=True)
    case_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)
    # Numbers of the accounts that wrote it or handed it in.
    written_by = models.JSONField(default=list)
    submitted_at = models.DateTimeField(null=True)
    submitted_by_name = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=120, blank=True)
    published_event = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField("结束原因", max_length=400, blank=True)

    class Meta:
        ordering = ("item", "-number")
        constraints = [
            models.UniqueConstraint(name="policies_version_number", fields=["item", "number"]),
            models.UniqueConstraint(
                name="policies_one_open_version",
                fields=["item"],
                condition=Q(state__in=["draft", "reviewing", "returned", "approved"]),
            ),
            models.UniqueConstraint(
                name="policies_one_published_version", fields=["item"], condition=Q(state="published")
            ),
            models.CheckConstraint(
                name="policies_version_state",
                condition=Q(
                    state__in=[
                        "draft",
                        "reviewing",
                        "returned",
                        "approved",
                        "published",
                        "superseded",
                        "withdrawn",
                        "rejected",
                        "discarded",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="policies_published_at",
                condition=~Q(state__in=["published", "superseded", "withdrawn"])
                | Q(published_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="policies_version_state", fields=["state", "region_path"]),
            GinIndex(name="policies_version_facts", fields=["facts"]),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.number}"


class DocumentReading(models.Model):
    """Work on a document that takes longer than a request may: its file is read, or sentences of it are looked at by
    the reader or by a language model. The worker goes on with it after an interruption, the page shows how far it is.

    Of a file, `file_name`, `file_id` and `region_path` are what came in, and `document` what was made of it. Of
    proposals, `document` and `sentences` are what is read, and `proposals` what came of it; `digest` is of the text
    then.
    """

    kind = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="waiting")
    document = models.ForeignKey(PolicyDocument, on_delete=models.PROTECT, null=True, related_name="readings")
    region_path = models.CharField(max_length=12, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    file_id = models.BigIntegerField(null=True)
    sentences = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    proposals = models.JSONField(default=list)
    # What the reader has in mind between two sentences, so that it goes on where it was.
    thread = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Why it came to nothing, in both languages; where in the text, if it is known.
    message = models.CharField(max_length=400, blank=True)
    message_zh = models.CharField(max_length=400, blank=True)
    job_id = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=80)
    asked_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="policies_reading_kind", condition=Q(kind__in=["file", "reader", "model"])
            ),
            models.CheckConstraint(
                name="policies_reading_state", condition=Q(state__in=["waiting", "running", "done", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
