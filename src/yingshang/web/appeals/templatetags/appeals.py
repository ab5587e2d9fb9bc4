"""`{% load appeals %}`: states, topics and other codes of appeals in words; how a date was reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from yingshang.areas.appeals.api import Milestone
from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.ledger.api import receipt_code

from .. import words

register = template.Library()
register.filter("topic_name", words.topic_name)
register.filter("difficulty_name", words.difficulty_name)
register.filter("link_kind_name", words.link_kind_name)
register.filter("urgency_name", words.urgency_name)
register.filter("channel_name", words.channel_name)
register.filter("region_name", words.region_name)
register.filter("receipt_code", receipt_code)


@register.simple_tag
def state_tag(table: str, state: str) -> SafeString:
    """The state of an appeal, or of what belongs to it, as a coloured word."""
    name, tone = words.state_of(table, state)
    return format_html('<span class="tag {}">{}</span>', tone, name)


@register.filter
def in_words(code: str, table: str) -> str:
    """A code by a table of words: `{{ contact.way|in_words:"WAYS" }}`."""
    return str(getattr(words, table).get(code, code))


_PLAYED = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm"})
"""Recordings that browsers play; AMR they do not."""


@register.filter
def is_recording(content_type: str) -> bool:
    """Whether a file is a recording."""
    return content_type.startswith("audio/")


@register.filter
def plays(content_type: str) -> bool:
    """Whether a file is a recording that the page can play."""
    return content_type in _PLAYED


@register.filter
def clock_name(clock: DeadlineView) -> str:
    """What a clock is for, without the title of the appeal."""
    english = (get_language() or "").startswith("en")
    return (clock.name_en.partition(":") if english else clock.name.partition("："))[0]


@register.filter
def derivation(clock: DeadlineView) -> str:
    """How a date was reached, in one line."""
    return clock.derivation("en" if (get_language() or "").startswith("en") else "zh")


@register.filter
def as_entries(way: Iterable[Milestone]) -> list[dict[str, Any]]:
    """What happened, as the timeline shows it."""
    return [
        {
            "title": words.MILESTONES[each.what],
            "when": each.at,
            "who": each.who,
            "text": each.note,
            "tone": words.TONES.get(each.what, ""),
        }
        for each in way
    ]
