"""The table of reconsiderations on the desk."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import ReconsiderationView
from yingshang.web.columns import DayColumn, MomentColumn

from ..templatetags.reconsidering import reconsideration_state, state_name
from .forms import ABOUT


class ReconsiderationTable(tables.Table):
    """Those that wait first, the one due soonest ahead."""

    item_name = tables.Column(
        verbose_name=_("申请"), attrs={"td": {"class": "lead-cell"}, "th": {"class": "wide"}}
    )
    party_name = tables.Column(verbose_name=_("企业"))
    about = tables.Column(verbose_name=_("复核对象"))
    asked_at = MomentColumn(verbose_name=_("申请时间"))
    due_on = DayColumn(verbose_name=_("期限"))
    state = tables.Column(verbose_name=_("状态"))

    class Meta:
        empty_text = _("没有复核申请。")
        orderable = False

    def render_item_name(self, record: ReconsiderationView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:reconsideration", args=[record.id]),
            record.item_name,
            record.number,
        )

    def value_item_name(self, record: ReconsiderationView) -> str:
        return record.number

    def render_about(self, value: str) -> str:
        return str(ABOUT[value])

    def render_state(self, record: ReconsiderationView) -> SafeString:
        late = format_html(' <span class="tag bad">{}</span>', _("已逾期")) if record.overdue else ""
        return format_html("{}{}", reconsideration_state(record.state), late)

    def value_state(self, record: ReconsiderationView) -> str:
        return state_name(record.state)
