"""Note that somebody has read a message."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import MessageNotFound
from ..models import Delivery, Message
from ..selectors import inbox_of


def mark_read(*, actor: Actor, message_id: int, now: datetime) -> None:
    """Mark one message of one's own inbox. Once read, it stays read. Raises MessageNotFound."""
    with transaction.atomic():
        message = inbox_of(actor).select_for_update(of=("self",)).filter(pk=message_id).first()
        if message is None:
            raise MessageNotFound(f"no message {message_id}", message_zh="没有这条消息", value=message_id)
        if message.read_at is not None:
            return
        message.read_at = now
        message.save(update_fields=["read_at"])
        _note_delivery([message], now)
        _record(actor, [message], now)


def mark_all_read(*, actor: Actor, now: datetime) -> int:
    """Mark everything in one's own inbox; how many there were."""
    with transaction.atomic():
        unread = list(inbox_of(actor).select_for_update(of=("self",)).filter(read_at__isnull=True))
        if not unread:
            return 0
        Message.objects.filter(pk__in=[message.pk for message in unread]).update(read_at=now)
        _note_delivery(unread, now)
        _record(actor, unread, now)
    return len(unread)


def _note_delivery(messages: list[Message], now: datetime) -> None:
    Delivery.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=Delivery.READ, read_at=now
    )


def _record(actor: Actor, messages: list[Message], now: datetime) -> None:
    numbers = [message.pk for message in messages]
    record(
        actor=actor,
        action="notices.read",
        target=Target("message", str(numbers[0]), messages[0].subject, party_id=messages[0].party_id),
        now=now,
        after={"messages": numbers},
    )
