"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from yingshang.kernel.access.api import actor_from
from yingshang.kernel.notices.api import unread_count

from .display import display_of


def page(request: HttpRequest) -> dict[str, Any]:
    """`actor`, how the page is to look, how many messages are unread, and whether the data is a demonstration."""
    return {
        "actor": actor_from(request),
        "demonstration": settings.DEMONSTRATION,
        "display": SimpleLazyObject(lambda: display_of(request)),
        # Called, and so counted, only by a page that shows it.
        "unread_messages": lambda: unread_count(actor=actor_from(request)),
    }
