"""Who is told that portraits have changed: whatever is worked out from them, in rooms above this one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Handler = Callable[[datetime], None]

_handlers: list[Handler] = []


def on_portraits_changed(handler: Handler) -> None:
    """Call `handler(now)` in the transaction that changes portraits; called when Django starts.

    Which ones have changed, `changed_portraits` says: their revisions are the newest.
    """
    _handlers.append(handler)


def tell_portraits_changed(now: datetime) -> None:
    """At the end of an action that has changed portraits."""
    for handler in _handlers:
        handler(now)
