"""Beside the lists of the automatic mode: who was left out of one and why, and what enterprises say is wrong."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .claims import Claim, EntitlementList

OMISSIONS = ("no_amount", "claimed", "merged", "dissolved", "declared", "changed", "elsewhere", "outside")


class ListOmission(models.Model):
    """An enterprise that was matched and still does not stand on the list, with the reason."""

    entitlement_list = models.ForeignKey(EntitlementList, on_delete=models.CASCADE, related_name="omissions")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("原因", max_length=12)
    detail = models.CharField("说明", max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claims_omitted_once", fields=["entitlement_list", "party"]),
            models.CheckConstraint(name="claims_omission_reason", condition=Q(reason__in=OMISSIONS)),
        ]
        indexes = [models.Index(name="claims_omissions", fields=["entitlement_list", "reason", "id"])]

    def __str__(self) -> str:
        return f"{self.entitlement_list_id}/{self.party_id} {self.reason}"


class OfferRemark(models.Model):
    """“有误”: what an enterprise says is wrong with an offer. While it is open the offer neither lapses nor is taken
    for granted.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="remarks")
    text = models.CharField("说明", max_length=1000)
    given_at = models.DateTimeField("提出时间")
    given_by_name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default="open")
    answer = models.CharField("答复", max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_one_open_remark", fields=["claim"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="claims_remark_state", condition=Q(state__in=["open", "answered", "struck"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.state}"
