"""Events, and the verifiable log over them. Rows are only ever added."""

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


class Leaf(models.Model):
    """The place of one event in the log, and the hash of what it was then (see `leaves`).

    No foreign key: its check would cost more than the rest of sequencing, and a missing event is what the audit of the
    log looks for.
    """

    index = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    salt = models.UUIDField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.index}: {self.event_id}"


class Node(models.Model):
    """A complete node above the leaves, under its `tree.position`."""

    position = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return str(self.position)


class LogKey(models.Model):
    """A public key the log signs with, from a size on and until the next one."""

    origin = models.CharField(max_length=200)
    public_key = models.BinaryField(max_length=32, unique=True)
    first_size = models.BigIntegerField()
    introduced_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.origin} ≥ {self.first_size}"


class Checkpoint(models.Model):
    """A signed statement: so many leaves, with this root. `note` is the body with the log's own signature.

    `settled_transaction` is where the sequencer begins to look the next time: every event of a transaction before it,
    as `database` counts them, is in the log.
    """

    size = models.BigIntegerField(db_index=True)
    root = models.BinaryField(max_length=32)
    key = models.ForeignKey(LogKey, on_delete=models.PROTECT)
    note = models.TextField()
    issued_at = models.DateTimeField()
    settled_transaction = models.BigIntegerField()
    database = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["size", "key"], name="ledger_one_checkpoint_for_a_size")
        ]

    def __str__(self) -> str:
        return f"{self.size} {self.issued_at:%Y-%m-%d %H:%M}"


class Cosigner(models.Model):
    """Somebody else who watches the log and signs what is consistent with what they have seen before."""

    name = models.CharField(max_length=120)
    public_key = models.BinaryField(max_length=32, unique=True)
    description = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(active=True), name="ledger_one_active_cosigner_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Cosignature(models.Model):
    """A cosigner's signature under a checkpoint, with their own time."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    cosigner = models.ForeignKey(Cosigner, on_delete=models.PROTECT)
    timestamp = models.BigIntegerField()
    signature = models.BinaryField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "cosigner"], name="ledger_one_cosignature_of_a_cosigner"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cosigner_id} {self.timestamp}"
