"""Reading messages: one's own inbox, and what operators need to know of the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, mask

from .models import STATES, Delivery, Message


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in the inbox."""

    id: int
    subject: str
    body: str
    link: str
    template: str
    party_id: int | None
    created_at: datetime
    read_at: datetime | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some messages, and how many there are in all."""

    rows: tuple[MessageView, ...]
    total: int
    unread: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A message as an operator sees it: how it was delivered, not what it says, and its address masked."""

    id: int
    channel: str
    kind: str
    template: str
    campaign_id: int | None
    address: str
    state: str
    attempts: int
    created_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, and how many there are in all."""

    rows: tuple[DeliveryView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class OutboxLag:
    """How the outbox stands. `oldest` is for how long the message has waited that has waited longest."""

    queued: int
    overdue: int
    oldest: timedelta
    failed: int


def inbox_of(actor: Actor) -> QuerySet[Message]:
    """The messages in an actor's inbox; nobody's but a user's."""
    if actor.kind != "user":
        return Message.objects.none()
    return Message.objects.filter(recipient_id=int(actor.identifier), channel="in_app")


def inbox(*, actor: Actor, unread_only: bool = False, page: int = 1, per_page: int = 20) -> MessagePage:
    """One's own messages, newest first."""
    rows = inbox_of(actor)
    counts = rows.aggregate(total=Count("id"), unread=Count("id", filter=Q(read_at__isnull=True)))
    if unread_only:
        rows = rows.filter(read_at__isnull=True)
    total = counts["unread"] if unread_only else counts["total"]
    page = max(page, 1)
    found = rows.order_by("-id")[(page - 1) * per_page : page * per_page]
    return MessagePage(
        tuple(_view(row) for row in found), total, counts["unread"], page, max(-(-total // per_page), 1)
    )


def get_message(*, actor: Actor, message_id: int) -> MessageView | None:
    """One message of one's own, or None."""
    row = inbox_of(actor).filter(pk=message_id).first()
    return None if row is None else _view(row)


def unread_count(*, actor: Actor) -> int:
    """How many of one's own messages are unread; 0 without an account."""
    return inbox_of(actor).filter(read_at__isnull=True).count()


def deliveries(
    *,
    actor: Actor,
    state: str = "",
    channel: str = "",
    kind: str = "",
    template: str = "",
    campaign_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    page: int = 1,
    per_page: int = 20,
) -> DeliveryPage:
    """How messages were delivered, newest first, for operators of the whole platform.

    Those of inboxes are there when `channel` asks for them. `template` is a piece of its code; both days count.
    """
    scope = actor.require("notices.view_outbox")
    rows = Delivery.objects.select_related("message")
    rows = rows.filter(message__channel=channel) if channel else rows.exclude(message__channel="in_app")
    if not scope.everywhere:
        # Messages belong to no region.
        rows = rows.none()
    chosen: dict[str, Any] = {
        "state": state,
        "message__kind": kind,
        "message__template__icontains": template.strip(),
        "message__campaign_id": campaign_id,
        "message__created_at__gte": _midnight(since) if since else None,
        "message__created_at__lt": _midnight(until + timedelta(days=1)) if until else None,
    }
    rows = rows.filter(**{name: value for name, value in chosen.items() if value})
    total = rows.count()
    page = max(page, 1)
    found = rows.order_by("-message_id")[(page - 1) * per_page : page * per_page]
    return DeliveryPage(tuple(_delivery(row) for row in found), total, page, max(-(-total // per_page), 1))


def delivery_counts(*, actor: Actor) -> dict[str, int]:
    """How many messages over outside channels are in each state, for operators of the whole platform."""
    counts = dict.fromkeys(STATES, 0)
    if not actor.require("notices.view_outbox").everywhere:
        return counts
    rows = Delivery.objects.exclude(message__channel="in_app").order_by()
    counts.update(rows.values_list("state").annotate(number=Count("pk")).values_list("state", "number"))
    return counts


def outbox_lag(now: datetime) -> OutboxLag:
    """How many messages wait, how many should have gone, since when the first of them, and how many failed in a day."""
    queued = Delivery.objects.filter(state=Delivery.QUEUED)
    overdue = queued.filter(next_try_at__lte=now).aggregate(
        number=Count("pk"), first=Min("message__created_at")
    )
    failed = Delivery.objects.filter(
        state=Delivery.FAILED, message__created_at__gte=now - timedelta(days=1)
    ).count()
    oldest = now - overdue["first"] if overdue["first"] else timedelta()
    return OutboxLag(queued.count(), overdue["number"], max(oldest, timedelta()), failed)


def outbox_lag_seconds(now: datetime) -> float:
    """For how long the oldest message that should have gone has waited; 0 when none has. For health checks."""
    return outbox_lag(now).oldest.total_seconds()


def count_messages(*, once: str, since: datetime) -> int:
    """The messages since then whose occasion (`once`) begins like this: for a room that must not tell somebody
    something without end. One query.
    """
    return Message.objects.filter(once__startswith=once, created_at__gt=since).count()


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _delivery(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.pk,
        channel=row.message.channel,
        kind=row.message.kind,
        template=row.message.template,
        campaign_id=row.message.campaign_id,
        address=mask(row.message.address),
        state=row.state,
        attempts=row.attempts,
        created_at=row.message.created_at,
        next_try_at=row.next_try_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        error=row.error,
    )


def _view(row: Message) -> MessageView:
    return MessageView(
        id=row.pk,
        subject=row.subject,
        body=row.body,
        link=row.link,
        template=row.template,
        party_id=row.party_id,
        created_at=row.created_at,
        read_at=row.read_at,
        kind=row.kind,
    )
