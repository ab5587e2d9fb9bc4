"""Awards before the public 公示: the list everybody may read, and objections to single awards."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import PUBLICITY
from .claims import Claim


class Publicity(models.Model):
    """A public list of awards of one item. It stays as it was published; what became of a claim its claim says."""

    number = models.CharField("公示编号", max_length=40, unique=True)
    item_code = models.CharField("事项编号", max_length=80)
    item_name = models.CharField("事项名称", max_length=200)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField("公示单位", max_length=120)
    region_path = models.CharField(max_length=12)
    working_days = models.PositiveSmallIntegerField("公示工作日")
    state = models.CharField("状态", max_length=12, default="preparing")
    entries_count = models.PositiveIntegerField("企业数", default=0)
    amount_fen = models.BigIntegerField("金额（分）", default=0)
    # Where putting it together has come to: the claims up to this number are on it.
    reached = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField()
    published_at = models.DateTimeField("公示时间", null=True)
    closes_on = models.DateField("公示截止", null=True)
    derivation = models.CharField("期限计算", max_length=400, blank=True)
    derivation_en = models.CharField(max_length=400, blank=True)
    published_by = models.CharField(max_length=80)
    published_by_name = models.CharField(max_length=120)
    contact = models.CharField("异议受理方式", max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_publicity_state", condition=Q(state__in=list(PUBLICITY.states))
            ),
            models.CheckConstraint(
                name="claims_publicity_period",
                condition=Q(state="preparing") | Q(published_at__isnull=False, closes_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="claims_publicity_open", fields=["state", "closes_on"]),
            models.Index(name="claims_publicity_item", fields=["item_code", "-id"]),
        ]

    def __str__(self) -> str:
        return self.number


class PublicityEntry(models.Model):
    """One award on a public list, in the words everybody reads: masked once, when it was published."""

    publicity = models.ForeignKey(Publicity, on_delete=models.PROTECT, related_name="entries")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="publicity_entries")
    name = models.CharField("企业", max_length=200)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    region_name = models.CharField("区划", max_length=60, blank=True)
    amount_fen = models.BigIntegerField("金额（分）")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claims_public_once", fields=["publicity", "claim"]),
        ]
        indexes = [models.Index(name="claims_public_entries", fields=["publicity", "id"])]

    def __str__(self) -> str:
        return f"{self.publicity_id}/{self.claim_id}"


class PublicityObjection(models.Model):
    """What somebody objects to one award on a public list. Who it was and what they wrote is kept encrypted."""

    number = models.CharField("编号", max_length=40, unique=True)
    entry = models.ForeignKey(PublicityEntry, on_delete=models.PROTECT, related_name="objections")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="publicity_objections")
    name = EncryptedTextField("姓名", blank=True)
    contact = EncryptedTextField("联系方式", blank=True)
    text = EncryptedTextField("异议")
    shown_name = models.CharField(max_length=120, blank=True)
    user: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Tells how often one address has objected, without keeping the address.
    address_key = models.CharField(max_length=64, blank=True)
    given_at = models.DateTimeField("提出时间")
    state = models.CharField("状态", max_length=10, default="open")
    decision = models.CharField("处理意见", max_length=1000, blank=True)
    decided_at = models.DateTimeField("处理时间", null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_objection_state", condition=Q(state__in=["open", "rejected", "upheld"])
            ),
            models.CheckConstraint(
                name="claims_objection_decided",
                condition=Q(state="open") | (Q(decided_at__isnull=False) & ~Q(decision="")),
            ),
        ]
        indexes = [
            models.Index(name="claims_objections_of", fields=["claim", "state"]),
            models.Index(name="claims_objections_from", fields=["address_key", "given_at"]),
        ]

    def __str__(self) -> str:
        return self.number
