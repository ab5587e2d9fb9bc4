"""`{% load lists %}`: words of lists and public lists, and money in fen as pages of lists show it."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import list_states, omission_words, publicity_states
from yingshang.web.words import in_language

from .claims import claim_state, fen

register = template.Library()
register.filter("fen", fen)
register.simple_tag(claim_state)

AWARD_STANDINGS = {
    "open": (_("公示中"), "note"),
    "objected": (_("异议核查中"), "warn"),
    "taken_off": (_("已取消"), "bad"),
    "through": (_("公示无异议"), "good"),
}
OBJECTION_STATES = {
    "open": (_("待处理"), "warn"),
    "rejected": (_("不成立"), ""),
    "upheld": (_("成立"), "bad"),
}


@register.simple_tag
def list_state(state: str) -> SafeString:
    """The state of a list as a coloured word."""
    name, name_en, tone = list_states()[state]
    return _tag(in_language(name, name_en), tone)


@register.simple_tag
def publicity_state(state: str) -> SafeString:
    """The state of a public list as a coloured word."""
    name, name_en, tone = publicity_states()[state]
    return _tag(in_language(name, name_en), tone)


@register.simple_tag
def award_standing(standing: str) -> SafeString:
    """How an award on a public list stands."""
    words, tone = AWARD_STANDINGS[standing]
    return _tag(words, tone)


@register.simple_tag
def objection_state(state: str) -> SafeString:
    """How an objection stands."""
    words, tone = OBJECTION_STATES[state]
    return _tag(words, tone)


@register.filter
def omission_name(reason: str) -> str:
    """Why somebody is not on a list."""
    return in_language(*omission_words()[reason])


def _tag(words: Any, tone: str) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', tone, words)
