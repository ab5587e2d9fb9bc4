"""Messages are kept for as long as the rules say, and then forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from .campaigns import statistics_of
from .models import Campaign, Delivery, GatewayReport, Message
from .platform_rules import platform_rules

AT_ONCE = 1_000


def forget_old_messages(*, actor: Actor, now: datetime, limit: int = 100_000) -> int:
    """Remove messages that are older than the rules keep them, at most `limit`; how many.

    What still waits to be delivered stays. The statistics of a mass message are kept before its messages go.
    """
    actor.require("notices.manage_templates")
    days = platform_rules().keep_days
    GatewayReport.objects.filter(received_at__lt=now - timedelta(days=days["reports"])).delete()
    old = Message.objects.filter(
        Q(channel="in_app", created_at__lt=now - timedelta(days=days["in_app"]))
        | Q(created_at__lt=now - timedelta(days=days["outside"])) & ~Q(channel="in_app")
    ).exclude(delivery__state=Delivery.QUEUED)
    forgotten = 0
    while forgotten < limit:
        with transaction.atomic():
            numbers = list(old.order_by("pk").values_list("pk", flat=True)[: min(AT_ONCE, limit - forgotten)])
            if not numbers:
                break
            rows = Message.objects.filter(pk__in=numbers)
            _keep_statistics(rows.exclude(campaign=None).values_list("campaign_id", flat=True).distinct())
            rows.delete()
            record(
                actor=actor,
                action="notices.forgotten",
                target=Target("message", str(numbers[0])),
                now=now,
                after={"messages": len(numbers), "first": numbers[0], "last": numbers[-1]},
            )
        forgotten += len(numbers)
    return forgotten


def _keep_statistics(campaign_ids: Iterable[int | None]) -> None:
    for campaign in Campaign.objects.select_for_update().filter(
        pk__in=[each for each in campaign_ids if each], statistics__isnull=True
    ):
        told = statistics_of(campaign)
        campaign.statistics = {"by_channel": told.by_channel, "by_region": told.by_region}
        campaign.save(update_fields=["statistics"])
