"""Where a DomainError becomes an answer: the one place that maps codes to status numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang.rules.errors import DomainError

_STATUS_BY_CODE: dict[str, int] = {
    "access.not_allowed": 403,
    "access.second_factor_required": 403,
    "notices.bad_signature": 401,
    "notices.stale_report": 401,
    "ratings.not_your_rating": 403,
    # What only the API answers with.
    "api.malformed": 400,
    "api.idempotency_key_missing": 400,
    "api.unauthenticated": 401,
    "api.csrf_failed": 403,
    "api.method_not_allowed": 405,
    "api.not_acceptable": 406,
    "api.changed": 412,
    "api.too_large": 413,
    "api.unsupported_content": 415,
    "api.broken": 500,
}
_STATUS_BY_ENDING: dict[str, int] = {"not_found": 404, "conflict": 409, "too_many": 429, "unavailable": 503}
UNUSABLE = 422


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal: by its whole code, by the ending of it, otherwise 422."""
    ending = error.code.rpartition(".")[2]
    return _STATUS_BY_CODE.get(error.code) or next(
        (status for tail, status in _STATUS_BY_ENDING.items() if ending.endswith(tail)), UNUSABLE
    )


def message_of(error: DomainError) -> str:
    """The message in the language of the page."""
    return error.message if (get_language() or "").startswith("en") else error.message_zh


class ErrorsMiddleware:
    """Shows a DomainError of a view as a page (or a fragment, for htmx) with its message and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponse | None:
        """Null characters are in no address and no words of ours, and the database takes none."""
        # Systems speak to these, and what they send is read as it came, to check its signature.
        if request.path.startswith(("/api/", "/callbacks/")):
            return None
        if any(isinstance(each, str) and "\0" in each for each in (*arguments, *named.values())):
            return not_found(request, None)
        asked = (request.GET, request.POST) if request.method == "POST" else (request.GET,)
        if any("\0" in each for all_said in asked for _name, said in all_said.lists() for each in said):
            return error_page(request, 400, _("提交的内容含有不能保存的字符（空字符），请删去后再试。"))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        page = error_page(request, status_of(error), message_of(error), error.code)
        for name, value in getattr(error, "headers", {}).items():
            page[name] = value
        return page


def error_page(request: HttpRequest, status: int, message: str, code: str = "") -> HttpResponse:
    """A whole page that says what is wrong and where to go from here."""
    return render(
        request, "design/error.html", {"status": status, "message": message, "code": code}, status=status
    )


def not_allowed(request: HttpRequest, exception: Any) -> HttpResponse:
    """handler403."""
    message = message_of(exception) if isinstance(exception, DomainError) else _("您没有打开这个页面的权限")
    return error_page(request, 403, message, getattr(exception, "code", ""))


def not_found(request: HttpRequest, exception: Any) -> HttpResponse:
    """handler404."""
    return error_page(request, 404, _("没有这个页面，或者它不在您的查看范围内"))


def bad_request(request: HttpRequest, exception: Any) -> HttpResponse:
    """handler400: what no browser sends by itself, such as a host name that is none of ours."""
    return _bare_page(
        request,
        400,
        _("无法处理这个请求"),
        _("请求的地址或内容不正确。请从首页重新进入；仍然不行的，请把下面的编号告诉运维人员。"),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500. The request's number lets an operator find the log."""
    return _bare_page(
        request, 500, _("系统出错了"), _("已经记录。请稍后再试；仍然不行的，请把下面的编号告诉运维人员。")
    )


def _bare_page(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    """Nothing here asks who is looking or what they chose: what broke may be the database."""
    page = render_to_string(
        "design/broken.html",
        {
            "number": request.META.get("HTTP_X_REQUEST_ID", ""),
            "language": get_language() or "zh-hans",
            "title": title,
            "message": message,
        },
    )
    return HttpResponse(page, status=status)
