"""Codes as words in templates, and badges with a word, an icon and a tone."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yingshang.kernel.reference.api import agency_kinds
from yingshang.web import words
from yingshang.web.columns import tone_tag as make_tone_tag

register = template.Library()

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


@register.filter
def action_word(code: str) -> Any:
    """What an action is called."""
    return words.ACTIONS.get(code, code)


@register.filter
def actor_word(code: str) -> Any:
    """What a kind of actor is called."""
    return words.ACTOR_KINDS.get(code, code)


@register.filter
def fact_type_word(code: str) -> Any:
    """What a type of fact is called."""
    return words.FACT_TYPES.get(code, code)


@register.filter
def status_word(code: str) -> Any:
    """What a status of registration is called."""
    return words.STATUSES.get(code, code)


@register.filter
def size_word(code: str) -> Any:
    """What a size of enterprise is called."""
    return words.SIZES.get(code, code)


@register.filter
def code_list_word(code: str) -> Any:
    """Which public list a fact's codes come from."""
    return words.CODE_LISTS.get(code, code)


@register.filter
def level_word(code: str) -> Any:
    """What a level of region is called."""
    return words.REGION_LEVELS.get(code, code)


@register.filter
def reach_word(code: str) -> Any:
    """How far a role reaches."""
    return words.REACHES.get(code, code)


@register.filter
def agency_kind_word(code: str) -> Any:
    """What a kind of agency is called."""
    kind = agency_kinds().get(code)
    return words.in_language(kind.name, kind.name_en) if kind else code


@register.filter
def duration_word(duration: str) -> str:
    """P1Y6M as 1 年 6 个月."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        return duration
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    parts = []
    if years:
        parts.append(ngettext("%(count)d 年", "%(count)d 年", years) % {"count": years})
    if months:
        parts.append(ngettext("%(count)d 个月", "%(count)d 个月", months) % {"count": months})
    if weeks:
        parts.append(ngettext("%(count)d 周", "%(count)d 周", weeks) % {"count": weeks})
    if days:
        parts.append(ngettext("%(count)d 天", "%(count)d 天", days) % {"count": days})
    return " ".join(parts)


@register.simple_tag
def tone_tag(kind: str, code: str) -> SafeString:
    """A code of some kind ("job", "import", "sensitivity" …) as a badge."""
    return make_tone_tag(kind, code)


@register.simple_tag
def unknown() -> SafeString:
    """What stands where a value is not known: never a nought, never a blank."""
    return format_html('<span class="unknown">{}</span>', _("未知"))


@register.simple_tag
def role_word(appointment: Any, names: dict[str, str]) -> str:
    """What the role of an appointment is called in the page's language."""
    return names.get(appointment.role, str(appointment.role_name))
