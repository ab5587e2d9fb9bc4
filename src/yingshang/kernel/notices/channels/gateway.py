"""Handing a message to another system over HTTP: what gateways and webhooks have in common."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from .registry import PermanentFailure, TemporaryFailure

SECONDS = 20
"""For how long the other side may be silent."""
TOGETHER_SECONDS = 25
"""For how long it may take altogether, however it spends the time: many of these fit into a claim."""
LONGEST_WAIT = timedelta(hours=1)
LONGEST_ANSWER = 64 * 1024
_LATER = {408, 425, 429}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that points elsewhere is misconfigured; following it would carry the token there."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


_open = threading.local()


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _open.socket = self.sock


class _SecureConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _open.socket = self.sock


class _Plain(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, request)


class _Secure(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, request)


_opener = urllib.request.build_opener(_NoRedirect, _Plain, _Secure)


def post(url: str, payload: dict[str, Any], *, key: str, token: str = "", secret: str = "") -> bytes:
    """Post JSON and return the answer, at most so much of it. Raises TemporaryFailure, PermanentFailure.

    `key` is sent as `Idempotency-Key`, so that the same message is carried out once. With a `secret` the body is
    signed: `X-Signature` is the hexadecimal HMAC-SHA256 of the time in `X-Timestamp`, a full stop, and the body.
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
        headers["X-Signature"] = signature(secret, moment, body)
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with _at_most(TOGETHER_SECONDS), _opener.open(request, timeout=SECONDS) as answer:
            told = bytes(answer.read(LONGEST_ANSWER))
            if len(told) < LONGEST_ANSWER and answer.length:
                raise TemporaryFailure("the answer broke off")
            return told
    except urllib.error.HTTPError as error:
        with error:
            _fail(error)
            raise
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise TemporaryFailure(f"{type(error).__name__}: {reason}") from error


def signature(secret: str, moment: str, body: bytes) -> str:
    """How both directions are signed."""
    return hmac.digest(secret.encode(), f"{moment}.".encode() + body, "sha256").hex()


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Cuts the connection when the time is up: a gateway that sends a byte now and then is never silent for long."""
    _open.socket = None
    holder = _open.__dict__

    over: list[bool] = []

    def cut() -> None:
        over.append(True)
        connected = holder.get("socket")
        if connected is not None:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _open.socket = None
        if over:
            # What was read until then looks like an answer that has ended.
            raise TemporaryFailure(f"no whole answer within {seconds:g} seconds")


def _fail(error: urllib.error.HTTPError) -> None:
    text = f"{error.code} {error.reason}"
    if error.code in _LATER or error.code >= 500:
        seconds = error.headers.get("Retry-After", "")
        after = timedelta(seconds=int(seconds)) if seconds.isdecimal() and len(seconds) < 9 else None
        raise TemporaryFailure(text, after=min(after, LONGEST_WAIT) if after else None) from error
    raise PermanentFailure(text) from error


def fingerprint(message_id: int, channel: str) -> str:
    """The idempotency key of a message: the same for every attempt, and telling nothing."""
    return hashlib.sha256(f"{channel}:{message_id}".encode()).hexdigest()[:32]
