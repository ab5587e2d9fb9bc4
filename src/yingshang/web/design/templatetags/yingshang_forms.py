"""`{% load yingshang_forms %}{% fillable form %}`: a form with its sections, conditions and sources."""

from __future__ import annotations

import json
from typing import Any

from django import template

from yingshang.kernel.forms.api import FillableForm, Prefilled, ShownField, show_value
from yingshang.web.design.formats import english

register = template.Library()


@register.inclusion_tag("design/forms/fillable.html")
def fillable(form: FillableForm, heading: int = 2) -> dict[str, Any]:
    """Everything between the tags of the form."""
    return {"form": form, "sections": form.shown_sections, "hidden": form.hidden, "heading": heading}


@register.filter
def source_of(prefilled: Prefilled) -> str:
    """Where a value came from, in the language of the page."""
    return prefilled.source_in("en" if english() else "zh-hans")


@register.filter
def prefilled_text(shown: ShownField) -> str:
    """The value a field began with, in words."""
    if shown.prefilled is None:
        return ""
    return show_value(shown.spec, shown.prefilled.value, "en" if english() else "zh-hans")


@register.filter
def prefilled_plain(shown: ShownField) -> str:
    """The value a field began with as the field itself would hold it, for comparing; empty for lists."""
    value = shown.prefilled.value if shown.prefilled else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if isinstance(value, list | dict) else str(value)


@register.filter
def label_of(thing: Any) -> str:
    """The name of a form, section, field or option in the language of the page."""
    return str(thing.label("en" if english() else "zh-hans"))


@register.filter
def help_of(thing: Any) -> str:
    """The hint of a section or field in the language of the page."""
    return str(thing.help("en" if english() else "zh-hans"))


@register.filter
def condition_values(condition: Any) -> str:
    """The values of a simple condition, for the script that follows it."""
    return json.dumps(list(condition.values), ensure_ascii=False)
