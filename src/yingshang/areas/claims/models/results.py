"""What follows a claim: the facts it left in the portrait."""

from __future__ import annotations

from django.db import models

from .claims import Claim


class ClaimResult(models.Model):
    """What a claim has left in the portrait of its enterprise: {column: text}, and of how much money that was said."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, primary_key=True, related_name="result")
    told = models.JSONField(default=dict)
    paid_fen = models.BigIntegerField("已记录金额（分）")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.claim_id} {self.paid_fen}"
