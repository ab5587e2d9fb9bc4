"""Tell officials of many occasions at once: for whoever has hundreds of things to say in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor, contacts_of_users
from yingshang.kernel.ledger.api import NewEvent, Target, record_many

from ..message_templates import Rendered, get_template, render
from ..models import Message
from ..preferences import preferences_by_user, wants
from ..text_versions import wording_of
from .send import About, Draft, Reached, Recipient, earlier, insert, ways_of

CHANNELS = ("in_app", "email")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What some users are told; the fields are those of `send`."""

    users: Sequence[int]
    context: Mapping[str, Any]
    link: str = ""
    once: str = ""


def send_many(*, actor: Actor, template: str, occasions: Sequence[Occasion], now: datetime) -> int:
    """`send_where_possible` for each of many occasions of one template, with as many statements as for one; how many
    messages were written. The messages, their deliveries and the events, one for each user and occasion, are the same.
    """
    from ..tasks import AT_ONCE, deliver_soon

    users = {user for each in occasions for user in each.users}
    if not users:
        return 0
    chosen = get_template(template)
    wording = wording_of(chosen)
    contacts = contacts_of_users(user_ids=users)
    preferences = preferences_by_user(users)
    drafts: list[tuple[str | None, Draft, About]] = []
    for each in occasions:
        about = About(template, wording.version, chosen.kind, chosen.urgent, each.link)
        texts: dict[str, Rendered] = {}
        for user in each.users:
            if user not in contacts:
                # A closed account is passed over.
                continue
            contact, preference = contacts[user], preferences.get(user)
            reached = Reached(contact.user_id, contact.email, contact.phone, contact.language)
            if reached.language not in texts:
                texts[reached.language] = render(chosen, reached.language, each.context, wording.texts)
            text = texts[reached.language]
            for channel, address in ways_of(reached, Recipient(user_id=user), CHANNELS):
                if wants(preference, chosen.kind, channel):
                    key = f"{each.once}:{channel}:{user}" if each.once else None
                    drafts.append((key, Draft(reached, channel, address, text, preference), about))
    with transaction.atomic():
        taken = set(earlier({each.once for each in occasions} - {""}, [key for key, _, _ in drafts if key]))
        new = []
        for key, draft, about in drafts:
            if key is None or key not in taken:
                new.append((key, draft, about))
                taken.add(key or "")
        if not new:
            return 0
        messages, due = insert(new, now)
        for start in range(0, len(due), AT_ONCE):
            deliver_soon(due[start : start + AT_ONCE])
        record_many(actor=actor, events=_events(template, new, messages), now=now)
    return len(messages)


def _events(
    template: str, new: Sequence[tuple[str | None, Draft, About]], messages: Sequence[Message]
) -> list[NewEvent]:
    """One for each user and occasion: an occasion has one `About`."""
    together: dict[tuple[int, int], list[Message]] = {}
    for (_, draft, about), message in zip(new, messages, strict=True):
        assert draft.reached.user_id is not None
        together.setdefault((id(about), draft.reached.user_id), []).append(message)
    return [
        NewEvent(
            "notices.sent",
            Target("user", str(user)),
            after={
                "template": template,
                "channels": sorted({message.channel for message in written}),
                "messages": [message.pk for message in written],
            },
        )
        for (_, user), written in together.items()
    ]
