"""Who is told, in the same transaction, that an item was published or withdrawn: search, matching, subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from .models import ItemVersion

Handler = Callable[[ItemVersion, datetime], None]

_published: list[Handler] = []
_withdrawn: list[Handler] = []


def on_published(handler: Handler) -> None:
    """Call `handler(version, now)` whenever a version is published; called when Django starts."""
    _published.append(handler)


def on_withdrawn(handler: Handler) -> None:
    """Call `handler(version, now)` whenever a published version is withdrawn."""
    _withdrawn.append(handler)


def tell_published(row: ItemVersion, *, now: datetime) -> None:
    for handler in _published:
        handler(row, now)


def tell_withdrawn(row: ItemVersion, *, now: datetime) -> None:
    for handler in _withdrawn:
        handler(row, now)
