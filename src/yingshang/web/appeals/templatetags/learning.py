"""`{% load learning %}`: how long something took, how much it grew, figures of the performance record by name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from yingshang.areas.appeals.api import learning_rules
from yingshang.web.design import formats
from yingshang.web.words import in_language

register = template.Library()
_HOURS_OF_DAYS = 48


@register.filter
def lasting(value: timedelta | None) -> str:
    """25 分钟, 3.5 小时, 2.1 天: the largest unit that still says something; a dash for what is not known."""
    if value is None:
        return "—"
    hours = value.total_seconds() / 3600
    if hours < 1:
        return _("%(amount)s 分钟") % {"amount": formats.number(round(hours * 60))}
    if hours < _HOURS_OF_DAYS:
        return _("%(amount)s 小时") % {"amount": formats.number(Decimal(str(round(hours, 1))))}
    return _("%(amount)s 天") % {"amount": formats.number(Decimal(str(round(hours / 24, 1))))}


@register.filter
def growth(value: Any) -> str:
    """+50%, -12%; 新 where there was nothing before."""
    if value is None:
        return _("新出现")
    shown = formats.percent(abs(value), 0)
    return f"+{shown}" if value > 0 else f"-{shown}" if value < 0 else shown


@register.filter
def figure_name(code: str) -> str:
    """超期 for `late`, a figure of the performance record."""
    found = learning_rules().figures.get(code)
    return in_language(found.name, found.name_en) if found else code
