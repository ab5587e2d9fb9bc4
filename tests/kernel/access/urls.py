"""The platform's addresses, and three views for trying who may open what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from yingshang.config.urls import urlpatterns as platform
from yingshang.kernel.access.api import needs, signed_in

handler403 = "yingshang.web.errors.not_allowed"
handler404 = "yingshang.web.errors.not_found"


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("mine")


@needs("desk.open")
def office(request: HttpRequest) -> HttpResponse:
    return HttpResponse("office")


def forgotten(request: HttpRequest) -> HttpResponse:
    """A view whose author forgot to say who may open it."""
    return HttpResponse("secret")


urlpatterns = [
    *platform,
    path("try/mine/", mine),
    path("try/office/", office),
    path("try/forgotten/", forgotten),
]
