"""Contracts 合同 of public units, what is agreed later, and what a unit says when it has signed none."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import BATCH, CONTRACT, SUPPLEMENT

OPEN = CONTRACT.open_states


class ImportBatch(models.Model):
    """Contracts that came together: a table, a package of releases, a call of a system; with what was wrong in it.

    `problems` holds the first mistakes: [{"row", "column", "value", "message", "message_zh"}]; `problem_count` counts
    all. A batch either brings all its right rows or, where `all_or_nothing`, none.
    """

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField(max_length=12)
    source = models.CharField("来源", max_length=12)
    name = models.CharField("名称", max_length=200)
    content_hash = models.CharField(max_length=64)
    document_id = models.BigIntegerField(null=True)
    state = models.CharField("状态", max_length=12, default="waiting")
    row_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    contract_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    failure = models.CharField(max_length=400, blank=True)
    started_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    started_by_name = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="contracts_batch_state", condition=Q(state__in=list(BATCH.states)))
        ]
        indexes = [models.Index(name="contracts_batches_of", fields=["region_path", "-id"])]

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """One contract of a public unit.

    `agency` is the unit that signed, `party` the other side where it is one of the register. Of a natural person the
    name is masked in `counterparty_name`, and whole in `counterparty_person`, encrypted. `amount_fen` is missing where
    no price was agreed (a framework): unknown, not zero. `direction` says who pays the price. How large the other side
    was when it signed (`counterparty_size`) decides on the law's limits for good.

    `obligation_count`, `open_count` and `next_due_on` repeat what its obligations come to, for lists.
    """

    number = models.CharField("登记编号", max_length=24, unique=True)
    agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, related_name="+", verbose_name="承办单位", db_index=False
    )
    region_path = models.CharField("地区", max_length=12)
    reference = models.CharField("合同编号", max_length=80, blank=True)
    title = models.CharField("合同名称", max_length=200)
    kind = models.CharField("合同类别", max_length=40)
    secrecy = models.CharField("密级", max_length=12, default="open")
    party = models.ForeignKey(
        "parties.Party",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="相对方",
        db_index=False,
    )
    counterparty_kind = models.CharField("相对方类型", max_length=12, default="enterprise")
    counterparty_name = models.CharField("相对方名称", max_length=200)
    counterparty_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    counterparty_person = EncryptedTextField(blank=True)
    counterparty_size = models.CharField("签订时规模", max_length=12, blank=True)
    # Further parties of the other side: [{"name", "code", "role"}].
    others = models.JSONField(default=list)
    amount_fen = models.BigIntegerField("合同金额（分）", null=True)
    direction = models.CharField("价款方向", max_length=8, default="pays")
    signed_on = models.DateField("签订日期")
    starts_on = models.DateField("起始日期", null=True)
    ends_on = models.DateField("终止日期", null=True)
    # Somebody has said that it has no end, and why; without either it is incomplete.
    open_ended = models.CharField("无固定期限说明", max_length=200, blank=True)
    note = models.CharField("备注", max_length=1000, blank=True)
    state = models.CharField("状态", max_length=12, default="draft")
    state_before = models.CharField(max_length=12, blank=True)
    revision = models.PositiveIntegerField(default=1)
    source = models.CharField("来源", max_length=12, default="form")
    source_reference = models.CharField("来源编号", max_length=160, blank=True)
    ocid = models.CharField(max_length=160, blank=True)
    # What a package of releases said that this register has no field for; given back when it is exported.
    release = models.JSONField(default=dict)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, related_name="contracts")
    # Unit, other side, price and day: by it the same contract is recognised when it comes another way.
    fingerprint = models.CharField(max_length=64)
    # Somebody looked at what seemed to be the same and said that it is another one: their numbers.
    not_same_as = models.JSONField(default=list)
    words = SearchVectorField(null=True)
    obligation_count = models.PositiveIntegerField(default=0)
    open_count = models.PositiveIntegerField(default=0)
    next_due_on = models.DateField("最近到期", null=True)
    escalation = models.CharField("预警级别", max_length=12, blank=True)
    registered_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    registered_by_name = models.CharField("登记人", max_length=120)
    registered_at = models.DateTimeField("登记时间")
    submitted_at = models.DateTimeField(null=True)
    reviewed_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reviewed_by_name = models.CharField("审核人", max_length=120, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    reason = models.CharField("说明", max_length=1000, blank=True)
    demonstration = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="contracts_contract_state", condition=Q(state__in=list(CONTRACT.states))
            ),
            models.CheckConstraint(
                name="contracts_amount", condition=Q(amount_fen__isnull=True) | Q(amount_fen__gte=0)
            ),
            models.CheckConstraint(
                name="contracts_direction", condition=Q(direction__in=("pays", "receives", "none"))
            ),
            models.CheckConstraint(
                name="contracts_ends_after_start",
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
            ),
            # Who wrote it down does not review it.
            models.CheckConstraint(
                name="contracts_reviewed_by_another",
                condition=Q(reviewed_by__isnull=True)
                | Q(registered_by__isnull=True)
                | ~Q(reviewed_by=F("registered_by")),
            ),
            models.UniqueConstraint(
                name="contracts_source_once",
                fields=["agency", "source", "source_reference"],
                condition=~Q(source_reference="") & ~Q(state="void"),
            ),
        ]
        indexes = [
            models.Index(name="contracts_of_unit", fields=["agency", "state", "-id"]),
            # Which units signed nothing in a quarter.
            models.Index(name="contracts_signed_by_unit", fields=["agency", "signed_on"]),
            models.Index(
                name="contracts_of_region",
                fields=["region_path", "-id"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
            ),
            models.Index(
                name="contracts_of_party", fields=["party", "-id"], condition=Q(party__isnull=False)
            ),
            # Those that are in no figure, or are not shown to everybody: few.
            models.Index(
                name="contracts_set_apart",
                fields=["id"],
                condition=Q(state__in=("draft", "submitted", "void")) | ~Q(secrecy="open"),
            ),
            models.Index(name="contracts_alike", fields=["fingerprint"]),
            models.Index(
                name="contracts_own_number", fields=["agency", "reference"], condition=~Q(reference="")
            ),
            models.Index(name="contracts_ocid", fields=["ocid"], condition=~Q(ocid="")),
            models.Index(
                name="contracts_next_due",
                fields=["agency", "next_due_on"],
                condition=Q(next_due_on__isnull=False),
            ),
            GinIndex(name="contracts_words", fields=["words"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Supplement(models.Model):
    """A supplement 补充协议: what was changed, from which day on, as it was before and after.

    `changes` is {field: [before, after]} of the contract; what it does to obligations names the supplement there.
    Where it eases what the unit is late with, all of it waits until the other side has agreed (`needs_agreement`).
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="supplements")
    ordinal = models.PositiveIntegerField("序号")
    reference = models.CharField("补充协议编号", max_length=80, blank=True)
    title = models.CharField("名称", max_length=200)
    signed_on = models.DateField("签订日期")
    effective_on = models.DateField("生效日期")
    reason = models.CharField("变更原因", max_length=1000)
    changes = models.JSONField(default=dict)
    # What is to become of obligations once it takes effect: see registering/supplements.
    obligation_changes = models.JSONField(default=list)
    state = models.CharField("状态", max_length=12, default="proposed")
    proposed_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    proposed_by_name = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()
    decided_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=400, blank=True)
    # Who took it back before it was in effect, beside who had approved it.
    dropped_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    dropped_by_name = models.CharField(max_length=120, blank=True)
    dropped_at = models.DateTimeField(null=True)
    drop_reason = models.CharField(max_length=1000, blank=True)
    # What the unit is late with and would owe less of, or later: it takes effect once the other side has agreed.
    needs_agreement = models.BooleanField(default=False)
    # [{"obligation", "ordinal", "title", "before", "after"}]: see performing/easing.
    eased = models.JSONField(default=list)
    # Until then the other side may say so; after it a supervisor may decide without it.
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    # counterparty | supervisor
    agreed_as = models.CharField(max_length=12, blank=True)
    agreed_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    agreed_by_name = models.CharField(max_length=120, blank=True)
    agreed_at = models.DateTimeField(null=True)
    agreement_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("ordinal",)
        constraints = [
            models.UniqueConstraint(name="contracts_supplement_once", fields=["contract", "ordinal"]),
            models.CheckConstraint(
                name="contracts_supplement_state", condition=Q(state__in=list(SUPPLEMENT.states))
            ),
            models.CheckConstraint(
                name="contracts_supplement_by_another",
                condition=Q(decided_by__isnull=True)
                | Q(proposed_by__isnull=True)
                | ~Q(decided_by=F("proposed_by"))
                | Q(state="dropped"),
            ),
            # Nobody agrees with themselves.
            models.CheckConstraint(
                name="contracts_supplement_agreed",
                condition=~Q(state="effective")
                | Q(needs_agreement=False)
                | Q(agreed_as__in=("counterparty", "supervisor")),
            ),
            models.CheckConstraint(
                name="contracts_supplement_agreed_by_another",
                condition=Q(agreed_by__isnull=True)
                | Q(proposed_by__isnull=True)
                | ~Q(agreed_by=F("proposed_by")),
            ),
        ]
        indexes = [
            models.Index(
                name="contracts_supplements_to_agree", fields=["due_on"], condition=Q(state="to_agree")
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.ordinal}"


class EmptyQuarter(models.Model):
    """A unit says that it has signed no contract in a quarter 本季度无合同: said, not silence."""

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    quarter = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=400, blank=True)
    declared_by_name = models.CharField(max_length=120)
    declared_at = models.DateTimeField()
    # A contract of the quarter was registered after all, or it was taken back.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-year", "-quarter")
        constraints = [
            models.CheckConstraint(name="contracts_quarter", condition=Q(quarter__gte=1, quarter__lte=4)),
            models.UniqueConstraint(
                name="contracts_quarter_once",
                fields=["agency", "year", "quarter"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.year}Q{self.quarter}"
