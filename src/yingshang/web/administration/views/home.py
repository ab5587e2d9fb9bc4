"""Where administration begins: what somebody may manage."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yingshang.kernel.access.api import actor_from, needs

from ..places import PLACES


@needs("desk.open")
def home(request: HttpRequest) -> HttpResponse:
    """What the actor may open, as tiles."""
    actor = actor_from(request)
    places = [place for place in PLACES if any(actor.may(each) for each in place.permissions)]
    return render(request, "administration/home.html", {"places": places})
