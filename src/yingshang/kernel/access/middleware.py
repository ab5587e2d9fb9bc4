"""Puts the actor into the request, and keeps closed what nobody has opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from .actors import Actor
from .directory import has_second_factor
from .errors import NotAllowed, SecondFactorRequired
from .http import Rule
from .selectors import actor_of

# Views of libraries cannot carry our mark. Theirs are opened here, by the module they lie in.
_ELSEWHERE: tuple[tuple[str, Rule], ...] = (
    ("allauth.", Rule("everybody")),
    ("oauth2_provider.views.base", Rule("everybody")),
    ("django.views.i18n", Rule("everybody")),
    ("django.views.static", Rule("everybody")),
    ("django.contrib.staticfiles", Rule("everybody")),
)


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """Who may open a view, or None when nobody has said so."""
    declared = getattr(view, "access_rule", None) or getattr(
        getattr(view, "view_class", None), "access_rule", None
    )
    if declared is not None:
        return declared  # type: ignore[no-any-return]
    target = getattr(view, "view_class", view)
    module = getattr(target, "__module__", "")
    return next((rule for prefix, rule in _ELSEWHERE if module.startswith(prefix)), None)


class AccessMiddleware:
    """Denies unless allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Lazily, so that static files and health checks cost no query.
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            # Counters are shared: after somebody has logged out, the browser's way back must not show their pages.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        rule = rule_of(view)
        if rule is not None and rule.who == "everybody":
            return None
        actor = request.actor  # type: ignore[attr-defined]
        if rule is not None and rule.allows(actor):
            return None
        if rule is not None and actor.kind == "visitor":
            return redirect_to_login(request.get_full_path())
        if rule is not None and getattr(request, "second_factor_missing", False):
            return _ask_for_second_factor(request)
        raise NotAllowed("this page is not open to you", message_zh="您没有打开这个页面的权限")


def _actor(request: HttpRequest) -> Actor:
    """Who acts. Roles that ask for a second factor give nothing, and others beside them neither, until there is one."""
    actor = actor_of(request.user, today=timezone.localdate())
    if actor.needs_second_factor and not has_second_factor(int(actor.identifier)):
        request.second_factor_missing = True  # type: ignore[attr-defined]
        return replace(actor, grants=())
    return actor


def _ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    """Show a person where to set it up; tell a program that it is missing."""
    if (
        "text/html" not in request.headers.get("accept", "text/html")
        and "*/*" not in request.headers["accept"]
    ):
        raise SecondFactorRequired(
            "a second factor has to be set up first", message_zh="您的岗位须启用双重验证，请先完成设置"
        )
    messages.warning(request, gettext("您的岗位须启用双重验证，请先完成设置。"))
    return redirect("mfa_index")
