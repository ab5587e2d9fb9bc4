"""Plain-language interpretations of items and documents."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .library import PolicyDocument, PolicyItem


class Interpretation(models.Model):
    """One interpretation 政策解读 of an item, or of a document: what it says in plain words, questions and answers.

    `sections` maps who, amount, when, how and bring to words; `questions` is a list of {"question", "answer",
    "points"}, where points are ids of conditions (and `benefit`) of the item, or numbers of sentences of the document.
    `numbers` are the figures it speaks of that its subject held when it was saved, as they are written.
    `first_version` to `last_version` are the versions of the item it was written and affirmed for; a document has none.
    """

    item = models.ForeignKey(PolicyItem, on_delete=models.CASCADE, null=True, related_name="interpretations")
    document = models.ForeignKey(
        PolicyDocument, on_delete=models.CASCADE, null=True, related_name="interpretations"
    )
    number = models.PositiveIntegerField("次序")
    state = models.CharField("状态", max_length=12, default="draft")
    plain = models.CharField("一句话说明", max_length=300, blank=True)
    sections = models.JSONField(default=dict)
    questions = models.JSONField(default=list)
    numbers = models.JSONField(default=list)
    first_version = models.PositiveIntegerField(null=True)
    last_version = models.PositiveIntegerField(null=True)
    # Its words are exactly what was made from the subject; nobody has changed them.
    generated = models.BooleanField("自动生成", default=False)
    # An uploaded picture, in documents; how it stands to the one that is drawn from the item.
    picture_id = models.BigIntegerField(null=True)
    picture_alt = models.CharField("图片的文字说明", max_length=1000, blank=True)
    picture_use = models.CharField(max_length=8, default="beside")
    # Counts the changes of a draft, so that two people editing it notice each other.
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=120, blank=True)
    published_event = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField("撤下原因", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policies_interpretation_of_one",
                condition=Q(item__isnull=False, document__isnull=True)
                | Q(item__isnull=True, document__isnull=False),
            ),
            models.CheckConstraint(
                name="policies_interpretation_state",
                condition=Q(state__in=["draft", "published", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="policies_interpretation_published",
                condition=~Q(state="published") | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="policies_interpretation_use", condition=Q(picture_use__in=["beside", "instead"])
            ),
            *(
                models.UniqueConstraint(
                    name=f"policies_{state}_interpretation_{of}",
                    fields=[of],
                    condition=Q(state=state) & Q(**{f"{of}__isnull": False}),
                )
                for of in ("item", "document")
                for state in ("draft", "published")
            ),
            *(
                models.UniqueConstraint(
                    name=f"policies_interpretation_number_{of}",
                    fields=[of, "number"],
                    condition=Q(**{f"{of}__isnull": False}),
                )
                for of in ("item", "document")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id or self.document_id} #{self.number}"
