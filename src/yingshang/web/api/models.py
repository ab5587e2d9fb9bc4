"""What the API remembers between requests: answers kept for a while, and how often somebody has called."""

from __future__ import annotations

from django.db import models


class IdempotentRequest(models.Model):
    """The answer to a write that came with an `Idempotency-Key`.

    It is written in the transaction of the write itself, so an answer that is here was carried out, and what was
    carried out has its answer here.
    """

    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField(default=b"")
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="idempotent_once", fields=["actor", "key"])]

    def __str__(self) -> str:
        return self.key


class RateLimit(models.Model):
    """How far somebody has used up their allowance: the moment at which it would be whole again."""

    subject = models.CharField(max_length=120, primary_key=True)
    whole_again_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.subject
