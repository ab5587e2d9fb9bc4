"""Writing a mass message, checking it, letting it through, and steering it while it is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor, ensure_separate, reference_of
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import find_region

from ..audience import SEND, Audience, ListRow, check_audience, look_up
from ..campaigns import FIELDS, own_campaign
from ..channels import get_channel
from ..errors import CampaignNotFound, InvalidCampaign, SensitiveWords, WrongCampaignState
from ..kinds import get_kind, message_kinds
from ..message_templates import LANGUAGES, Texts, as_data, as_texts, check_texts
from ..models import Campaign, CampaignRecipient, Delivery
from ..sensitive_words import find_words, word_list

LONGEST_TITLE, LONGEST_REASON = 120, 400
EDITABLE = (Campaign.DRAFT,)


@dataclass(frozen=True, slots=True)
class CampaignContent:
    """What its writer decides: the kind, the channels, the text (English may be missing), a link, and for whom."""

    title: str
    kind: str
    channels: Sequence[str]
    texts: Texts
    link: str = ""
    audience: Audience = field(default_factory=Audience)


def create_campaign(*, actor: Actor, content: CampaignContent, now: datetime) -> int:
    """Begin a mass message as a draft. Raises InvalidCampaign, NotAllowed."""
    with transaction.atomic():
        campaign = Campaign(
            region_path=_home(actor, content.audience.region),
            created_by=reference_of(actor),
            created_by_name=actor.name,
            created_at=now,
        )
        _put(actor, campaign, content, audience=content.audience.as_dict())
        campaign.save()
        _record(actor, "notices.campaign_created", campaign, now, after=_told(campaign))
    return campaign.pk


def change_campaign(*, actor: Actor, campaign_id: int, content: CampaignContent, now: datetime) -> None:
    """Rewrite a draft. A list that was given stays, and so does an earlier mass message it is sent again for.

    Raises InvalidCampaign, CampaignNotFound, WrongCampaignState.
    """
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, EDITABLE)
        before = _told(campaign)
        fixed = "unread_of" in campaign.audience or campaign.audience.get("list")
        _put(
            actor,
            campaign,
            content,
            audience=campaign.audience if fixed else content.audience.as_dict(),
        )
        if not fixed:
            campaign.region_path = _home(actor, content.audience.region)
        _forget_check(campaign)
        campaign.save()
        _record(actor, "notices.campaign_changed", campaign, now, before=before, after=_told(campaign))


def set_campaign_list(*, actor: Actor, campaign_id: int, rows: Sequence[ListRow], now: datetime) -> int:
    """Send it to the enterprises of a list instead; how many of its rows name one. An empty list takes it away.

    Every row is kept, with the reason where it names nobody. Raises CampaignNotFound, WrongCampaignState.
    """
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, EDITABLE)
        if "unread_of" in campaign.audience:
            raise WrongCampaignState(
                "it goes to who has not read the earlier one",
                message_zh="这条消息发给未读的企业，不能改为名单",
            )
        before = campaign.recipients.count()
        campaign.recipients.all().delete()
        recipients = look_up(actor, list(rows))
        for each in recipients:
            each.campaign = campaign
        CampaignRecipient.objects.bulk_create(recipients, batch_size=2_000)
        good = sum(1 for each in recipients if not each.problem)
        campaign.audience = {"list": True} if rows else {}
        campaign.collected = bool(rows)
        campaign.save(update_fields=["audience", "collected"])
        _record(
            actor,
            "notices.campaign_list_set",
            campaign,
            now,
            before={"rows": before},
            after={"rows": len(recipients), "enterprises": good},
        )
    return good


def submit_campaign(
    *,
    actor: Actor,
    campaign_id: int,
    now: datetime,
    send_at: datetime | None = None,
    override_reason: str = "",
) -> str:
    """Send it, now or at a time, once it was searched for sensitive words; the state it is in then.

    With findings it needs a reason, and waits for a second person. Raises SensitiveWords with the findings when
    there is no reason, InvalidCampaign when nobody would get it or the time is past, CampaignNotFound,
    WrongCampaignState.
    """
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, EDITABLE)
        if send_at is not None and send_at <= now:
            raise InvalidCampaign(
                "the time is past; choose a later one, or send it now",
                message_zh="发送时间已过，请选以后的时间，或立即发送",
                field="send_at",
            )
        if campaign.audience.get("list") and not campaign.recipients.filter(party__isnull=False).exists():
            raise InvalidCampaign(
                "no row of the list names an enterprise", message_zh="名单里没有一家可以发送的企业"
            )
        words = word_list()
        findings = find_words(as_texts(campaign.texts), words)
        if findings and not override_reason.strip():
            raise SensitiveWords(
                "; ".join(f"{each.where}: {each.found}" for each in findings),
                message_zh="；".join(
                    f"{each.where_zh}：{each.found}（{each.category_name}）" for each in findings
                ),
                findings=[each.as_dict() for each in findings],
            )
        campaign.words_version = words.version
        campaign.findings = [each.as_dict() for each in findings]
        campaign.send_at = send_at
        campaign.refusal = ""
        if findings:
            campaign.state = Campaign.REVIEW
            campaign.override_reason = override_reason.strip()[:LONGEST_REASON]
            campaign.override_asked_by, campaign.override_asked_by_name = reference_of(actor), actor.name
            campaign.save()
            _record(
                actor,
                "notices.campaign_override_asked",
                campaign,
                now,
                after={"words": [each.found for each in findings], "version": words.version},
                reason=campaign.override_reason,
            )
        else:
            _schedule(campaign, actor, now, "notices.campaign_submitted")
    return campaign.state


def decide_override(*, actor: Actor, campaign_id: int, approve: bool, reason: str, now: datetime) -> str:
    """Let the sensitive words of somebody else's mass message through, or give it back; the state it is in then.

    Raises ConflictingDuties for who made it or asked for it, InvalidCampaign without a reason, CampaignNotFound,
    WrongCampaignState.
    """
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, (Campaign.REVIEW,))
        ensure_separate(actor, [campaign.created_by, campaign.override_asked_by])
        reason = reason.strip()[:LONGEST_REASON]
        if not reason:
            raise InvalidCampaign("say why", message_zh="请写明理由", field="reason")
        if not approve:
            campaign.state, campaign.refusal = Campaign.DRAFT, reason
            _forget_check(campaign)
            campaign.save()
            _record(actor, "notices.campaign_override_refused", campaign, now, reason=reason)
            return campaign.state
        campaign.override_by, campaign.override_by_name, campaign.override_at = (
            reference_of(actor),
            actor.name,
            now,
        )
        if campaign.send_at is not None and campaign.send_at <= now:
            campaign.send_at = None
        _schedule(campaign, actor, now, "notices.campaign_override_approved", reason=reason)
    return campaign.state


def recall_campaign(*, actor: Actor, campaign_id: int, now: datetime) -> None:
    """Take back what has not begun, to be changed. Raises CampaignNotFound, WrongCampaignState."""
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, (Campaign.SCHEDULED, Campaign.REVIEW))
        before = campaign.state
        campaign.state, campaign.send_at = Campaign.DRAFT, None
        _forget_check(campaign)
        campaign.save()
        _record(actor, "notices.campaign_recalled", campaign, now, before={"state": before})


def pause_campaign(*, actor: Actor, campaign_id: int, now: datetime) -> None:
    """Stop it for a while: nothing more is written, and what is written and has not been tried yet waits."""
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, (Campaign.SENDING,))
        campaign.state = Campaign.PAUSED
        campaign.save(update_fields=["state"])
        untried(campaign).update(next_try_at=None)
        _record(actor, "notices.campaign_paused", campaign, now)


def resume_campaign(*, actor: Actor, campaign_id: int, now: datetime) -> None:
    """Go on where it was stopped; it is sent as by whoever resumes it."""
    with transaction.atomic():
        campaign = _in_state(actor, campaign_id, (Campaign.PAUSED,))
        untried(campaign).update(next_try_at=now)
        start(campaign, actor, now, "notices.campaign_resumed")


def cancel_campaign(*, actor: Actor, campaign_id: int, reason: str, now: datetime) -> None:
    """Stop it for good: what has not been tried is not sent. What was sent cannot be taken back."""
    with transaction.atomic():
        campaign = _in_state(
            actor,
            campaign_id,
            (Campaign.DRAFT, Campaign.REVIEW, Campaign.SCHEDULED, Campaign.SENDING, Campaign.PAUSED),
        )
        before = campaign.state
        campaign.state, campaign.ended_at = Campaign.CANCELLED, now
        campaign.save(update_fields=["state", "ended_at"])
        untried(campaign).update(
            state=Delivery.FAILED, next_try_at=None, secret_body="", error="the mass message was cancelled"
        )
        _record(
            actor,
            "notices.campaign_cancelled",
            campaign,
            now,
            before={"state": before},
            reason=reason.strip(),
        )


def resend_to_unread(*, actor: Actor, campaign_id: int, channels: Sequence[str], now: datetime) -> int:
    """Draft the same text for the enterprises where nobody has read it; its number. It is checked and sent like others.

    Raises WrongCampaignState while it is being sent, InvalidCampaign, CampaignNotFound.
    """
    with transaction.atomic():
        earlier = _in_state(actor, campaign_id, (Campaign.DONE, Campaign.CANCELLED))
        if earlier.statistics is not None:
            raise WrongCampaignState(
                "its messages are no longer kept, so nobody knows who has read them",
                message_zh="这条群发的消息记录已按保存期限清除，无法得知谁未读",
            )
        campaign = Campaign(
            title=f"{earlier.title}（再次发送）"[:LONGEST_TITLE],
            region_path=earlier.region_path,
            kind=earlier.kind,
            urgent=earlier.urgent,
            channels=_checked_channels(channels),
            texts=earlier.texts,
            link=earlier.link,
            audience={"unread_of": earlier.pk},
            resend_of=earlier,
            created_by=reference_of(actor),
            created_by_name=actor.name,
            created_at=now,
        )
        campaign.save()
        _record(actor, "notices.campaign_created", campaign, now, after=_told(campaign))
    return campaign.pk


def start_due_campaigns(*, clock: Callable[[], datetime], as_whom: Callable[[str], Actor]) -> int:
    """Begin those whose time has come, each in a transaction of its own; how many. `as_whom` finds who submitted
    one.
    """
    begun = 0
    while True:
        now = clock()
        with transaction.atomic():
            campaign = (
                Campaign.objects.select_for_update(skip_locked=True)
                .filter(state=Campaign.SCHEDULED, send_at__lte=now)
                .order_by("send_at")
                .first()
            )
            if campaign is None:
                return begun
            begin(campaign, as_whom(campaign.created_by), now)
            begun += 1


def begin(campaign: Campaign, actor: Actor, now: datetime) -> None:
    """Start a scheduled one, or give it back when its sender may not send any more or the list of words has grown."""
    refusal = ""
    if not actor.may(SEND):
        refusal = "发送人已不再有群发权限，请有权限的人员重新提交"
    elif (words := word_list()).version != campaign.words_version:
        allowed = {(each["category"], each["found"]) for each in campaign.findings}
        new = [
            each
            for each in find_words(as_texts(campaign.texts), words)
            if (each.category, each.found) not in allowed
        ]
        if new:
            refusal = "敏感词表已更新，出现新的敏感词：" + "、".join(
                dict.fromkeys(each.found for each in new)
            )
    if refusal:
        campaign.state, campaign.refusal, campaign.send_at = Campaign.DRAFT, refusal[:400], None
        _forget_check(campaign)
        campaign.save()
        _record(actor, "notices.campaign_returned", campaign, now, reason=refusal)
        return
    start(campaign, actor, now, "notices.campaign_started")


def start(campaign: Campaign, actor: Actor, now: datetime, action: str, reason: str = "") -> None:
    """Queue the job that writes the messages."""
    from yingshang.kernel.jobs.api import enqueue

    from ..tasks import send_campaign_job

    campaign.state = Campaign.SENDING
    campaign.started_at = campaign.started_at or now
    campaign.job_id = enqueue(
        send_campaign_job, actor=actor, title=f"群发：{campaign.title}", now=now, campaign_id=campaign.pk
    )
    campaign.save()
    _record(actor, action, campaign, now, after={"job": campaign.job_id}, reason=reason)


def untried(campaign: Campaign) -> Any:
    """What is written and nobody has tried to hand over. What was tried may have arrived, and goes on."""
    return Delivery.objects.filter(message__campaign=campaign, state=Delivery.QUEUED, attempts=0)


def _schedule(campaign: Campaign, actor: Actor, now: datetime, action: str, reason: str = "") -> None:
    if campaign.send_at is None:
        start(campaign, actor, now, action, reason)
        return
    campaign.state = Campaign.SCHEDULED
    campaign.save()
    _record(actor, action, campaign, now, after={"send_at": campaign.send_at}, reason=reason)


def _in_state(actor: Actor, campaign_id: int, states: Sequence[str]) -> Campaign:
    campaign = own_campaign(actor, campaign_id, lock=True)
    if campaign.state not in states:
        raise WrongCampaignState(
            f"the mass message is {campaign.state}; this is possible when it is {' or '.join(states)}",
            message_zh="群发消息的状态已经改变，不能这样操作；请刷新后再看",
            state=campaign.state,
        )
    return campaign


def _put(actor: Actor, campaign: Campaign, content: CampaignContent, *, audience: dict[str, Any]) -> None:
    title = " ".join(content.title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise InvalidCampaign(
            f"give it a name of at most {LONGEST_TITLE} characters",
            message_zh=f"名称不能为空，最多{LONGEST_TITLE}字",
            field="title",
        )
    kind = get_kind(content.kind)
    if not kind.mass:
        known = "、".join(each.name for each in message_kinds().values() if each.mass)
        raise InvalidCampaign(
            f"{kind.name_en} are not sent to many", message_zh=f"群发消息的种类应为：{known}", field="kind"
        )
    problems = check_texts(content.texts, fields=FIELDS)
    if problems or LANGUAGES[0] not in content.texts:
        raise InvalidCampaign(
            "; ".join(f"{each.where}: {each.message}" for each in problems) or "write the Chinese text",
            message_zh="；".join(f"{each.where_zh}：{each.message_zh}" for each in problems)
            or "请写中文内容",
            problems=[
                {
                    "language": each.language,
                    "part": each.part,
                    "line": each.line,
                    "message_zh": each.message_zh,
                }
                for each in problems
            ],
        )
    if (content.link and not content.link.startswith(("/", "https://"))) or content.link.startswith("//"):
        raise InvalidCampaign(
            "a link begins with / or https://", message_zh="链接应以 / 或 https:// 开头", field="link"
        )
    check_audience(actor, content.audience)
    campaign.title, campaign.kind, campaign.urgent = title, kind.code, kind.urgent
    campaign.channels = _checked_channels(content.channels)
    campaign.texts, campaign.link, campaign.audience = as_data(content.texts), content.link, audience


def _checked_channels(channels: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(channels))
    if not chosen:
        raise InvalidCampaign("choose a channel", message_zh="请至少选一个渠道", field="channels")
    for code in chosen:
        channel = get_channel(code)
        if not channel.for_people or not channel.is_configured():
            raise InvalidCampaign(
                f"{channel.name_en} is not set up here",
                message_zh=f"本平台没有接入{channel.name}",
                field="channels",
            )
    return chosen


def _home(actor: Actor, region: str) -> str:
    """Whose it is: the region it is for, or else where its sender reaches from."""
    scope = actor.require(SEND)
    found = find_region(region) if region else None
    if found is not None:
        if (
            scope.everywhere
            or found.path in scope.regions
            or any(found.path.startswith(path) for path in scope.subtrees)
        ):
            return found.path
        raise InvalidCampaign(
            f"{found.name} is outside your region", message_zh=f"{found.name}不在您的地区内", field="region"
        )
    if scope.everywhere:
        return ""
    paths = sorted(scope.subtrees | scope.regions, key=lambda path: (len(path), path))
    if not paths:
        raise CampaignNotFound(
            "mass messages belong to a region", message_zh="您的岗位不属于任何地区，不能群发"
        )
    return paths[0]


def _forget_check(campaign: Campaign) -> None:
    campaign.words_version, campaign.findings = "", []
    campaign.override_reason = campaign.override_asked_by = campaign.override_asked_by_name = ""
    campaign.override_by = campaign.override_by_name = ""
    campaign.override_at = None


def _told(campaign: Campaign) -> dict[str, Any]:
    return {
        "title": campaign.title,
        "kind": campaign.kind,
        "channels": campaign.channels,
        "audience": campaign.audience,
        "texts": campaign.texts,
        "link": campaign.link,
    }


def _record(
    actor: Actor,
    action: str,
    campaign: Campaign,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    record(
        actor=actor,
        action=action,
        target=Target("campaign", str(campaign.pk), campaign.title, region_path=campaign.region_path),
        now=now,
        before=before,
        after=after,
        reason=reason,
    )
