"""Messages, and how far each has come; what people want of them; what is sent to many.

A message is written in the transaction of the action that has something to say, so it exists exactly when that action
happened. Delivering it is bookkeeping beside it, in a row of its own.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from yingshang.kernel.access.api import EncryptedTextField

STATES = ("queued", "sent", "failed", "delivered", "read")
"""How far a message has come, in the order in which a later report takes the place of an earlier one.

What was delivered has not failed, whatever came in between; and what was read stays read.
"""

CAMPAIGN_STATES = ("draft", "review", "scheduled", "sending", "paused", "done", "cancelled")
RECIPIENT_STATES = ("waiting", "written", "unreached", "rejected")


class Message(models.Model):
    """One message to one recipient over one channel, as it was put into words then."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="messages"
    )
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="messages")
    # The indexes that matter begin with it and leave out what no campaign sent.
    campaign = models.ForeignKey(
        "notices.Campaign", on_delete=models.PROTECT, null=True, related_name="messages", db_index=False
    )
    address = EncryptedTextField("地址", blank=True)
    channel = models.CharField("渠道", max_length=20)
    template = models.CharField("模板", max_length=60)
    # The published version that put it into words; null for a text of the room's own file.
    template_version = models.PositiveIntegerField("模板版本", null=True)
    kind = models.CharField("种类", max_length=20, default="progress")
    # What is urgent does not wait for the end of quiet hours.
    urgent = models.BooleanField("紧急", default=False)
    language = models.CharField("语言", max_length=8)
    subject = models.CharField("标题", max_length=200)
    # Without what is secret in it: that is kept with the delivery, until it is delivered.
    body = EncryptedTextField("内容")
    link = models.CharField("链接", max_length=300, blank=True)
    # The same key is never sent twice over one channel to one recipient.
    once = models.CharField(max_length=240, null=True, unique=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(
                name="notices_unread",
                fields=["recipient"],
                condition=Q(channel="in_app", read_at__isnull=True),
            ),
            models.Index(name="notices_inbox", fields=["recipient", "channel", "-id"]),
            models.Index(
                name="notices_of_campaign", fields=["campaign", "party"], condition=Q(campaign__isnull=False)
            ),
            models.Index(name="notices_by_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return self.subject


class Delivery(models.Model):
    """How far a message has come with its channel."""

    QUEUED, SENT, FAILED, DELIVERED, READ = STATES

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="delivery"
    )
    state = models.CharField("状态", max_length=10, default=QUEUED)
    # What a gateway calls the message by: it says nothing of it, and is the same for every attempt.
    reference = models.CharField(max_length=32, null=True, unique=True)
    # The whole text of a message that carries a secret, emptied when it has been sent or given up.
    secret_body = EncryptedTextField(blank=True)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_try_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField("送出时间", null=True)
    delivered_at = models.DateTimeField("送达时间", null=True)
    read_at = models.DateTimeField("阅读时间", null=True)
    error = models.CharField("原因", max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="delivery_state", condition=Q(state__in=STATES)),
            models.CheckConstraint(
                name="delivery_secret_gone", condition=Q(state="queued") | Q(secret_body="")
            ),
        ]
        indexes = [
            models.Index(name="notices_due", fields=["next_try_at"], condition=Q(state="queued")),
            models.Index(name="notices_failed", fields=["-message"], condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class GatewayReport(models.Model):
    """A signed request of a gateway that was taken in, so that the same one is not taken in twice."""

    gateway = models.CharField(max_length=20)
    signature = models.CharField(max_length=64)
    received_at = models.DateTimeField(db_index=True)
    reports = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="notices_report_once", fields=["gateway", "signature"])]

    def __str__(self) -> str:
        return f"{self.gateway} {self.received_at}"


class TextTemplate(models.Model):
    """A message template that people edit: whose it is. What it says lies in its versions."""

    code = models.CharField("代码", max_length=60, unique=True)
    region_path = models.CharField(max_length=12, blank=True)
    name = models.CharField("名称", max_length=80)
    name_en = models.CharField("英文名称", max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class TextTemplateVersion(models.Model):
    """What a template says, by language: {"zh-hans": {"subject", "body"}, "en": …}. Published, it is never changed."""

    DRAFT, PUBLISHED = "draft", "published"

    template = models.ForeignKey(TextTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版本")
    state = models.CharField("状态", max_length=10, default=DRAFT)
    texts = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by_name = models.CharField(max_length=120)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("template", "-number")
        constraints = [
            models.UniqueConstraint(name="text_version_number", fields=["template", "number"]),
            models.UniqueConstraint(name="text_one_draft", fields=["template"], condition=Q(state="draft")),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.number}"


class Rules(models.Model):
    """The platform's own rules, one row: quiet hours, and how long messages are kept. Without it the data file
    counts.
    """

    quiet_from = models.TimeField("静默开始", null=True)
    quiet_until = models.TimeField("静默结束", null=True)
    # {"in_app": days, "outside": days, "reports": days}
    keep_days = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.CheckConstraint(name="notices_one_rules", condition=Q(pk=1))]

    def __str__(self) -> str:
        return f"{self.quiet_from}–{self.quiet_until}"


class Preference(models.Model):
    """What somebody has chosen: the quiet hours, and the kinds of message they do not want over a channel."""

    PLATFORM, OWN, NONE = "platform", "own", "none"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    quiet = models.CharField(max_length=8, default=PLATFORM)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # {kind: [channel, …]}: what was switched off.
    unwanted = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.user_id)


class Campaign(models.Model):
    """One text to many enterprises."""

    DRAFT, REVIEW, SCHEDULED, SENDING, PAUSED, DONE, CANCELLED = CAMPAIGN_STATES

    title = models.CharField("名称", max_length=120)
    region_path = models.CharField(max_length=12, blank=True)
    kind = models.CharField("种类", max_length=20)
    urgent = models.BooleanField("紧急", default=False)
    channels = models.JSONField("渠道")
    # {"zh-hans": {"subject", "body"}, "en": …}; English may be missing.
    texts = models.JSONField("内容")
    link = models.CharField("链接", max_length=300, blank=True)
    # {"region", "industry", "size", "status", "facts": [[column, operator, value]]}, {"list": true}, or
    # {"unread_of": id}
    audience = models.JSONField("对象", default=dict)
    state = models.CharField("状态", max_length=10, default=DRAFT)
    resend_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="resends")

    created_by = models.CharField(max_length=64)
    created_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField("发送时间", null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # The check for sensitive words: by which list, of which text, with what result.
    words_version = models.CharField(max_length=20, blank=True)
    findings = models.JSONField(default=list)
    override_reason = models.CharField("放行理由", max_length=400, blank=True)
    override_asked_by = models.CharField(max_length=64, blank=True)
    override_asked_by_name = models.CharField(max_length=120, blank=True)
    override_by = models.CharField(max_length=64, blank=True)
    override_by_name = models.CharField(max_length=120, blank=True)
    override_at = models.DateTimeField(null=True)
    refusal = models.CharField("退回理由", max_length=400, blank=True)

    # How far the job is: the last party of the audience that was noted, and whether that was all of them.
    collected_until = models.BigIntegerField(default=0)
    collected = models.BooleanField(default=False)
    job_id = models.BigIntegerField(null=True)
    # Kept when the messages are forgotten.
    statistics = models.JSONField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.CheckConstraint(name="campaign_state", condition=Q(state__in=CAMPAIGN_STATES))]
        indexes = [
            models.Index(name="campaign_due", fields=["send_at"], condition=Q(state="scheduled")),
        ]

    def __str__(self) -> str:
        return self.title


class CampaignRecipient(models.Model):
    """One enterprise of a campaign, or one row of a list that names none."""

    WAITING, WRITTEN, UNREACHED, REJECTED = RECIPIENT_STATES

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, null=True, related_name="+")
    region_code = models.CharField(max_length=9, blank=True)
    state = models.CharField(max_length=10, default=WAITING)
    # Of a list: the row, what stood there, and why it is nobody.
    row = models.PositiveIntegerField(null=True)
    text = models.CharField(max_length=60, blank=True)
    problem = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(name="campaign_party", fields=["campaign", "party"]),
            models.CheckConstraint(name="recipient_state", condition=Q(state__in=RECIPIENT_STATES)),
        ]
        indexes = [
            models.Index(name="campaign_waiting", fields=["campaign", "id"], condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.party_id or self.text}"
