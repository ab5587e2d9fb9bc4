"""Answers kept for a while, so that a request sent twice is carried out once."""

from __future__ import annotations

from django.db import models


class IdempotentRequest(models.Model):
    """The answer to a write that came with an `Idempotency-Key`."""

    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=b"")
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="idempotent_once", fields=["actor", "key"])]

    def __str__(self) -> str:
        return self.key
