"""`{% load library %}`: places in documents, as people read them."""

from __future__ import annotations

import re
from datetime import date

from django import template
from django.utils.translation import gettext as _

from yingshang.web.design.formats import day as written_day

register = template.Library()
_PART = re.compile(r"([一二三四五六七八九十]{1,3})、?(?=（|$)")


@register.filter
def said_clause(clause: str) -> str:
    """第一部分（二） for 一（二）: a bare 一 would be taken for a dash."""
    found = _PART.match(clause or "")
    if found is None:
        return clause or ""
    return _("第%(number)s部分%(rest)s") % {"number": found[1], "rest": clause[found.end() :]}


def span_words(first: date | str | None, last: date | str | None) -> str:
    """From one day to another; an open end is said in words, no dash is left hanging.

    Days may be as a policy writes them (2026-01-01, or only 2026-01).
    """
    begins, ends = _written(first), _written(last)
    if begins and ends:
        return f"{begins} – {ends}"
    if begins:
        return _("%(day)s起") % {"day": begins}
    return _("至%(day)s") % {"day": ends} if ends else ""


@register.simple_tag
def span(first: date | str | None, last: date | str | None) -> str:
    """The same in a template."""
    return span_words(first, last)


def _written(value: date | str | None) -> str:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    return written_day(value)
