"""Requests for binding an account to an enterprise."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

OPEN = ("code_sent", "awaiting_representative", "in_review")


class BindingRequest(models.Model):
    """One request of one user for one enterprise, named by its credit code. Whether such an enterprise is registered is
    known to the platform and the reviewer, not to who asks."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    credit_code = models.CharField("统一社会信用代码", max_length=18)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField("状态", max_length=24)
    requested_at = models.DateTimeField("申请时间")
    changed_at = models.DateTimeField()
    # The code: a keyed hash with its salt, never the digits.
    masked_contact = models.CharField("联系方式", max_length=120, blank=True)
    code_salt = models.CharField(max_length=32, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True)
    attempts_left = models.PositiveSmallIntegerField(default=0)
    # The review: the desk it was put before, and until when that has to decide.
    statement = models.CharField("说明", max_length=400, blank=True)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    desk_path = models.CharField(max_length=12, blank=True)
    review_began_at = models.DateTimeField(null=True)
    due_on = models.DateField("办理期限", null=True)
    derivation = models.CharField("期限计算", max_length=400, blank=True)
    # The decision.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField("理由", max_length=400, blank=True)
    mandate_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="binding_once", fields=["user", "credit_code"], condition=Q(state__in=OPEN)
            ),
            models.CheckConstraint(
                name="binding_state",
                condition=Q(state__in=[*OPEN, "approved", "refused", "withdrawn", "lapsed"]),
            ),
            models.CheckConstraint(
                name="binding_review_due", condition=~Q(state="in_review") | Q(due_on__isnull=False)
            ),
            models.CheckConstraint(
                name="binding_approved_for_somebody",
                condition=~Q(state="approved") | Q(party__isnull=False, mandate_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="binding_due", fields=["due_on"], condition=Q(state="in_review")),
            models.Index(name="binding_of_user", fields=["user", "-id"]),
        ]

    @property
    def enterprise(self) -> Any:
        """The enterprise, if it is registered; where its entry was merged since, the one that is kept."""
        return self.party and (self.party.merged_into or self.party)

    def __str__(self) -> str:
        return f"{self.user} → {self.credit_code}"


class CodeRequest(models.Model):
    """Somebody asked for a code. Counted, so that codes cannot be guessed nor people bothered by asking often."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    credit_code = models.CharField(max_length=18)
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="binding_code_user", fields=["user", "asked_at"]),
            models.Index(name="binding_code_enterprise", fields=["credit_code", "asked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.credit_code} {self.asked_at:%Y-%m-%d %H:%M}"
