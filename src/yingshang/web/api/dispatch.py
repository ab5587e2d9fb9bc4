"""What happens to every request before and after its operation, in this order:

method → accepted format → who calls → allowance → may they → size and content type → parameters known → carried out
(a read, or a write once for its key) in one transaction → ETag, headers. Any error on the way becomes a problem.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from ninja.operation import Operation, PathView

from yingshang.kernel.access.api import (
    NotAllowed,
    Rule,
    SecondFactorRequired,
    get_permission,
    open_to_everybody,
)

from . import limits
from .authentication import SAFE_METHODS, authenticate, unauthenticated
from .conditional import conditional
from .errors import MethodNotAllowed, NoSuchAddress, NotAcceptable, Unauthenticated, UnsupportedContent
from .idempotency import carried_out_once
from .problems import CONTENT_TYPE as PROBLEM
from .problems import invalid, is_english, problem

_BODY_TYPES = {
    "body": "application/json",
    "form": "multipart/form-data",
    "file": "multipart/form-data",
}


def enclosed(path_view: PathView) -> Callable[..., HttpResponseBase]:
    """The view of one address. It is open as far as the middleware goes; each operation says who may use it."""

    @transaction.non_atomic_requests
    @csrf_exempt
    @open_to_everybody
    def view(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        try:
            response = _answer(request, path_view, arguments)
        except Exception as error:
            response = problem(request, error)
        return _finished(response)

    view.path_view = path_view  # type: ignore[attr-defined]  # the matrix test walks the operations
    return view


@transaction.non_atomic_requests
@csrf_exempt
@open_to_everybody
def nowhere(request: HttpRequest, **_: Any) -> HttpResponseBase:
    """Any address below /api that is not one of ours."""
    try:
        _limited(request)
        raise NoSuchAddress(
            f"{request.path} is not an address of the API", message_zh=f"接口没有地址 {request.path}"
        )
    except Exception as error:
        return _finished(problem(request, error))


def rule_of_operation(operation: Operation) -> Rule | None:
    """Who may use an operation: the mark on its function, the same one that pages carry."""
    return getattr(operation.view_func, "access_rule", None)


def is_write(operation: Operation) -> bool:
    """Whether an operation changes something; a read may come as POST when its question is long."""
    return not (set(operation.methods) <= SAFE_METHODS or getattr(operation.view_func, "only_reads", False))


def only_reads(function: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a POST that changes nothing."""
    function.only_reads = True  # type: ignore[attr-defined]
    return function


def content_type_of(operation: Operation) -> str | None:
    """What an operation takes as its body."""
    sources = {str(model.__ninja_param_source__) for model in operation.models}
    return next((_BODY_TYPES[source] for source in ("file", "form", "body") if source in sources), None)


def _answer(request: HttpRequest, path_view: PathView, arguments: dict[str, Any]) -> HttpResponseBase:
    operations = {method: operation for operation in path_view.operations for method in operation.methods}
    allowed = sorted({*operations, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set()))
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(allowed)})
    method = "GET" if request.method == "HEAD" else str(request.method)
    operation = operations.get(method)
    if operation is None:
        raise MethodNotAllowed(
            f"{request.path} answers {', '.join(allowed)}, not {method}",
            message_zh=f"{request.path} 支持 {'、'.join(allowed)}，不支持 {method}",
            headers={"Allow": ", ".join(allowed)},
        )
    if not (request.accepts("application/json") or request.accepts(PROBLEM)):
        raise NotAcceptable("answers are application/json", message_zh="只能以 application/json 回答")
    now = timezone.now()
    actor = _limited(request)
    _permitted(request, operation, actor)
    _content_checked(request, operation)
    _parameters_known(request, operation)

    def run() -> HttpResponse:
        response = operation.run(request, **arguments)
        assert isinstance(response, HttpResponse)
        return response

    if is_write(operation):
        return carried_out_once(
            request,
            actor=actor,
            now=now,
            run=run,
            refusal=lambda error: kept if (kept := problem(request, error)).status_code < 500 else None,
        )
    with transaction.atomic():
        response = run()
    return conditional(request, response)


def _limited(request: HttpRequest) -> Any:
    """The caller, after one request is taken from their allowance. Wrong credentials use up that of the address."""
    now = timezone.now()
    try:
        actor = authenticate(request)
    except Unauthenticated:
        limits.use("address", f"address:{limits.address_of(request)}", now=now)
        raise
    request.actor = actor  # type: ignore[attr-defined]
    limits.use(*limits.subject_of(request, actor), now=now)
    return actor


def _permitted(request: HttpRequest, operation: Operation, actor: Any) -> None:
    rule = rule_of_operation(operation)
    if rule is not None and rule.allows(actor):
        return
    if rule is not None and actor.kind == "visitor":
        raise unauthenticated()
    if rule is not None and getattr(request, "second_factor_missing", False):
        raise SecondFactorRequired(
            "a second factor has to be set up first", message_zh="您的岗位须启用双重验证，请先完成设置"
        )
    wanted = [get_permission(code) for code in rule.permissions] if rule is not None else []
    raise NotAllowed(
        "you may not " + " or ".join(each.name_en for each in wanted)
        if wanted
        else "this is not open to you",
        message_zh=f"没有“{'”或“'.join(each.name for each in wanted)}”的权限"
        if wanted
        else "没有使用这个接口的权限",
    )


def _content_checked(request: HttpRequest, operation: Operation) -> None:
    wanted = content_type_of(operation)
    limits.check_size(request, upload=wanted == "multipart/form-data")
    sent = (request.content_type or "").lower()
    if wanted is not None and sent != wanted:
        raise UnsupportedContent(
            f"the body must be {wanted}, not {sent or 'without a content type'}",
            message_zh=f"请求内容应为 {wanted}，而不是 {sent or '未注明类型的内容'}",
            headers={"Accept": wanted},
        )


def _parameters_known(request: HttpRequest, operation: Operation) -> None:
    """A misspelt filter would be no filter at all: everything instead of little. It is refused."""
    known: set[str] = set()
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            known |= set(getattr(model, "__ninja_flatten_map__", {})) | set(model.model_fields)
    unknown = sorted(set(request.GET) - known)
    if unknown:
        detail = "there is no such parameter" if is_english() else "没有这个参数"
        raise invalid(
            [
                {"field": f"query.{name}"[:200], "code": "unknown_parameter", "detail": detail}
                for name in unknown
            ]
        )


def _finished(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "private, no-cache")
    patch_vary_headers(response, ("Accept-Language", "Authorization", "Cookie"))
    return response
