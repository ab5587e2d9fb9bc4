"""The number of a request: in the log, in the ledger, and in the answer, so that the three can be put together."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase

_USABLE = re.compile(r"[A-Za-z0-9._:-]{8,64}")


class RequestIdMiddleware:
    """Gives a request its number before the log does, and sends it back.

    A caller may bring a number of their own in `X-Request-ID`, to follow a request through several systems. One that
    is too long for the ledger, or holds signs that would upset a log, is replaced.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        number = request.headers.get("X-Request-ID", "")
        if not _USABLE.fullmatch(number):
            number = str(uuid4())
            request.META["HTTP_X_REQUEST_ID"] = number
            # `headers` is made once, and was made just now.
            del request.headers
        response = self.get_response(request)
        response["X-Request-ID"] = number
        return response
