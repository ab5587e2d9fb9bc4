"""How often one address may ask a page that is open to everybody."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.cache import cache
from django.http import HttpRequest

from yingshang.rules.errors import DomainError


class TooManyRequests(DomainError):
    """Asked too often; answered with 429."""

    code = "web.too_many"


def limit(request: HttpRequest, what: str, *, per_minute: int, now: datetime) -> None:
    """Count one request of this address in this minute. Raises TooManyRequests beyond `per_minute`.

    The count lies in the shared cache, so that it holds over all processes. The address is kept as a hash only.
    """
    address = hashlib.sha256(str(request.META.get("REMOTE_ADDR", "")).encode()).hexdigest()[:16]
    key = f"limit:{what}:{address}:{now:%Y%m%d%H%M}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > per_minute:
        raise TooManyRequests(
            f"more than {per_minute} requests a minute; wait a minute",
            message_zh=f"查询过于频繁，每分钟最多{per_minute}次，请一分钟后再试",
            per_minute=per_minute,
        )
