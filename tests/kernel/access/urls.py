"""Only the addresses that the accounts need, so that these tests stand on no face."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from oauth2_provider.views import TokenView

from yingshang.kernel.access.api import actor_from, needs, open_to_everybody, signed_in


@open_to_everybody
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"home of {actor_from(request).name or 'a visitor'}")


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("mine")


@needs("desk.open")
def desk(request: HttpRequest) -> HttpResponse:
    return HttpResponse("desk")


def forgotten(request: HttpRequest) -> HttpResponse:
    """A view whose author forgot to say who may open it."""
    return HttpResponse("secret")


portal = ([path("", home, name="home"), path("mine/", mine, name="mine")], "portal")

urlpatterns = [
    path("", include(portal)),
    path("desk/", desk, name="desk"),
    path("forgotten/", forgotten),
    path("account/", include("allauth.urls")),
    path("oauth/token/", TokenView.as_view()),
]
