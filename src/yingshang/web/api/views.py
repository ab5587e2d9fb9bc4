"""The description of the API: for programs, and for people."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from oauth2_provider.views import TokenView

from yingshang.kernel.access.api import open_to_everybody

from . import limits
from .conditional import conditional
from .errors import TooManyRequests
from .problems import problem


@transaction.non_atomic_requests
@open_to_everybody
@require_safe
def root(request: HttpRequest) -> HttpResponseBase:
    """Where to begin: the description, tokens, and the addresses that need nothing to be filled in."""
    schema, _ = _documented()
    links = {
        "title": schema["info"]["title"],
        "version": schema["info"]["version"],
        "openapi": reverse("api:openapi"),
        "docs": reverse("api:docs"),
        "token": schema["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["tokenUrl"],
        "operations": {
            methods["get"]["operationId"]: address
            for address, methods in schema["paths"].items()
            if "get" in methods and "{" not in address
        },
    }
    response = JsonResponse(links, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "public, max-age=300"
    return conditional(request, response)


@transaction.non_atomic_requests
@open_to_everybody
@require_safe
def openapi(request: HttpRequest) -> HttpResponseBase:
    """OpenAPI 3.1."""
    from .schema import text

    response = HttpResponse(text(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    # A description is for everybody: other tools may read it from their own pages.
    response["Access-Control-Allow-Origin"] = "*"
    return conditional(request, response)


_token = TokenView.as_view()


@transaction.non_atomic_requests
@csrf_exempt
@open_to_everybody
def token(request: HttpRequest) -> HttpResponseBase:
    """OAuth2's own, asked only so often from one address: a secret is not to be found by trying."""
    try:
        limits.use("token", f"token:{limits.address_of(request)}", now=timezone.now())
    except TooManyRequests as refused:
        return problem(request, refused)
    response: HttpResponseBase = _token(request)
    return response


@open_to_everybody
@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Every operation on one page, made from the same description."""
    schema, groups = _documented()
    return render(request, "api/docs.html", {"schema": schema, "groups": groups})


@cache
def _documented() -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The description, and its operations by subject, ready to be shown."""
    from .schema import text

    schema: dict[str, Any] = json.loads(text())
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, methods in schema["paths"].items():
        for method, details in methods.items():
            groups.setdefault(details["tags"][0], []).append(_shown(schema, address, method, details))
    return schema, groups


def _shown(schema: dict[str, Any], address: str, method: str, details: dict[str, Any]) -> dict[str, Any]:
    parameters = [_resolved(schema, each) for each in details["parameters"]]
    body = next(iter(details.get("requestBody", {}).get("content", {}).items()), None)
    answer = next(
        (
            (status, next(iter(each["content"].values()))["schema"])
            for status, each in details["responses"].items()
            if status.startswith("2") and "content" in each
        ),
        None,
    )
    return {
        **details,
        "address": address,
        "method": method.upper(),
        "parameters": [{**each, "type": _type(schema, each["schema"])} for each in parameters],
        "body_type": body[0] if body else "",
        "body_fields": _fields(schema, body[1]["schema"]) if body else [],
        "answer_status": answer[0] if answer else "",
        "answer_fields": _fields(schema, answer[1]) if answer else [],
        "statuses": [status for status in details["responses"] if not status.startswith("2")],
        "permissions": details["x-access"] if isinstance(details["x-access"], list) else [],
        "open": details["x-access"] == "everybody",
    }


def _fields(schema: dict[str, Any], part: dict[str, Any]) -> list[dict[str, Any]]:
    part = _resolved(schema, part)
    if "properties" not in part and part.get("type") == "array":
        part = _resolved(schema, part["items"])
    required = part.get("required", [])
    row = part.get("properties", {}).get("items", {}).get("items")
    of_row = [{**each, "name": f"items[].{each['name']}"} for each in _fields(schema, row)] if row else []
    return of_row + [
        {
            "name": name,
            "type": _type(schema, each),
            "required": name in required,
            "description": each.get("description", ""),
        }
        for name, each in part.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any], part: dict[str, Any]) -> str:
    """A type in a few words: `string (date)`, `Party[]`, `integer | null`."""
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    for key in ("anyOf", "oneOf"):
        if key in part:
            return " | ".join(_type(schema, each) for each in part[key])
    if "enum" in part:
        return " | ".join(str(each) for each in part["enum"])
    if part.get("type") == "array":
        return f"{_type(schema, part.get('items', {}))}[]"
    name = str(part.get("type", "any"))
    return f"{name} ({part['format']})" if "format" in part else name


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = schema
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part
