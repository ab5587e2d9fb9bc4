"""Errors as problem details (RFC 9457): one shape for everything that goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.urls import reverse
from django.utils.translation import get_language
from ninja.errors import HttpError, ValidationError

from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of, status_of

from .errors import (
    ApiError,
    Broken,
    Invalid,
    Malformed,
    NoSuchAddress,
    TooLarge,
    Unavailable,
)

CONTENT_TYPE = "application/problem+json"

_TITLES_ZH = {
    400: "请求有误",
    401: "未登录或凭证无效",
    403: "没有权限",
    404: "没有找到",
    405: "不支持该方法",
    406: "无法按要求的格式回答",
    409: "与当前状态冲突",
    412: "内容已被修改",
    413: "内容过大",
    415: "不支持该内容类型",
    422: "内容不符合要求",
    429: "请求过于频繁",
    500: "系统出错",
    503: "服务暂不可用",
}

# What the validation library says in English, in Chinese, by its kind of error.
_FIELD_MESSAGES_ZH = {
    "missing": "必填",
    "extra_forbidden": "没有这一项",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不对，应符合 {pattern}",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "bool_parsing": "应为 true 或 false",
    "decimal_parsing": "应为数字",
    "date_parsing": "应为日期，如 2026-01-31",
    "date_type": "应为日期，如 2026-01-31",
    "date_from_datetime_parsing": "应为日期，如 2026-01-31",
    "date_from_datetime_inexact": "应为日期，不带时间",
    "datetime_parsing": "应为时间，如 2026-01-31T08:00:00+08:00",
    "datetime_from_date_parsing": "应为时间，如 2026-01-31T08:00:00+08:00",
    "timezone_aware": "应带时区，如 2026-01-31T08:00:00+08:00",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "value_error": "不符合要求：{error}",
    "list_type": "应为列表",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "unknown_parameter": "没有这个参数",
}


def is_english() -> bool:
    """Whether the caller reads English rather than Chinese."""
    return (get_language() or "").startswith("en")


def title_of(status: int) -> str:
    """What kind of problem a status is, in the caller's language."""
    return HTTPStatus(status).phrase if is_english() else _TITLES_ZH.get(status, HTTPStatus(status).phrase)


def request_number() -> str:
    """The number of the request that is being answered, as the log and the ledger have it."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def as_domain_error(error: Exception) -> DomainError | None:
    """What a library's or the framework's error means here; None for one that only a programmer can explain."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, ValidationError):
        return invalid(field_errors(error.errors))
    if isinstance(error, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return TooLarge("the body is over the limit", message_zh="请求内容超过上限")
    if isinstance(error, (HttpError, MultiPartParserError, SuspiciousOperation, RawPostDataException)):
        return Malformed(
            "the body cannot be read as what its content type says", message_zh="请求内容无法按其内容类型读取"
        )
    if isinstance(error, DataError):
        # What no validation of ours has caught, the database has: U+0000, a number out of range.
        structlog.get_logger(__name__).warning("api_value_refused_by_database", exc_info=error)
        return Invalid(
            "a value cannot be stored or looked for as it is",
            message_zh="有的值无法保存或查找，例如含有不可用的字符",
        )
    if isinstance(error, Http404):
        return NoSuchAddress("nothing is here", message_zh="没有这个地址")
    if isinstance(error, (OperationalError, InterfaceError)):
        return Unavailable(
            "the platform cannot answer just now",
            message_zh="系统暂时无法回答，请稍后再试",
            headers={"Retry-After": "5"},
        )
    return None


def problem(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer for an error. What nobody foresaw is logged with its trace and answered without details."""
    known = as_domain_error(error)
    if known is None:
        structlog.get_logger(__name__).exception("api_request_failed", exc_info=error)
        known = Broken(
            "something went wrong on our side; it has been recorded under this request's number",
            message_zh="系统出错了，已按本次请求的编号记录",
        )
    status = status_of(known)
    body: dict[str, Any] = {
        "type": reverse("api:problem", args=[known.code]),
        "title": title_of(status),
        "status": status,
        "detail": message_of(known),
        "code": known.code,
        "instance": request_number(),
    }
    errors = known.details.get("errors")
    if not errors and (name := known.details.get("field")):
        # The kernel names the field by the name of its argument.
        errors = [{"field": f"body.{name}", "code": known.code, "detail": message_of(known)}]
    if errors:
        body["errors"] = errors
    headers = known.headers if isinstance(known, ApiError) else {}
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE, headers=headers
    )


def invalid(errors: list[dict[str, str]]) -> Invalid:
    """The refusal for fields that do not fit, naming the first in its message."""
    first = f"{errors[0]['field']}: {errors[0]['detail']}" if errors else ""
    more = len(errors) - 1
    return Invalid(
        f"{first}" + (f" (and {more} more)" if more > 0 else ""),
        message_zh=f"{first}" + (f"（另有 {more} 处）" if more > 0 else ""),
        errors=errors,
    )


def field_errors(found: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Each error of the validation library as field path, code and message."""
    return [
        {
            "field": ".".join(str(part) for part in _place(item["loc"])),
            "code": str(item["type"]),
            "detail": _message(item),
        }
        for item in found
    ]


def _place(location: Iterable[Any]) -> list[Any]:
    """Where the field is, without the names of our own arguments: body.codes.0 rather than body.wanted.codes.0."""
    place = list(location)
    return [place[0], *place[2:]] if len(place) > 2 and place[0] in ("body", "query") else place


def _message(item: Mapping[str, Any]) -> str:
    if not is_english() and (template := _FIELD_MESSAGES_ZH.get(str(item["type"]))):
        try:
            return template.format(**item.get("ctx", {}))
        except (KeyError, IndexError):
            return template
    return str(item["msg"])
