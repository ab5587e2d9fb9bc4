"""`{% load way %}`: how a line of the way of a claim is coloured."""

from __future__ import annotations

from django import template

from yingshang.areas.claims.api import Milestone

register = template.Library()
_BAD = frozenset(
    [
        "refused",
        "unranked",
        "objection_upheld",
        "rejected",
        "struck",
        "lapsed",
        "not_executed",
        "missed",
        "unvisited",
    ]
)
_WARN = frozenset({"returned", "objected"})


@register.filter
def way_tone(each: Milestone) -> str:
    """`good` for what is done, `bad` for what ended badly or is late, nothing for what is waited for."""
    if each.overdue or each.event in _BAD:
        return "bad"
    if each.event in _WARN:
        return "warn"
    return "good" if each.done else ""
