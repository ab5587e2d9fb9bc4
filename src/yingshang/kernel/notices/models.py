"""Messages, and how far each has come.

A message is written in the transaction of the action that has something to say, so it exists exactly when that action
happened. Delivering it is bookkeeping beside it, in a row of its own.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField


class Message(models.Model):
    """One message to one recipient over one channel, as it was put into words then."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="messages"
    )
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="messages")
    address = EncryptedTextField("地址", blank=True)
    channel = models.CharField("渠道", max_length=20)
    template = models.CharField("模板", max_length=60)
    language = models.CharField("语言", max_length=8)
    subject = models.CharField("标题", max_length=200)
    # Without what is secret in it: that is kept with the delivery, until it is delivered.
    body = EncryptedTextField("内容")
    link = models.CharField("链接", max_length=300, blank=True)
    # The same key is never sent twice over one channel to one recipient.
    once = models.CharField(max_length=240, null=True, unique=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(
                name="notices_unread",
                fields=["recipient"],
                condition=Q(channel="in_app", read_at__isnull=True),
            ),
            models.Index(name="notices_inbox", fields=["recipient", "channel", "-id"]),
        ]

    def __str__(self) -> str:
        return self.subject


class Delivery(models.Model):
    """How far a message has come with its channel."""

    QUEUED, SENT, FAILED = "queued", "sent", "failed"

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="delivery"
    )
    state = models.CharField("状态", max_length=8, default=QUEUED)
    # The whole text of a message that carries a secret, emptied when it has been sent or given up.
    secret_body = EncryptedTextField(blank=True)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_try_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField("送达时间", null=True)
    error = models.CharField("原因", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delivery_state", condition=Q(state__in=["queued", "sent", "failed"])
            ),
            models.CheckConstraint(
                name="delivery_secret_gone", condition=Q(state="queued") | Q(secret_body="")
            ),
        ]
        indexes = [
            models.Index(name="notices_due", fields=["next_try_at"], condition=Q(state="queued")),
            models.Index(name="notices_failed", fields=["-message"], condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"
