"""Bindings without a reachable contact: the evidence beside the decision."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from yingshang.kernel.access.api import needs


@needs("access.review_bindings")
def binding_list(request: HttpRequest) -> HttpResponse:
    """What waits for a decision."""
    raise Http404


@needs("access.review_bindings")
def binding(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request."""
    raise Http404
