"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from yingshang.kernel.access.api import actor_from


def page(request: HttpRequest) -> dict[str, Any]:
    """`actor`, and whether the data is marked as a demonstration."""
    return {"actor": actor_from(request), "demonstration": settings.DEMONSTRATION}
