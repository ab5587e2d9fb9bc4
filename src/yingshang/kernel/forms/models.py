"""Forms and their versions, what is being filled in, and what was submitted.

What people fill in is about enterprises and people: drafts and submissions are kept encrypted as a whole.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class OrderedJSONField(_TextField):
    """JSON as text: the database's own kind forgets in which order a table's columns were written."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        return json.dumps(value, ensure_ascii=False)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)


class Form(models.Model):
    """A form under its code, and whose it is."""

    code = models.CharField("代码", max_length=60, unique=True)
    name = models.CharField("名称", max_length=80)
    name_en = models.CharField(max_length=160)
    # Whoever manages forms of this region may edit it.
    region_path = models.CharField("地区", max_length=12, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class FormVersion(models.Model):
    """One version: schema and layout. Published ones are never changed; a trigger holds to that."""

    DRAFT, PUBLISHED = "draft", "published"

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版本")
    state = models.CharField("状态", max_length=10, default=DRAFT)
    name = models.CharField("名称", max_length=80)
    name_en = models.CharField(max_length=160)
    schema = OrderedJSONField()
    layout = OrderedJSONField()
    digest = models.CharField(max_length=64)
    # Counts the changes of a draft, so that two people editing it notice each other.
    revision = models.PositiveIntegerField(default=1)
    note = models.CharField("说明", max_length=400, blank=True)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("form", "-number")
        constraints = [
            models.UniqueConstraint(name="forms_version_number", fields=["form", "number"]),
            models.UniqueConstraint(name="forms_one_draft", fields=["form"], condition=Q(state="draft")),
            models.CheckConstraint(name="forms_version_state", condition=Q(state__in=["draft", "published"])),
            models.CheckConstraint(
                name="forms_published_at", condition=Q(state="draft") | Q(published_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} v{self.number}"


class FormDraft(models.Model):
    """What somebody has typed so far, for one enterprise and one subject. Gone when it is submitted or discarded."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=120)
    data = EncryptedTextField()
    # What another window had typed when this one was told to prevail; it can be had back.
    displaced = EncryptedTextField(blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="forms_one_filling", fields=["form", "party", "user", "subject"])
        ]

    def __str__(self) -> str:
        return str(self.key)


class FillingFile(models.Model):
    """A file uploaded for a form and in no submission yet. Gone when it is submitted, discarded or swept."""

    document = models.OneToOneField(
        "documents.Document", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    key = models.UUIDField()
    # The first letter of the kind of actor and the number, as in the owner of the document.
    author = models.CharField(max_length=30)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="forms_files_of_key", fields=["key"]),
            models.Index(name="forms_files_of_author", fields=["author"]),
            models.Index(name="forms_files_by_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return str(self.document_id)


class Submission(models.Model):
    """What was submitted, under the version it was filled in with. Never changed; a trigger holds to that."""

    # The key of the filling: submitting it twice gives the same submission.
    key = models.UUIDField(unique=True)
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    submitted_by_name = models.CharField(max_length=120)
    subject = models.CharField(max_length=120)
    values = EncryptedTextField()
    # Field → where its first value came from, what that was, and whether the person changed it.
    sources = EncryptedTextField()
    documents = models.JSONField(default=list)
    digest = models.CharField("内容摘要", max_length=64)
    submitted_at = models.DateTimeField("提交时间")
    # Where what came of it can be seen; the one thing that is noted later.
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(name="forms_of_party", fields=["party", "-id"]),
            models.Index(name="forms_of_subject", fields=["subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} {self.key}"
