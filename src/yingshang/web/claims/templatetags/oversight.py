"""`{% load oversight %}`: states of trips and of money asked back, and what an enterprise owes of a claim."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yingshang.areas.claims.api import RecoveryView, recoveries, recovery_states, trip_states
from yingshang.kernel.access.api import actor_from
from yingshang.web.words import in_language

register = template.Library()


@register.simple_tag
def trip_state(state: str) -> SafeString:
    """The state of a trip as a coloured word."""
    return _tag(*trip_states()[state])


@register.simple_tag
def recovery_state(state: str) -> SafeString:
    """The state of a recovery as a coloured word."""
    return _tag(*recovery_states()[state])


@register.simple_tag(takes_context=True)
def recoveries_of(context: dict[str, Any], claim_id: int) -> tuple[RecoveryView, ...]:
    """What is, or was, asked back of a claim."""
    actor = actor_from(context["request"])
    return recoveries(actor=actor, now=timezone.now(), claim_id=claim_id).rows


@register.simple_tag(takes_context=True)
def may_recover(context: dict[str, Any]) -> bool:
    """Whether who looks may ask money back."""
    return actor_from(context["request"]).may("claims.recover")


def _tag(name: str, name_en: str, tone: str) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', tone, in_language(name, name_en))
