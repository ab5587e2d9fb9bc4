"""`{% load paying %}`: words of batches, orders, differences and accounts of the journal, and money in fen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yingshang.areas.claims.api import batch_states, channel_names, difference_name, order_states
from yingshang.web.design import formats
from yingshang.web.words import in_language

from ..paying.words import ACCOUNTS, ENTRY_KINDS, LEVELS, PROBLEMS
from .claims import fen

register = template.Library()
register.filter("fen", fen)


@register.filter
def minus_fen(value: Any) -> str:
    """A credit as money."""
    return fen(-int(value))


@register.filter
def large_fen(value: Any) -> str:
    """Fen as money to be read at a glance."""
    return "—" if value is None else formats.large_money(Decimal(value) / 100)


@register.filter
def share_of(part: Any, whole: Any) -> int:
    """How many of a hundred; nothing of nothing is nothing."""
    return round(int(part) * 100 / int(whole)) if whole else 0


@register.simple_tag
def batch_state(state: str) -> SafeString:
    """The state of a batch as a coloured word."""
    return _tag(*batch_states()[state])


@register.simple_tag
def order_state(state: str) -> SafeString:
    """The state of an order as a coloured word."""
    return _tag(*order_states()[state])


@register.filter
def difference_word(kind: str) -> str:
    """What kind of difference it is."""
    return in_language(*difference_name(kind))


@register.filter
def level_word(level: str) -> str:
    """A level of government."""
    return str(LEVELS.get(level, level))


@register.filter
def channel_word(channel: str) -> str:
    """What people call a channel payments go by."""
    return channel_names().get(channel, channel)


@register.filter
def account_word(account: str) -> str:
    """An account of the journal."""
    return str(ACCOUNTS.get(account, account))


@register.filter
def entry_word(kind: str) -> str:
    """What moved the money."""
    return str(ENTRY_KINDS.get(kind, kind))


@register.filter
def problem_word(problem: str) -> str:
    """Why a claim that waits cannot be ordered."""
    return str(PROBLEMS.get(problem, problem))


def _tag(name: str, name_en: str, tone: str) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', tone, in_language(name, name_en))
