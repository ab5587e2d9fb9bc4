"""What people want to be told of as it is published."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class SearchSubscription(models.Model):
    """A search whose new answers somebody wants to be told of, once a day.

    `question` holds the fields of a search that narrow it. One that was ended stays, so that its link says so.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField("名称", max_length=120)
    question = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="policies_subscribed_once",
                fields=["user", "question"],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SubscriptionTold(models.Model):
    """An item of which a subscriber was told: once, whatever becomes of it later."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey("PolicyItem", on_delete=models.CASCADE, related_name="+")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policies_subscriber_told_once", fields=["user", "item"]),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.item_id}"
