"""`{% load contracts %}`: states and other codes of contracts in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yingshang.kernel.ledger.api import receipt_code
from yingshang.web.design import formats

from .. import words

register = template.Library()
register.filter("region_name", words.region_name)
register.filter("receipt_code", receipt_code)
register.filter("yuan", words.yuan)
register.filter("kind_name", words.kind_name)


@register.simple_tag
def state_tag(table: str, state: str) -> SafeString:
    """The state of a contract, or of what belongs to it, as a coloured word."""
    name, tone = words.state_of(table, state)
    return format_html('<span class="tag {}">{}</span>', tone, name)


@register.filter
def in_words(code: str, table: str) -> str:
    """A code by a table of words: `{{ obligation.side|in_words:"SIDES" }}`."""
    return str(getattr(words, table).get(code, code))


@register.filter
def fen(value: Any) -> str:
    """An amount in fen, written as money."""
    return formats.money(words.yuan(value))


@register.filter
def large_fen(value: Any) -> str:
    """An amount in fen, to be read at a glance."""
    return formats.large_money(words.yuan(value))


@register.filter
def named(code: str, table: str) -> str:
    """A code by a table of the rules: `{{ obligation.kind|named:"obligation_kinds" }}`."""
    return words.named(table, code)
