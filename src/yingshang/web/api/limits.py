"""How often one may call, and how much one may send.

The allowance is a token bucket kept as one moment in one row (the generic cell rate algorithm), changed by one
statement, so that all web processes and machines share it and two requests at once cannot both take the last token.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from yingshang.kernel.access.api import Actor

from .errors import TooLarge, TooManyRequests
from .models import RateLimit

_PERIODS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Allowance:
    """`requests` may come at once; each comes back after `seconds / requests`."""

    requests: int
    seconds: int


def allowance(kind: str) -> Allowance:
    """What `settings.API_RATE_LIMITS` allows to a "client", "user", "address", or for "token" requests."""
    text = settings.API_RATE_LIMITS[kind]
    found = re.fullmatch(r"(\d+)/(second|minute|hour)", text)
    if found is None:
        raise ValueError(f"API_RATE_LIMITS[{kind!r}] must look like 600/minute, not {text!r}")
    return Allowance(int(found[1]), _PERIODS[found[2]])


def subject_of(request: HttpRequest, actor: Actor) -> tuple[str, str]:
    """Whose allowance a request uses: the kind of it, and the name it is kept under."""
    if actor.kind in ("client", "user"):
        return actor.kind, f"{actor.kind}:{actor.identifier}"
    return "address", f"address:{address_of(request)}"


def address_of(request: HttpRequest) -> str:
    """The caller's network address. Behind proxies it is what the outermost trusted one has written down.

    What stands further left in X-Forwarded-For was written by the caller and counts for nothing.
    """
    proxies: int = settings.PROXIES
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies][:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def use(kind: str, subject: str, *, now: datetime) -> None:
    """Take one request from an allowance. Raises TooManyRequests when it is used up."""
    allowed = allowance(kind)
    each = allowed.seconds / allowed.requests
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {RateLimit._meta.db_table} AS kept (subject, whole_again_at)
            VALUES (%(subject)s, %(now)s + make_interval(secs => %(each)s))
            ON CONFLICT (subject) DO UPDATE
                SET whole_again_at = greatest(kept.whole_again_at, %(now)s) + make_interval(secs => %(each)s)
                WHERE greatest(kept.whole_again_at, %(now)s) + make_interval(secs => %(each)s)
                    <= %(now)s + make_interval(secs => %(all)s)
            RETURNING 1
            """,
            {"subject": subject[:120], "now": now, "each": each, "all": float(allowed.seconds)},
        )
        if cursor.fetchone() is not None:
            return
    # The wait until one request has come back.
    whole_again = RateLimit.objects.values_list("whole_again_at", flat=True).get(subject=subject[:120])
    wait = max(1, math.ceil((whole_again - now).total_seconds() + each - allowed.seconds))
    raise TooManyRequests(
        f"more than {allowed.requests} requests in {allowed.seconds} seconds; come back in {wait} seconds",
        message_zh=f"{allowed.seconds} 秒内至多 {allowed.requests} 次请求，请在 {wait} 秒后再试",
        headers={"Retry-After": str(wait)},
    )


def check_size(request: HttpRequest, *, upload: bool) -> None:
    """Refuse a body over the limit by its announced length, before anything of it is read. Raises TooLarge."""
    limit: int = settings.API_UPLOAD_LIMIT if upload else settings.API_BODY_LIMIT
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > limit:
        raise TooLarge(
            f"the body has {length} bytes; at most {limit} are taken",
            message_zh=f"请求内容 {length} 字节，至多 {limit} 字节",
            limit=limit,
        )


def forget_whole_allowances(*, now: datetime) -> int:
    """Remove rows that say nothing any more; the number removed."""
    return RateLimit.objects.filter(whole_again_at__lt=now).delete()[0]
