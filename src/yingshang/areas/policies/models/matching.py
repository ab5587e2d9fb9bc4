"""What everybody is entitled to, as bits: derived from portraits and published versions, and disposable.

And the receipts of single decisions, which are neither.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class MatchBucket(models.Model):
    """How far the enterprises of one run of numbers have been matched.

    Every portrait up to `revision` has been seen with every one of `versions`, the latest as of `day`.
    """

    bucket = models.PositiveIntegerField(primary_key=True)
    day = models.DateField()
    revision = models.BigIntegerField()
    versions = ArrayField(models.BigIntegerField(), default=list)
    matched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.bucket} {self.day}"


class MatchPart(models.Model):
    """Who of one bucket is entitled to one version, who is undecided, and what the entitled are due.

    `matching.planes` says what the bytes are. They are compressed already, so the database keeps them as they are.
    """

    # Without a constraint in the database: a hundred thousand rows are written in a few seconds.
    version = models.ForeignKey(
        "ItemVersion",
        on_delete=models.CASCADE,
        related_name="match_parts",
        db_constraint=False,
        db_index=False,
    )
    bucket = models.PositiveIntegerField()
    planes = models.BinaryField(default=bytes)
    amounts = models.BinaryField(default=bytes)
    entitled = models.IntegerField(default=0)
    undecided = models.IntegerField(default=0)
    errors = models.IntegerField(default=0)
    certain_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policies_match_once", fields=["bucket", "version"]),
        ]
        indexes = [models.Index(name="policies_match_version", fields=["version", "bucket"])]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.bucket}"


class Declaration(models.Model):
    """What an enterprise says of its application for one item: facts that are nobody's until somebody applies."""

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("PolicyItem", on_delete=models.PROTECT, related_name="declarations")
    column = models.CharField(max_length=80)
    value = models.JSONField()
    declared_at = models.DateTimeField()
    declared_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policies_declared_once", fields=["party", "item", "column"]),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.column}"


class DecisionReceipt(models.Model):
    """One decision with everything it took: the version, the day, the facts as they were, and what came out.

    `facts` maps a column to {"value", "source", "as_of"}. `result` is what the decision said, `digest` of it all.
    """

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("ItemVersion", on_delete=models.PROTECT, related_name="+")
    day = models.DateField("判定日期")
    facts = models.JSONField(default=dict)
    outcome = models.CharField("结论", max_length=12)
    certain_fen = models.BigIntegerField(null=True)
    possible_fen = models.BigIntegerField(null=True)
    result = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    event_id = models.BigIntegerField(unique=True)
    decided_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="policies_receipt_outcome",
                condition=Q(outcome__in=["entitled", "undecided", "refused", "error"]),
            ),
        ]
        indexes = [models.Index(name="policies_receipt_party", fields=["party", "-id"])]

    def __str__(self) -> str:
        return f"{self.party_id} {self.version_id} {self.day}"
