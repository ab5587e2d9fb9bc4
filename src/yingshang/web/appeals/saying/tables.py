"""The table of one's own appeals."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import OwnAppeal
from yingshang.web.columns import DayColumn, MomentColumn

from ..templatetags.appeals import state_tag
from ..words import state_of


class OwnTable(tables.Table):
    """Each appeal on a line."""

    title = tables.Column(verbose_name=_("诉求"))
    number = tables.Column(verbose_name=_("编号"), attrs={"td": {"class": "code nowrap"}})
    state = tables.Column(verbose_name=_("状态"))
    agency_name = tables.Column(verbose_name=_("现在由谁办理"))
    due_on = DayColumn(verbose_name=_("办理期限"), default="—")
    submitted_at = MomentColumn(verbose_name=_("提交时间"))

    class Meta:
        empty_text = _("还没有说过诉求")
        orderable = False

    def render_title(self, record: OwnAppeal) -> SafeString:
        link = format_html('<a href="{}">{}</a>', reverse("appeals:appeal", args=[record.id]), record.title)
        if not record.party_name:
            return link
        return format_html('{}<div class="small text-secondary">{}</div>', link, record.party_name)

    def value_title(self, record: OwnAppeal) -> str:
        return record.title

    def render_state(self, record: OwnAppeal) -> SafeString:
        return state_tag("appeal", record.state)

    def value_state(self, record: OwnAppeal) -> str:
        return state_of("appeal", record.state)[0]
