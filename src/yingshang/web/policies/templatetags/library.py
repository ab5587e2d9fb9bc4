"""`{% load library %}`: places in documents, as people read them."""

from __future__ import annotations

import re

from django import template
from django.utils.translation import gettext as _

register = template.Library()
_PART = re.compile(r"([一二三四五六七八九十]{1,3})、?(?=（|$)")


@register.filter
def said_clause(clause: str) -> str:
    """第一部分（二） for 一（二）: a bare 一 would be taken for a dash."""
    found = _PART.match(clause or "")
    if found is None:
        return clause or ""
    return _("第%(number)s部分%(rest)s") % {"number": found[1], "rest": clause[found.end() :]}
