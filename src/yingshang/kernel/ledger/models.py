"""One table: events, only ever added to."""

from __future__ import annotations

from django.db import models
from django.db.models import Func
from django.db.models.functions import Now


class CurrentTransaction(Func):
    """The number of the transaction that is open, so that the guards can find its event."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class AuditEvent(models.Model):
    """One action by one actor. The database refuses to change or remove a row (see `guards`)."""

    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    occurred_at = models.DateTimeField("发生时间")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120)
    action = models.CharField("动作", max_length=80)
    target_kind = models.CharField(max_length=60)
    target_id = models.CharField(max_length=64)
    target_name = models.CharField(max_length=200, blank=True)
    region_path = models.CharField(max_length=12, blank=True)
    agency_id = models.BigIntegerField(null=True)
    party_id = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=400, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["transaction"]),
            models.Index(fields=["target_kind", "target_id", "-id"]),
            models.Index(fields=["actor_kind", "actor_id", "-id"]),
            models.Index(fields=["party_id", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.actor_name} {self.action} {self.target_name}"
