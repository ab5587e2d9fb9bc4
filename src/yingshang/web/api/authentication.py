"""Who calls: a system with an OAuth2 bearer token, or a signed-in user with the browser's session."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from ninja.utils import check_csrf
from oauth2_provider.models import get_access_token_model

from yingshang.kernel.access.api import Actor, actor_from, actor_of_client

from .errors import ForgeryCheckFailed, Unauthenticated

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(request: HttpRequest) -> Actor:
    """The actor of a request. Credentials that are not valid are refused, never taken for a visitor's.

    A token counts alone: a session cookie sent along with it adds nothing.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        return _client_of(header)
    actor = actor_from(request)
    if actor.kind == "user" and request.method not in SAFE_METHODS and check_csrf(request) is not None:
        raise ForgeryCheckFailed(
            "a write with the browser's session needs the CSRF token in X-CSRFToken",
            message_zh="用浏览器会话提交时，须在 X-CSRFToken 中带上 CSRF 令牌",
        )
    return actor


def unauthenticated(error: str = "") -> Unauthenticated:
    """The refusal, with the challenge that RFC 6750 asks for."""
    challenge = 'Bearer realm="yingshang"' + (f', error="{error}"' if error else "")
    if error:
        return Unauthenticated(
            "the access token is not valid, or no longer",
            message_zh="访问令牌无效或已过期",
            headers={"WWW-Authenticate": challenge},
        )
    return Unauthenticated(
        "this needs an access token or a signed-in user",
        message_zh="需要访问令牌，或先登录",
        headers={"WWW-Authenticate": challenge},
    )


def _client_of(header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("invalid_request")
    checksum = hashlib.sha256(token.strip().encode()).hexdigest()
    found: Any = (
        get_access_token_model().objects.select_related("application").filter(token_checksum=checksum).first()
    )
    if found is None or not found.is_valid([]) or found.application is None or found.user_id is not None:
        raise unauthenticated("invalid_token")
    actor = actor_of_client(found.application)
    if actor.kind != "client":
        raise unauthenticated("invalid_token")
    # A token may be made for less than its client's role holds; it is never good for more.
    asked = frozenset(found.scope.split())
    return replace(
        actor, grants=tuple(replace(grant, permissions=grant.permissions & asked) for grant in actor.grants)
    )
