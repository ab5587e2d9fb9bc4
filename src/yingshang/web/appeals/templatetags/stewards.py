"""`{% load stewards %}`: codes of stewards in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..stewards import words

register = template.Library()
register.filter("tier_name", words.tier_name)
register.filter("visit_way", words.way_name)
register.filter("level_name", words.level_name)
register.filter("service_name", words.service_name)


@register.simple_tag
def call_tag(state: str) -> SafeString:
    """The state of a request to get in touch as a coloured word."""
    name, tone = words.call_state(state)
    return format_html('<span class="tag {}">{}</span>', tone, name)


@register.simple_tag
def services_by_list(chosen: tuple[str, ...], done: Any) -> list[dict[str, Any]]:
    """What was agreed on, by list, each with how often it was done and when last."""
    noted: dict[str, list[Any]] = {}
    for each in done:
        noted.setdefault(each.service, []).append(each)
    return [
        {
            "name": name,
            "services": [
                {
                    "name": service,
                    "times": len(noted.get(code, ())),
                    "last": max((each.on for each in noted.get(code, ())), default=None),
                }
                for code, service in items
            ],
        }
        for name, items in words.service_choices(chosen)
    ]
