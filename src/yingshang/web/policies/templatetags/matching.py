"""`{% load matching %}`: how the outcome of a condition is shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.parties.api import written_text
from yingshang.web.design.icons import icon

register = template.Library()

MARKS = {
    "true": ("good", "check", gettext_lazy("符合")),
    "false": ("bad", "x", gettext_lazy("不符合")),
    "unknown": ("note", "help-circle", gettext_lazy("未知")),
    "error": ("warn", "alert-triangle", gettext_lazy("出错")),
}


@register.simple_tag
def reason_mark(outcome: str) -> SafeString:
    """✓ ✗ ? with its word, so that the colour is never the only sign."""
    tone, sign, word = MARKS[str(outcome)]
    return format_html('<span class="tag {}">{}{}</span>', tone, icon(sign), word)


@register.simple_tag
def frozen_value(fact: Any) -> str:
    """A value that was frozen, as people read it."""
    value = fact.value
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            return _("%(count)d 条") % {"count": len(value)}
        return "、".join(str(each) for each in value) or _("无")
    return written_text(fact.column, str(value))
