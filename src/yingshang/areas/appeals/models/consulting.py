"""Joint consultations 联合会商: who was invited until when, what was said, the minutes and who agrees to them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField

from ..lifecycle import CONSULTATION, INVITATION
from .appeals import Appeal


class Consultation(models.Model):
    """A consultation about an appeal. The clock of the appeal runs on.

    `called_as` is what its caller is to the appeal: agency | desk | supervisor. `conclusion` and `tasks` are the
    minutes who said it may read, once it has ended and if they were invited; `internal` is between agencies.
    """

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="consultations")
    state = models.CharField("状态", max_length=10, default="open")
    question = models.CharField("会商事项", max_length=1000)
    with_reporter = models.BooleanField("邀请诉求人", default=False)
    called_by_agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    called_as = models.CharField(max_length=10)
    called_by_name = models.CharField(max_length=120)
    called_at = models.DateTimeField("发起时间")
    due_on = models.DateField("意见期限")
    meeting_at = models.DateTimeField("会议时间", null=True)
    meeting_place = models.CharField("会议地点", max_length=200, blank=True)
    meeting_address = models.CharField("会议地址", max_length=300, blank=True)
    conclusion = models.CharField("会商结论", max_length=4000, blank=True)
    internal = EncryptedTextField("内部意见", blank=True)
    # Who does what by when: [{"agency", "agency_name", "what", "due_on", "part"}]; `part` is the part it became.
    tasks = models.JSONField("分工", default=list)
    minuted_at = models.DateTimeField(null=True)
    minuted_by_name = models.CharField(max_length=120, blank=True)
    sign_due_on = models.DateField("会签期限", null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField("说明", max_length=1000, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                name="appeals_consultation_state", condition=Q(state__in=list(CONSULTATION.states))
            ),
            models.CheckConstraint(
                name="appeals_consultation_called_as",
                condition=Q(called_as__in=["agency", "desk", "supervisor"]),
            ),
            # Nothing is agreed on that is not written.
            models.CheckConstraint(
                name="appeals_consultation_has_minutes",
                condition=~Q(state__in=["minuted", "ended"]) | ~Q(conclusion=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.called_at:%Y-%m-%d}"


class Invitation(models.Model):
    """An agency is asked for its opinion, and later whether it agrees to the minutes; each with a clock of its own."""

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="invitations")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=10, default="asked")
    invited_at = models.DateTimeField()
    deadline_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    stated_at = models.DateTimeField(null=True)
    reason = models.CharField("不同意的理由", max_length=1000, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                name="appeals_invitation_state", condition=Q(state__in=list(INVITATION.states))
            ),
            models.UniqueConstraint(name="appeals_invited_once", fields=["consultation", "agency"]),
            models.CheckConstraint(
                name="appeals_dissent_has_reason", condition=~Q(state="dissented") | ~Q(reason="")
            ),
        ]
        indexes = [models.Index(name="appeals_invitations_of", fields=["agency", "state"])]

    def __str__(self) -> str:
        return f"{self.consultation_id} {self.agency_id}"


class Statement(models.Model):
    """What an agency, or who said it, has to say. Of who said it `text` is `body` masked, for those who do not deal
    with the appeal; an `internal` one is between agencies.
    """

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="statements")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, null=True, related_name="+")
    by_reporter = models.BooleanField(default=False)
    internal = models.BooleanField("只给单位看", default=False)
    body = EncryptedTextField()
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                name="appeals_statement_of_somebody",
                condition=Q(by_reporter=True, agency__isnull=True, internal=False)
                | Q(by_reporter=False, agency__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.consultation_id} {self.at:%Y-%m-%d}"
