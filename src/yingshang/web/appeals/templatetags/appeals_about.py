"""`{% load appeals_about %}`: for pages of what appeals can be about: how many there are, one's own, and saying one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone

from yingshang.areas.appeals.api import count_about, my_appeals_about
from yingshang.kernel.access.api import actor_from

register = template.Library()


@register.inclusion_tag("appeals/about/desk.html", takes_context=True)
def desk_about(context: dict[str, Any], kind: str, identifier: object) -> dict[str, Any]:
    """How many appeals of the reader's reach are about it, with the list of them; nothing where there is none."""
    actor = actor_from(context["request"])
    asked = urlencode({"tab": "all", "about": f"{kind}:{identifier}"})
    return {
        "count": count_about(actor=actor, kind=kind, identifier=str(identifier), now=timezone.now()),
        "address": f"{reverse('appeals_desk:appeals')}?{asked}",
    }


@register.inclusion_tag("appeals/about/own.html", takes_context=True)
def own_about(context: dict[str, Any], kind: str, identifier: object) -> dict[str, Any]:
    """One's own appeals about it, and the way to say one."""
    actor = actor_from(context["request"])
    return {
        "appeals": my_appeals_about(actor=actor, kind=kind, identifier=str(identifier)),
        "address": _say(context, kind, identifier),
    }


@register.inclusion_tag("appeals/about/say.html", takes_context=True)
def say_about(context: dict[str, Any], kind: str, identifier: object) -> dict[str, Any]:
    """The way to say one."""
    return {"address": _say(context, kind, identifier)}


def _say(context: dict[str, Any], kind: str, identifier: object) -> str:
    name = "appeals:say" if actor_from(context["request"]).kind == "visitor" else "appeals:new"
    return f"{reverse(name)}?{urlencode({'about': f'{kind}:{identifier}'})}"
