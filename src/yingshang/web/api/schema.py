"""The OpenAPI 3.1 description, completed with what `dispatch` adds to every operation.

`python -m django openapi` writes it to docs/api/openapi.json, where a test compares it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from yingshang.kernel.access.api import permissions

from .dispatch import content_type_of, is_write, rule_of_operation
from .problems import CONTENT_TYPE

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "任何错误的统一格式（RFC 9457） · the one shape of every error",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "说明这类错误 · where it is explained",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "给人看的说明，随 Accept-Language · for people"},
        "code": {"type": "string", "description": "稳定的错误代码 · stable, for programs"},
        "instance": {"type": "string", "description": "本次请求的编号 · the request's number"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "examples": ["query.limit"]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["field", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "instance"],
}

_HEADERS = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "本次操作的唯一标识；以同一标识重试不会重复执行 · the same key again is not carried out again",
        "schema": {"type": "string", "maxLength": 120},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "已有内容的 ETag；未变时返回 304 · answered 304 when unchanged",
        "schema": {"type": "string"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "读取时的 ETag；已变时返回 412 · answered 412 when changed meanwhile",
        "schema": {"type": "string"},
    },
}


def completed(schema: OpenAPISchema, operations: dict[str, Operation]) -> OpenAPISchema:
    """The schema with security, headers and problems for every operation."""
    schemas = schema["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    schema["components"]["schemas"] = dict(sorted(schemas.items()))
    schema["components"]["parameters"] = _HEADERS
    schema["components"]["responses"] = {
        "Problem": {
            "description": "没有成功 · it did not succeed",
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    schema["components"]["securitySchemes"] = {
        "client": {
            "type": "oauth2",
            "description": "系统之间：客户端凭证 · systems: client credentials",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token/",
                    "scopes": {each.code: f"{each.name} · {each.name_en}" for each in permissions()},
                }
            },
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "浏览器会话；写操作另带 X-CSRFToken · the browser's session; writes need X-CSRFToken",
        },
    }
    for methods in schema["paths"].values():
        for details in methods.values():
            _complete(details, operations[details["operationId"]])
    return schema


def _complete(details: dict[str, Any], operation: Operation) -> None:
    rule = rule_of_operation(operation)
    who = rule.who if rule is not None else "nobody"
    scopes = list(rule.permissions) if rule is not None else []
    details["x-access"] = scopes or who
    if who != "everybody":
        # Entries of the list are alternatives: any one of the permissions is enough.
        systems = [{"client": [scope]} for scope in scopes] or [{"client": []}]
        details["security"] = [*systems, {"session": []}]
    parameters = details["parameters"]
    if is_write(operation):
        parameters.append({"$ref": "#/components/parameters/Idempotency-Key"})
    elif "GET" in operation.methods:
        parameters.append({"$ref": "#/components/parameters/If-None-Match"})
        details["responses"][304] = {"description": "未变 · not modified"}
    if getattr(operation.view_func, "heeds_if_match", False):
        parameters.append({"$ref": "#/components/parameters/If-Match"})
    for status in _problem_statuses(details, operation, who):
        details["responses"][status] = {"$ref": "#/components/responses/Problem"}
    details["responses"] = {str(status): each for status, each in sorted(details["responses"].items())}


def _problem_statuses(details: dict[str, Any], operation: Operation, who: str) -> set[int]:
    statuses = {406, 422, 429, 500, 503}
    if who != "everybody":
        statuses |= {401, 403}
    if any(each.get("in") == "path" for each in details["parameters"]):
        statuses.add(404)
    if content_type_of(operation) is not None:
        statuses |= {400, 413, 415}
    if is_write(operation):
        statuses |= {400, 409}
    if getattr(operation.view_func, "heeds_if_match", False):
        statuses.add(412)
    return statuses


@cache
def text() -> str:
    """The description as it is committed. It is the same for as long as the process lives."""
    from .root import api

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=2, default=str) + "\n"
