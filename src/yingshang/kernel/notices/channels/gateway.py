"""Handing a message to another system over HTTP: what SMS gateways and webhooks have in common."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

from .registry import PermanentFailure, TemporaryFailure

SECONDS = 20
LONGEST_WAIT = timedelta(hours=1)
_LATER = {408, 425, 429}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that points elsewhere is misconfigured; following it would carry the token there."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def post(url: str, payload: dict[str, Any], *, key: str, token: str = "", secret: str = "") -> None:
    """Post JSON. `key` is sent as `Idempotency-Key`, so that the same message is carried out once.

    With a `secret` the body is signed: `X-Signature` is the hexadecimal HMAC-SHA256 of the time in `X-Timestamp`, a
    full stop, and the body. Raises TemporaryFailure, PermanentFailure.
    """
    if not url.startswith(("https://", "http://")):
        raise PermanentFailure("the address of the gateway is no http address")
    body = json.dumps(payload, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if secret:
        moment = str(int(time.time()))
        headers["X-Timestamp"] = moment
        headers["X-Signature"] = hmac.digest(secret.encode(), f"{moment}.".encode() + body, "sha256").hex()
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with _opener.open(request, timeout=SECONDS) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        with error:
            _fail(error)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise TemporaryFailure(f"{type(error).__name__}: {reason}") from error


def _fail(error: urllib.error.HTTPError) -> None:
    text = f"{error.code} {error.reason}"
    if error.code in _LATER or error.code >= 500:
        seconds = error.headers.get("Retry-After", "")
        after = timedelta(seconds=int(seconds)) if seconds.isdigit() else None
        raise TemporaryFailure(text, after=min(after, LONGEST_WAIT) if after else None) from error
    raise PermanentFailure(text) from error


def fingerprint(message_id: int, channel: str) -> str:
    """The idempotency key of a message: the same for every attempt, and telling nothing."""
    return hashlib.sha256(f"{channel}:{message_id}".encode()).hexdigest()[:32]
