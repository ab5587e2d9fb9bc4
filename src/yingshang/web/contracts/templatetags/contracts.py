"""`{% load contracts %}`: states and other codes of contracts in words."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yingshang.kernel.ledger.api import receipt_code

from .. import words

register = template.Library()
register.filter("region_name", words.region_name)
register.filter("receipt_code", receipt_code)


@register.simple_tag
def state_tag(table: str, state: str) -> SafeString:
    """The state of a contract, or of what belongs to it, as a coloured word."""
    name, tone = words.state_of(table, state)
    return format_html('<span class="tag {}">{}</span>', tone, name)


@register.filter
def in_words(code: str, table: str) -> str:
    """A code by a table of words: `{{ obligation.side|in_words:"SIDES" }}`."""
    return str(getattr(words, table).get(code, code))
