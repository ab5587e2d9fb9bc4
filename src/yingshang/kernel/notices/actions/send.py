"""Write messages into the outbox, in the transaction of the action that has something to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, contact_of_user, contacts_of_party, lookup_hash
from yingshang.kernel.ledger.api import Target, record

from ..channels import get_channel
from ..channels.gateway import fingerprint
from ..errors import NoAddress
from ..message_templates import LANGUAGES, Rendered, get_template, render
from ..models import Delivery, Message, Preference
from ..platform_rules import PlatformRules, not_in, platform_rules, quiet_hours_of
from ..preferences import preferences_by_user, wants
from ..text_versions import wording_of


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
class Reached:
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

    Delivery begins after the commit, or at the end of quiet hours unless the template is urgent. What a recipient has
    switched off is not written. `once` names the occasion: the same one is told only once over one channel to one
    recipient, and telling it again answers with the earlier messages. What is not delivered by `expires_at` is
    given up. Raises NoAddress when no channel reaches anybody.
    """
    chosen = get_template(template)
    recipients = _recipients(to, now)
    ways = [(each, code, address) for each in recipients for code, address in ways_of(each, to, channels)]
    if not ways:
        raise NoAddress(
            f"none of {', '.join(channels)} reaches the recipient of {template}",
            message_zh=f"没有可以送达“{chosen.name}”的联系方式",
            channels=list(channels),
        )
    preferences = preferences_by_user({each.user_id for each in recipients if each.user_id is not None})
    wording = wording_of(chosen)
    texts: dict[str, Rendered] = {}
    drafts = []
    for each, code, address in ways:
        preference = preferences.get(each.user_id or 0)
        if each.language not in texts:
            texts[each.language] = render(chosen, each.language, context, wording.texts)
        if wants(preference, chosen.kind, code):
            drafts.append(Draft(each, code, address, texts[each.language], preference, to.party_id))
    return write(
        actor=actor,
        about=About(template, wording.version, chosen.kind, chosen.urgent, link, expires_at),
        drafts=drafts,
        target=_target_of(to),
        now=now,
        once=once,
    )


@dataclass(frozen=True, slots=True)
class About:
    """What all messages of one occasion share."""

    template: str
    version: int | None
    kind: str
    urgent: bool
    link: str = ""
    expires_at: datetime | None = None
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One message before it is written."""

    reached: Reached
    channel: str
    address: str
    text: Rendered
    preference: Preference | None = None
    party_id: int | None = None
    part: str = ""
    """Tells apart what belongs to one occasion and may go to the same address."""


def write(
    *,
    actor: Actor,
    about: About,
    drafts: Sequence[Draft],
    target: Target | None,
    now: datetime,
    once: str = "",
) -> tuple[int, ...]:
    """The messages and their deliveries, with one event; those of the same occasion that were written before, without.

    Without a `target` the event tells of the first message.
    """
    if not drafts:
        return ()
    with transaction.atomic():
        numbers, messages = write_unrecorded(about=about, drafts=drafts, now=now, once=once)
        if messages:
            record(
                actor=actor,
                action="notices.sent",
                target=target or Target("message", str(messages[0].pk), about.template),
                now=now,
                after={
                    "template": about.template,
                    "channels": sorted({message.channel for message in messages}),
                    "messages": [message.pk for message in messages],
                },
            )
    return numbers


def write_unrecorded(
    *, about: About, drafts: Sequence[Draft], now: datetime, once: str
) -> tuple[tuple[int, ...], list[Message]]:
    """The same for who records an event of their own: the numbers of all messages, and those that are new."""
    from ..tasks import deliver_soon

    # The address as a hash: the key can be searched, so it must not hold what is encrypted elsewhere.
    keys = [
        f"{once}{each.part}:{each.channel}:{each.reached.user_id or lookup_hash(each.address)}"
        if once
        else None
        for each in drafts
    ]
    before = earlier({once} if once else (), [key for key in keys if key])
    new: list[tuple[str | None, Draft]] = []
    taken = set(before)
    for key, draft in zip(keys, drafts, strict=True):
        # Two clerks may share an address; one message to it is enough.
        if key is None or key not in taken:
            new.append((key, draft))
            taken.add(key or "")
    messages, due = insert([(key, draft, about) for key, draft in new], now)
    deliver_soon(due)
    if not once:
        return tuple(message.pk for message in messages), messages
    written = {message.once: message.pk for message in messages} | before
    return tuple(dict.fromkeys(written[key] for key in keys)), messages


def insert(rows: Sequence[tuple[str | None, Draft, About]], now: datetime) -> tuple[list[Message], list[int]]:
    """Write messages that were not written before, with their deliveries; the numbers of those due at once."""
    messages = Message.objects.bulk_create(_message(draft, key, about, now) for key, draft, about in rows)
    rules = platform_rules() if any(not about.urgent for _, _, about in rows) else None
    deliveries = Delivery.objects.bulk_create(
        _delivery(message, draft, about, None if about.urgent else rules, now)
        for message, (_, draft, about) in zip(messages, rows, strict=True)
    )
    return messages, [row.pk for row in deliveries if row.next_try_at and row.next_try_at <= now]


# The first half of the key of our advisory locks, so that they meet nobody else's.
_LOCK_SPACE = 4_744


def earlier(occasions: Collection[str], keys: Sequence[str]) -> dict[str | None, int]:
    """What was written for these occasions before. Whoever tells of one at the same time waits until we have ended."""
    if not occasions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, occasion) FROM "
            "(SELECT DISTINCT hashtext(each) AS occasion FROM unnest(%s::text[]) AS each ORDER BY 1) AS ordered",
            [_LOCK_SPACE, sorted(occasions)],
        )
    found = Message.objects.filter(once__in=keys).values_list("once", "pk")
    return {key: number for key, number in found if key}


def _message(draft: Draft, key: str | None, about: About, now: datetime) -> Message:
    return Message(
        recipient_id=draft.reached.user_id,
        party_id=draft.party_id,
        campaign_id=about.campaign_id,
        address=draft.address,
        channel=draft.channel,
        template=about.template,
        template_version=about.version,
        kind=about.kind,
        urgent=about.urgent,
        language=draft.reached.language,
        subject=draft.text.subject[:200],
        body=draft.text.hidden,
        link=about.link,
        once=key,
        created_at=now,
    )


def _delivery(
    message: Message, draft: Draft, about: About, rules: PlatformRules | None, now: datetime
) -> Delivery:
    channel = get_channel(draft.channel)
    if channel.immediate:
        return Delivery(message=message, state=Delivery.DELIVERED, sent_at=now, delivered_at=now)
    quiet = None if rules is None else quiet_hours_of(draft.preference, rules)
    return Delivery(
        message=message,
        state=Delivery.QUEUED,
        reference=fingerprint(message.pk, channel.code) if channel.reports else None,
        next_try_at=not_in(quiet, now, about.expires_at),
        secret_body=draft.text.body if draft.text.body != draft.text.hidden else "",
        expires_at=about.expires_at,
    )


def _recipients(to: Recipient, now: datetime) -> list[Reached]:
    if to.user_id is not None:
        contact = contact_of_user(user_id=to.user_id)
        found = [contact] if contact else []
    elif to.party_id is not None:
        found = list(contacts_of_party(party_id=to.party_id, today=timezone.localdate(now)))
    else:
        return [Reached(None, to.email, to.phone, to.language)]
    return [Reached(each.user_id, each.email, each.phone, each.language) for each in found]


def ways_of(reached: Reached, to: Recipient, channels: Sequence[str]) -> list[tuple[str, str]]:
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


def _target_of(to: Recipient) -> Target | None:
    if to.user_id is not None:
        return Target("user", str(to.user_id), party_id=to.party_id)
    if to.party_id is not None:
        return Target("party", str(to.party_id), party_id=to.party_id)
    return None
