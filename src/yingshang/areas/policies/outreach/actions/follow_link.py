"""Somebody followed a link of a policy package."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from ...errors import LinkNotFound
from ...models import PolicyClick, PolicyItem, PolicyTold
from ..links import read_token


def follow_link(*, token: str, now: datetime) -> str:
    """Note that somebody of an enterprise followed its link to an item; the code of the item. Open to everybody.

    Only the first time is kept, and not who it was. Raises LinkNotFound.
    """
    party, item = read_token(token)
    code = PolicyItem.objects.filter(pk=item).values_list("code", flat=True).first()
    if code is None:
        raise LinkNotFound("no such item", message_zh="链接不完整或者已经失效")
    told = (
        PolicyTold.objects.filter(
            Q(party=party) | Q(party__merged_into=party) | Q(party__merged=party), item=item
        )
        .values_list("pk", flat=True)
        .first()
    )
    if told is not None:
        PolicyClick.objects.bulk_create([PolicyClick(told_id=told, clicked_at=now)], ignore_conflicts=True)
    return code
