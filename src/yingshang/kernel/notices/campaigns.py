"""Reading mass messages: the list, one of them, its preview, its recipients, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, contacts_of_parties, mask, reference_of
from yingshang.kernel.parties.api import PartySummary, parties_after, parties_by_code, registered_contacts
from yingshang.kernel.reference.api import find_region

from .audience import SEND, Audience, check_audience, in_reach, unread_recipients
from .channels import get_channel
from .errors import CampaignNotFound
from .message_templates import LANGUAGES, Rendered, Texts, as_texts, fill
from .models import STATES, Campaign, CampaignRecipient, Delivery
from .sensitive_words import WordFinding

FIELDS = ("enterprise", "credit_code")
"""What the text of a mass message may name."""

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a mass message is: enterprises noted, written to, not reached, still waiting; rows of a list refused."""

    recipients: int
    written: int
    unreached: int
    waiting: int
    rejected: int

    @property
    def done(self) -> int:
        return self.written + self.unreached


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One mass message."""

    id: int
    title: str
    region_path: str
    kind: str
    urgent: bool
    channels: tuple[str, ...]
    texts: Texts
    link: str
    audience: Audience
    has_list: bool
    unread_of: int | None
    state: str
    created_by: str
    created_by_name: str
    created_at: datetime
    send_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    words_version: str
    findings: tuple[WordFinding, ...]
    override_reason: str
    override_asked_by_name: str
    override_by_name: str
    override_at: datetime | None
    refusal: str
    collected: bool
    job_id: int | None
    is_own: bool
    """Whether the reader made it, or asked for its words to be let through: then somebody else has to decide."""


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """Some mass messages, and how many there are in all."""

    rows: tuple[CampaignView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class SampleRecipient:
    """An enterprise of the audience, and the channels that would reach it."""

    party: PartySummary
    channels: tuple[str, ...]
    people: int


@dataclass(frozen=True, slots=True)
class CampaignPreview:
    """Whom it would go to, and how it would look to the first of them."""

    count: int
    sample: tuple[SampleRecipient, ...]
    rendered: Mapping[str, Rendered]


@dataclass(frozen=True, slots=True)
class CampaignStatistics:
    """Messages by channel and state, and by region and state; `forgotten` when the messages themselves are gone."""

    by_channel: Mapping[str, Mapping[str, int]]
    by_region: Mapping[str, Mapping[str, int]]
    forgotten: bool = False

    @property
    def total(self) -> Mapping[str, int]:
        return {state: sum(each.get(state, 0) for each in self.by_channel.values()) for state in STATES}

    @property
    def messages(self) -> int:
        return sum(self.total.values())


@dataclass(frozen=True, slots=True)
class RecipientDelivery:
    """One message of a mass message: to whom, over what, and how far it has come. Addresses are masked."""

    id: int
    party_id: int
    party_name: str
    credit_code: str
    region_name: str
    channel: str
    address: str
    state: str
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class RecipientDeliveryPage:
    """Some of them, and how many there are in all."""

    rows: tuple[RecipientDelivery, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class UnreachedRow:
    """An enterprise nothing reached, or a row of a list that names none, with the reason."""

    row: int | None
    text: str
    party_name: str
    problem: str


@dataclass(frozen=True, slots=True)
class UnreachedPage:
    """Some of them, and how many there are in all."""

    rows: tuple[UnreachedRow, ...]
    total: int
    page: int
    pages: int


def campaigns(
    *, actor: Actor, state: str = "", text: str = "", page: int = 1, per_page: int = 20
) -> CampaignPage:
    """The mass messages of the actor's regions, newest first. Two queries."""
    rows = _visible(actor)
    if state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(title__icontains=text.strip())
    total = rows.count()
    page = max(page, 1)
    found = rows.order_by("-id")[(page - 1) * per_page : page * per_page]
    return CampaignPage(
        tuple(view_of(each, actor) for each in found), total, page, max(-(-total // per_page), 1)
    )


def get_campaign(*, actor: Actor, campaign_id: int) -> CampaignView:
    """One of them. Raises CampaignNotFound."""
    return view_of(own_campaign(actor, campaign_id), actor)


def campaigns_to_review(*, actor: Actor, limit: int = 50) -> tuple[CampaignView, ...]:
    """Those with sensitive words that this actor may decide about: not the ones that they made themself."""
    me = reference_of(actor)
    rows = _visible(actor).filter(state=Campaign.REVIEW).exclude(created_by=me).exclude(override_asked_by=me)
    return tuple(view_of(each, actor) for each in rows.order_by("id")[:limit])


def campaign_progress(*, actor: Actor, campaign_id: int) -> CampaignProgress:
    """How far it is. Two queries."""
    return progress_of(own_campaign(actor, campaign_id))


def progress_of(campaign: Campaign) -> CampaignProgress:
    """The same for who has the row. One query."""
    counts = dict(
        campaign.recipients.order_by()
        .values_list("state")
        .annotate(number=Count("id"))
        .values_list("state", "number")
    )
    written, unreached = counts.get(CampaignRecipient.WRITTEN, 0), counts.get(CampaignRecipient.UNREACHED, 0)
    waiting = counts.get(CampaignRecipient.WAITING, 0)
    return CampaignProgress(
        recipients=written + unreached + waiting,
        written=written,
        unreached=unreached,
        waiting=waiting,
        rejected=counts.get(CampaignRecipient.REJECTED, 0),
    )


def preview_campaign(*, actor: Actor, campaign_id: int, now: datetime) -> CampaignPreview:
    """How many enterprises it would go to now, some of them, and how it would look to the first. A few queries."""
    campaign = own_campaign(actor, campaign_id)
    count, sample = _sample(actor, campaign)
    numbers = [each.id for each in sample]
    accounts = contacts_of_parties(party_ids=numbers, today=timezone.localdate(now))
    registered = registered_contacts(party_ids=numbers)
    rows = []
    for party in sample:
        people = accounts.get(party.id, ())
        contact = registered.get(party.id)
        rows.append(
            SampleRecipient(
                party,
                tuple(
                    code
                    for code in campaign.channels
                    if any(reaches(code, True, each.email, each.phone) for each in people)
                    or (not people and contact and reaches(code, False, contact.email, contact.phone))
                ),
                len(people),
            )
        )
    texts = as_texts(campaign.texts)
    first = sample[0] if sample else None
    values = {
        "enterprise": first.name if first else "〔enterprise〕",
        "credit_code": (first.credit_code or "") if first else "〔credit_code〕",
    }
    rendered = {language: fill(texts, language, values) for language in LANGUAGES if language in texts}
    return CampaignPreview(count, tuple(rows), rendered)


def reaches(channel: str, has_account: bool, email: str, phone: str) -> bool:
    """Whether a channel reaches somebody with these."""
    found = get_channel(channel)
    if found.immediate:
        return has_account
    return bool(found.address(email=email, phone=phone, endpoint=""))


def campaign_statistics(*, actor: Actor, campaign_id: int) -> CampaignStatistics:
    """What it came to. Three queries."""
    return statistics_of(own_campaign(actor, campaign_id))


def statistics_of(campaign: Campaign) -> CampaignStatistics:
    """The same for who has the row. Two queries, or none when it was kept."""
    if campaign.statistics is not None:
        return CampaignStatistics(
            campaign.statistics["by_channel"], campaign.statistics["by_region"], forgotten=True
        )
    rows = Delivery.objects.filter(message__campaign=campaign).order_by()
    by_channel: dict[str, dict[str, int]] = {}
    by_region: dict[str, dict[str, int]] = {}
    for grouped, name in ((by_channel, "message__channel"), (by_region, "message__party__region_id")):
        for group, state, number in rows.values_list(name, "state").annotate(number=Count("pk")):
            grouped.setdefault(group or "", {})[state] = number
    return CampaignStatistics(by_channel, by_region)


def campaign_deliveries(
    *,
    actor: Actor,
    campaign_id: int,
    state: str = "",
    channel: str = "",
    text: str = "",
    page: int = 1,
    per_page: int = 20,
) -> RecipientDeliveryPage:
    """Each of its messages, in the order of writing. Three queries."""
    campaign = own_campaign(actor, campaign_id)
    rows = Delivery.objects.filter(message__campaign=campaign)
    if state:
        rows = rows.filter(state=state)
    if channel:
        rows = rows.filter(message__channel=channel)
    if text:
        rows = rows.filter(message__party__name__icontains=text.strip())
    total = rows.count()
    page = max(page, 1)
    found = rows.select_related("message", "message__party").order_by("pk")[
        (page - 1) * per_page : page * per_page
    ]
    return RecipientDeliveryPage(
        tuple(_delivery(row) for row in found), total, page, max(-(-total // per_page), 1)
    )


def campaign_unreached(*, actor: Actor, campaign_id: int, page: int = 1, per_page: int = 20) -> UnreachedPage:
    """Enterprises nothing reached, and the rows of a list that name none. Three queries."""
    campaign = own_campaign(actor, campaign_id)
    rows = campaign.recipients.filter(
        state__in=[CampaignRecipient.UNREACHED, CampaignRecipient.REJECTED]
    ).select_related("party")
    total = rows.count()
    page = max(page, 1)
    found = rows.order_by("id")[(page - 1) * per_page : page * per_page]
    return UnreachedPage(
        tuple(
            UnreachedRow(
                each.row,
                each.text or (each.party.credit_code or "" if each.party else ""),
                each.party.name if each.party else "",
                each.problem or "no_contact",
            )
            for each in found
        ),
        total,
        page,
        max(-(-total // per_page), 1),
    )


def own_campaign(actor: Actor, campaign_id: int, *, lock: bool = False) -> Campaign:
    """The row, within the actor's scope. Raises CampaignNotFound."""
    rows = _visible(actor).filter(pk=campaign_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise CampaignNotFound(
            f"no mass message {campaign_id}", message_zh="没有这条群发消息", value=campaign_id
        )
    return found


def view_of(row: Campaign, actor: Actor) -> CampaignView:
    """The row as others see it."""
    me = reference_of(actor)
    return CampaignView(
        id=row.pk,
        title=row.title,
        region_path=row.region_path,
        kind=row.kind,
        urgent=row.urgent,
        channels=tuple(row.channels),
        texts=as_texts(row.texts),
        link=row.link,
        audience=Audience.from_dict(row.audience),
        has_list=bool(row.audience.get("list")),
        unread_of=row.audience.get("unread_of"),
        state=row.state,
        created_by=row.created_by,
        created_by_name=row.created_by_name,
        created_at=row.created_at,
        send_at=row.send_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        words_version=row.words_version,
        findings=tuple(WordFinding(**each) for each in row.findings),
        override_reason=row.override_reason,
        override_asked_by_name=row.override_asked_by_name,
        override_by_name=row.override_by_name,
        override_at=row.override_at,
        refusal=row.refusal,
        collected=row.collected,
        job_id=row.job_id,
        is_own=me in (row.created_by, row.override_asked_by),
    )


def _visible(actor: Actor) -> QuerySet[Campaign]:
    return actor.require(SEND).filter(Campaign.objects.all(), region="region_path")


def _sample(actor: Actor, campaign: Campaign) -> tuple[int, list[PartySummary]]:
    listed: QuerySet[Any] | None = None
    if campaign.audience.get("list"):
        listed = in_reach(actor, campaign.recipients.filter(party__isnull=False))
        count = listed.count()
    elif "unread_of" in campaign.audience:
        listed = unread_recipients(actor, int(campaign.audience["unread_of"]))
        count = listed.count()
    if listed is None:
        audience = Audience.from_dict(campaign.audience)
        return check_audience(actor, audience), list(
            parties_after(actor=actor, limit=SAMPLE, also=SEND, **audience.filters())
        )
    codes = listed.order_by("id").values_list("party__credit_code", flat=True)[:SAMPLE]
    found = parties_by_code(actor=actor, codes=[code for code in codes if code], also=SEND)
    return count, list(found.values())


def _delivery(row: Delivery) -> RecipientDelivery:
    party = row.message.party
    region = find_region(party.region_id) if party and party.region_id else None
    return RecipientDelivery(
        id=row.pk,
        party_id=party.pk if party else 0,
        party_name=party.name if party else "",
        credit_code=(party.credit_code or "") if party else "",
        region_name=region.name if region else "",
        channel=row.message.channel,
        address=mask(row.message.address),
        state=row.state,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        error=row.error,
    )
