"""Write messages into the outbox, in the transaction of the action that has something to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, contact_of_user, contacts_of_party, lookup_hash
from yingshang.kernel.ledger.api import Target, record

from ..channels import get_channel
from ..errors import NoAddress
from ..message_templates import LANGUAGES, Rendered, get_template, render
from ..models import Delivery, Message


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for: a user, everybody who acts for a party, or somebody known by an address only.

    `endpoint` names a configured webhook. `language` counts for addresses; users have chosen theirs.
    """

    user_id: int | None = None
    party_id: int | None = None
    email: str = ""
    phone: str = ""
    endpoint: str = ""
    language: str = LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class _Reached:
    user_id: int | None
    email: str
    phone: str
    language: str


def send(
    *,
    actor: Actor,
    to: Recipient,
    template: str,
    context: Mapping[str, Any],
    now: datetime,
    channels: Sequence[str] = ("in_app", "email"),
    link: str = "",
    once: str = "",
    expires_at: datetime | None = None,
) -> tuple[int, ...]:
    """Write the messages and return their numbers, one for each recipient and channel that reaches them.

    Delivery begins after the commit. `once` names the occasion: the same one is told only once over one channel to one
    recipient, and telling it again returns nothing new. What is not delivered by `expires_at` is given up. Raises
    NoAddress when no channel reaches anybody.
    """
    chosen = get_template(template)
    recipients = _recipients(to, now)
    texts = {each.language: render(chosen, each.language, context) for each in recipients}
    drafts = [
        (each, code, address, texts[each.language])
        for each in recipients
        for code, address in _ways(each, to, channels)
    ]
    if not drafts:
        raise NoAddress(
            f"none of {', '.join(channels)} reaches the recipient of {template}",
            message_zh=f"没有可以送达“{chosen.name}”的联系方式",
            channels=list(channels),
        )
    return write(
        actor=actor,
        template=template,
        drafts=drafts,
        to=to,
        now=now,
        link=link,
        once=once,
        expires_at=expires_at,
    )


Draft = tuple[_Reached, str, str, Rendered]


def write(
    *,
    actor: Actor,
    template: str,
    drafts: Sequence[Draft],
    to: Recipient,
    now: datetime,
    link: str = "",
    once: str = "",
    expires_at: datetime | None = None,
) -> tuple[int, ...]:
    """The messages and their deliveries, with one event."""
    from ..tasks import deliver_soon

    with transaction.atomic():
        written = []
        for reached, code, address, text in drafts:
            # The address as a hash: the key can be searched, so it must not hold what is encrypted elsewhere.
            key = f"{once}:{code}:{reached.user_id or lookup_hash(address)}" if once else None
            if key and Message.objects.filter(once=key).exists():
                continue
            immediate = get_channel(code).immediate
            message = Message.objects.create(
                recipient_id=reached.user_id,
                party_id=to.party_id,
                address=address,
                channel=code,
                template=template,
                language=reached.language,
                subject=text.subject[:200],
                body=text.hidden,
                link=link,
                once=key,
                created_at=now,
            )
            Delivery.objects.create(
                message=message,
                state=Delivery.SENT if immediate else Delivery.QUEUED,
                sent_at=now if immediate else None,
                next_try_at=None if immediate else now,
                secret_body=text.body if not immediate and text.body != text.hidden else "",
                expires_at=expires_at,
            )
            written.append(message)
        if not written:
            return ()
        numbers = tuple(message.pk for message in written)
        record(
            actor=actor,
            action="notices.sent",
            target=_target(to, written[0]),
            now=now,
            after={
                "template": template,
                "channels": sorted({message.channel for message in written}),
                "messages": list(numbers),
            },
        )
        deliver_soon([message.pk for message in written if not get_channel(message.channel).immediate])
    return numbers


def _recipients(to: Recipient, now: datetime) -> list[_Reached]:
    if to.user_id is not None:
        contact = contact_of_user(user_id=to.user_id)
        found = [contact] if contact else []
    elif to.party_id is not None:
        found = list(contacts_of_party(party_id=to.party_id, today=timezone.localdate(now)))
    else:
        return [_Reached(None, to.email, to.phone, to.language)]
    return [_Reached(each.user_id, each.email, each.phone, each.language) for each in found]


def _ways(reached: _Reached, to: Recipient, channels: Sequence[str]) -> list[tuple[str, str]]:
    """The channels that reach somebody, each with the address it takes."""
    ways = []
    for code in channels:
        channel = get_channel(code)
        if channel.immediate:
            # An inbox belongs to an account.
            if reached.user_id is not None:
                ways.append((code, ""))
            continue
        address = channel.address(email=reached.email, phone=reached.phone, endpoint=to.endpoint)
        if address:
            ways.append((code, address))
    return ways


def _target(to: Recipient, message: Message) -> Target:
    if to.user_id is not None:
        return Target("user", str(to.user_id), party_id=to.party_id)
    if to.party_id is not None:
        return Target("party", str(to.party_id), party_id=to.party_id)
    return Target("message", str(message.pk), message.template)
