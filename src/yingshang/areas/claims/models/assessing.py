"""Expert scoring with a blind draw, and field checks with photos."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import FIELD_CHECK, SCORING, SEAT
from .claims import Claim


class Expert(models.Model):
    """Somebody who may be drawn to score claims 评审专家: a person with an account and the role for it. `agency` is
    where they hold that role; the employer is compared with claimants.
    """

    number = models.CharField("专家编号", max_length=20, unique=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("姓名", max_length=60)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    fields = models.JSONField("专业领域", default=list)
    employer_name = models.CharField("工作单位", max_length=200, blank=True)
    employer_code = models.CharField("工作单位统一社会信用代码", max_length=18, blank=True)
    contact = EncryptedTextField("联系方式", blank=True)
    active = models.BooleanField("可以抽取", default=True)
    added_at = models.DateTimeField()
    added_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ScoringPanel(models.Model):
    """Experts drawn for one claim, or for several of one item 评审组, with the terms as they were at the draw.

    The order of the draw follows from the claims' numbers, the newest signed checkpoint of the log, and a secret that
    nobody can know before: its SHA-256 is in the audit event of the draw, itself it is told once all scores are in. So
    nobody foresees who is drawn, and anybody can draw again afterwards. `pool` are the numbers of those who could be
    drawn, `excluded` says of whom the order came to why they were not.
    """

    number = models.CharField("评审编号", max_length=40, unique=True)
    item_code = models.CharField("事项编号", max_length=80)
    item_name = models.CharField("事项名称", max_length=200)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="open")
    rules = models.JSONField(default=dict)
    pool = models.JSONField(default=list)
    excluded = models.JSONField(default=dict)
    checkpoint_size = models.BigIntegerField()
    checkpoint_root = models.CharField(max_length=64, blank=True)
    secret = EncryptedTextField()
    commitment = models.CharField(max_length=64)
    drawn_at = models.DateTimeField()
    drawn_by = models.CharField(max_length=80)
    drawn_by_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField("终止理由", max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="claims_scoring_state", condition=Q(state__in=list(SCORING.states)))
        ]

    def __str__(self) -> str:
        return self.number


class PanelClaim(models.Model):
    """A claim that a panel scores. `active` until the panel ends without a result, or the claim is no longer asked."""

    panel = models.ForeignKey(ScoringPanel, on_delete=models.PROTECT, related_name="claims")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="panels")
    active = models.BooleanField(default=True)
    result = models.DecimalField("得分", max_digits=7, decimal_places=2, null=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(name="claims_in_one_panel", fields=["claim"], condition=Q(active=True)),
        ]

    def __str__(self) -> str:
        return f"{self.panel_id}/{self.claim_id}"


class ScoringSeat(models.Model):
    """An expert of a panel; `place` is that in the order of the draw. Nobody of the panel sees the others."""

    panel = models.ForeignKey(ScoringPanel, on_delete=models.PROTECT, related_name="seats")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="seats")
    place = models.PositiveIntegerField()
    state = models.CharField("状态", max_length=12, default="invited")
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField("评分期限")
    due_at = models.DateTimeField()
    invited_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField("理由", max_length=400, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(name="claims_seat_once", fields=["panel", "expert"]),
            models.CheckConstraint(name="claims_seat_state", condition=Q(state__in=list(SEAT.states))),
        ]
        indexes = [models.Index(name="claims_seats_of_expert", fields=["expert", "state"])]

    def __str__(self) -> str:
        return f"{self.panel_id}/{self.place}"


class ScoreSheet(models.Model):
    """What one expert gave one claim 评分表; only ever added. `entries`: {criterion: {"points", "remark"}}."""

    seat = models.ForeignKey(ScoringSeat, on_delete=models.PROTECT, related_name="sheets")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    entries = models.JSONField(default=dict)
    remark = models.TextField("评审意见")
    total = models.DecimalField("总分", max_digits=7, decimal_places=2)
    submitted_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(name="claims_sheet_once", fields=["seat", "claim"])]

    def __str__(self) -> str:
        return f"{self.seat_id}/{self.claim_id}"


class FieldCheck(models.Model):
    """A visit to where the claim says something is 实地核查: ordered, recorded by who was there, and, where it was
    not as claimed, answered by somebody else. The place in numbers is there only where the official wanted it kept.
    """

    number = models.CharField("核查编号", max_length=40, unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="field_checks")
    region_path = models.CharField(max_length=12)
    state = models.CharField("状态", max_length=12, default="ordered")
    points = models.JSONField(default=list)
    photos_asked = models.PositiveSmallIntegerField("照片张数", default=0)
    assigned = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_name = models.CharField("核查人员", max_length=120)
    ordered_at = models.DateTimeField()
    ordered_by_name = models.CharField(max_length=120)
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField("核查期限")
    visited_on = models.DateField("核查日期", null=True)
    place = models.CharField("核查地点", max_length=200, blank=True)
    findings = models.JSONField(default=dict)
    conclusion = models.CharField("核查结论", max_length=16, blank=True)
    summary = models.CharField("情况说明", max_length=1000, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True)
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.CharField(max_length=80, blank=True)
    recorded_by_name = models.CharField(max_length=120, blank=True)
    answer = models.CharField("处理意见", max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField("取消理由", max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="claims_field_check_state", condition=Q(state__in=list(FIELD_CHECK.states))
            ),
            models.CheckConstraint(
                name="claims_field_check_conclusion",
                condition=Q(conclusion__in=["as_claimed", "partly", "not_as_claimed"])
                | Q(state__in=["ordered", "cancelled"], conclusion=""),
            ),
            models.CheckConstraint(
                name="claims_field_check_separate",
                condition=Q(answered_by="") | ~Q(answered_by=F("recorded_by")),
            ),
            models.CheckConstraint(
                name="claims_field_check_place",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
            ),
        ]
        indexes = [models.Index(name="claims_field_checks_open", fields=["region_path", "state", "due_on"])]

    def __str__(self) -> str:
        return self.number


class FieldPhoto(models.Model):
    """A photo of a visit, drawn anew: nothing the camera wrote is in the file."""

    check_of = models.ForeignKey(FieldCheck, on_delete=models.PROTECT, related_name="photos")
    document_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name
