"""Codes as words in templates, and badges with a word, an icon and a tone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yingshang.kernel.parties.api import written_text
from yingshang.kernel.reference.api import agency_kinds
from yingshang.web import words
from yingshang.web.columns import tone_tag as make_tone_tag

register = template.Library()

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


_TABLES: dict[str, Mapping[str, Any]] = {
    "action_word": words.ACTIONS,
    "actor_word": words.ACTOR_KINDS,
    "job_word": words.JOB_NAMES,
    "fact_type_word": words.FACT_TYPES,
    "status_word": words.STATUSES,
    "size_word": words.SIZES,
    "code_list_word": words.CODE_LISTS,
    "level_word": words.REGION_LEVELS,
    "reach_word": words.REACHES,
}


def _word_from(table: Mapping[str, Any]) -> Callable[[str], Any]:
    """A filter that gives the word for a code, or the code where there is none."""
    return lambda code: table.get(code, code)


for _name, _table in _TABLES.items():
    register.filter(_name, _word_from(_table))


register.filter("by_name", words.by_name)


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


@register.simple_tag
def in_words(chinese: str, english: str) -> str:
    """Of two names that the data carries, the one of the page's language."""
    return words.in_language(chinese, english)


@register.simple_tag
def actor_name(event: Any) -> str:
    """Who did what an event tells of: the platform by words, a person as they are called."""
    return words.actor_name(event.actor_kind, event.actor_name)


@register.filter
def by_name(name: str) -> str:
    """Who made something, where only the name is kept: one of the platform's own by its word."""
    return words.by_name(name)


@register.simple_tag
def job_title(job: Any) -> str:
    """What a job is called."""
    return words.job_title(job.title, job.name)


@register.filter
def as_fact(text: str, column: str) -> str:
    """What somebody wrote of a fact, as the fact's own value is shown."""
    return written_text(column, text)
