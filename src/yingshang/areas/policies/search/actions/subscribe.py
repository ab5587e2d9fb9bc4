"""Somebody wants to be told of new answers to a search; or no longer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ...errors import InvalidSubscription, SubscriptionNotFound
from ...models import SearchSubscription
from ..asking import Question
from ..links import user_of_token

MOST = 20
NARROWING = (
    "text",
    "place",
    "reach",
    "region",
    "level",
    "kind",
    "delivery",
    "audience",
    "container",
    "amount",
)


@transaction.atomic
def subscribe(*, actor: Actor, name: str, question: Question, now: datetime) -> int:
    """Tell the actor of items published from now on that answer the search; its number. The same search twice is one.

    Raises InvalidSubscription for what narrows nothing, and for more than twenty.
    """
    narrowed = narrowing(question)
    if not narrowed:
        raise InvalidSubscription(
            "this search narrows nothing; type words or choose a place first",
            message_zh="这个检索没有任何条件，请先输入关键词或选择条件",
        )
    mine = SearchSubscription.objects.select_for_update().filter(
        user=int(actor.identifier), ended_at__isnull=True
    )
    rows = list(mine)
    for row in rows:
        if row.question == narrowed:
            return int(row.pk)
    if len(rows) >= MOST:
        raise InvalidSubscription(
            f"one has at most {MOST} subscriptions; end one first",
            message_zh=f"最多订阅 {MOST} 个检索，请先退订一个",
        )
    row = SearchSubscription.objects.create(
        user_id=int(actor.identifier), name=name[:120], question=narrowed, created_at=now
    )
    _note(row, "subscribed", actor, now)
    return int(row.pk)


@transaction.atomic
def unsubscribe(*, actor: Actor, subscription_id: int, now: datetime) -> str:
    """End one of the actor's own; its name. Raises SubscriptionNotFound."""
    row = (
        SearchSubscription.objects.select_for_update()
        .filter(pk=subscription_id, user=int(actor.identifier), ended_at__isnull=True)
        .first()
        if actor.kind == "user"
        else None
    )
    if row is None:
        raise SubscriptionNotFound(
            f"no subscription {subscription_id}", message_zh="没有这个订阅", value=subscription_id
        )
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    _note(row, "unsubscribed", actor, now)
    return str(row.name)


@transaction.atomic
def unsubscribe_all(*, actor: Actor, token: str, now: datetime) -> int:
    """End every subscription of whoever the link was sent to; how many there were. Needs no log-in: the link is signed.

    Raises SubscriptionNotFound for a link that is not ours.
    """
    rows = list(
        SearchSubscription.objects.select_for_update().filter(
            user=user_of_token(token), ended_at__isnull=True
        )
    )
    if not rows:
        return 0
    for row in rows:
        row.ended_at = now
    SearchSubscription.objects.bulk_update(rows, ["ended_at"])
    _note(rows[0], "unsubscribed", actor, now, count=len(rows))
    return len(rows)


def narrowing(question: Question) -> dict[str, str]:
    """The fields of a search that narrow it."""
    told = {name: value for name, value in asdict(question).items() if name in NARROWING and value}
    if "place" not in told:
        told.pop("reach", None)
    return told


def _note(row: SearchSubscription, what: str, actor: Actor, now: datetime, *, count: int = 1) -> None:
    record(
        actor=actor,
        action=f"policies.search_{what}",
        target=Target("search_subscription", str(row.pk), row.name),
        now=now,
        after={"count": count},
    )
