"""Who subscribed to a search is told of new items, in one message a day, of each item once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.notices.api import NoAddress, Recipient, send

from ..models import SearchSubscription, SubscriptionTold
from ..selectors import in_force, published_item
from ..values import PublishedItem
from .asking import Question, numbers_found
from .links import end_address, item_address

TEMPLATE = "policies.search_digest"
NAMED = 10
"""So many items are named in a message; of the others it says how many there are."""


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """One search somebody subscribed to."""

    id: int
    name: str
    question: Question
    created_at: datetime


def subscriptions(*, actor: Actor) -> tuple[SubscriptionView, ...]:
    """The actor's own, newest first."""
    if actor.kind != "user":
        return ()
    rows = SearchSubscription.objects.filter(user=int(actor.identifier), ended_at__isnull=True)
    return tuple(
        SubscriptionView(row.pk, row.name, Question(**row.question), row.created_at)
        for row in rows.order_by("-created_at", "-pk")
    )


def send_digests(*, actor: Actor, now: datetime) -> int:
    """Tell every subscriber of what is new for them; how many were told. Run again, it tells nobody twice."""
    day = timezone.localdate(now)
    by_user: dict[int, list[SearchSubscription]] = defaultdict(list)
    for row in SearchSubscription.objects.filter(ended_at__isnull=True).order_by("user", "pk"):
        by_user[row.user_id].append(row)
    if not by_user:
        return 0
    items = {row.item_id: published_item(row) for row in in_force(day, upcoming=True)}
    answers: dict[str, list[int]] = {}
    told = 0
    for user, rows in by_user.items():
        new = _new_for(rows, items, answers, day)
        if new:
            told += _tell(actor, user, new, day, now)
    return told


def _new_for(
    rows: Iterable[SearchSubscription],
    items: dict[int, PublishedItem],
    answers: dict[str, list[int]],
    day: date,
) -> list[PublishedItem]:
    """Items published since somebody subscribed that answer one of their searches. Each search is asked once a run."""
    found: dict[int, PublishedItem] = {}
    for row in rows:
        key = str(sorted(row.question.items()))
        if key not in answers:
            answers[key] = numbers_found(Question(**row.question), day=day)
        for number in answers[key]:
            item = items.get(number)
            if item is not None and item.published_at > row.created_at:
                found[number] = item
    return list(found.values())


@transaction.atomic
def _tell(actor: Actor, user: int, items: list[PublishedItem], day: date, now: datetime) -> int:
    known = set(
        SubscriptionTold.objects.filter(user=user, item__in=[each.item_id for each in items]).values_list(
            "item", flat=True
        )
    )
    new = [each for each in items if each.item_id not in known]
    if not new:
        return 0
    lines = [f"{place}. {each.name}  {item_address(each.code)}" for place, each in enumerate(new[:NAMED], 1)]
    try:
        sent = send(
            actor=actor,
            to=Recipient(user_id=user),
            template=TEMPLATE,
            context={
                "count": len(new),
                "items": "\n".join(lines),
                "more": max(len(new) - NAMED, 0) or "",
                "end": end_address(user),
            },
            now=now,
            link=reverse("policies:subscriptions"),
            once=f"{TEMPLATE}:{user}:{day.isoformat()}",
        )
    except NoAddress:
        return 0
    if not sent:
        # Switched off; should they want it again, they are told then.
        return 0
    # The message's own event is the one of this transaction.
    SubscriptionTold.objects.bulk_create(
        [SubscriptionTold(user_id=user, item_id=each.item_id, told_at=now) for each in new],
        ignore_conflicts=True,
    )
    return 1
