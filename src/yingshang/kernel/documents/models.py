"""Documents, the contents they share, and the templates some are made from."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class StoredFile(models.Model):
    """Bytes that lie in the storage under their own digest. Documents with equal bytes share one."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class SeriesNumber(models.Model):
    """The last number given of a series of official documents in a year (numbering.py)."""

    series = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)
    # The document codes 机关代字 they were written with, in capitals: no other agency takes one in the same year.
    codes = ArrayField(models.CharField(max_length=10), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(name="documents_series_once", fields=["series", "year"])]

    def __str__(self) -> str:
        return f"{self.series}〔{self.year}〕{self.last}"


class DocumentTemplate(models.Model):
    """文书模板: what a document of one kind says, in numbered versions."""

    code = models.CharField("代码", max_length=60, unique=True)
    region_path = models.CharField(max_length=12, blank=True)
    name = models.CharField("名称", max_length=80)
    name_en = models.CharField(max_length=120)
    description = models.CharField(max_length=400, blank=True)
    description_en = models.CharField(max_length=400, blank=True)
    # [{name, label, label_en, example, example_en}]: what the process that uses the template fills in.
    variables = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class DocumentTemplateVersion(models.Model):
    """The texts of a template at one time. A published version is never changed; the draft has no number."""

    DRAFT, PUBLISHED = "draft", "published"

    template = models.ForeignKey(DocumentTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=12, choices=[(DRAFT, "草稿"), (PUBLISHED, "已发布")])
    texts = models.JSONField()
    saved_by = models.CharField(max_length=120)
    saved_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="document_template_version", fields=["template", "number"]),
            models.UniqueConstraint(
                name="document_template_one_draft", fields=["template"], condition=Q(number__isnull=True)
            ),
            models.CheckConstraint(
                name="document_template_numbered_when_published",
                condition=Q(state="draft", number__isnull=True, published_at__isnull=True)
                | Q(state="published", number__isnull=False, published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id}/{self.number or 'draft'}"


class Document(models.Model):
    """文书: a named file that belongs to something. Removing it leaves this row behind, without the bytes."""

    owner_kind = models.CharField(max_length=60)
    owner_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    # Empty once the document was removed and its bytes were swept.
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="documents")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="+")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField(max_length=12, blank=True)
    template_version = models.ForeignKey(
        DocumentTemplateVersion, on_delete=models.PROTECT, null=True, related_name="documents"
    )
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(name="documents_of_owner", fields=["owner_kind", "owner_id"])]
        constraints = [
            models.CheckConstraint(
                name="document_has_its_bytes", condition=Q(removed_at__isnull=False) | Q(file__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name
