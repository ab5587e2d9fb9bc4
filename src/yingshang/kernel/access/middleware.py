"""Puts the actor into the request, and keeps closed what nobody has opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from .errors import NotAllowed
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
        request.actor = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: actor_of(request.user, today=timezone.localdate())
        )
        return self.get_response(request)

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
        raise NotAllowed("this page is not open to you", message_zh="您没有打开这个页面的权限")
