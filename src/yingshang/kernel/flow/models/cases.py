"""Cases, their tasks, and what was asked, owed and promised on the way.

Which way a state may go is the table of `data/lifecycle.yaml`. Where a case stands in its definition is
`Case.position`, which only the engine reads.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from yingshang.kernel.access.api import EncryptedTextField

CASE_OPEN = ("running", "returned")
CASE_STATES = (*CASE_OPEN, "completed", "rejected", "withdrawn")
TASK_OPEN = ("ready", "claimed", "consulting", "paused")
TASK_STATES = (*TASK_OPEN, "done", "cancelled")


class Case(models.Model):
    """办件: one subject on its way through one version of a definition, which it keeps."""

    version = models.ForeignKey("flow.DefinitionVersion", on_delete=models.PROTECT, related_name="cases")
    definition_code = models.CharField(max_length=64)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    subject_title = models.CharField("事项", max_length=200)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="+")
    region_code = models.CharField(max_length=9)
    region_path = models.CharField(max_length=12, db_index=True)
    # Lane of the definition → number of the agency that works there.
    agencies = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    # The engine's own account of where the case stands; small, without the definition.
    position = models.JSONField(default=dict)
    state = models.CharField("状态", max_length=12, default="running")
    outcome = models.CharField("结果", max_length=64, blank=True)
    reason = models.CharField("理由", max_length=400, blank=True)
    deadline = models.ForeignKey("clock.Deadline", on_delete=models.PROTECT, null=True, related_name="+")
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField("收件时间")
    ended_at = models.DateTimeField("办结时间", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="case_state", condition=Q(state__in=CASE_STATES)),
            models.CheckConstraint(
                name="case_ended",
                condition=Q(state__in=CASE_OPEN, ended_at__isnull=True)
                | Q(~Q(state__in=CASE_OPEN), ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_open_case_of_subject",
                fields=["subject_kind", "subject_id", "definition_code"],
                condition=Q(state__in=CASE_OPEN),
            ),
        ]
        indexes = [
            models.Index(name="case_of_subject", fields=["subject_kind", "subject_id", "-id"]),
            models.Index(name="case_of_party", fields=["party", "-id"]),
            models.Index(name="case_open_of_version", fields=["version"], condition=Q(state__in=CASE_OPEN)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject_title}"

    @property
    def number(self) -> str:
        """What people call the case: the region, the day it came in, its number."""
        return case_number(self.region_code, self.started_at, self.pk)


def case_number(region_code: str, started_at: object, pk: int) -> str:
    """The number a case is called by."""
    from django.utils import timezone

    return f"{region_code}-{timezone.localtime(started_at):%Y%m%d}-{pk:06d}"  # type: ignore[arg-type]


class Task(models.Model):
    """待办: a step of a case, or an opinion another agency is asked for, before one agency and one role."""

    STEP, OPINION = "step", "opinion"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=8, default=STEP)
    # What the engine calls this stay at the step; empty for an opinion.
    token = models.CharField(max_length=80, blank=True)
    step = models.CharField(max_length=64)
    name = models.CharField("环节", max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    state = models.CharField("状态", max_length=12, default="ready")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12, db_index=True)
    # Empty: whoever works on tasks in the agency.
    role = models.CharField("岗位", max_length=40, blank=True)
    # Steps whose doers may not do this one.
    apart_from = ArrayField(models.CharField(max_length=64), default=list)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Who passed the task on to its assignee.
    delegated_by = models.CharField(max_length=120, blank=True)
    deadline = models.ForeignKey("clock.Deadline", on_delete=models.PROTECT, null=True, related_name="+")
    ready_at = models.DateTimeField("到达时间")
    claimed_at = models.DateTimeField("认领时间", null=True)
    ended_at = models.DateTimeField("办理时间", null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_by_name = models.CharField("办理人", max_length=120, blank=True)
    outcome = models.CharField("结果", max_length=64, blank=True)
    outcome_name = models.CharField(max_length=200, blank=True)
    outcome_name_en = models.CharField(max_length=200, blank=True)
    opinion = models.TextField("意见", blank=True)
    # Opinions only: the task that asks, and what.
    asked_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="opinions")
    question = models.TextField("会商事项", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="task_state", condition=Q(state__in=TASK_STATES)),
            models.CheckConstraint(
                name="task_claimed_by_somebody", condition=~Q(state="claimed") | Q(assignee__isnull=False)
            ),
            models.CheckConstraint(
                name="task_waits_for_nobody_yet", condition=~Q(state="ready") | Q(assignee__isnull=True)
            ),
            models.CheckConstraint(
                name="task_ended",
                condition=Q(state__in=TASK_OPEN, ended_at__isnull=True)
                | Q(~Q(state__in=TASK_OPEN), ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="task_done_by_somebody", condition=~Q(state="done") | ~Q(ended_by="")
            ),
            models.CheckConstraint(
                name="task_opinion_is_asked",
                condition=Q(kind="step", asked_by__isnull=True) | Q(kind="opinion", asked_by__isnull=False),
            ),
            # One stay at a step is one task, whoever else acts at the same moment.
            models.UniqueConstraint(
                name="task_once", fields=["case", "token"], condition=Q(kind="step", state__in=TASK_OPEN)
            ),
            models.UniqueConstraint(
                name="opinion_once",
                fields=["asked_by", "agency"],
                condition=Q(kind="opinion", state__in=TASK_OPEN),
            ),
        ]
        indexes = [
            models.Index(name="task_desk", fields=["agency", "role", "id"], condition=Q(state__in=TASK_OPEN)),
            models.Index(name="task_mine", fields=["assignee", "id"], condition=Q(state__in=TASK_OPEN)),
            models.Index(name="task_open_deadline", fields=["deadline"], condition=Q(state__in=TASK_OPEN)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.name} {self.state}"


class Opinion(models.Model):
    """会商意见: what an agency that was asked has answered."""

    AGREES, OBJECTS, CONDITIONAL, SILENT = "agrees", "objects", "conditional", "silent"

    # The task of the agency that was asked.
    task = models.OneToOneField(Task, on_delete=models.PROTECT, primary_key=True, related_name="answer")
    stance = models.CharField("态度", max_length=12)
    text = models.TextField("意见", blank=True)
    given_at = models.DateTimeField("时间")
    given_by = models.CharField(max_length=80)
    given_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="opinion_stance", condition=Q(stance__in=["agrees", "objects", "conditional", "silent"])
            ),
            models.CheckConstraint(
                name="opinion_says_why", condition=Q(stance__in=["agrees", "silent"]) | ~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.stance}"


class FormAnswers(models.Model):
    """表单: what was filled into the form of a step, under the version it was filled in with. A trigger keeps it."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, primary_key=True, related_name="answers")
    form = models.CharField("表单", max_length=60)
    version = models.PositiveIntegerField("版本")
    values = EncryptedTextField()
    documents = models.JSONField(default=list)
    digest = models.CharField("内容摘要", max_length=64)
    given_at = models.DateTimeField("填写时间")
    given_by_name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.task_id} {self.form} v{self.version}"


class Correction(models.Model):
    """补正: a case returned to its applicant, with everything that is to be corrected said at once."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="corrections")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="corrections")
    what = ArrayField(models.CharField(max_length=200))
    note = models.TextField(blank=True)
    deadline = models.ForeignKey("clock.Deadline", on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField("退回时间")
    asked_by_name = models.CharField(max_length=120)
    answered_at = models.DateTimeField("补正时间", null=True)
    # The official went on without the correction.
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_correction",
                fields=["task"],
                condition=Q(answered_at__isnull=True, ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.asked_at:%Y-%m-%d}"


class Debt(models.Model):
    """容缺: a material the case was accepted without, owed until a day."""

    OWED, SETTLED, CANCELLED = "owed", "settled", "cancelled"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="debts")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="debts")
    name = models.CharField("材料", max_length=200)
    state = models.CharField("状态", max_length=10, default=OWED)
    deadline = models.ForeignKey("clock.Deadline", on_delete=models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField("登记时间")
    noted_by_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField("补齐时间", null=True)
    ended_by_name = models.CharField(max_length=120, blank=True)
    note = models.CharField("说明", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="debt_state", condition=Q(state__in=["owed", "settled", "cancelled"])
            ),
            models.CheckConstraint(
                name="debt_ended",
                condition=Q(state="owed", ended_at__isnull=True)
                | Q(~Q(state="owed"), ended_at__isnull=False),
            ),
            models.UniqueConstraint(name="debt_once", fields=["case", "name"], condition=Q(state="owed")),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.name} {self.state}"


class Commitment(models.Model):
    """告知承诺: the applicant was told the conditions and promised in writing to meet them; checked afterwards."""

    MADE, KEPT, BROKEN, CANCELLED = "made", "kept", "broken", "cancelled"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="commitments")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="commitments")
    promised = ArrayField(models.CharField(max_length=200))
    state = models.CharField("状态", max_length=10, default=MADE)
    deadline = models.ForeignKey("clock.Deadline", on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField("承诺时间")
    accepted_by_name = models.CharField(max_length=120)
    note = models.CharField("说明", max_length=400, blank=True)
    checked_at = models.DateTimeField("核查时间", null=True)
    checked_by_name = models.CharField(max_length=120, blank=True)
    finding = models.CharField("核查结果", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="commitment_state", condition=Q(state__in=["made", "kept", "broken", "cancelled"])
            ),
            models.CheckConstraint(
                name="commitment_checked",
                condition=Q(state="made", checked_at__isnull=True)
                | Q(~Q(state="made"), checked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="commitment_checked_later",
                condition=Q(checked_at__isnull=True) | Q(checked_at__gte=F("made_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"
