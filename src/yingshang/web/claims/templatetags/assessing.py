"""`{% load assessing %}`: states and conclusions of scorings, seats and visits as coloured words."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..assessing import words

register = template.Library()


@register.simple_tag
def scoring_state(code: str) -> SafeString:
    """Of a panel."""
    return _tag(words.scoring_state(code))


@register.simple_tag
def seat_state(code: str) -> SafeString:
    """Of a seat."""
    return _tag(words.seat_state(code))


@register.simple_tag
def check_state(code: str) -> SafeString:
    """Of a field check."""
    return _tag(words.check_state(code))


@register.simple_tag
def conclusion(code: str) -> SafeString:
    """What a visit came to."""
    return _tag(words.conclusion_name(code)) if code else SafeString("")


@register.filter
def result_name(code: str) -> str:
    """How scores become one."""
    return words.result_name(code)


def _tag(word: words.Word) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', word[1], word[0])
