"""The line of each request in the log, without what opens an account or tells of a person."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

_KEYS = re.compile(r"(/account/(?:password/reset/key|confirm-email)/)[^/]+")


class RequestLogMiddleware(RequestMiddleware):
    """The library's, with addresses that are fit to be kept.

    A link from a mail to set a password is a key to an account, and whoever reads logs is not its owner. Parameters
    hold names that were searched for, and the codes of single sign-on.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        path = _KEYS.sub(r"\1…", request.path)
        return f"{request.method} {path}{'?…' if request.META.get('QUERY_STRING') else ''}"
