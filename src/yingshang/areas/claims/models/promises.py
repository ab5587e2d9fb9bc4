"""Commitments 告知承诺 and the check that follows each of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..lifecycle import PROMISE
from .claims import Claim, ClaimMaterial


class PromiseCheck(models.Model):
    """A material that was promised with a claim, and whether the promise was kept.

    `state`: those that were not drawn for a check are `undrawn`, and may be checked all the same. The file that
    fulfils it is the enterprise's (`document_id`) or an official's evidence; `fact` names a fact of the register.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="promise_checks")
    # Gone when the enterprise took the promise back while it corrected its claim.
    material = models.OneToOneField(
        ClaimMaterial, on_delete=models.SET_NULL, null=True, related_name="promise_check"
    )
    code = models.CharField(max_length=40)
    name = models.CharField("承诺材料", max_length=120)
    region_path = models.CharField(max_length=12)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=8, default="open")
    made_at = models.DateTimeField("承诺时间")
    promised_until = models.DateField("补交期限")
    due_on = models.DateField("核查期限", null=True)
    deadline_id = models.BigIntegerField(null=True)
    # How it was drawn: the percentage of the terms, and the root of the log's newest checkpoint (empty: none yet).
    percent = models.PositiveSmallIntegerField("核查比例（%）")
    checkpoint_root = models.CharField(max_length=64, blank=True)
    document_id = models.BigIntegerField(null=True)
    document_name = models.CharField(max_length=200, blank=True)
    brought_at = models.DateTimeField("补交时间", null=True)
    fact = models.CharField(max_length=120, blank=True)
    fact_told = models.JSONField(default=dict)
    finding = models.CharField("核查情况", max_length=1000, blank=True)
    checked_at = models.DateTimeField("核查时间", null=True)
    checked_by = models.CharField(max_length=80, blank=True)
    checked_by_name = models.CharField(max_length=120, blank=True)
    recovery = models.ForeignKey("Recovery", on_delete=models.PROTECT, null=True, related_name="+")
    trip = models.ForeignKey("Trip", on_delete=models.PROTECT, null=True, related_name="+")
    event_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("due_on", "-id")
        constraints = [
            models.CheckConstraint(name="claims_promise_state", condition=Q(state__in=list(PROMISE.states))),
            models.CheckConstraint(
                name="claims_promise_found",
                condition=~Q(state__in=["kept", "broken"]) | Q(checked_at__isnull=False) & ~Q(finding=""),
            ),
            models.CheckConstraint(
                name="claims_promise_evidence",
                condition=~Q(state="kept") | Q(document_id__isnull=False) | ~Q(fact=""),
            ),
        ]
        indexes = [models.Index(name="claims_promises_open", fields=["state", "region_path", "due_on"])]

    def __str__(self) -> str:
        return f"{self.claim_id}/{self.code} {self.state}"
