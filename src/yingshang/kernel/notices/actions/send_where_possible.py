"""Tell whoever can be reached: that somebody has no address stops no action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor

from ..errors import NoAddress
from .send import Recipient, send


def send_where_possible(
    *,
    actor: Actor,
    to: Iterable[Recipient],
    template: str,
    context: Mapping[str, Any],
    now: datetime,
    link: str = "",
    once: str = "",
) -> int:
    """`send` to each of some recipients; how many were reached.

    Whom nothing reaches (a closed account, an enterprise without anybody) is passed over: the page the message points
    to says the same.
    """
    reached = 0
    for each in to:
        try:
            send(actor=actor, to=each, template=template, context=context, link=link, once=once, now=now)
        except NoAddress:
            continue
        reached += 1
    return reached
