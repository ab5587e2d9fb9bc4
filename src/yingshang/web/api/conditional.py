"""ETags: an answer is named by its content, so a caller can ask "only if it changed" and say "only if it did not"."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags
from pydantic import BaseModel

from .errors import Changed

Operation = TypeVar("Operation", bound=Callable[..., Any])


def etag_of(content: bytes) -> str:
    """The strong ETag of an answer's body."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def etag_of_value(value: BaseModel) -> str:
    """The ETag of something that can be changed: of what it is, not of how it is written in one language or another."""
    return etag_of(value.model_dump_json().encode())


def heeds_if_match(function: Operation) -> Operation:
    """Marks an update that calls `ensure_unchanged`, so that the description says so."""
    function.heeds_if_match = True  # type: ignore[attr-defined]
    return function


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """The answer to a read, with its ETag; 304 without a body when the caller has it already (If-None-Match)."""
    if response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return response
    etag = response.headers.get("ETag") or etag_of(response.content)
    response["ETag"] = etag
    # If-Match means nothing for a read here, and Django would answer it with a page.
    if "If-None-Match" not in request.headers:
        return response
    answer = get_conditional_response(request, etag=etag, response=response)
    return response if answer is None or answer.status_code == 412 else answer


def lock(thing: str) -> None:
    """Until the transaction ends nobody else gets past here for the same thing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number("thing", thing)])


def ensure_unchanged(request: HttpRequest, etag: str) -> None:
    """Refuse an update of something that is no longer what the caller read (If-Match). Raises Changed.

    The caller of this has taken `lock` for the thing first; otherwise two updates could both pass.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None:
        return
    etags = parse_etags(wanted)
    if "*" not in etags and etag not in etags:
        raise Changed(
            "it has changed since you read it; read it again and decide anew",
            message_zh="内容在您读取之后已被修改，请重新读取后再决定",
            headers={"ETag": etag},
        )


def lock_number(*parts: str) -> int:
    """A number for PostgreSQL's advisory locks, the same for the same words."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
