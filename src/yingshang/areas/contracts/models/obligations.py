"""Obligations 履约义务: what either side has to do, until when, and what each says has been done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ..lifecycle import OBLIGATION, PERFORMANCE
from .contracts import Contract, Supplement

OPEN = OBLIGATION.open_states
SIDES = ("unit", "counterparty")
_WEIGHED = [
    "id",
    "agency",
    "contract",
    "open_fen",
    "budget_reserved",
    "disputed",
    "disagreed",
    "side",
    "state",
]


class Obligation(models.Model):
    """One thing one side owes the other: to pay, to deliver, to accept, to give back a deposit.

    `terms` is the rule as it was agreed (obligations/terms.py), `derivation` how the date came of it. `due_on` is
    missing while the event it waits for has not happened. Of obligations in money `amount_fen` is what is owed,
    `done_fen` what both sides agree, or the unit alone has said and nobody denied, that was paid; `open_fen` the rest.
    What the two sides say stands beside each other (`unit_said_fen`, `counterparty_said_fen`), and where they differ
    `disagreed` is set: nothing is averaged.

    Interest: `daily_rate` is the share of a day (0.0005), unknown while no rule gives one; `accrued_fen` what had
    grown until `accrued_until`, from where it goes on growing on `open_fen`.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="obligations", db_index=False
    )
    # Of the contract, for lists and sums without it.
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    party_id = models.BigIntegerField(null=True)
    region_path = models.CharField(max_length=12)
    ordinal = models.PositiveIntegerField("序号")
    side = models.CharField("义务方", max_length=12)
    kind = models.CharField("义务类型", max_length=20)
    title = models.CharField("内容", max_length=200)
    terms = models.JSONField("约定", default=dict)
    derivation = models.JSONField(default=dict)
    event = models.CharField("起算事件", max_length=40, blank=True)
    # The obligation whose being done is the event, where it is one of the same contract.
    after = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="followers", db_index=False
    )
    event_on = models.DateField("事件发生日", null=True)
    due_on = models.DateField("到期日", null=True)
    # The law's last day, where it sets one: later than it nothing can be agreed.
    law_due_on = models.DateField("法定最迟日", null=True)
    law = models.CharField(max_length=40, blank=True)
    amount_fen = models.BigIntegerField("应付金额（分）", null=True)
    done_fen = models.BigIntegerField(default=0)
    open_fen = models.BigIntegerField(default=0)
    unit_said_fen = models.BigIntegerField(null=True)
    counterparty_said_fen = models.BigIntegerField(null=True)
    daily_rate = models.DecimalField(max_digits=12, decimal_places=10, null=True)
    rate_source = models.CharField(max_length=60, blank=True)
    accrued_fen = models.BigIntegerField(default=0)
    accrued_until = models.DateField(null=True)
    state = models.CharField("状态", max_length=12, default="waiting")
    state_before = models.CharField(max_length=12, blank=True)
    disagreed = models.BooleanField("双方说法不一", default=False)
    disputed = models.BooleanField("有争议", default=False)
    performed_on = models.DateField("履行日", null=True)
    # When the other side said so, or a supervisor decided: see supervising/cancelling.
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=12, blank=True)
    # Has money been set aside in the budget? Unknown until somebody says.
    budget_reserved = models.BooleanField("预算已安排", null=True)
    deadline_id = models.BigIntegerField(null=True)
    # "", remind, warn, escalate, notice, case, transfer: how far the ladder has come.
    escalation = models.CharField("预警级别", max_length=12, blank=True)
    supplement = models.ForeignKey(
        Supplement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # How the figures count it now (figures/cells.py): taken out again by exactly this.
    counted = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    demonstration = models.BooleanField(default=False)

    class Meta:
        ordering = ("contract", "ordinal")
        constraints = [
            models.UniqueConstraint(name="contracts_obligation_once", fields=["contract", "ordinal"]),
            models.CheckConstraint(
                name="contracts_obligation_state", condition=Q(state__in=list(OBLIGATION.states))
            ),
            models.CheckConstraint(name="contracts_side", condition=Q(side__in=SIDES)),
            models.CheckConstraint(
                name="contracts_obligation_amounts",
                condition=Q(amount_fen__isnull=True, open_fen=0)
                | Q(
                    amount_fen__gte=0,
                    done_fen__gte=0,
                    open_fen=F("amount_fen") - F("done_fen"),
                    open_fen__gte=0,
                )
                | Q(state__in=("dropped", "released")),
            ),
            models.CheckConstraint(
                name="contracts_waits_without_day", condition=Q(due_on__isnull=False) | ~Q(state="running")
            ),
        ]
        indexes = [
            models.Index(
                name="contracts_due_of_unit",
                fields=["agency", "due_on", "id"],
                condition=Q(state__in=OPEN, due_on__isnull=False),
            ),
            models.Index(
                name="contracts_due_of_region",
                fields=["region_path", "due_on"],
                opclasses=["varchar_pattern_ops", "date_ops"],
                include=["id", "contract", "kind"],
                condition=Q(state__in=OPEN, due_on__isnull=False),
            ),
            models.Index(
                name="contracts_due_of_party",
                fields=["party_id", "due_on"],
                condition=Q(state__in=OPEN, party_id__isnull=False),
            ),
            # Payments that may not be made in time (figures/risks.py): all that has to be known of each.
            models.Index(
                name="contracts_payments_due",
                fields=["due_on", "region_path"],
                include=_WEIGHED,
                condition=Q(state__in=OPEN, side="unit", open_fen__gt=0, due_on__isnull=False),
            ),
            models.Index(
                name="contracts_payments_waiting",
                fields=["after", "event"],
                include=[*_WEIGHED, "due_on", "region_path"],
                condition=Q(state__in=OPEN, side="unit", open_fen__gt=0, due_on__isnull=True),
            ),
            # Few have one of these.
            models.Index(name="contracts_followers", fields=["after"], condition=Q(after__isnull=False)),
            models.Index(
                name="contracts_of_supplement", fields=["supplement"], condition=Q(supplement__isnull=False)
            ),
            # Whose clock has to be started next.
            models.Index(
                name="contracts_unwatched",
                fields=["due_on", "id"],
                condition=Q(state="running", deadline_id__isnull=True),
            ),
            models.Index(
                name="contracts_done_of_unit",
                fields=["agency", "performed_on"],
                condition=Q(performed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id}/{self.ordinal} {self.title}"

    def save(self, *args: Any, **named: Any) -> None:
        """How it is counted is written by figures/cells.py alone: an instance that is older than the last count would
        take it back.
        """
        if (
            not (self._state.adding or args or named.get("force_insert"))
            and named.get("update_fields") is None
        ):
            fields = [each.name for each in self._meta.concrete_fields if not each.primary_key]
            named["update_fields"] = [name for name in fields if name != "counted"]
        super().save(*args, **named)


class Performance(models.Model):
    """What one side says has happened: done, in part, not received, disputed; with evidence. Never changed; what was
    said by mistake is taken back by another entry (`withdrawn_at`).
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="performances")
    side = models.CharField("记录方", max_length=12)
    # done | partial | not_received | disputed | settled
    what = models.CharField("记录", max_length=12)
    happened_on = models.DateField("发生日")
    amount_fen = models.BigIntegerField("金额（分）", null=True)
    # How the law divides what was paid: interest first unless agreed otherwise.
    interest_fen = models.BigIntegerField(default=0)
    note = models.CharField("说明", max_length=1000, blank=True)
    document_ids = models.JSONField(default=list)
    state = models.CharField(max_length=12, default="valid")
    recorded_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_name = models.CharField(max_length=120, blank=True)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("happened_on", "id")
        constraints = [
            models.CheckConstraint(name="contracts_performance_side", condition=Q(side__in=SIDES)),
            models.CheckConstraint(
                name="contracts_performance_state", condition=Q(state__in=list(PERFORMANCE.states))
            ),
            models.CheckConstraint(
                name="contracts_performance_amount",
                condition=Q(amount_fen__isnull=True) | Q(amount_fen__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.obligation_id} {self.side} {self.what}"


class Correction(models.Model):
    """A supervisor has corrected what an obligation is counted from: it had been registered wrongly. Never changed.

    `before` and `after` are {"terms", "event_on", "due_on", "state"}; `eased` says what the unit was late with and is
    less of, or later, by it, as supplements do. Both sides read it.
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="corrections")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    eased = models.JSONField(default=list)
    reason = models.CharField("更正理由", max_length=1000)
    document_ids = models.JSONField(default=list)
    # In whose name, as it was called.
    agency_name = models.CharField(max_length=200)
    made_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_by_name = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    event_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.obligation_id} {self.made_at:%Y-%m-%d}"


class FollowedCalendar(models.Model):
    """The version of a calendar by which the days of obligations were counted last; `settled` once they were looked
    through a second time, when nobody was writing by the version before any more.
    """

    calendar = models.CharField(max_length=20, primary_key=True)
    version = models.CharField(max_length=40)
    settled = models.BooleanField(default=False)
    followed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.calendar} {self.version}"
