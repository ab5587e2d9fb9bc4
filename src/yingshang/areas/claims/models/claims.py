"""Claims 兑现申请: what an enterprise is owed under a policy item, from the first word to the last yuan."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import CLAIM

OPEN = CLAIM.open_states
ENDED_WITHOUT = ("refused", "unranked", "declined", "lapsed", "withdrawn")
"""States in which nothing was paid: the enterprise may claim again."""
MODES = ("automatic", "instant", "online", "once")


class ItemTerms(models.Model):
    """How claims for one policy item are dealt with 兑现办理规则: by whom, from which fund, how long before the public.
    What the item *says* is its policy's matter; this is what the agency that carries it out has set.

    `separate` names the duties that four different people must have: accept, review, approve, pay.
    `reviews` names the parts of the review it needs besides completeness and substance: joint, experts, field.
    `materials` is a list of {"code", "name", "required", "commitment"}; `lines` describes a table of line items, or is
    empty. A material may name a `fact` of the catalogue that proves it, and the `value` it has to have: what the
    register knows of a licence is not asked for on paper.
    """

    item_code = models.CharField("事项编号", max_length=80, unique=True)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    mode = models.CharField("办理方式", max_length=12)
    fund = models.ForeignKey("Fund", on_delete=models.PROTECT, related_name="terms")
    period = models.CharField("申请周期", max_length=12, default="year")
    publicity_working_days = models.PositiveSmallIntegerField("公示工作日", default=5)
    consent_working_days = models.PositiveSmallIntegerField("确认期限（工作日）", default=15)
    needs_representative = models.BooleanField("须法定代表人确认", default=False)
    separate = models.JSONField(default=list)
    reviews = models.JSONField(default=list)
    joint_agencies = models.JSONField(default=list)
    materials = models.JSONField(default=list)
    lines = models.JSONField(default=dict)
    # A published form of kernel.forms whose fields are asked beside the materials.
    form_code = models.CharField("表单", max_length=60, blank=True)
    sample_percent = models.PositiveSmallIntegerField("抽查比例（%）", default=10)
    # How many of a hundred promised materials are checked later; who decides on a reconsideration, if another agency.
    promise_check_percent = models.PositiveSmallIntegerField("承诺核查比例（%）", default=100)
    reconsider_agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="复核单位"
    )
    # Who closes a ranking once the window is over: an approver, who is told that it waits, or the platform itself.
    ranking_by = models.CharField("排序核准", max_length=10, default="approver")
    results = models.JSONField(default=list)
    # How experts score, and what is looked at in the field, where `reviews` names them: see assessing/rules.py.
    scoring = models.JSONField(default=dict)
    field_check = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    source = models.CharField("依据", max_length=400, blank=True)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(name="claims_terms_mode", condition=Q(mode__in=MODES)),
            models.CheckConstraint(
                name="claims_terms_period",
                condition=Q(period__in=["year", "window", "once", "quarter", "month"]),
            ),
        ]

    def __str__(self) -> str:
        return self.item_code


class PayeeAccount(models.Model):
    """An account an enterprise is paid to: a bank account, or a merchant's wallet. The number is encrypted;
    `number_hash` finds the same number again, for whoever looks for several claimants behind one account.
    """

    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField("渠道", max_length=12, default="bank")
    name = models.CharField("户名", max_length=140)
    number = EncryptedTextField("账号")
    number_hash = models.CharField(max_length=64)
    number_tail = models.CharField("尾号", max_length=4)
    bank_name = models.CharField("开户行", max_length=140, blank=True)
    bank_code = models.CharField("联行号", max_length=12, blank=True)
    state = models.CharField("状态", max_length=12, default="usable")
    problem = models.CharField("问题", max_length=200, blank=True)
    # May be paid to without asking each time: the standing consent of the automatic mode.
    standing = models.BooleanField("作为常用收款账户", default=False)
    added_at = models.DateTimeField()
    added_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_account_once",
                fields=["party", "channel", "number_hash"],
                condition=Q(state="usable"),
            ),
            models.UniqueConstraint(
                name="claims_one_standing", fields=["party"], condition=Q(standing=True, state="usable")
            ),
            models.CheckConstraint(
                name="claims_account_channel", condition=Q(channel__in=["bank", "wallet", "treasury"])
            ),
            models.CheckConstraint(
                name="claims_account_state", condition=Q(state__in=["usable", "refused", "removed"])
            ),
        ]
        indexes = [models.Index(name="claims_account_number", fields=["number_hash"])]

    def __str__(self) -> str:
        return f"{self.name} ＊{self.number_tail}"


class EntitlementList(models.Model):
    """Who is entitled to an item on a day, drawn up by the platform for the automatic mode 免申即享名单, frozen with
    the facts it was decided on, and checked by the agency before anybody is asked.
    """

    number = models.CharField("名单编号", max_length=40, unique=True)
    item_code = models.CharField("事项编号", max_length=80)
    item_name = models.CharField("事项名称", max_length=200)
    item_id = models.BigIntegerField(default=0)
    version_id = models.BigIntegerField()
    version = models.PositiveIntegerField("版本")
    period = models.CharField("周期", max_length=20)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    day = models.DateField("判定日期")
    state = models.CharField("状态", max_length=12, default="computing")
    total = models.PositiveIntegerField("企业数", default=0)
    amount_fen = models.BigIntegerField("金额（分）", default=0)
    # Those entitled whose amount could not be worked out: shown, never paid a guess.
    left_out = models.JSONField(default=dict)
    reached = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    # Up to which revision of the register its facts were read at least: who has changed since is decided anew.
    facts_revision = models.BigIntegerField(default=0)
    confirm_by = models.DateField("确认截止", null=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    made_by_name = models.CharField(max_length=120)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=80, blank=True)
    approved_by_name = models.CharField(max_length=120, blank=True)
    frozen_event = models.BigIntegerField(null=True)
    # Who was asked so far, and for how much; `waiting`: the budget did not hold them.
    offered_count = models.PositiveIntegerField("已发确认", default=0)
    offered_fen = models.BigIntegerField(default=0)
    waiting = models.PositiveIntegerField("等待预算", default=0)
    # The job that draws it up or asks the enterprises.
    job_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_list_once", fields=["item_code", "period"], condition=~Q(state="discarded")
            ),
            models.CheckConstraint(
                name="claims_list_separate",
                condition=~Q(state="approved")
                | Q(made_by__startswith="system")
                | ~Q(made_by=models.F("approved_by")),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Claim(models.Model):
    """One claim of one enterprise for one policy item and period. `facts` are those the decision read, as frozen when
    it was handed in or listed: {column: {"value", "source", "as_of"}}; a receipt of `policies` holds the same.
    """

    number = models.CharField("申请编号", max_length=40, unique=True)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    item_id = models.BigIntegerField()
    item_code = models.CharField("事项编号", max_length=80)
    item_name = models.CharField("事项名称", max_length=200)
    version_id = models.BigIntegerField()
    version = models.PositiveIntegerField("版本")
    period = models.CharField("周期", max_length=20)
    mode = models.CharField("办理方式", max_length=12)
    region_path = models.CharField(max_length=12)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=16, default="draft")
    state_before = models.CharField(max_length=16, blank=True)
    # Money in fen. What was worked out when it was handed in, and what was awarded; None: not known yet.
    expected_fen = models.BigIntegerField("测算金额（分）", null=True)
    award_fen = models.BigIntegerField("核准金额（分）", null=True)
    paid_fen = models.BigIntegerField("已付金额（分）", default=0)
    score = models.DecimalField("得分", max_digits=7, decimal_places=2, null=True)
    facts = models.JSONField(default=dict)
    receipt_id = models.BigIntegerField(null=True)
    submission_id = models.BigIntegerField(null=True)
    prefilled = models.PositiveSmallIntegerField("预填字段", default=0)
    fields = models.PositiveSmallIntegerField("全部字段", default=0)
    entitlement_list = models.ForeignKey(
        EntitlementList, on_delete=models.PROTECT, null=True, related_name="claims"
    )
    account = models.ForeignKey(PayeeAccount, on_delete=models.PROTECT, null=True, related_name="claims")
    case_id = models.BigIntegerField(null=True, unique=True)
    # Handed in together with other items: they share this number.
    bundle = models.CharField(max_length=40, blank=True)
    # Who did what, as references ("user:12"): the four duties that may have to be apart.
    accepted_by = models.CharField(max_length=80, blank=True)
    reviewed_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    confirmed_by_representative_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField("提交时间", null=True)
    decided_at = models.DateTimeField("核准时间", null=True)
    ended_at = models.DateTimeField("办结时间", null=True)
    # Of a refusal: [{"condition", "text", "value", "source", "as_of"}], and in words.
    grounds = models.JSONField(default=list)
    reason = models.TextField("理由", blank=True)
    submitted_event = models.BigIntegerField(null=True)
    decided_event = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="claims_once_a_period",
                fields=["party", "item_code", "period"],
                condition=~Q(state__in=ENDED_WITHOUT),
            ),
            models.CheckConstraint(name="claims_claim_state", condition=Q(state__in=list(CLAIM.states))),
            models.CheckConstraint(name="claims_claim_mode", condition=Q(mode__in=MODES)),
            models.CheckConstraint(
                name="claims_claim_award", condition=Q(award_fen__isnull=True) | Q(award_fen__gte=0)
            ),
            models.CheckConstraint(
                name="claims_never_overpaid",
                condition=Q(paid_fen=0) | (Q(paid_fen__gt=0) & Q(paid_fen__lte=models.F("award_fen"))),
            ),
        ]
        indexes = [
            models.Index(name="claims_of_party", fields=["party", "-id"]),
            models.Index(name="claims_on_desk", fields=["region_path", "state", "-id"]),
            models.Index(name="claims_of_item", fields=["item_code", "state", "id"]),
            models.Index(
                name="claims_of_list",
                fields=["entitlement_list", "id"],
                condition=Q(entitlement_list__isnull=False),
            ),
            # Those who are ordered next, however many have been before.
            models.Index(name="claims_payable", fields=["id"], condition=Q(state="payable")),
            # Those who are asked next: the smallest amounts first, so that a budget serves as many as it can.
            models.Index(
                name="claims_list_next",
                fields=["entitlement_list", "state", "expected_fen", "id"],
                condition=Q(entitlement_list__isnull=False),
            ),
        ]

    @property
    def enterprise(self) -> Any:
        """Whose claim it is: the party it was made for, or the one that party was merged into since."""
        return self.party.merged_into or self.party

    @property
    def applied_on(self) -> date | None:
        """The day it was handed in; None of a draft. Who was in time is not late because a review takes long."""
        return timezone.localdate(self.submitted_at) if self.submitted_at else None

    def __str__(self) -> str:
        return f"{self.number} {self.item_name}"


class ClaimMaterial(models.Model):
    """A material of a claim: a file, what the register knows of a licence, an earlier claim's file that is used again,
    an original seen at a window, or the promise to bring it later (告知承诺), with the day it is due.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="materials")
    code = models.CharField(max_length=40)
    name = models.CharField("材料", max_length=120)
    origin = models.CharField("来源", max_length=12)
    document_id = models.BigIntegerField(null=True)
    said = models.CharField(max_length=200, blank=True)
    promised_until = models.DateField("承诺期限", null=True)
    checked_at = models.DateTimeField(null=True)
    kept = models.BooleanField("已履行", null=True)
    # The original was laid before somebody at a window.
    seen_at = models.DateTimeField("核验原件时间", null=True)
    seen_by_name = models.CharField(max_length=120, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claims_material_once", fields=["claim", "code", "document_id"]),
            models.CheckConstraint(
                name="claims_material_origin",
                condition=Q(origin__in=["uploaded", "licence", "earlier", "promised", "window"]),
            ),
            models.CheckConstraint(
                name="claims_material_promise",
                condition=Q(origin="promised", promised_until__isnull=False) | ~Q(origin="promised"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClaimLine(models.Model):
    """One line item of a claim: an employee, a loan, an exhibition. `values` by column of the terms' table."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField("行")
    values = models.JSONField(default=dict)
    # Personal values are encrypted, not in `values`.
    personal = EncryptedTextField(blank=True)
    amount_fen = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="claims_line_once", fields=["claim", "number"])]

    def __str__(self) -> str:
        return f"{self.claim_id}/{self.number}"
