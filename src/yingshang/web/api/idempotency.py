"""A write sent twice is carried out once.

The first request with a key holds an advisory lock of PostgreSQL until its transaction ends, and keeps its answer in
that same transaction. So there is no state "begun" that a crash could leave behind: either the write and its answer
are both there, or neither is and the lock is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from yingshang.kernel.access.api import Actor

from .conditional import lock_number
from .errors import InProgress, KeyMissing, KeyReused, Malformed
from .models import IdempotentRequest

_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Link", "Content-Language")


def carried_out_once(
    request: HttpRequest,
    *,
    actor: Actor,
    now: datetime,
    run: Callable[[], HttpResponse],
    refusal: Callable[[Exception], HttpResponse | None],
) -> HttpResponse:
    """The answer of `run`, or the one it gave before to the same key.

    `run` is rolled back when it raises. `refusal` turns an error into the answer that is kept with the key, or gives
    None for one that is not the caller's (the platform's own failure), which may then be tried again.
    """
    key = _key_of(request)
    owner = f"{actor.kind}:{actor.identifier}"
    with transaction.atomic():
        _hold(owner, key)
        kept = IdempotentRequest.objects.filter(actor=owner, key=key).first()
        if kept is not None and kept.created_at <= now - _kept_for():
            kept.delete()
            kept = None
        fingerprint = _fingerprint(request)
        if kept is not None:
            return _again(kept, fingerprint)
        try:
            with transaction.atomic():
                response = run()
        except Exception as error:
            refused = refusal(error)
            if refused is None:
                raise
            response = refused
        IdempotentRequest.objects.create(
            actor=owner,
            key=key,
            fingerprint=fingerprint,
            status=response.status_code,
            body=response.content,
            headers={name: response[name] for name in _KEPT_HEADERS if response.has_header(name)},
            created_at=now,
        )
        return response


def forget_expired(*, now: datetime) -> int:
    """Remove answers older than `settings.API_IDEMPOTENCY_HOURS`; the number removed."""
    return IdempotentRequest.objects.filter(created_at__lte=now - _kept_for()).delete()[0]


def _kept_for() -> timedelta:
    return timedelta(hours=settings.API_IDEMPOTENCY_HOURS)


def _key_of(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise KeyMissing(
            "a write needs an Idempotency-Key, e.g. a UUID made for it",
            message_zh="写操作须带 Idempotency-Key，例如为本次操作生成的 UUID",
        )
    if len(key) > 120 or not key.isascii() or not key.isprintable():
        raise Malformed(
            "an Idempotency-Key has at most 120 printable ASCII characters",
            message_zh="Idempotency-Key 至多 120 个可打印的 ASCII 字符",
        )
    return key


def _hold(owner: str, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number("idempotency", owner, key)])
        row = cursor.fetchone()
    if not (row and row[0]):
        raise InProgress(
            "a request with this Idempotency-Key is being carried out; ask again in a moment",
            message_zh="同一 Idempotency-Key 的请求正在处理，请稍后再问",
            headers={"Retry-After": "1"},
        )


def _fingerprint(request: HttpRequest) -> str:
    """What makes two requests the same: method, address, condition, and content.

    The parts of a form are hashed one by one, since the boundary between them differs at every sending.
    """
    digest = hashlib.sha256()

    def add(*texts: str) -> None:
        for text in texts:
            digest.update(f"{len(text)}:{text}".encode())

    add(request.method or "", request.get_full_path(), request.headers.get("If-Match", ""))
    add(request.content_type or "")
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            add(name, *(str(value) for value in values))
        for name, file in sorted(request.FILES.items()):
            assert isinstance(file, UploadedFile)
            content = hashlib.sha256()
            for chunk in file.chunks():
                content.update(chunk)
            file.seek(0)
            add(name, file.name or "", content.hexdigest())
    else:
        digest.update(request.body)
    return digest.hexdigest()


def _again(kept: IdempotentRequest, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        raise KeyReused(
            "this Idempotency-Key was used for another request",
            message_zh="这个 Idempotency-Key 已用于另一个请求",
        )
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    return response
