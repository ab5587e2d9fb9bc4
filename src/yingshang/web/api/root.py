"""The API and its addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import JSONRenderer
from ninja.utils import normalize_path, replace_path_param_notation

from . import views
from .dispatch import enclosed, nowhere
from .operations import ROUTERS
from .schema import completed

VERSION = "1.0.0"
PREFIX = "/api/v1/"


class PlainJson(JSONRenderer):
    """Chinese as it is written, not as numbers of its characters."""

    json_dumps_params: Mapping[str, Any] = {"ensure_ascii": False}


class Api(NinjaAPI):
    """django-ninja reads requests, writes answers and describes both; `dispatch` does everything around that."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Errors leave the operation, so that its transaction is rolled back; `dispatch` answers them."""
        raise exc

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        return completed(super().get_openapi_schema(path_prefix=PREFIX), dict(self.operations()))

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Every operation with its name."""
        for router in self._get_bound_routers():
            for path_view in router.path_operations.values():
                for operation in path_view.operations:
                    yield self.get_openapi_operation_id(operation), operation

    def patterns(self) -> Iterator[URLPattern]:
        """One address for each path, named after its first operation."""
        for router in self._get_bound_routers():
            for route, path_view in router.path_operations.items():
                whole = normalize_path(f"{router.prefix}/{route}").lstrip("/")
                first = path_view.operations[0]
                name = getattr(first, "url_name", "") or first.view_func.__name__.replace("_", "-")
                yield path(replace_path_param_notation(whole), enclosed(path_view), name=name)


api = Api(
    title="营商 API · Yingshang API",
    version=VERSION,
    description=(
        "企业、政策与时限的接口。怎样取得令牌、分页、重试，见 docs/guides/api.md。\n\n"
        "Enterprises, policies and deadlines. docs/guides/api.md tells how to get a token, page and retry."
    ),
    docs_url=None,
    openapi_url=None,
    renderer=PlainJson(),
    urls_namespace="api",
    servers=[{"url": "/", "description": "本平台 · this platform"}],
)
for router in ROUTERS:
    api.add_router("", router)

urlpatterns: list[Any] = [
    re_path(r"^v1/?$", views.root, name="root"),
    path("v1/openapi.json", views.openapi, name="openapi"),
    path("v1/docs", views.documentation, name="docs"),
    *(path(f"v1/{pattern.pattern}", pattern.callback, name=pattern.name) for pattern in api.patterns()),
    re_path(r"^.*$", nowhere, name="nowhere"),
]
